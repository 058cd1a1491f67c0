//! Takes fields out of a JSON object by the paths that a server names in its schema faults (R16).
//!
//! Only for dry runs: what is left is asked again, to hear the complaints that the first ones hid.
//! Knows no schema.

use serde_json::Value;

use crate::model::Text;

/// The object without what stands at these paths; none where nothing stands there, or where it
/// would lose what names it.
///
/// A path is read as servers print it: `spec.containers[name="web"].image`, `spec.items[0]`.
pub(crate) fn without(body: &Value, paths: &[Text]) -> Option<Value> {
    let mut rest = body.clone();
    let mut removed = false;
    for path in paths {
        let named = ["apiVersion", "kind", "metadata", "metadata.name", "metadata.namespace"];
        if !named.contains(&&**path) {
            removed |= remove(&mut rest, path);
        }
    }
    removed.then_some(rest)
}

/// Removes what stands at a path; false where nothing does.
fn remove(value: &mut Value, path: &str) -> bool {
    match value {
        Value::Object(map) => {
            let path = path.strip_prefix('.').unwrap_or(path);
            // keys may hold dots and brackets: the longest that fits is meant
            let fits = |key: &&String| {
                path.strip_prefix(key.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
            };
            let Some(key) = map.keys().filter(fits).max_by_key(|key| key.len()).cloned() else {
                return false;
            };
            match path.get(key.len()..) {
                None | Some("") => map.remove(&key).is_some(),
                Some(rest) => map.get_mut(&key).is_some_and(|inner| remove(inner, rest)),
            }
        }
        Value::Array(items) => {
            let Some((selector, rest)) = selector(path) else { return false };
            let found: Vec<usize> = items
                .iter()
                .enumerate()
                .filter(|(at, item)| selects(selector, *at, item))
                .map(|(at, _)| at)
                .collect();
            let mut removed = false;
            for at in found.into_iter().rev() {
                removed |= if rest.is_empty() {
                    items.remove(at);
                    true
                } else {
                    items.get_mut(at).is_some_and(|item| remove(item, rest))
                };
            }
            removed
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Cuts `[name="a: b"].image` into `name="a: b"` and `.image`.
fn selector(path: &str) -> Option<(&str, &str)> {
    let inner = path.strip_prefix('[')?;
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in inner.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ']' if !quoted => return Some((inner.get(..at)?, inner.get(at + 1..)?)),
            _ => {}
        }
    }
    None
}

/// Says whether an item is meant by `name="web"`, `port=80,protocol="TCP"`, `="value"` or `3`.
fn selects(selector: &str, at: usize, item: &Value) -> bool {
    if let Ok(index) = selector.parse::<usize>() {
        return index == at;
    }
    if let Some(value) = selector.strip_prefix('=') {
        return serde_json::from_str::<Value>(value).is_ok_and(|value| value == *item);
    }
    let mut pairs = pairs(selector).peekable();
    pairs.peek().is_some()
        && pairs.all(|(key, value)| {
            let wanted = serde_json::from_str::<Value>(value).ok();
            // a key that is left out has its default: it is not told apart here
            item.get(key).is_none_or(|found| wanted.as_ref() == Some(found))
        })
}

/// The `key=value` pairs of a selector; commas in quotes do not part them.
fn pairs(selector: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut quoted = false;
    let parts = selector.split(move |c: char| {
        quoted ^= c == '"';
        c == ',' && !quoted
    });
    parts.filter_map(|part| part.split_once('='))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn body() -> Value {
        json!({
            "apiVersion": "v1", "metadata": {"name": "a", "labels": {"a.b/c": "1", "a": "2"}},
            "spec": {"foo": 1, "set": ["x", "y"], "containers": [
                {"name": "a: b", "image": true}, {"name": "web", "image": "nginx", "bar": 1}],
                "ports": [{"port": 80, "protocol": "TCP"}, {"port": 80, "protocol": "UDP"}]},
        })
    }

    #[test]
    fn each_path_that_a_server_prints_is_taken_out() {
        let table = [
            ("spec.foo", "/spec/foo"),
            ("spec.containers[name=\"a: b\"].image", "/spec/containers/0/image"),
            ("spec.containers[name=\"web\"].bar", "/spec/containers/1/bar"),
            ("spec.ports[port=80,protocol=\"UDP\"]", "/spec/ports/1"),
            ("spec.set[=\"y\"]", "/spec/set/1"),
            ("spec.set[1]", "/spec/set/1"),
            ("metadata.labels.a.b/c", "/metadata/labels/a.b~1c"),
            ("metadata.labels.a", "/metadata/labels/a"),
        ];
        for (path, pointer) in table {
            assert!(body().pointer(pointer).is_some());
            let rest = without(&body(), &[path.into()]).unwrap();
            assert!(rest.pointer(pointer).is_none(), "{path}: {rest}");
            let size = |value: &Value| value.to_string().len();
            assert!(size(&rest) + 45 > size(&body()), "{path} took more than it names");
        }
    }

    #[test]
    fn what_is_not_there_or_names_the_object_is_left() {
        for path in [
            "spec.other",
            "spec.foo.bar",
            "spec.containers[name=\"x\"].image",
            "",
            "spec.containers[",
            "spec.containers[name",
            "metadata.name",
            "metadata",
            "kind",
        ] {
            assert_eq!(without(&body(), &[path.into()]), None, "{path}");
        }
    }
}
