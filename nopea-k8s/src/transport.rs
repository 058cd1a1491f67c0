//! One request, one answer: raw JSON over a [`kube::Client`], with a deadline and a bound on how many
//! are under way.
//!
//! It never retries (when to try again is the machine's decision) and knows no object.

#[cfg(test)]
pub(crate) mod fake;

use std::{sync::Arc, time::Duration};

use http::Request;
use http_body_util::BodyExt as _;
use kube::client::Body;
use nopea_core::port::Refusal;
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::refusal;

/// Sends requests. Clones share the client and the bound.
#[derive(Clone)]
pub(crate) struct Transport(Arc<Shared>);

struct Shared {
    client: kube::Client,
    deadline: Duration,
    in_flight: Semaphore,
}

/// A success.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    /// The HTTP status code, of the 2xx.
    pub(crate) code: u16,
    /// The body; null where it was empty.
    pub(crate) body: Value,
}

impl Transport {
    /// Makes a transport of which each request has `deadline` and at most `in_flight` run at once.
    pub(crate) fn new(client: kube::Client, deadline: Duration, in_flight: usize) -> Self {
        Self(Arc::new(Shared { client, deadline, in_flight: Semaphore::new(in_flight.max(1)) }))
    }

    /// The client, for what is no single request: watches. They are not bounded by the transport.
    pub(crate) fn client(&self) -> &kube::Client {
        &self.0.client
    }

    /// Sends a request and reads the whole answer.
    ///
    /// The deadline counts from the moment the request is sent: waiting for a free place does not
    /// make it late.
    ///
    /// # Cancellation
    ///
    /// Dropping the call closes its connection; the server may have done what was asked.
    pub(crate) async fn call(&self, request: Request<Vec<u8>>) -> Result<Answer, Refusal> {
        let _place = self.0.in_flight.acquire().await;
        let deadline = self.0.deadline;
        let answer = tokio::time::timeout(deadline, self.exchange(request)).await;
        answer.unwrap_or(Err(Refusal::TimedOut(deadline)))
    }

    async fn exchange(&self, request: Request<Vec<u8>>) -> Result<Answer, Refusal> {
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let sent = self.0.client.send(request.map(Body::from)).await;
        let (head, body) = sent.map_err(|error| refusal::of_error(&error))?.into_parts();
        let bytes = body.collect().await.map_err(|error| refusal::of_error(&error))?.to_bytes();
        let code = head.status.as_u16();
        tracing::trace!(%method, path = uri.path(), code, "asked the cluster");
        if !head.status.is_success() {
            return Err(refusal::of_answer(code, &head.headers, &bytes));
        }
        if bytes.is_empty() {
            return Ok(Answer { code, body: Value::Null });
        }
        let body = serde_json::from_slice(&bytes).map_err(|_| refusal::unreadable("the body"))?;
        Ok(Answer { code, body })
    }
}

#[cfg(test)]
mod tests;
