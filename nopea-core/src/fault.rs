//! What can go wrong, as values: code, what, why, object, file and line, and the way out.
//!
//! Knows nothing of how faults are printed or where they come from. A secret never appears in one.

pub mod catalogue;

use std::{fmt, ops::Deref, time::Duration};

pub use catalogue::Code;

use crate::model::{ObjectKey, Origin, Text};

/// When the same work is worth another try (design rule 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Retry {
    /// Not before the commit or the spec changes.
    Never,
    /// At the next poll: a verdict of the cluster or the source that may change.
    Interval,
    /// After a backoff: transport, overload, conflict.
    Soon,
}

/// One thing that went wrong.
#[derive(Clone, PartialEq, Eq)]
pub struct Fault(Box<Detail>);

/// The parts of a [`Fault`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detail {
    /// What kind of thing.
    pub code: Code,
    /// When another try is worth it.
    pub retry: Retry,
    /// What and why, in one or two sentences.
    pub message: Text,
    /// Which object.
    pub object: Option<ObjectKey>,
    /// Where it is written.
    pub origin: Option<Origin>,
    /// What to do.
    pub help: Text,
    /// The source line, for a terminal; never for a status or a log.
    pub excerpt: Option<Excerpt>,
    /// The earliest time for another try that the other side named, from now.
    pub retry_after: Option<Duration>,
}

/// A line of a source file with the place that is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The line, shortened and with secret values masked.
    pub text: Text,
    /// Where the meant part begins in `text`, in characters, from 0.
    pub start: usize,
    /// How many characters it has, at least 1.
    pub length: usize,
}

impl Fault {
    /// Makes a fault with the retry and the way out that the catalogue gives its code.
    pub fn new(code: Code, message: impl Into<Text>) -> Self {
        Self(Box::new(Detail {
            code,
            retry: code.retry(),
            message: message.into(),
            object: None,
            origin: None,
            help: code.help().into(),
            excerpt: None,
            retry_after: None,
        }))
    }

    /// Names the object.
    #[must_use]
    pub fn on(mut self, object: ObjectKey) -> Self {
        self.0.object = Some(object);
        self
    }

    /// Names the place.
    #[must_use]
    pub fn at(mut self, origin: Origin) -> Self {
        self.0.origin = Some(origin);
        self
    }

    /// Gives a better way out than the catalogue's.
    #[must_use]
    pub fn help(mut self, help: impl Into<Text>) -> Self {
        self.0.help = help.into();
        self
    }

    /// Shows the source line.
    #[must_use]
    pub fn excerpt(mut self, excerpt: Excerpt) -> Self {
        self.0.excerpt = Some(excerpt);
        self
    }

    /// Says otherwise than the catalogue when another try is worth it.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.0.retry = retry;
        self
    }

    /// Says from when another try is welcome.
    #[must_use]
    pub fn retry_after(mut self, span: Option<Duration>) -> Self {
        self.0.retry_after = span;
        self
    }
}

impl Deref for Fault {
    type Target = Detail;

    fn deref(&self) -> &Detail {
        &self.0
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// `M007 apps/web.yaml:3:1 Deployment.apps web: what and why`; the help is a line of its own.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.id())?;
        if let Some(origin) = &self.origin {
            write!(f, " {origin}")?;
        }
        if let Some(object) = &self.object {
            write!(f, " {object}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for Fault {}

/// When the work that ended in these faults is worth another try: the soonest that any of them says.
pub fn soonest(faults: &[Fault]) -> Retry {
    faults.iter().map(|fault| fault.retry).max().unwrap_or(Retry::Never)
}
