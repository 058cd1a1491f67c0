//! Measures the loader against `serde_yaml` into `serde_json::Value`, in one run.
//!
//! `cargo run --release -p nopea-render --example load [FILE]`; without a file: 10,000 Deployments.

use std::time::{Duration, Instant};

use serde::Deserialize as _;
use serde_json::Value;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let text = match std::env::args().nth(1) {
        Some(file) => std::fs::read_to_string(file)?,
        None => (0..10_000).map(deployment).collect(),
    };
    let ours = best(|| nopea_render::load_all(&text).unwrap_or_default());
    let theirs = best(|| {
        serde_yaml::Deserializer::from_str(&text)
            .filter_map(|document| Value::deserialize(document).ok())
            .collect()
    });
    let ratio = ours.0.as_secs_f64() / theirs.0.as_secs_f64();
    report(&format!("{} bytes\nnopea-render {:?} ({} documents)", text.len(), ours.0, ours.1));
    report(&format!(
        "serde_yaml   {:?} ({} documents)\nratio        {ratio:.2}",
        theirs.0, theirs.1
    ));
    Ok(())
}

/// The best of five, without the time to drop what was loaded.
fn best(work: impl Fn() -> Vec<Value>) -> (Duration, usize) {
    let runs = (0..5).map(|_| {
        let start = Instant::now();
        let documents = work();
        (start.elapsed(), documents.len())
    });
    runs.min().unwrap_or_default()
}

#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
fn report(text: &str) {
    println!("{text}");
}

fn deployment(number: usize) -> String {
    format!(
        "---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-{number}
  namespace: shop
  labels:
    app.kubernetes.io/name: web-{number}
    app.kubernetes.io/part-of: shop
  annotations:
    example.org/note: \"unit {number}: quoted, with a colon\"
spec:
  replicas: 3
  revisionHistoryLimit: 5
  selector:
    matchLabels:
      app.kubernetes.io/name: web-{number}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: web-{number}
    spec:
      serviceAccountName: web-{number}
      containers:
        - name: web
          image: registry.example.org/shop/web:1.{number}.0
          args: [\"--listen\", \":8080\", \"--verbose\"]
          ports:
            - name: http
              containerPort: 8080
          env:
            - name: UNIT
              value: \"{number}\"
            - name: LOG_LEVEL
              value: info
          resources:
            requests: {{cpu: 100m, memory: 64Mi}}
            limits:
              memory: 128Mi
          readinessProbe:
            httpGet:
              path: /healthz
              port: http
            periodSeconds: 5
"
    )
}
