//! Which kinds are served: the built-in ones, those of established definitions, and, in lenient
//! clusters, whatever was taken without a schema. Must not know objects other than definitions.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use nopea_core::{
    model::{GroupKind, ObjectKey, Text},
    port::Refusal,
};
use serde_json::Value;

use crate::{
    answer, json,
    merge::Versions,
    schema::{
        Schema, StatusFields,
        builtin::{self, Scope},
    },
};

/// One served kind.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) id: GroupKind,
    pub(crate) plural: Text,
    pub(crate) namespaced: bool,
    /// The preferred one first.
    pub(crate) versions: Vec<Served>,
    pub(crate) source: Source,
    /// Every version that the kind has, served or not.
    pub(crate) listed: Vec<String>,
}

/// One version of a kind.
#[derive(Clone, Debug)]
pub(crate) struct Served {
    pub(crate) api_version: Text,
    pub(crate) schema: Schema,
    /// What a definition says of values: defaults, required fields, bounds.
    pub(crate) open_api: Option<Arc<Value>>,
}

/// Where a kind comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Builtin,
    Custom(ObjectKey),
    /// Taken without a schema: every version is served.
    Assumed,
}

impl Kind {
    /// `deployments.apps`.
    pub(crate) fn resource(&self) -> String {
        if self.id.group.is_empty() {
            self.plural.as_ref().to_owned()
        } else {
            format!("{}.{}", self.plural, self.id.group)
        }
    }

    pub(crate) fn is(&self, group: &str, kind: &str) -> bool {
        self.id.is(group, kind)
    }

    pub(crate) fn is_builtin(&self) -> bool {
        self.source == Source::Builtin
    }

    /// The version that an object or a request names.
    pub(crate) fn version(&self, api_version: &str) -> Option<&Served> {
        let exact = self.versions.iter().find(|one| &*one.api_version == api_version);
        match self.source {
            Source::Builtin | Source::Custom(_) => exact,
            Source::Assumed => exact.or_else(|| self.versions.first()),
        }
    }

    /// What becomes of managedFields entries of other versions.
    pub(crate) fn versions_of_entries(&self) -> Versions<'_> {
        match self.source {
            Source::Builtin => Versions::Builtin(&self.listed),
            Source::Custom(_) => Versions::Custom(&self.listed),
            Source::Assumed => Versions::Any,
        }
    }

    /// The version that is preferred.
    pub(crate) fn preferred(&self) -> Text {
        self.versions.first().map_or_else(|| "v1".into(), |one| Text::clone(&one.api_version))
    }
}

/// The served kinds.
#[derive(Debug)]
pub(crate) struct Kinds(BTreeMap<GroupKind, Arc<Kind>>);

static BUILTIN: LazyLock<BTreeMap<GroupKind, Arc<Kind>>> = LazyLock::new(|| {
    let mut kinds: BTreeMap<GroupKind, Kind> = BTreeMap::new();
    for one in builtin::kinds() {
        let id = GroupKind::new(group_of(&one.api_version), one.kind.as_str());
        let served = Served {
            api_version: one.api_version.as_str().into(),
            schema: one.schema.clone(),
            open_api: None,
        };
        let kind = kinds.entry(id.clone()).or_insert_with(|| Kind {
            id,
            plural: one.plural.as_str().into(),
            namespaced: one.scope == Scope::Namespaced,
            versions: Vec::new(),
            source: Source::Builtin,
            listed: Vec::new(),
        });
        kind.listed.push(one.api_version.clone());
        kind.versions.push(served);
    }
    for kind in kinds.values_mut() {
        kind.versions.sort_by_key(|one| rank(&one.api_version));
    }
    kinds.into_iter().map(|(id, kind)| (id, Arc::new(kind))).collect()
});

impl Kinds {
    pub(crate) fn builtin() -> Self {
        Self(BUILTIN.clone())
    }

