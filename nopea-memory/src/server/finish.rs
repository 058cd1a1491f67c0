//! The common end of every write: namespace, defaults, the server's own fields, validation, storage.

use std::sync::Arc;

use nopea_core::{
    model::{ObjectKey, Text},
    port::{Mode, Refusal},
};
use serde_json::Value;

use super::Server;
use crate::{
    answer::{self, FieldError},
    defaults, json,
    kinds::Kind,
    merge::{self, Write},
    schema::StatusFields,
    validate,
};

/// The most bytes that etcd takes.
const MOST_BYTES: usize = 1_572_864;

/// A write whose new state is known but not yet accepted.
#[derive(Clone, Debug)]
pub(crate) struct Draft<'a> {
    pub(crate) key: ObjectKey,
    pub(crate) kind: Arc<Kind>,
    pub(crate) api_version: Text,
    /// The state before, in this version.
    pub(crate) live: Option<Arc<Value>>,
    pub(crate) object: Value,
    /// The uid that the request named.
    pub(crate) uid: Option<Text>,
    pub(crate) ownership: Ownership<'a>,
    pub(crate) mode: Mode,
}

/// Who owns what of the new state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ownership<'a> {
    /// As its managedFields say: the merge wrote them.
    Merged,
    /// What differs is this manager's, written through this subresource.
    Updated { manager: &'a str, subresource: Option<&'a str> },
}

/// An accepted write.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) created: bool,
    pub(crate) object: Arc<Value>,
}

impl Server {
    pub(crate) fn finish(&mut self, mut draft: Draft<'_>) -> Result<Written, Refusal> {
        if draft.kind.namespaced && draft.live.is_none() {
            self.check_namespace(&draft)?;
        }
        let asks = asks_for_allocations(&draft);
        self.fill(&mut draft);
        self.own_fields(&mut draft);
        let mut errors = validate::object(&draft.kind, &draft.object, draft.live.as_deref());
        if let (Some(live), Some(uid)) = (&draft.live, &draft.uid)
            && json::text(live, &["metadata", "uid"]) != &**uid
        {
            errors.push(FieldError::immutable("metadata.uid", Some(&Value::from(&**uid))));
        }
        if asks {
            errors.extend(self.cluster_wide(&draft));
        }
        if !errors.is_empty() {
            return Err(answer::invalid(&draft.kind.id, &draft.key.name, &errors));
        }
        self.decide_ownership(&mut draft);
        if draft.mode == Mode::Real && draft.object.to_string_len() > MOST_BYTES {
            return Err(answer::too_large());
        }
        Ok(self.write(draft))
    }

    fn fill(&mut self, draft: &mut Draft<'_>) {
        let live = draft.live.as_deref();
        defaults::fill(&draft.kind, &draft.api_version, &mut draft.object, live);
        if draft.kind.is("", "Service") {
            self.allocate(draft);
        }
    }

    /// Gives a Service its addresses and ports, or keeps those it has.
    fn allocate(&mut self, draft: &mut Draft<'_>) {
        let object = &mut draft.object;
        let kind = json::text(object, &["spec", "type"]).to_owned();
        if kind == "ExternalName" {
            return;
        }
        if json::text(object, &["spec", "clusterIP"]).is_empty() {
            let address = match draft.mode {
                Mode::Try => "10.96.0.0".to_owned(),
                Mode::Real => self.free_address(),
            };
            json::set(object, &["spec", "clusterIP"], address);
        }
        let address = json::text(object, &["spec", "clusterIP"]).to_owned();
        json::default(object, &["spec", "clusterIPs"], vec![address]);
        if matches!(&*kind, "NodePort" | "LoadBalancer") {
            let count = json::items(object, &["spec", "ports"]).len();
            for index in 0..count {
                let taken = json::items(object, &["spec", "ports"]).get(index).cloned();
                if taken.is_some_and(|port| json::number(&port, &["nodePort"]).unwrap_or(0) == 0) {
                    let number = self.free_port();
                    if let Some(port) = json::items_mut(object, &["spec", "ports"]).get_mut(index) {
                        json::set(port, &["nodePort"], number);
                    }
                }
            }
        }
    }

