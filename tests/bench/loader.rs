//! The loader against `serde_yaml` into `serde_json::Value`: 10,000 Deployments, one process, runs that
//! take turns. Knows no engine. `cargo xtask bench loader`.
#![expect(clippy::print_stdout, reason = "the figures are what it is for")]

use std::{
    fs,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use serde::Deserialize as _;
use serde_json::Value;

/// The loader against `serde_yaml`
#[derive(Parser)]
struct Options {
    /// How many Deployments
    #[arg(long, default_value_t = 10_000)]
    documents: usize,
    /// How many runs of each
    #[arg(long, default_value_t = 15)]
    runs: usize,
    /// Loads this file instead
    #[arg(long)]
    file: Option<std::path::PathBuf>,
    /// What `cargo bench` adds
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<()> {
    let options = Options::parse();
    let text = match &options.file {
        Some(file) => {
            fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?
        }
        None => (0..options.documents).map(deployment).collect(),
    };
    ensure!(ours(&text) == theirs(&text), "the two loaders read different values");
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for _ in 0..options.runs {
        first.push(timed(|| ours(&text)));
        second.push(timed(|| theirs(&text)));
    }
    let (first, second) = (median(first), median(second));
    let per_run = |time: Duration| time.as_secs_f64() * 1e3;
    println!("{} bytes, median of {} runs, CPU time", text.len(), options.runs);
    println!("nopea-render  {:>8.1} ms", per_run(first));
    println!("serde_yaml    {:>8.1} ms", per_run(second));
    println!("ratio         {:>8.2}", first.as_secs_f64() / second.as_secs_f64());
    Ok(())
}

fn ours(text: &str) -> Vec<Value> {
    nopea_render::load_all(text).unwrap_or_default()
}

fn theirs(text: &str) -> Vec<Value> {
    serde_yaml::Deserializer::from_str(text)
        .filter_map(|document| Value::deserialize(document).ok())
        .collect()
}

/// How long the work took, without the time to drop what was loaded.
fn timed(work: impl Fn() -> Vec<Value>) -> Duration {
    let start = now();
    let documents = work();
    let took = now().saturating_sub(start);
    drop(documents);
    took
}

/// The time that this thread has run, so that others on the machine do not count; where the system
/// does not say it, the time on the wall.
fn now() -> Duration {
    static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    let on_cpu = || {
        let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        Some(Duration::from_nanos(text.split(' ').next()?.parse().ok()?))
    };
    on_cpu().unwrap_or_else(|| START.elapsed())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
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
