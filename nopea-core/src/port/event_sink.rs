//! Where notices go.

use crate::model::Notice;

/// Hears what happens.
///
/// # Contract
///
/// Fire and forget: it returns at once, whatever becomes of the notice, and nothing depends on it.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
pub trait EventSink: Send + Sync {
    /// Takes a notice.
    fn emit(&self, notice: &Notice);
}
