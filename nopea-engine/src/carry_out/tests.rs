//! Each effect calls its port with what it carries, and its answer echoes what it names.

use std::collections::{BTreeMap, BTreeSet};

use nopea_core::{
    fault::{Code, Fault},
    model::{GroupKind, ResourceVersion, Status, Uid},
    port::{Guard, MockSourceTree, ParentState, Resolved},
    reconcile::Waiter,
};
use serde_json::json;

use super::*;
use crate::{
    fixture::{
        Mocks, commit, location, manifest, object, observation, parent, rendered, repo, spec,
    },
    request::Ended,
};

const TICKET: Ticket = Ticket(7);
const ATTEMPT: Attempt = Attempt(3);

async fn answer(mocks: Mocks, effect: Effect) -> Event {
    let mut worker = mocks.worker();
    worker.carry_out(effect);
    match worker.requests.next().await {
        Ended::Answered(event) => event,
        other @ (Ended::Silent | Ended::Panicked(_)) => panic!("{other:?}"),
    }
}

fn unreachable() -> Refusal {
    Refusal::Unreachable("down".into())
}

fn kinds() -> BTreeSet<GroupKind> {
    BTreeSet::from([GroupKind::new("", "ConfigMap")])
}

#[tokio::test(start_paused = true)]
async fn restore_reads_the_parent_and_shows_what_it_remembers() {
    let remembered = Arc::new(Status { observed_generation: 4, ..Status::default() });
    let state = ParentState { claimed: Some(kinds()), status: Some(Arc::clone(&remembered)) };
    let mut mocks = Mocks::default();
    let read = state.clone();
    mocks.parent.expect_read().withf(|asked| *asked == parent("web")).return_once(|_| Ok(read));
    let mut worker = mocks.worker();
    worker.carry_out(Effect::Restore { ticket: TICKET, parent: parent("web") });
    let restored = Event::Restored { ticket: TICKET, result: Ok(Box::new(state)) };
    assert_eq!(worker.requests.next().await, Ended::Answered(restored));
    assert_eq!(worker.entry.status(), remembered);
}

#[tokio::test(start_paused = true)]
async fn surveys_ask_for_members_of_the_repository_or_all_kinds_or_contents() {
    let repo = repo("web");
    let attempt = ATTEMPT;
    let result = || Ok(vec![*observation("a", 1)]);
    let asked = [
        (
            Effect::Survey { ticket: TICKET, kinds: Some(kinds()) },
            Survey::Members { repo: repo.clone(), kinds: kinds() },
            Event::Surveyed { ticket: TICKET, result: result() },
        ),
        (
            Effect::Survey { ticket: TICKET, kinds: None },
            Survey::AllKinds { repo },
            Event::Surveyed { ticket: TICKET, result: result() },
        ),
        (
            Effect::AskContents { attempt, key: object("a") },
            Survey::Contents { key: object("a") },
            Event::Contents { attempt, key: object("a"), result: result() },
        ),
    ];
    for (effect, request, event) in asked {
        let mut mocks = Mocks::default();
        mocks
            .view
            .expect_survey()
            .withf(move |asked| *asked == request)
            .return_once(move |_| result());
        assert_eq!(answer(mocks, effect).await, event);
    }
}

#[tokio::test(start_paused = true)]
async fn resolve_and_render_ask_the_source() {
    let mut mocks = Mocks::default();
    mocks.git.expect_resolve().return_once(|_| Ok(Resolved { commit: commit('a') }));
    let (ticket, location) = (TICKET, location());
    let not_before = nopea_core::model::Timestamp(5);
    let effect = Effect::Resolve { ticket, location: location.clone(), not_before };
    let result = Ok(commit('a'));
    assert_eq!(answer(mocks, effect).await, Event::Resolved { ticket, result });

    let mut mocks = Mocks::default();
    mocks.git.expect_open().return_once(|_| Ok(Arc::new(MockSourceTree::new())));
    mocks.renderer.expect_render().return_once(|_| Ok(Rendering::Fresh(rendered("a"))));
    let spec = Arc::new(spec());
    let effect = Effect::Render { ticket, location, commit: commit('a'), spec, known: None };
    let result = Ok(Rendering::Fresh(rendered("a")));
    assert_eq!(answer(mocks, effect).await, Event::Rendered { ticket, result });
}

#[tokio::test(start_paused = true)]
async fn requests_of_an_attempt_echo_its_number() {
    let mut mocks = Mocks::default();
    mocks.view.expect_scopes().return_once(|_| Ok(BTreeMap::new()));
    let effect = Effect::Scope { attempt: ATTEMPT, kinds: kinds() };
    let scoped = Event::Scoped { attempt: ATTEMPT, result: Ok(BTreeMap::new()) };
    assert_eq!(answer(mocks, effect).await, scoped);

    let mut mocks = Mocks::default();
    let claim = Claim { parent: parent("web"), kinds: kinds() };
    mocks.parent.expect_claim().withf(move |asked| *asked == claim).return_once(|_| Ok(()));
    let effect = Effect::Claim { attempt: ATTEMPT, parent: parent("web"), kinds: kinds() };
    assert_eq!(answer(mocks, effect).await, Event::Claimed { attempt: ATTEMPT, result: Ok(()) });

    let effect = Effect::AskWanted { attempt: ATTEMPT, commit: commit('a'), keys: BTreeSet::new() };
    let (elsewhere, heard) = (BTreeSet::new(), BTreeSet::new());
    let wanted = Event::Wanted { attempt: ATTEMPT, elsewhere, heard };
    assert_eq!(answer(Mocks::default(), effect).await, wanted);
}

