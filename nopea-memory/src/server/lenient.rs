//! Kinds and namespaces that are not there: refused, or, in a lenient cluster, taken with a warning.

use std::sync::Arc;

use nopea_core::{
    fault::{Code, Fault},
    model::{GroupKind, ObjectKey, Text},
    port::{Mode, Refusal},
};
use serde_json::json;

use super::{Draft, Server};
use crate::{answer, kinds::Kind, settings::Strictness};

impl Server {
    /// The kind that a write names.
    pub(crate) fn kind_of(
        &mut self,
        key: &ObjectKey,
        api_version: &str,
    ) -> Result<Arc<Kind>, Refusal> {
        let kind = match self.kinds.find(&key.kind, api_version) {
            Err(_) if self.is_lenient() && self.kinds.get(&key.kind).is_none() => {
                self.kinds.assume(&key.kind, api_version, !key.namespace.is_empty());
                self.watches.reopen(&key.kind);
                self.warnings.push(
                    Fault::new(
                        Code::SchemaFree,
                        format!(
                            "{} is taken without a schema; a real cluster would answer 404: the \
                             server could not find the requested resource",
                            key.kind
                        ),
                    )
                    .on(key.clone()),
                );
                self.kinds.find(&key.kind, api_version)?
            }
            found => found?,
        };
        if kind.namespaced == key.namespace.is_empty() {
            return Err(answer::page_not_found());
        }
        Ok(kind)
    }

    /// Whether new content may go where it wants to.
    pub(crate) fn check_namespace(&mut self, draft: &Draft<'_>) -> Result<(), Refusal> {
        let name = &draft.key.namespace;
        let namespace = ObjectKey::new("", "Namespace", "", &**name);
        if self.store.get(&namespace).is_some() {
            if self.is_terminating(&namespace) {
                return Err(answer::namespace_terminating(&draft.kind, name, &draft.key.name));
            }
            return Ok(());
        }
        if !self.is_lenient() {
            return Err(answer::namespace_not_found(name));
        }
        if self.assumed.insert(Text::clone(name)) {
            let text = format!(
                "namespace {name} is created; a real cluster would answer 404: namespaces {:?} not found",
                &**name
            );
            self.warnings.push(Fault::new(Code::NamespaceAssumed, text).on(draft.key.clone()));
        }
        if draft.mode == Mode::Real {
            self.make_namespace(name);
        }
        Ok(())
    }

    pub(crate) fn is_lenient(&self) -> bool {
        self.settings.strictness == Strictness::Lenient
    }

    /// Creates a namespace as `kubectl create namespace` does.
    pub(crate) fn make_namespace(&mut self, name: &str) {
        let key = ObjectKey::new("", "Namespace", "", name);
        let body = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        let made = self.create(&key, "v1", &body, super::Writer::new("kubectl-create"));
        if let Err(refusal) = made {
            tracing::debug!(namespace = name, %refusal, "the namespace was not created");
        }
    }

    /// How a kind that is not served is taken: namespaced, unless its name says otherwise.
    pub(crate) fn guess_namespaced(kind: &GroupKind) -> bool {
        !(kind.kind.starts_with("Cluster") || kind.kind.ends_with("Class"))
    }
}
