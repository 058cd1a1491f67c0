//! `nopea sync --watch`: every commit and every heal as it comes, until Ctrl-C. Decides nothing.

use std::{sync::Arc, time::Instant};

use nopea_core::{
    fault::Fault,
    model::{Commit, ObjectKey, Text, What},
};
use nopea_engine::Update;

use crate::{
    args::Format,
    attempt::{Outcome, first},
    collect::Ended,
    exit::{Exit, is_of_source},
    fault::Severity,
    output::{Output, plain},
    progress::Progress,
    show,
    wire::Session,
};

/// Follows the source until Ctrl-C.
pub(crate) async fn watch(mut session: Session, format: Format, output: &Output) -> Exit {
    let exit = tokio::select! {
        exit = follow(&mut session, format, output) => exit,
        _pressed = tokio::signal::ctrl_c() => Exit::Interrupted,
    };
    session.end().await;
    exit
}

async fn follow(session: &mut Session, format: Format, output: &Output) -> Exit {
    let mut updates = session.engine.subscribe();
    let progress = Progress::new(output, format);
    let first = first(session, &progress).await;
    show::outcome(output, format, &session.declared.key, &first);
    if first.has_no_source() {
        return first.exit();
    }
    let mut following = Following { last: Verdict::of(&first), ..Following::default() };
    loop {
        tokio::select! {
            biased;
            notice = session.notices.recv() => match notice {
                Some(notice) => following.hear(session, notice.what, format, output),
                None => return Exit::Error,
            },
            update = updates.next() => match update {
                Some(Update::Changed(_, status)) => {
                    let fault = status.faults.iter().find(|fault| is_of_source(fault)).cloned();
                    following.source(fault, output);
                }
                Some(Update::Lagged(_)) => {}
                None => return Exit::Error,
            },
        }
    }
}

/// What was said last, so that nothing is said twice.
#[derive(Default)]
struct Following {
    began: Option<Instant>,
    last: Verdict,
    source: Option<Fault>,
}

/// How an attempt ended.
#[derive(Debug, Default, PartialEq, Eq)]
struct Verdict {
    commit: Option<Commit>,
    faults: Arc<[Fault]>,
}

impl Verdict {
    fn of(outcome: &Outcome) -> Self {
        let commit = outcome.gathered.commit.clone();
        Self { commit, faults: Arc::clone(&outcome.faults) }
    }
}

impl Following {
    fn hear(&mut self, session: &mut Session, what: What, format: Format, output: &Output) {
        match &what {
            What::Started { .. } => self.began = Some(Instant::now()),
            What::Healed { key, by } => {
                healed(output, key, by.as_ref());
                let _the_heal_s_own = session.counted();
            }
            What::Planned { .. }
            | What::Object(_)
            | What::Warned(_)
            | What::Synced { .. }
            | What::Failed { .. }
            | What::Removed { .. } => {}
        }
        let failed = match session.gathered.hear(what) {
            Ended::NotYet => return,
            Ended::Well => false,
            Ended::Badly => true,
        };
        let mut gathered = std::mem::take(&mut session.gathered);
        gathered.warnings.extend(session.target.take_warnings());
        let outcome = Outcome {
            intent: session.declared.orders.intent,
            faults: Arc::clone(&gathered.faults),
            gathered,
            failed,
            requests: session.counted(),
            took: self.began.take().map(|began| began.elapsed()).unwrap_or_default(),
        };
        // a poll that tries the same again with the same end says nothing new
        let verdict = Verdict::of(&outcome);
        if self.last == verdict && !outcome.gathered.changed() {
            return;
        }
        self.last = verdict;
        output.result("");
        show::outcome(output, format, &session.declared.key, &outcome);
    }

    /// The source cannot be asked, or can again.
    fn source(&mut self, fault: Option<Fault>, output: &Output) {
        if self.source == fault {
            return;
        }
        match &fault {
            Some(fault) => show::faults(output, std::slice::from_ref(fault), Severity::Error),
            None => output.note("the source answers again"),
        }
        self.source = fault;
    }
}

fn healed(output: &Output, key: &ObjectKey, by: Option<&Text>) {
    let by = by.map(|by| format!(", which {by} had changed")).unwrap_or_default();
    output.result(plain(&format!("healed {key}{by}")));
}
