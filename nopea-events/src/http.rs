//! Events over HTTP: a bounded queue and one task that posts its events in order. It knows neither
//! who emits nor what an event says.

mod queue;
mod receiver;

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use nopea_core::{fault::Code, model::Notice, port::EventSink};
use reqwest::{Client, Url, redirect};
use tokio::task::JoinHandle;
use tracing::{error, warn};

use self::{
    queue::{Queue, Queued},
    receiver::Receiver,
};
use crate::cdevent::Producer;

pub use self::queue::Tally;

/// How events are sent.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// Where to: an `http` or `https` url.
    pub url: String,
    /// In whose name.
    pub producer: Producer,
    /// How many events may wait; the oldest make room.
    pub capacity: usize,
    /// How often one event is tried.
    pub attempts: u32,
    /// The wait after the first failure; it doubles with each further one.
    pub backoff: Duration,
    /// The longest wait, whatever the receiver asks for.
    pub max_backoff: Duration,
    /// How long the receiver may take to answer.
    pub timeout: Duration,
}

impl HttpConfig {
    /// Sends to `url` with limits that suit a receiver in the same network.
    pub fn new(url: impl Into<String>, producer: Producer) -> Self {
        Self {
            url: url.into(),
            producer,
            capacity: 1_000,
            attempts: 5,
            backoff: Duration::from_millis(500),
            max_backoff: Duration::from_secs(30),
            timeout: Duration::from_secs(10),
        }
    }
}

/// A sink that cannot be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The receiver's address is none. It is not repeated: it may hold a password.
    #[error("the url of the event receiver is no http or https url")]
    InvalidUrl,
    /// There is no client to send with.
    #[error("the HTTP client for events cannot be made")]
    NoClient {
        /// Why.
        source: reqwest::Error,
    },
}

/// Sends notices as CDEvents to one receiver.
///
/// Dropping it lets what is queued be sent as long as the runtime lives; [`HttpSink::close`] waits.
pub struct HttpSink {
    producer: Producer,
    queue: Arc<Queue>,
    worker: Mutex<Option<JoinHandle<()>>>,
}

impl HttpSink {
    /// Starts the task that sends, on the current runtime.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub fn start(config: HttpConfig) -> Result<Self, StartError> {
        let url = Url::parse(&config.url).ok();
        let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
        let url = url.ok_or(StartError::InvalidUrl)?;
        let client = client(config.timeout).map_err(|source| StartError::NoClient { source })?;
        let queue = Arc::new(Queue::new(config.capacity));
        let receiver = Receiver {
            client,
            url,
            attempts: config.attempts.max(1),
            backoff: config.backoff,
            max_backoff: config.max_backoff,
        };
        let worker = tokio::spawn(run(Arc::clone(&queue), receiver));
        Ok(Self { producer: config.producer, queue, worker: Mutex::new(Some(worker)) })
    }

    /// What has become of the events so far.
    pub fn tally(&self) -> Tally {
        self.queue.tally()
    }

    /// Takes no further notices and sends what is queued, for at most `deadline`. What is left then
    /// is counted as lost.
    pub async fn close(&self, deadline: Duration) -> Tally {
        self.queue.close();
        let worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut worker) = worker
            && tokio::time::timeout(deadline, &mut worker).await.is_err()
        {
            worker.abort();
            // only then does nothing count any more
            let _aborted = worker.await;
            let left = self.queue.abandon();
            warn!(left, "the event receiver did not take everything before the shutdown");
        }
        self.tally()
    }
}

fn client(timeout: Duration) -> Result<Client, reqwest::Error> {
    let builder = Client::builder()
        .timeout(timeout)
        // a receiver that moved is named in the log, not followed with somebody's events
        .redirect(redirect::Policy::none());
    // the tests talk to the loopback alone, whatever proxy their machine has
    #[cfg(test)]
    let builder = builder.no_proxy();
    builder.build()
}

async fn run(queue: Arc<Queue>, receiver: Receiver) {
    while let Some(event) = queue.next().await {
        match receiver.deliver(&event).await {
            Ok(()) => queue.delivered(),
            Err(failure) => {
                let code = Code::EventLost;
                let (id, help) = (code.id(), code.help());
                warn!(code = id, event = event.id, kind = event.kind, help, "{failure}");
                queue.refused();
            }
        }
    }
}

impl EventSink for HttpSink {
    fn emit(&self, notice: &Notice) {
        match self.producer.event(notice).map(|event| event.as_ref().map(Queued::new)) {
            Ok(None) => {}
            Ok(Some(Ok(queued))) => self.queue.push(queued),
            Ok(Some(Err(failure))) => unwritten(notice, &failure),
            Err(failure) => unwritten(notice, &failure),
        }
    }
}

fn unwritten(notice: &Notice, failure: &(dyn std::error::Error + 'static)) {
    error!(repository = %notice.repo, failure, "event not written");
}

impl Drop for HttpSink {
    fn drop(&mut self) {
        self.queue.close();
    }
}

impl fmt::Debug for HttpSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpSink")
            .field("producer", &self.producer)
            .field("tally", &self.tally())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