    fn free_port(&mut self) -> u32 {
        for _ in 0..2768 {
            let port = self.next_port();
            if !self.node_ports().any(|(_, taken)| taken == i64::from(port)) {
                return port;
            }
        }
        0
    }

    /// An address that no Service asked for by itself.
    fn free_address(&mut self) -> String {
        loop {
            let address = self.next_address();
            if !self.named_addresses.contains(&address) {
                return address;
            }
        }
    }

    fn node_ports(&self) -> impl Iterator<Item = (&ObjectKey, i64)> {
        self.services().flat_map(|(key, service)| {
            json::items(service, &["spec", "ports"])
                .iter()
                .filter_map(move |port| Some((key, json::number(port, &["nodePort"])?)))
        })
    }

    /// What only the whole cluster can contradict: ports and addresses that are taken.
    fn cluster_wide(&self, draft: &Draft<'_>) -> Vec<FieldError> {
        let mut errors = Vec::new();
        for (index, port) in json::items(&draft.object, &["spec", "ports"]).iter().enumerate() {
            let Some(number) = json::number(port, &["nodePort"]).filter(|port| *port != 0) else {
                continue;
            };
            if self.node_ports().any(|(key, taken)| taken == number && *key != draft.key) {
                let field = format!("spec.ports[{index}].nodePort");
                errors.push(FieldError::invalid(
                    &field,
                    number,
                    "provided port is already allocated",
                ));
            }
        }
        let address = json::text(&draft.object, &["spec", "clusterIP"]);
        let taken = |other: &Value| json::text(other, &["spec", "clusterIP"]) == address;
        if !matches!(address, "" | "None")
            && self.services().any(|(key, other)| *key != draft.key && taken(other))
        {
            let value = format!("{:?}", [address]);
            errors.push(FieldError::invalid(
                "spec.clusterIPs",
                value,
                "failed to allocate IP: provided IP is already allocated",
            ));
        }
        errors
    }

    /// Puts back what no request can set.
    fn own_fields(&mut self, draft: &mut Draft<'_>) {
        let object = &mut draft.object;
        json::set(object, &["apiVersion"], &*draft.api_version);
        json::set(object, &["kind"], &*draft.kind.id.kind);
        json::set(object, &["metadata", "name"], &*draft.key.name);
        if draft.kind.namespaced {
            json::set(object, &["metadata", "namespace"], &*draft.key.namespace);
        } else {
            json::remove(object, &["metadata", "namespace"]);
        }
        let status = draft.kind.version(&draft.api_version).map(|one| one.schema.status());
        let through =
            matches!(draft.ownership, Ownership::Updated { subresource: Some("status"), .. });
        let Some(live) = &draft.live else {
            if status == Some(StatusFields::Subresource) {
                json::remove(object, &["status"]);
            }
            for field in ["resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds"] {
                json::remove(object, &["metadata", field]);
            }
            json::set(object, &["metadata", "uid"], self.store.next_uid());
            json::set(object, &["metadata", "creationTimestamp"], seconds(self.now));
            json::remove(object, &["metadata", "generation"]);
            if has_generation(&draft.kind) {
                json::set(object, &["metadata", "generation"], 1);
            }
            defaults::on_create(&draft.kind, object);
            return;
        };
        for field in [
            "uid",
            "creationTimestamp",
            "resourceVersion",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
            "generation",
        ] {
            json::carry(object, live, &["metadata", field]);
        }
        if status == Some(StatusFields::Subresource) && !through {
            json::carry(object, live, &["status"]);
        }
        if has_generation(&draft.kind) && intent_changed(live, object, status) {
            let generation = json::number(live, &["metadata", "generation"]).unwrap_or(0);
            json::set(object, &["metadata", "generation"], generation + 1);
        }
    }

