//! The built-in kinds of Kubernetes 1.37 that the embedded cluster serves.
//!
//! The table beside this file is generated from the published `OpenAPI` document and read once, when it
//! is first asked for. This file must not know custom kinds.

use std::sync::{Arc, LazyLock};

use super::table::Table;
use super::{Schema, StatusFields};

/// The generated table.
pub(super) const TABLE: &str = include_str!("table.txt");

/// One built-in kind in one version.
#[derive(Clone, Debug)]
pub struct Builtin {
    /// As objects write it: `v1`, `apps/v1`.
    pub api_version: String,
    /// The kind: `Deployment`.
    pub kind: String,
    /// The resource in URLs: `deployments`.
    pub plural: String,
    /// Whether its objects live in a namespace.
    pub scope: Scope,
    /// How its objects are merged.
    pub schema: Schema,
}

/// Where the objects of a kind live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In a namespace.
    Namespaced,
    /// Beside the namespaces.
    Cluster,
}

/// The two halves of what the table says.
pub(super) struct Read {
    pub(super) kinds: Vec<Builtin>,
    pub(super) table: Table,
}

pub(super) static READ: LazyLock<Read> = LazyLock::new(|| {
    let table = Table::read(TABLE);
    let types: Arc<[super::Type]> = table.types.clone().into();
    let lines = TABLE.lines().filter_map(|line| line.strip_prefix("kind "));
    let kinds = lines.filter_map(|line| kind(line, &table, &types)).collect();
    Read { kinds, table }
});

fn kind(line: &str, table: &Table, types: &Arc<[super::Type]>) -> Option<Builtin> {
    let mut words = line.split(' ');
    let mut next = || words.next();
    let (api_version, kind, plural) = (next()?, next()?, next()?);
    let (scope, status, definition) = (next()?, next()?, next()?);
    let status = match status {
        "status" => StatusFields::Subresource,
        _ => StatusFields::Ordinary,
    };
    let root = *table.named.get(definition)?;
    Some(Builtin {
        api_version: api_version.to_owned(),
        kind: kind.to_owned(),
        plural: plural.to_owned(),
        scope: if scope == "namespaced" { Scope::Namespaced } else { Scope::Cluster },
        schema: Schema { types: Arc::clone(types), root, typed: true, status },
    })
}

/// Every built-in kind, in the order of the table.
pub fn kinds() -> &'static [Builtin] {
    &READ.kinds
}

/// Finds the built-in kind that an object's `apiVersion` and `kind` name.
pub fn find(api_version: &str, kind: &str) -> Option<&'static Builtin> {
    READ.kinds.iter().find(|one| one.api_version == api_version && one.kind == kind)
}
