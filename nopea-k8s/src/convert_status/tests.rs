//! What is shown is read back, and always fits.

use std::{collections::BTreeSet, sync::Arc};

use super::*;

fn commit(digit: &str) -> Commit {
    Commit::parse(&digit.repeat(40)).unwrap()
}

fn full() -> Status {
    let origin = Origin { file: "apps/web.yaml".into(), line: 12, column: 3 };
    let fault = Fault::new(Code::Invalid, "spec.replicas: must be positive")
        .on(ObjectKey::new("apps", "Deployment", "shop", "web"))
        .at(origin);
    let namespace = Fault::new(Code::ForeignContents, "it holds objects of others")
        .on(ObjectKey::new("", "Namespace", "", "shop"))
        .help("move them");
    let condition = |kind, status| Condition {
        kind,
        status,
        reason: "Reason".into(),
        message: "what and why".into(),
        since: Timestamp(1_764_000_000_000),
    };
    Status {
        phase: Phase::Failed,
        observed_generation: 7,
        observed_commit: Some(commit("b")),
        applied_commit: Some(commit("a")),
        last_sync_time: Some(Timestamp(1_764_000_001_000)),
        conditions: vec![
            condition(ConditionType::Ready, ConditionStatus::False),
            condition(ConditionType::Reconciling, ConditionStatus::True),
            condition(ConditionType::Stalled, ConditionStatus::Unknown),
        ],
        objects: Counts { total: 4, ready: 3, drifted: 2, unhealthy: 1 },
        faults: vec![fault, namespace],
        fault_count: 51,
        history: Arc::from([HistoryEntry {
            commit: commit("a"),
            succeeded: true,
            at: Timestamp(1_764_000_001_000),
            took: Duration::from_millis(1234),
            changes: Changes {
                created: 1,
                configured: 2,
                unchanged: 3,
                pruned: 4,
                skipped: 5,
                failed: 6,
            },
        }]),
        kinds: BTreeSet::from([
            GroupKind::new("", "ConfigMap"),
            GroupKind::new("apps", "Deployment"),
        ]),
        sync_token: Some("2026-11-24T12:00:00Z".into()),
        pin: Some(commit("c")),
        pending_prune: Some(Hash::of_parts(["list"])),
    }
}

#[test]
fn what_was_shown_is_read_back() {
    let status = full();
    let through_json = serde_json::to_value(shown(&status)).unwrap();
    let read: status::GitRepositoryStatus = serde_json::from_value(through_json).unwrap();
    assert_eq!(restored(&read), Some(status));
}

#[test]
fn a_restored_status_shows_as_it_stood() {
    let mut status = full();
    status.last_sync_time = Some(Timestamp(1_764_000_001_987));
    status.faults.push(Fault::new(Code::Syntax, "x".repeat(10_000)));
    status.sync_token = Some("t".repeat(5000).into());
    let first = shown(&status);
    assert_eq!(shown(&restored(&first).unwrap()), first);
}

#[test]
fn a_new_object_has_no_status_yet() {
    let fresh = serde_json::json!({"observedGeneration": -1});
    let read: status::GitRepositoryStatus = serde_json::from_value(fresh).unwrap();
    assert_eq!(restored(&read), None);
    assert_eq!(restored(&status::GitRepositoryStatus::default()), None);
}

#[test]
fn kubectl_shows_seven_digits_and_that_a_commit_is_held() {
    let status = Status { phase: Phase::Synced, ..full() };
    let shown = shown(&status);
    assert_eq!(shown.short_commit.as_deref(), Some("aaaaaaa"));
    assert_eq!(shown.phase.as_deref(), Some("Pinned"));
    assert_eq!(restored(&shown).unwrap().phase, Phase::Synced);
    let free = Status { pin: None, ..status };
    assert_eq!(super::shown(&free).phase.as_deref(), Some("Synced"));
}

#[test]
fn a_failure_shows_although_a_commit_is_held() {
    assert_eq!(shown(&full()).phase.as_deref(), Some("Failed"));
}

#[test]
fn five_thousand_long_faults_fit_into_etcd() {
    let text = "\u{1}ä\"".repeat(50_000);
    let fault = |at: u32| {
        Fault::new(Code::UnknownField, text.as_str())
            .on(ObjectKey::new("apps", "Deployment", "shop", text.as_str()))
            .at(Origin { file: text.as_str().into(), line: at, column: 1 })
            .help(text.as_str())
    };
    let faults: Vec<Fault> = (0..5000).map(fault).collect();
    let mut status = full();
    status.fault_count = faults.len();
    status.faults = faults;
    let one = status.conditions.first().unwrap().clone();
    status.conditions.push(Condition { message: text.as_str().into(), ..one });
    let entry = status.history.first().unwrap().clone();
    status.history = std::iter::repeat_n(entry, 500).collect();
    let shown = shown(&status);
    assert!(!shown.faults.is_empty() && shown.faults.len() <= MAX_FAULTS);
    assert_eq!((shown.fault_count, shown.history.len()), (Some(5000), MAX_HISTORY));
    let size = serde_json::to_vec(&shown).unwrap().len();
    assert!(size < 300 * 1024, "{size}");
}

#[test]
fn fifty_ordinary_faults_are_all_shown() {
    let fault = Fault::new(Code::UnknownField, "x".repeat(1500)).on(ObjectKey::new(
        "apps",
        "Deployment",
        "shop",
        "web",
    ));
    let status = Status { faults: vec![fault; 60], fault_count: 60, ..Status::default() };
    assert_eq!(shown(&status).faults.len(), MAX_FAULTS);
}

#[test]
fn cutting_respects_characters_and_is_done_once() {
    let once = cut(&"ä".repeat(100), 20);
    assert!(once.len() <= 20 && once.ends_with('…'));
    assert_eq!(cut(&once, 20), once);
    assert_eq!(cut("short", 20), "short");
}

#[test]
fn what_cannot_be_read_is_left_out() {
    let mut shown = shown(&full());
    shown.faults.first_mut().unwrap().code = "Z999".to_owned();
    shown.history.first_mut().unwrap().commit = "no commit".to_owned();
    shown.conditions.first_mut().unwrap().type_ = "Sometime".to_owned();
    let read = restored(&shown).unwrap();
    assert_eq!((read.faults.len(), read.history.len(), read.conditions.len()), (1, 0, 2));
    shown.phase = Some("Elsewhere".to_owned());
    assert_eq!(restored(&shown), None);
}
