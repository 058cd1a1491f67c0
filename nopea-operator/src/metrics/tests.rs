//! What `/metrics` says, read as `OpenMetrics` text.

use std::{collections::BTreeSet, time::Duration};

use nopea_core::model::{Changes, Commit, RepoKey, Timestamp};
use nopea_engine::Settings;
use prometheus_client::encoding::text::encode;

use super::*;
use crate::fixture::silent;

fn registry() -> (Registry, Tally, Engine) {
    let mut registry = Registry::with_prefix("nopea");
    let tally = Tally::register(&mut registry);
    let engine = Engine::new(silent().0, Settings::default());
    let meter = Arc::new(Meter::default());
    registry.register_collector(Box::new(Sampled { engine: engine.clone(), meter }));
    (registry, tally, engine)
}

fn text(registry: &Registry) -> String {
    let mut text = String::new();
    encode(&mut text, registry).unwrap();
    text
}

fn notice(what: What) -> Notice {
    Notice { repo: RepoKey::new("shop", "web"), at: Timestamp(1), what }
}

fn synced(delivery: Delivery, millis: u64) -> Notice {
    notice(What::Synced {
        commit: Commit::parse(&"a".repeat(40)).unwrap(),
        previous: None,
        delivery,
        changes: Changes::default(),
        took: Duration::from_millis(millis),
    })
}

/// Reads a sample: its name, its labels as written, its value.
fn sample(line: &str) -> (&str, &str, f64) {
    let (series, value) = line.rsplit_once(' ').unwrap();
    let (name, labels) = match series.split_once('{') {
        Some((name, labels)) => (name, labels.strip_suffix('}').unwrap()),
        None => (series, ""),
    };
    (name, labels, value.parse().unwrap())
}

#[tokio::test]
async fn every_line_is_open_metrics_and_every_family_has_a_type_and_one_end() {
    let (registry, ..) = registry();
    let text = text(&registry);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.last(), Some(&"# EOF"));
    let mut typed = BTreeSet::new();
    for line in &lines[..lines.len() - 1] {
        if let Some(comment) = line.strip_prefix("# ") {
            let words: Vec<_> = comment.splitn(3, ' ').collect();
            assert!(matches!(words[0], "HELP" | "TYPE" | "UNIT"), "{line}");
            if words[0] == "TYPE" {
                assert!(typed.insert(words[1]), "a family twice: {line}");
            }
            continue;
        }
        let (name, _, value) = sample(line);
        assert!(value >= 0.0, "{line}");
        assert!(typed.iter().any(|family| name.starts_with(family)), "no type: {line}");
        assert!(name.starts_with("nopea_"), "{line}");
    }
}

#[tokio::test]
async fn what_is_asked_for_is_there_before_anything_happened() {
    let (registry, ..) = registry();
    let text = text(&registry);
    for series in [
        r#"nopea_syncs_total{result="applied"} 0"#,
        r#"nopea_syncs_total{result="failed"} 0"#,
        "nopea_sync_duration_seconds_count 0",
        r#"nopea_cluster_requests_total{verb="dry_run"} 0"#,
        r#"nopea_cluster_requests_total{verb="apply"} 0"#,
        r#"nopea_git_operations_total{operation="resolve"} 0"#,
        r#"nopea_repositories{phase="Synced"} 0"#,
        r#"nopea_objects{state="drifted"} 0"#,
        r#"nopea_in_flight{what="requests"} 0"#,
        "nopea_workers 0",
        "nopea_queue 0",
        "nopea_worker_restarts_total 0",
        "nopea_drift_healed_total 0",
        "nopea_renders_total 0",
        concat!("nopea_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
    ] {
        assert!(text.lines().any(|line| line == series), "{series} is not in\n{text}");
    }
    assert!(!text.contains(r#"verb="resolve""#), "Git is no cluster");
}

#[tokio::test]
async fn syncs_are_counted_by_result_and_timed() {
    let (registry, tally, _engine) = registry();
    tally.emit(&synced(Delivery::Deployed, 40));
    tally.emit(&synced(Delivery::Unchanged, 0));
    tally.emit(&notice(What::Failed { commit: None, faults: Arc::default() }));
    let text = text(&registry);
    for series in [
        r#"nopea_syncs_total{result="applied"} 1"#,
        r#"nopea_syncs_total{result="unchanged"} 1"#,
        r#"nopea_syncs_total{result="failed"} 1"#,
        "nopea_sync_duration_seconds_count 2",
    ] {
        assert!(text.lines().any(|line| line == series), "{series} is not in\n{text}");
    }
}

#[tokio::test]
async fn a_declared_repository_is_counted_by_its_phase() {
    let (registry, _tally, engine) = registry();
    let seen = crate::object::read(crate::fixture::object(
        "web",
        &serde_json::json!({"url": "https://example.org/a.git"}),
    ));
    let crate::object::Reading::Good(declared) = seen.unwrap().reading else {
        panic!("it is good")
    };
    engine.put(*declared);
    let text = text(&registry);
    assert!(text.contains(r#"nopea_repositories{phase="Pending"} 1"#), "{text}");
    assert!(text.contains("nopea_workers 1"), "{text}");
}
