//! Where a status becomes readable.

use std::sync::Arc;

use async_trait::async_trait;

use super::{ParentRef, Refusal};
use crate::model::Status;

/// Asks to show a status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publish {
    /// Whose.
    pub parent: ParentRef,
    /// What.
    pub status: Arc<Status>,
}

/// Shows statuses.
///
/// # Contract
///
/// No write where the status that stands is equal.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait StatusSink: Send + Sync {
    /// Shows a status.
    async fn publish(&self, request: &Publish) -> Result<(), Refusal>;
}
