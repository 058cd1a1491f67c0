//! The data of one repository, moved through `step` and never cloned by it.

use crate::model::Declared;

/// The state of one repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    pub(crate) declared: Declared,
}