#[tokio::test(start_paused = true)]
async fn a_release_of_the_parent_takes_its_finalizer() {
    let mut mocks = Mocks::default();
    mocks.parent.expect_release().return_once(|_| Err(unreachable()));
    let effect = Effect::Release { ticket: TICKET, parent: parent("web") };
    let released = Event::Released { ticket: TICKET, result: Err(unreachable()) };
    assert_eq!(answer(mocks, effect).await, released);
}

#[tokio::test(start_paused = true)]
async fn every_request_about_an_object_reaches_its_verb_and_echoes_its_ticket() {
    let api_version = || "v1".into();
    let (uid, version) = (Uid::new("u"), ResourceVersion::new("1"));
    let now = || observation("a", 1);
    let mut table: Vec<(Ask, Mocks, Result<Answer, Refusal>)> = Vec::new();

    let (manifest_a, guard, mode) = (manifest("a"), Guard::Absent, Mode::Try);
    let mut mocks = Mocks::default();
    let request = Apply { manifest: manifest_a.clone(), guard: guard.clone(), mode };
    mocks
        .applier
        .expect_apply()
        .withf(move |asked| *asked == request)
        .return_once(move |_| Ok(Applied { created: true, now: now() }));
    let ask = Ask::Apply { manifest: manifest_a, guard, mode };
    table.push((ask, mocks, Ok(Answer::Applied { created: true, now: now() })));

    for (found, expected) in [(Some(now()), Answer::Live(now())), (None, Answer::Absent)] {
        let mut mocks = Mocks::default();
        mocks.view.expect_look().return_once(move |_| Ok(found));
        table.push((Ask::Look { api_version: api_version() }, mocks, Ok(expected)));
    }

    let mut mocks = Mocks::default();
    mocks.applier.expect_delete().withf(|asked| asked.mode == Mode::Real).return_once(|_| Ok(()));
    let ask = Ask::Delete { api_version: api_version(), uid, version: None };
    table.push((ask, mocks, Ok(Answer::Deleted)));

    let mut mocks = Mocks::default();
    mocks.applier.expect_release().return_once(move |_| Ok(now()));
    let managed_fields = Arc::new(json!([]));
    let ask = Ask::Release { api_version: api_version(), version, managed_fields };
    table.push((ask, mocks, Ok(Answer::Live(now()))));

    let mut mocks = Mocks::default();
    mocks.applier.expect_try_create().return_once(|_| Ok(()));
    table.push((Ask::TryCreate { manifest: manifest("a") }, mocks, Ok(Answer::Creatable)));

    let mut mocks = Mocks::default();
    mocks.applier.expect_try_create().return_once(|_| Err(unreachable()));
    table.push((Ask::TryCreate { manifest: manifest("a") }, mocks, Err(unreachable())));

    for (ask, mocks, result) in table {
        let (ticket, key) = (TICKET, object("a"));
        let effect = Effect::Ask { ticket, key: key.clone(), ask: ask.clone() };
        assert_eq!(answer(mocks, effect).await, Event::Answered { ticket, key, result }, "{ask:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_notice_carries_the_repository_and_the_time() {
    let mut mocks = Mocks::default();
    mocks
        .events
        .expect_emit()
        .withf(|notice| notice.repo == repo("web") && notice.at.0 == 1_000_000)
        .times(1)
        .return_const(());
    let faults = Arc::from([Fault::new(Code::Unreachable, "gone")]);
    mocks.worker().carry_out(Effect::Notify(What::Failed { commit: None, faults }));
}

#[tokio::test(start_paused = true)]
async fn a_published_status_is_known_and_told_at_once_and_told_only_where_it_differs() {
    let mut mocks = Mocks::default();
    mocks.status.expect_publish().returning(|_| Ok(()));
    let mut worker = mocks.worker();
    let mut updates = worker.shared.updates.subscribe();
    for generation in [1, 1, 2] {
        let status = Status { observed_generation: generation, ..Status::default() };
        worker.carry_out(Effect::Publish { parent: parent("web"), status: Arc::new(status) });
        assert_eq!(worker.entry.status().observed_generation, generation);
    }
    for generation in [1, 2] {
        let Update::Changed(key, status) = updates.try_recv().unwrap() else { panic!("lagged") };
        assert_eq!((key, status.observed_generation), (repo("web"), generation));
    }
    assert!(updates.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_reply_reaches_who_waits_and_a_wish_to_wake_replaces_the_one_before() {
    let mut worker = Mocks::default().worker();
    let reply = worker.entry.wait(Waiter(1));
    worker.carry_out(Effect::Reply { waiter: Waiter(1), result: Ok(commit('a')) });
    assert_eq!(reply.await.unwrap(), Ok(commit('a')));

    let now = worker.shared.clock.now();
    let second = std::time::Duration::from_secs(1);
    worker.carry_out(Effect::WakeAt(now + second));
    worker.carry_out(Effect::WakeAt(now + 2 * second));
    assert_eq!(worker.wake, worker.shared.clock.instant(now + 2 * second));
    worker.carry_out(Effect::Retire);
    assert!(worker.retired);
}
