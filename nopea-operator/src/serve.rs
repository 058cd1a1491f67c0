//! What the kubelet and Prometheus ask. It knows neither what is measured nor what makes ready.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
    routing::get,
};
use kube::Client;
use prometheus_client::{encoding::text::encode, registry::Registry};

use crate::{
    declarations::Listed,
    reach::{Reach, answers},
};

/// The format of `/metrics`.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What is told.
pub(crate) struct Told {
    pub(crate) registry: Registry,
    pub(crate) listed: Listed,
    pub(crate) reach: Arc<Reach>,
    pub(crate) client: Client,
}

/// The paths and their answers.
pub(crate) fn router(told: Told) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(Arc::new(told))
}

async fn ready(State(told): State<Arc<Told>>) -> (StatusCode, &'static str) {
    let unready = |why| (StatusCode::SERVICE_UNAVAILABLE, why);
    if !told.listed.is_complete() {
        unready("the GitRepositories are not listed yet")
    } else if answers(&told.client, &told.reach).await {
        (StatusCode::OK, "ok")
    } else {
        unready("the API server does not answer")
    }
}

async fn metrics(State(told): State<Arc<Told>>) -> impl IntoResponse {
    let mut text = String::new();
    match encode(&mut text, &told.registry) {
        Ok(()) => (StatusCode::OK, [(CONTENT_TYPE, OPEN_METRICS)], text),
        Err(error) => {
            let type_ = [(CONTENT_TYPE, "text/plain")];
            (StatusCode::INTERNAL_SERVER_ERROR, type_, error.to_string())
        }
    }
}

#[cfg(test)]
mod tests;
