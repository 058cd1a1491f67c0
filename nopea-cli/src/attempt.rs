//! One sync from the wish to its end, with all that it told. Prints nothing but its progress.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use nopea_core::{
    fault::{Code, Fault},
    model::{Intent, Phase, Status},
};
use nopea_engine::{Update, meter::Reading};

use crate::{
    collect::{Ended, Gathered},
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
            Intent::Plan if self.failed => Exit::Error,
            Intent::Plan if self.gathered.changed() => Exit::Differs,
            Intent::Sync | Intent::Plan => Exit::Done,
        }
    }

    /// Whether there was no commit to try.
    pub(crate) fn has_no_source(&self) -> bool {
        self.failed && !self.faults.is_empty() && self.faults.iter().all(is_of_source)
    }
}

/// How long a sync may go on after its own timeout: a look-up may come before it.
const GRACE: Duration = Duration::from_mins(2);

/// Declares the repository, and waits for the end of the one attempt that follows.
pub(crate) async fn first(session: &mut Session, progress: &Progress<'_>) -> Outcome {
    let began = Instant::now();
    let mut updates = session.engine.subscribe();
    session.engine.put(session.declared.clone());
    let limit = session.declared.spec.timeout.saturating_add(GRACE);
    let waiting = async {
        loop {
            tokio::select! {
                biased;
                Some(notice) = session.notices.recv() => {
                    progress.hear(&notice.what);
                    match session.gathered.hear(notice.what) {
                        Ended::NotYet => {}
                        Ended::Well => return Ok(()),
                        Ended::Badly => return Err(Arc::clone(&session.gathered.faults)),
                    }
                }
                Some(Update::Changed(_, status)) = updates.next() => {
                    if status.faults.iter().any(is_without_attempt) {
                        return Err(status.faults.clone().into());
                    }
                }
            }
        }
    };
    let result = match tokio::time::timeout(limit, waiting).await {
        Ok(result) => result,
        Err(_elapsed) => {
            let message = format!("the sync did not end within {limit:?}");
            Err(Arc::from([Fault::new(Code::WorkerBusy, message)]))
        }
    };
    finish(session, progress, result, began).await
}

/// Says whether a fault comes without the end of an attempt: no commit, or a worker that crashed.
fn is_without_attempt(fault: &Fault) -> bool {
    is_of_source(fault) || matches!(fault.code, Code::WorkerCrashed | Code::WorkerBusy)
}

/// Syncs a declared repository now, and waits for the end.
pub(crate) async fn again(session: &mut Session, progress: &Progress<'_>) -> Outcome {
    let began = Instant::now();
    let (engine, key) = (session.engine.clone(), session.declared.key.clone());
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
    while let Ok(notice) = session.notices.try_recv() {
        session.gathered.hear(notice.what);
    }
    let result = match result {
        Ok(commit) => {
            session.gathered.commit = Some(commit);
            Ok(())
        }
        Err(error) => Err(error.faults()),
    };
    finish(session, progress, result, began).await
}

async fn finish(
    session: &mut Session,
    progress: &Progress<'_>,
    result: Result<(), Arc<[Fault]>>,
    began: Instant,
) -> Outcome {
    let took = began.elapsed();
    progress.done();
    session.gathered.warnings.extend(session.target.take_warnings());
    shown(session, result.is_err()).await;
    Outcome {
        intent: session.declared.orders.intent,
        gathered: std::mem::take(&mut session.gathered),
        failed: result.is_err(),
        faults: result.err().unwrap_or_default(),
        requests: session.counted(),
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
    let says =
        |status: &Arc<Status>| status.phase == phase && (failed || status.applied_commit == commit);
    // a status that says the same as the one before is not written: the wait ends by itself
    let waiting = tokio::time::timeout(SHOWN_WITHIN, session.statuses.wait_for(says));
    let _in_time = waiting.await.is_ok();
}