    pub(crate) fn get(&self, id: &GroupKind) -> Option<&Arc<Kind>> {
        self.0.get(id)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Kind>> {
        self.0.values()
    }

    /// Finds a kind that is served in this version, or says as the server why there is none.
    pub(crate) fn find(&self, id: &GroupKind, api_version: &str) -> Result<Arc<Kind>, Refusal> {
        let kind = self.get(id).ok_or_else(answer::page_not_found)?;
        match kind.version(api_version) {
            Some(_) => Ok(Arc::clone(kind)),
            None => Err(answer::version_not_found()),
        }
    }

    /// Takes the kind of a definition into service, in its newest shape.
    pub(crate) fn serve(&mut self, key: &ObjectKey, definition: &Value) -> Option<GroupKind> {
        let kind = custom(key, definition)?;
        let id = kind.id.clone();
        self.0.insert(id.clone(), Arc::new(kind));
        Some(id)
    }

    /// Takes a kind out of service when its definition goes.
    pub(crate) fn withdraw(&mut self, key: &ObjectKey) -> Option<GroupKind> {
        let source = Source::Custom(key.clone());
        let id = self.0.values().find(|kind| kind.source == source)?.id.clone();
        self.0.remove(&id);
        Some(id)
    }

    /// The kind that this definition brought.
    pub(crate) fn of_definition(&self, key: &ObjectKey) -> Option<&Arc<Kind>> {
        let source = Source::Custom(key.clone());
        self.0.values().find(|kind| kind.source == source)
    }

    /// Takes a kind without knowing its schema.
    pub(crate) fn assume(&mut self, id: &GroupKind, api_version: &str, namespaced: bool) {
        let served = Served {
            api_version: api_version.into(),
            schema: Schema::untyped(StatusFields::Ordinary),
            open_api: None,
        };
        let kind = Kind {
            id: id.clone(),
            plural: format!("{}s", id.kind.to_lowercase()).into(),
            namespaced,
            versions: vec![served],
            source: Source::Assumed,
            listed: Vec::new(),
        };
        self.0.insert(id.clone(), Arc::new(kind));
    }
}

fn custom(key: &ObjectKey, definition: &Value) -> Option<Kind> {
    let spec = definition.get("spec")?;
    let group = json::text(spec, &["group"]);
    let mut versions: Vec<Served> = json::items(spec, &["versions"])
        .iter()
        .filter(|version| version.get("served") == Some(&Value::Bool(true)))
        .map(|version| {
            let status = if json::get(version, &["subresources", "status"]).is_some() {
                StatusFields::Subresource
            } else {
                StatusFields::Ordinary
            };
            let open_api = json::get(version, &["schema", "openAPIV3Schema"]).cloned();
            let schema = match &open_api {
                Some(open_api) => Schema::custom(open_api, status),
                None => Schema::untyped(status),
            };
            Served {
                api_version: format!("{group}/{}", json::text(version, &["name"])).into(),
                schema,
                open_api: open_api.map(Arc::new),
            }
        })
        .collect();
    versions.sort_by_key(|one| rank(&one.api_version));
    Some(Kind {
        id: GroupKind::new(group, json::text(spec, &["names", "kind"])),
        plural: json::text(spec, &["names", "plural"]).into(),
        namespaced: json::text(spec, &["scope"]) == "Namespaced",
        versions,
        source: Source::Custom(key.clone()),
        listed: json::items(spec, &["versions"])
            .iter()
            .map(|version| format!("{group}/{}", json::text(version, &["name"])))
            .collect(),
    })
}

/// `apps` of `apps/v1`, nothing of `v1`.
pub(crate) fn group_of(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

/// The order of preference: `v2`, `v1`, `v1beta2`, `v1alpha1`, anything else by name.
fn rank(api_version: &str) -> (u8, i64, i64, String) {
    let name = api_version.rsplit('/').next().unwrap_or_default();
    let other = (3, 0, 0, name.to_owned());
    let Some(rest) = name.strip_prefix('v') else { return other };
    let digits = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
    let (major, tail) = rest.split_at(digits);
    let Ok(major) = major.parse::<i64>() else { return other };
    let minor = |text: &str| text.parse::<i64>().unwrap_or(0);
    if tail.is_empty() {
        (0, -major, 0, String::new())
    } else if let Some(beta) = tail.strip_prefix("beta") {
        (1, -major, -minor(beta), String::new())
    } else if let Some(alpha) = tail.strip_prefix("alpha") {
        (2, -major, -minor(alpha), String::new())
    } else {
        other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stable_versions_are_preferred_and_newer_ones_before_older_ones() {
        let mut versions = ["x/v1alpha1", "x/v1", "x/v2beta1", "x/v1beta2", "x/v2"];
        versions.sort_by_key(|version| rank(version));
        assert_eq!(versions, ["x/v2", "x/v1", "x/v2beta1", "x/v1beta2", "x/v1alpha1"]);
    }
}
