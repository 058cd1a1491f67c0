//! Notices as lines of the log, with `repository` and `commit` as fields. What is logged where a fault
//! is handled is not logged again here: this is the one place for what ends an attempt.

use nopea_core::{
    fault::Fault,
    model::{Changes, Commit, Delivery, Notice, What},
    port::EventSink,
};
use tracing::{debug, info, warn};

/// The most faults of one attempt that are logged: the others are counted.
const MAX_FAULTS: usize = 50;

/// Writes notices to the log of the process (`tracing`).
#[derive(Clone, Copy, Debug, Default)]
pub struct LogSink;

impl EventSink for LogSink {
    fn emit(&self, notice: &Notice) {
        let repository = &notice.repo;
        match &notice.what {
            What::Started { commit } => {
                debug!(%repository, commit = commit.short(), "attempt started");
            }
            What::Planned { commit, objects, writes, prunes, .. } => {
                debug!(%repository, commit = commit.short(), objects, writes, prunes, "planned");
            }
            What::Object(report) => {
                let action = report.action;
                debug!(%repository, object = %report.key, ?action, message = report.message.as_deref());
            }
            What::Warned(fault) => warn!(%repository, help = &*fault.help, "{fault}"),
            What::Synced { commit, delivery: Delivery::Unchanged, took, .. } => {
                debug!(%repository, commit = commit.short(), ?took, "nothing to do");
            }
            What::Synced {
                commit,
                delivery: Delivery::Deployed | Delivery::Upgraded | Delivery::RolledBack,
                changes,
                took,
                ..
            } => {
                let Changes { created, configured, pruned, .. } = changes;
                let commit = commit.short();
                info!(%repository, commit, created, configured, pruned, ?took, "synced");
            }
            What::Failed { commit, faults } => {
                let commit = commit.as_ref().map(Commit::short);
                warn!(%repository, commit, faults = faults.len(), "attempt failed");
                each(faults, |fault| {
                    warn!(%repository, commit, help = &*fault.help, "{fault}");
                });
            }
            What::Healed { key, by } => {
                info!(%repository, object = %key, by = by.as_deref(), "drift healed");
            }
            What::Removed { deleted, left } => {
                info!(%repository, deleted, left = left.len(), "repository removed");
                each(left, |fault| warn!(%repository, help = &*fault.help, "left: {fault}"));
            }
        }
    }
}

fn each(faults: &[Fault], log: impl Fn(&Fault)) {
    faults.iter().take(MAX_FAULTS).for_each(log);
}

#[cfg(test)]
mod tests;