    fn decide_ownership(&self, draft: &mut Draft<'_>) {
        let Some(served) = draft.kind.version(&draft.api_version) else { return };
        match (draft.ownership, &draft.live) {
            (Ownership::Merged, Some(live)) => {
                draft.object = merge::settle(live, std::mem::take(&mut draft.object));
            }
            (Ownership::Merged, None) => {}
            (Ownership::Updated { manager, subresource }, live) => {
                let mut write = Write::new(manager, &served.api_version, &served.schema, self.now);
                write.versions = draft.kind.versions_of_entries();
                write.subresource = subresource;
                draft.object = match live {
                    Some(live) => merge::update(live, &draft.object, &write),
                    None => merge::create(&draft.object, &write),
                };
            }
        }
    }

    fn write(&mut self, draft: Draft<'_>) -> Written {
        let Draft { key, live, object, mode, .. } = draft;
        if mode == Mode::Real && key.kind.is("", "Service") {
            let address = json::text(&object, &["spec", "clusterIP"]);
            self.named_addresses.insert(address.to_owned());
        }
        let created = live.is_none();
        if let Some(live) = live.filter(|live| **live == object) {
            return Written { created, object: live };
        }
        if mode == Mode::Try {
            return Written { created, object: Arc::new(object) };
        }
        let terminating = json::get(&object, &["metadata", "deletionTimestamp"]).is_some();
        if terminating && json::items(&object, &["metadata", "finalizers"]).is_empty() {
            // The last finalizer went: the write itself is never seen, only the deletion.
            if !key.kind.is("", "Namespace") {
                self.erase(&key);
                return Written { created, object: Arc::new(object) };
            }
        }
        Written { created, object: self.save(&key, object) }
    }
}

/// The length of a value as JSON.
pub(super) trait Length {
    fn to_string_len(&self) -> usize;
}

impl Length for Value {
    fn to_string_len(&self) -> usize {
        match self {
            Self::Null => 4,
            Self::Bool(_) | Self::Number(_) => 8,
            Self::String(text) => text.len() + 2,
            Self::Array(items) => {
                2 + items.iter().map(|item| item.to_string_len() + 1).sum::<usize>()
            }
            Self::Object(fields) => {
                let field =
                    |(name, value): (&String, &Self)| name.len() + 4 + value.to_string_len();
                2 + fields.iter().map(field).sum::<usize>()
            }
        }
    }
}

/// Whether a Service names an address or a port that it does not have yet.
fn asks_for_allocations(draft: &Draft<'_>) -> bool {
    let address = ["spec", "clusterIP"];
    let wanted = json::text(&draft.object, &address);
    let has = draft.live.as_deref().map_or("", |live| json::text(live, &address));
    let ports = |service: &Value| -> Vec<i64> {
        let ports = json::items(service, &["spec", "ports"]).iter();
        ports
            .filter_map(|port| json::number(port, &["nodePort"]))
            .filter(|port| *port != 0)
            .collect()
    };
    let had = draft.live.as_deref().map(ports).unwrap_or_default();
    draft.kind.is("", "Service")
        && ((!wanted.is_empty() && wanted != has)
            || ports(&draft.object).iter().any(|port| !had.contains(port)))
}

/// RFC 3339 with whole seconds.
pub(crate) fn seconds(time: jiff::Timestamp) -> String {
    jiff::Timestamp::from_second(time.as_second())
        .map_or_else(|_| String::new(), |time| time.to_string())
}

/// Whether the server counts the generations of a kind.
fn has_generation(kind: &Kind) -> bool {
    match (&*kind.id.group, &*kind.id.kind) {
        ("", kind) => matches!(kind, "Pod" | "ReplicationController"),
        (
            "rbac.authorization.k8s.io" | "storage.k8s.io" | "coordination.k8s.io" | "autoscaling",
            _,
        ) => false,
        _ => true,
    }
}

/// Whether anything but metadata and, where it is a subresource, the status differs.
fn intent_changed(live: &Value, object: &Value, status: Option<StatusFields>) -> bool {
    let counts = |name: &str| {
        let separate = status == Some(StatusFields::Subresource) && name == "status";
        !separate && !matches!(name, "metadata" | "apiVersion" | "kind")
    };
    let names = json::entries(live, &[]).chain(json::entries(object, &[]));
    names.filter(|(name, _)| counts(name)).any(|(name, _)| live.get(name) != object.get(name))
}
