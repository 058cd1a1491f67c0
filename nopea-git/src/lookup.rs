//! One look-up for all who ask the same remote the same question at the same time.
//!
//! Knows nothing of Git beyond what an answer is called, and reads no clock: the time is handed in.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use nopea_core::{fault::Code, model::Timestamp, port::SourceError};
use tokio::sync::Mutex;

use crate::refs::Advertisement;

/// The last answer to one question, and the turn to ask it anew.
#[derive(Debug, Default)]
pub(crate) struct Lookup {
    ended: AtomicU64,
    last: Mutex<Option<Answer>>,
}

#[derive(Debug)]
struct Answer {
    number: u64,
    started: Timestamp,
    outcome: Result<Arc<Advertisement>, Failed>,
}

/// A port error that can be told to several.
#[derive(Clone, Debug)]
struct Failed {
    code: Code,
    message: String,
    help: Option<String>,
    cause: Option<String>,
}

impl Lookup {
    /// Answers with what the remote said not before `not_before`, or else asks it.
    ///
    /// A failure is told to all who waited for it, so that a remote that hangs is not waited for in
    /// turns; the next to come asks anew.
    pub(crate) async fn ask(
        &self,
        not_before: Timestamp,
        now: impl Fn() -> Timestamp,
        asking: impl Future<Output = Result<Advertisement, SourceError>>,
    ) -> Result<Arc<Advertisement>, SourceError> {
        let seen = self.ended.load(Ordering::SeqCst);
        let mut last = self.last.lock().await;
        match last.as_ref() {
            Some(Answer { started, outcome: Ok(refs), .. }) if *started >= not_before => {
                return Ok(Arc::clone(refs));
            }
            Some(Answer { number, outcome: Err(failed), .. }) if *number > seen => {
                return Err(failed.clone().into());
            }
            Some(_) | None => {}
        }
        let started = now();
        let outcome = asking.await.map(Arc::new).map_err(Failed::from);
        let number = self.ended.fetch_add(1, Ordering::SeqCst) + 1;
        *last = Some(Answer { number, started, outcome: outcome.clone() });
        outcome.map_err(SourceError::from)
    }

    /// The last answer, if there is one and nobody asks right now.
    pub(crate) fn last(&self) -> Option<Arc<Advertisement>> {
        let last = self.last.try_lock().ok()?;
        last.as_ref()?.outcome.as_ref().ok().cloned()
    }
}

impl From<SourceError> for Failed {
    fn from(error: SourceError) -> Self {
        let mut texts = Vec::new();
        let mut cause = std::error::Error::source(&error);
        while let Some(below) = cause {
            texts.push(below.to_string());
            cause = below.source();
        }
        let cause = (!texts.is_empty()).then(|| texts.join(": "));
        Self { code: error.code, message: error.message, help: error.help, cause }
    }
}

impl From<Failed> for SourceError {
    fn from(failed: Failed) -> Self {
        let told = Self::new(failed.code, failed.message);
        let told = match failed.help {
            Some(help) => told.help(help),
            None => told,
        };
        match failed.cause {
            Some(cause) => told.caused_by(cause),
            None => told,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[derive(Default)]
    struct Remote(AtomicUsize);

    impl Remote {
        async fn answer(&self) -> Result<Advertisement, SourceError> {
            self.0.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            Ok(Advertisement::default())
        }

        async fn fail(&self) -> Result<Advertisement, SourceError> {
            self.0.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            Err(SourceError::new(Code::Unreachable, "no"))
        }
    }

    #[tokio::test]
    async fn those_who_ask_together_share_one_answer() {
        let (lookup, remote) = (Lookup::default(), Remote::default());
        let at = || Timestamp(5);
        let (a, b, c) = tokio::join!(
            lookup.ask(Timestamp(5), at, remote.answer()),
            lookup.ask(Timestamp(4), at, remote.answer()),
            lookup.ask(Timestamp(0), at, remote.answer()),
        );
        assert!(a.is_ok() && b.is_ok() && c.is_ok());
        assert_eq!(remote.0.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn an_answer_older_than_asked_for_is_not_given() {
        let (lookup, remote) = (Lookup::default(), Remote::default());
        lookup.ask(Timestamp(5), || Timestamp(5), remote.answer()).await.unwrap();
        lookup.ask(Timestamp(6), || Timestamp(6), remote.answer()).await.unwrap();
        lookup.ask(Timestamp(6), || Timestamp(9), remote.answer()).await.unwrap();
        assert_eq!(remote.0.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_failure_is_told_to_those_who_waited_and_no_later() {
        let (lookup, remote) = (Lookup::default(), Remote::default());
        let at = || Timestamp(5);
        let (a, b) = tokio::join!(
            lookup.ask(Timestamp(5), at, remote.fail()),
            lookup.ask(Timestamp(9), at, remote.fail()),
        );
        assert!(a.is_err() && b.is_err());
        assert_eq!(remote.0.load(Ordering::SeqCst), 1);
        assert!(lookup.ask(Timestamp(5), at, remote.fail()).await.is_err());
        assert_eq!(remote.0.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_question_that_is_dropped_leaves_the_turn_to_the_next() {
        let (lookup, remote) = (Lookup::default(), Remote::default());
        let at = || Timestamp(5);
        {
            let dropped = lookup.ask(Timestamp(5), at, std::future::pending());
            tokio::pin!(dropped);
            tokio::select! {
                biased;
                _ = &mut dropped => panic!("nobody answered"),
                () = tokio::task::yield_now() => {}
            }
        }
        assert!(lookup.ask(Timestamp(5), at, remote.answer()).await.is_ok());
    }
}
