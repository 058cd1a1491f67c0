//! A sink that keeps every notice. Knows no engine.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nopea_core::{model::Notice, port::EventSink};

/// What was told, in order. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Notices(Arc<Mutex<Vec<Notice>>>);

impl Notices {
    /// All that was told.
    pub fn all(&self) -> Vec<Notice> {
        self.lock().clone()
    }

    /// Takes what was told since the last taking.
    pub fn take(&self) -> Vec<Notice> {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Notice>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EventSink for Notices {
    fn emit(&self, notice: &Notice) {
        self.lock().push(notice.clone());
    }
}
