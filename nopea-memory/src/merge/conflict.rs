//! Conflicts between an apply and the owners of what it would change, in the server's words
//! (apimachinery `conflict.go`). It must not know how they are found.

use std::collections::BTreeMap;
use std::fmt;

use super::managers::{Manager, Operation};
use super::path::{Path, path_text};

/// One field that an apply would take from its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The owner.
    pub manager: Manager,
    /// The field.
    pub path: Path,
}

impl Conflict {
    /// The message of the cause (reason `FieldManagerConflict`): `conflict with "kubectl-edit" using v1`.
    pub fn message(&self) -> String {
        format!("conflict with {}", self.manager)
    }

    /// The field of the cause: `.data.a`.
    pub fn field(&self) -> String {
        path_text(&self.path)
    }
}

impl fmt::Display for Manager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.name)?;
        if !self.subresource.is_empty() {
            write!(f, " with subresource {:?}", self.subresource)?;
        }
        match (&self.operation, &self.api_version) {
            (Operation::Update, Some(version)) => write!(f, " using {version}"),
            (Operation::Update, None) | (Operation::Apply, _) => Ok(()),
        }
    }
}

/// Every conflict of one apply, by owner and path; its text is the answer's message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflicts(pub Vec<Conflict>);

impl fmt::Display for Conflicts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [one] = self.0.as_slice() {
            return write!(f, "Apply failed with 1 conflict: {}: {}", one.message(), one.field());
        }
        let mut by_manager: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for conflict in &self.0 {
            by_manager.entry(conflict.manager.to_string()).or_default().push(conflict.field());
        }
        write!(f, "Apply failed with {} conflicts:", self.0.len())?;
        for (index, (manager, fields)) in by_manager.iter().enumerate() {
            let separator = if index == 0 { " " } else { "\n" };
            write!(f, "{separator}conflicts with {manager}:")?;
            for field in fields {
                write!(f, "\n- {field}")?;
            }
        }
        Ok(())
    }
}
