//! What a person reads in the log.

use std::{
    io::Write,
    sync::{Arc, Mutex},
    time::Duration,
};

use nopea_core::{
    fault::Code,
    model::{ObjectKey, RepoKey, Timestamp},
};
use tracing::Level;

use super::*;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(buf);
        Ok(buf.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn logged(what: What) -> String {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(Level::DEBUG)
        .with_ansi(false)
        .without_time()
        .with_target(false)
        .with_writer(move || writer.clone())
        .finish();
    let notice = Notice { repo: RepoKey::new("shop", "web"), at: Timestamp(0), what };
    tracing::subscriber::with_default(subscriber, || LogSink.emit(&notice));
    let bytes = lines.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

fn synced(delivery: Delivery) -> What {
    What::Synced {
        commit: Commit::parse(&"a".repeat(40)).unwrap(),
        previous: None,
        delivery,
        changes: Changes { created: 2, ..Changes::default() },
        took: Duration::from_millis(1_500),
    }
}

#[test]
fn a_sync_is_one_line_with_repository_and_commit() {
    let line = logged(synced(Delivery::Deployed));
    assert!(
        line.starts_with(" INFO synced repository=shop/web commit=\"aaaaaaa\" created=2"),
        "{line}"
    );
    assert_eq!(line.lines().count(), 1);
}

#[test]
fn a_sync_that_changed_nothing_is_only_for_who_debugs() {
    assert!(logged(synced(Delivery::Unchanged)).starts_with("DEBUG "));
}

#[test]
fn each_fault_of_a_failed_attempt_is_a_warning_with_its_way_out() {
    let faults = [
        Fault::new(Code::Syntax, "a tab stands where a space must"),
        Fault::new(Code::NotUtf8, "byte 12").on(ObjectKey::new("", "Service", "shop", "web")),
    ];
    let lines = logged(What::Failed { commit: None, faults: faults.into() });
    assert_eq!(lines.lines().count(), 3, "{lines}");
    assert!(lines.lines().all(|line| line.starts_with(" WARN ") && line.contains("shop/web")));
    assert!(lines.contains("M005: a tab stands where a space must"), "{lines}");
    assert!(lines.contains(Code::NotUtf8.help()), "{lines}");
}

#[test]
fn a_flood_of_faults_is_counted_and_cut() {
    let faults: Vec<_> = (0..500).map(|_| Fault::new(Code::Syntax, "no")).collect();
    let lines = logged(What::Failed { commit: None, faults: faults.into() });
    assert_eq!(lines.lines().count(), 1 + MAX_FAULTS);
    assert!(lines.contains("faults=500"), "{lines}");
}
