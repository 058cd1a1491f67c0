//! Reads the generated table of built-in kinds: text, one line per kind or type (its head states the
//! grammar). It must not know what the kinds are for. A line that it cannot read is left out; a test
//! holds that the checked-in table has none.

use std::collections::BTreeMap;

use super::{Key, List, Map, Relation, Scalar, Type, TypeId, UNTYPED, untyped};

/// A table under construction, and the result: types in a row, and the place of each named one.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) types: Vec<Type>,
    pub(super) named: BTreeMap<String, TypeId>,
    scalars: BTreeMap<String, TypeId>,
    /// Lines and expressions that did not parse, for the test.
    pub(super) unread: Vec<String>,
}

impl Table {
    pub(super) fn new() -> Self {
        Self {
            types: vec![untyped()],
            named: BTreeMap::new(),
            scalars: BTreeMap::new(),
            unread: Vec::new(),
        }
    }

    /// Reads every `type` line of the text; references may go forward.
    pub(super) fn read(text: &str) -> Self {
        let mut table = Self::new();
        let lines: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("type ")).collect();
        for name in lines.iter().filter_map(|line| line.split(' ').next()) {
            let id = table.push(Type::default());
            table.named.insert(name.trim_end_matches('!').to_owned(), id);
        }
        for line in lines {
            table.line(line);
        }
        table.overrides();
        table
    }

    pub(super) fn push(&mut self, new: Type) -> TypeId {
        let id = TypeId(u32::try_from(self.types.len()).unwrap_or(u32::MAX));
        self.types.push(new);
        id
    }

    fn line(&mut self, line: &str) {
        let mut words = line.split(' ');
        let name = words.next().unwrap_or_default();
        let atomic = name.ends_with('!');
        let mut fields = BTreeMap::new();
        let mut always = Vec::new();
        for word in words {
            if let Some((field, expression)) = word.split_once(':') {
                let struct_value = expression.strip_prefix('+');
                always.extend(struct_value.map(|_| field.to_owned()));
                let id = self.expression(struct_value.unwrap_or(expression));
                fields.insert(field.to_owned(), id);
            } else {
                self.unread.push(word.to_owned());
            }
        }
        let id = self.named.get(name.trim_end_matches('!')).copied();
        if let Some(slot) = id.and_then(|id| self.types.get_mut(id.0 as usize)) {
            slot.map = Some(Map { fields, always, element: None, atomic });
        }
    }

    /// A type expression; equal ones share one type.
    fn expression(&mut self, text: &str) -> TypeId {
        if text == "u" {
            return UNTYPED;
        }
        if let Some(id) = text.strip_prefix('@').and_then(|name| self.named.get(name)) {
            return *id;
        }
        if let Some(id) = self.scalars.get(text) {
            return *id;
        }
        let new = self.parse(text).unwrap_or_else(|| {
            self.unread.push(text.to_owned());
            untyped()
        });
        let id = self.push(new);
        self.scalars.insert(text.to_owned(), id);
        id
    }

    fn parse(&mut self, text: &str) -> Option<Type> {
        if let Some(rest) = text.strip_prefix('[') {
            let (keys, element) = rest.split_once(']')?;
            let element = self.expression(element);
            let relation = match keys {
                "" => Relation::Atomic,
                "*" => Relation::Set,
                keys => Relation::Keyed(keys.split(',').map(key).collect()),
            };
            return Some(Type { list: Some(List { element, relation }), ..Type::default() });
        }
        if let Some(rest) = text.strip_prefix('{') {
            let (kind, element) = rest.split_once('}')?;
            let element = Some(self.expression(element));
            let map = Map { element, atomic: kind == "!", ..Map::default() };
            return Some(Type { map: Some(map), ..Type::default() });
        }
        if text.starts_with("@!") || text.starts_with("@~") {
            return Some(Type::default()); // filled by `overrides`, once every type is read
        }
        let scalar = match text {
            "s" => Scalar::Text,
            "n" => Scalar::Number,
            "b" => Scalar::Boolean,
            "a" => Scalar::Any,
            "y" => Scalar::Bytes,
            "q" => Scalar::Quantity,
            _ => return None,
        };
        Some(Type { scalar: Some(scalar), ..Type::default() })
    }

    /// Fills the references that state another map type than their target's.
    fn overrides(&mut self) {
        for (text, id) in self.scalars.clone() {
            let Some((atomic, name)) = text
                .strip_prefix("@!")
                .map(|name| (true, name))
                .or_else(|| text.strip_prefix("@~").map(|name| (false, name)))
            else {
                continue;
            };
            let target = self.named.get(name).and_then(|id| self.types.get(id.0 as usize));
            let map = target.and_then(|target| target.map.clone());
            match (map, self.types.get_mut(id.0 as usize)) {
                (Some(map), Some(slot)) => slot.map = Some(Map { atomic, ..map }),
                _ => self.unread.push(text),
            }
        }
    }
}

fn key(text: &str) -> Key {
    match text.split_once('=') {
        Some((name, default)) => Key { name: name.to_owned(), default: Some(default.into()) },
        None => Key { name: text.to_owned(), default: None },
    }
}
