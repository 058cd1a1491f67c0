//! Whether the API server answers: noted at every request that is made anyhow, asked for only where
//! somebody wants to know and nothing was heard lately. It knows no request.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::Request;
use kube::{Client, client::Body};
use tokio::time::{Instant, timeout};

/// An answer that is younger speaks for now.
const LATELY: Duration = Duration::from_secs(10);
/// How long an answer to the question may take: less than a probe of the kubelet has.
const PATIENCE: Duration = Duration::from_millis(800);

/// When the API server answered last.
#[derive(Debug, Default)]
pub(crate) struct Reach(Mutex<Last>);

#[derive(Clone, Copy, Debug, Default)]
struct Last {
    answered: Option<Instant>,
    failed: bool,
}

impl Reach {
    /// Says whether the last thing heard was an answer, and lately.
    pub(crate) fn lately(&self) -> bool {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        !last.failed && last.answered.is_some_and(|answered| answered.elapsed() < LATELY)
    }

    fn note(&self, answered: bool) {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // told once when it goes and once when it comes
        match (last.failed, answered) {
            (false, false) => tracing::warn!("the API server does not answer"),
            (true, true) => tracing::info!("the API server answers again"),
            (false, true) | (true, false) => {}
        }
        last.failed = !answered;
        if answered {
            last.answered = Some(Instant::now());
        }
    }
}

/// The same client, whose answers are noted.
pub(crate) fn noted(client: Client, reach: &Arc<Reach>) -> Client {
    let namespace = client.default_namespace().to_owned();
    let reach = Arc::clone(reach);
    let service = tower::service_fn(move |request: Request<Body>| {
        let (client, reach) = (client.clone(), Arc::clone(&reach));
        async move {
            let answer = client.send(request).await;
            // what stands between us and the server answers 502, 503 and 504 in its place
            let gateway = |status: http::StatusCode| (502..=504).contains(&status.as_u16());
            reach.note(answer.as_ref().is_ok_and(|answer| !gateway(answer.status())));
            answer
        }
    });
    Client::new(service, namespace)
}

/// Says whether the API server answers, asking it where nothing was heard lately.
pub(crate) async fn answers(client: &Client, reach: &Reach) -> bool {
    if reach.lately() {
        return true;
    }
    let Ok(question) = Request::get("/version").body(Body::empty()) else { return false };
    if timeout(PATIENCE, client.send(question)).await.is_err() {
        reach.note(false);
    }
    reach.lately()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use http::Response;

    use super::*;

    /// A client whose server answers with these codes in turn, then hangs; and how often it was asked.
    fn server(codes: &'static [u16]) -> (Client, Arc<Reach>, Arc<AtomicUsize>) {
        let (reach, asked) = (Arc::new(Reach::default()), Arc::new(AtomicUsize::new(0)));
        let counter = Arc::clone(&asked);
        let service = tower::service_fn(move |_: Request<Body>| {
            let code = codes.get(counter.fetch_add(1, Ordering::SeqCst)).copied();
            async move {
                match code {
                    Some(code) => Ok::<_, std::io::Error>(
                        Response::builder().status(code).body(Body::empty()).unwrap(),
                    ),
                    None => std::future::pending().await,
                }
            }
        });
        (noted(Client::new(service, "default"), &reach), reach, asked)
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_heard_lately_is_not_asked_again() {
        let (client, reach, asked) = server(&[200, 404]);
        assert!(!reach.lately());
        assert!(answers(&client, &reach).await);
        assert!(answers(&client, &reach).await);
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        tokio::time::advance(LATELY).await;
        assert!(answers(&client, &reach).await, "a refusal is an answer");
        assert_eq!(asked.load(Ordering::SeqCst), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_gateway_in_its_place_and_silence_are_no_answer() {
        let (client, reach, asked) = server(&[200, 503]);
        assert!(answers(&client, &reach).await);
        tokio::time::advance(LATELY).await;
        assert!(!answers(&client, &reach).await);
        assert!(!answers(&client, &reach).await, "it hangs by now");
        assert_eq!(asked.load(Ordering::SeqCst), 3);
    }
}
