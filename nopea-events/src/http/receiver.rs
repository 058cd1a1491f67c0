//! One event to one receiver: what is tried again, when, and when it is given up. It keeps no state
//! between events.

use std::time::Duration;

use reqwest::{
    Client, StatusCode, Url,
    header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER},
};

use super::queue::Queued;

const STRUCTURED: &str = "application/cloudevents+json; charset=utf-8";

/// Who takes the events, and how patient we are with it.
#[derive(Debug)]
pub(super) struct Receiver {
    pub(super) client: Client,
    pub(super) url: Url,
    pub(super) attempts: u32,
    pub(super) backoff: Duration,
    pub(super) max_backoff: Duration,
}

/// Why an event was not delivered. It never shows the url, which may hold a password.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("the receiver answered {status}")]
    Refused { status: StatusCode },
    #[error("the receiver answered {status} to all {attempts} tries")]
    Failing { status: StatusCode, attempts: u32 },
    #[error("the receiver gave no answer to {attempts} tries: {cause}")]
    Unreachable { cause: String, attempts: u32 },
}

/// What became of one try.
enum Try {
    Taken,
    Failed { failure: Failure, again_after: Option<Duration> },
}

impl Receiver {
    /// Tries until the receiver took the event, refused it for good, or all tries are used up.
    ///
    /// # Cancellation
    ///
    /// Safe at any await; the receiver may have taken an event that nobody counted.
    pub(super) async fn deliver(&self, event: &Queued) -> Result<(), Failure> {
        let mut attempt = 1;
        loop {
            match self.post(event, attempt).await {
                Try::Taken => return Ok(()),
                Try::Failed { failure, again_after: Some(wait) } if attempt < self.attempts => {
                    tracing::debug!(event = event.id, attempt, ?wait, "{failure}");
                    tokio::time::sleep(wait).await;
                    attempt += 1;
                }
                Try::Failed { failure, .. } => return Err(failure),
            }
        }
    }

    async fn post(&self, event: &Queued, attempt: u32) -> Try {
        let request = self.client.post(self.url.clone()).header(CONTENT_TYPE, STRUCTURED);
        let wait = wait_after(attempt, self.backoff, self.max_backoff);
        match request.body(event.body.clone()).send().await {
            Ok(answer) if answer.status().is_success() => Try::Taken,
            Ok(answer) if is_transient(answer.status()) => Try::Failed {
                failure: Failure::Failing { status: answer.status(), attempts: attempt },
                again_after: Some(
                    retry_after(answer.headers()).map_or(wait, |asked| asked.min(self.max_backoff)),
                ),
            },
            Ok(answer) => Try::Failed {
                failure: Failure::Refused { status: answer.status() },
                again_after: None,
            },
            Err(error) => Try::Failed {
                failure: Failure::Unreachable {
                    cause: chain(&error.without_url()),
                    attempts: attempt,
                },
                again_after: Some(wait),
            },
        }
    }
}

/// Whether the same event may be taken later: the other 4xx are a verdict on the event.
fn is_transient(status: StatusCode) -> bool {
    status.is_server_error()
        || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
}

fn wait_after(attempt: u32, backoff: Duration, max: Duration) -> Duration {
    let factor = 2_u32.saturating_pow(attempt.saturating_sub(1));
    backoff.saturating_mul(factor).min(max)
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overload_and_failure_are_tried_again_and_verdicts_are_not() {
        for (status, expected) in [
            (StatusCode::INTERNAL_SERVER_ERROR, true),
            (StatusCode::SERVICE_UNAVAILABLE, true),
            (StatusCode::TOO_MANY_REQUESTS, true),
            (StatusCode::REQUEST_TIMEOUT, true),
            (StatusCode::BAD_REQUEST, false),
            (StatusCode::UNAUTHORIZED, false),
            (StatusCode::NOT_FOUND, false),
            (StatusCode::PERMANENT_REDIRECT, false),
        ] {
            assert_eq!(is_transient(status), expected, "{status}");
        }
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let waits = [1, 2, 3, 4, 99].map(|attempt| {
            wait_after(attempt, Duration::from_secs(1), Duration::from_secs(6)).as_secs()
        });
        assert_eq!(waits, [1, 2, 4, 6, 6]);
    }

    #[test]
    fn a_receiver_may_ask_for_a_longer_wait_in_seconds() {
        let headers = |text: &str| HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]);
        assert_eq!(retry_after(&headers("7")), Some(Duration::from_secs(7)));
        assert_eq!(retry_after(&headers("Wed, 21 Oct 2026 07:28:00 GMT")), None);
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
