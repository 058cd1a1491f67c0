//! One sink made of several. It knows none of them.

use std::{fmt, sync::Arc};

use nopea_core::{model::Notice, port::EventSink};

/// Gives every notice to each of its sinks, in order.
#[derive(Clone, Default)]
pub struct FanOut {
    sinks: Vec<Arc<dyn EventSink>>,
}

impl FanOut {
    /// A sink made of these.
    pub fn new(sinks: Vec<Arc<dyn EventSink>>) -> Self {
        Self { sinks }
    }
}

impl EventSink for FanOut {
    fn emit(&self, notice: &Notice) {
        for sink in &self.sinks {
            sink.emit(notice);
        }
    }
}

impl fmt::Debug for FanOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FanOut").field("sinks", &self.sinks.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use nopea_core::model::{Commit, RepoKey, Timestamp, What};

    use super::*;

    #[derive(Default)]
    struct FakeSink(Mutex<Vec<Notice>>);

    impl EventSink for FakeSink {
        fn emit(&self, notice: &Notice) {
            self.0.lock().unwrap().push(notice.clone());
        }
    }

    #[test]
    fn every_sink_hears_every_notice() {
        let sinks = [Arc::new(FakeSink::default()), Arc::new(FakeSink::default())];
        let fan_out =
            FanOut::new(sinks.iter().map(|sink| Arc::clone(sink) as Arc<dyn EventSink>).collect());
        let notice = Notice {
            repo: RepoKey::new("shop", "web"),
            at: Timestamp(1),
            what: What::Started { commit: Commit::parse(&"a".repeat(40)).unwrap() },
        };
        fan_out.emit(&notice);
        for sink in sinks {
            assert_eq!(*sink.0.lock().unwrap(), std::slice::from_ref(&notice));
        }
    }
}
