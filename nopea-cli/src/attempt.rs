//! One sync from the wish to its end, with all that it told. Prints nothing but its progress.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use nopea_core::{
    fault::Fault,
    model::{Intent, Phase},
};
use nopea_engine::meter::Reading;

use crate::{
    collect::Gathered,
    exit::{Exit, is_of_source},
    progress::Progress,
    wire::Session,
};

/// How long the status of a sync may take to be shown after its end.
const SHOWN_WITHIN: Duration = Duration::from_secs(1);

/// How a sync or a plan ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Whether it was meant.
    pub(crate) intent: Intent,
    /// What it told.
    pub(crate) gathered: Gathered,
    /// Why it failed; empty where it did not.
    pub(crate) faults: Arc<[Fault]>,
    /// Whether it failed.
    pub(crate) failed: bool,
    /// What was asked of the ports.
    pub(crate) requests: Reading,
    /// How long it took.
    pub(crate) took: Duration,
}

impl Outcome {
    /// What the shell is told.
    pub(crate) fn exit(&self) -> Exit {
        match self.intent {
            Intent::Sync if self.failed => Exit::of_faults(&self.faults),
            Intent::Sync => Exit::Done,
            Intent::Plan if self.failed => Exit::Error,
            Intent::Plan if self.gathered.changed() => Exit::Differs,
            Intent::Plan => Exit::Done,
        }
    }

    /// Whether there was no commit to try.
    pub(crate) fn has_no_source(&self) -> bool {
        self.failed && !self.faults.is_empty() && self.faults.iter().all(is_of_source)
    }
}

/// Syncs now, and waits for the end.
pub(crate) async fn attempt(session: &mut Session, progress: &Progress) -> Outcome {
    let before = session.requests();
    let began = Instant::now();
    let (engine, key) = (session.engine.clone(), session.declared.key.clone());
    session.gathered = Gathered::default();
    let result = {
        let mut syncing = std::pin::pin!(engine.sync_now(&key));
        loop {
            tokio::select! {
                biased;
                Some(notice) = session.notices.recv() => {
                    progress.hear(&notice.what);
                    session.gathered.hear(notice.what);
                }
                result = &mut syncing => break result,
            }
        }
    };
    let took = began.elapsed();
    while let Ok(notice) = session.notices.try_recv() {
        session.gathered.hear(notice.what);
    }
    progress.done();
    let (failed, faults) = match result {
        Ok(commit) => {
            session.gathered.commit = Some(commit);
            (false, Arc::default())
        }
        Err(error) => (true, error.faults()),
    };
    session.gathered.warnings.extend(session.cluster.take_warnings());
    shown(session, failed).await;
    Outcome {
        intent: session.declared.orders.intent,
        gathered: std::mem::take(&mut session.gathered),
        faults,
        failed,
        requests: session.requests().since(&before),
        took,
    }
}

/// Waits until the status in the cluster says how the sync ended: the write belongs to this sync.
async fn shown(session: &mut Session, failed: bool) {
    if session.declared.orders.intent == Intent::Plan {
        return;
    }
    let phase = if failed { Phase::Failed } else { Phase::Synced };
    let commit = session.gathered.commit.clone();
    let says = |status: &Arc<nopea_core::model::Status>| {
        status.phase == phase && (failed || status.applied_commit == commit)
    };
    // a status that says the same as the one before is not written: the wait ends by itself
    let waiting = tokio::time::timeout(SHOWN_WITHIN, session.statuses.wait_for(says));
    let _in_time = waiting.await.is_ok();
}
