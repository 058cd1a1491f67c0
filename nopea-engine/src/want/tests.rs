//! Who is waited for before a prune, for how long, and what is answered.

use futures::FutureExt as _;
use nopea_core::model::{Orders, Spec};
use tokio::time::Instant;

use super::*;
use crate::fixture::{commit, declared, object, repo, spec};

fn index(names: &[&str]) -> Wants {
    let wants = Wants::default();
    for name in names {
        wants.declare(&declared(name));
    }
    wants
}

fn keys(names: &[&str]) -> BTreeSet<ObjectKey> {
    names.iter().map(|name| object(name)).collect()
}

async fn ask(wants: &Wants, commit: &Commit, names: &[&str]) -> BTreeSet<ObjectKey> {
    let clock = Clock::starting_at(Timestamp(1_000_000));
    let question = Question { asker: &repo("web"), commit, clock };
    wants.ask(question, keys(names), |_| {}).await.elsewhere
}

fn with(name: &str, change: impl FnOnce(&mut Spec)) -> Declared {
    let mut changed = spec();
    change(&mut changed);
    Declared { spec: Arc::new(changed), ..declared(name) }
}

#[tokio::test(start_paused = true)]
async fn a_prune_waits_until_the_others_of_the_mirror_rendered_the_commit() {
    let wants = index(&["web", "api"]);
    let commit_b = commit('b');
    let mut asked = Box::pin(ask(&wants, &commit_b, &["x", "y"]));
    assert!(asked.as_mut().now_or_never().is_none());
    wants.want(&repo("api"), commit('a'), Arc::new(keys(&["y"])));
    assert!(asked.as_mut().now_or_never().is_none(), "an older commit is not the answer");
    wants.want(&repo("api"), commit('b'), Arc::new(keys(&["x"])));
    assert_eq!(asked.now_or_never(), Some(keys(&["x"])));
}

#[tokio::test(start_paused = true)]
async fn a_prune_waits_thirty_seconds_and_no_longer() {
    let wants = index(&["web", "api"]);
    wants.want(&repo("api"), commit('a'), Arc::new(keys(&["x"])));
    let began = Instant::now();
    let elsewhere = ask(&wants, &commit('b'), &["x", "y"]).await;
    assert_eq!(began.elapsed(), Duration::from_secs(30));
    assert_eq!(elsewhere, keys(&["x"]), "the last render counts");
}

#[tokio::test(start_paused = true)]
async fn what_rests_is_pinned_or_reads_something_else_is_not_waited_for() {
    let pin = Pin { commit: commit('a'), until: None };
    let pinned = Orders { pin: Some(pin), ..Orders::default() };
    let others = [
        with("a", |spec| spec.suspend = true),
        with("b", |spec| spec.url = SourceUrl::parse("https://example.org/else").unwrap()),
        with("c", |spec| spec.reference = Reference::Commit(commit('a'))),
        Declared { orders: pinned, ..declared("d") },
        Declared { deleted_at: Some(Timestamp(1)), ..declared("e") },
    ];
    for other in others {
        let wants = index(&["web"]);
        wants.declare(&other);
        let answer = ask(&wants, &commit('b'), &["x"]).now_or_never();
        assert_eq!(answer, Some(keys(&[])), "{}", other.key);
    }
}

#[tokio::test(start_paused = true)]
async fn branches_of_one_mirror_are_waited_for_only_where_they_can_meet() {
    let branch =
        |name: &'static str| move |spec: &mut Spec| spec.reference = Reference::Branch(name.into());
    for (other, waits) in [("main", true), ("dev", false)] {
        let wants = Wants::default();
        wants.declare(&with("web", branch("main")));
        wants.declare(&with("api", branch(other)));
        let answer = ask(&wants, &commit('b'), &["x"]).now_or_never();
        assert_eq!(answer.is_none(), waits, "{other}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_repository_that_is_removed_leaves_the_index() {
    let wants = index(&["web", "api"]);
    wants.want(&repo("api"), commit('a'), Arc::new(keys(&["x"])));
    let commit_b = commit('b');
    let mut asked = Box::pin(ask(&wants, &commit_b, &["x"]));
    assert!(asked.as_mut().now_or_never().is_none());
    wants.remove(&repo("api"));
    assert_eq!(asked.now_or_never(), Some(keys(&[])));
}

#[test]
fn a_source_is_found_however_a_webhook_spells_it() {
    let wants = index(&["web"]);
    for url in [
        "https://example.org/shop",
        "https://example.org/shop.git",
        "http://user:token@Example.org/Shop.git/",
        "ssh://git@example.org/shop.git",
    ] {
        assert_eq!(wants.readers(url), [repo("web")], "{url}");
    }
    assert!(wants.readers("https://example.org/other").is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_waited_for_is_nudged_and_a_commit_that_changes_nothing_is_an_answer() {
    let wants = index(&["web", "api"]);
    wants.want(&repo("api"), commit('a'), Arc::new(keys(&["x"])));
    let nudged = Mutex::new(Vec::new());
    let clock = Clock::starting_at(Timestamp(1_000_000));
    let (web, commit_b) = (repo("web"), commit('b'));
    let question = Question { asker: &web, commit: &commit_b, clock };
    let nudge = |repo: &RepoKey| lock(&nudged).push(repo.clone());
    let mut asked = Box::pin(wants.ask(question, keys(&["x", "y"]), nudge));
    assert!(asked.as_mut().now_or_never().is_none());
    assert_eq!(*lock(&nudged), [repo("api")]);
    wants.unchanged(&repo("api"), &commit('b'));
    let heard = asked.now_or_never().unwrap();
    assert_eq!(heard.elsewhere, keys(&["x"]));
    assert_eq!(heard.heard, BTreeSet::from([repo("api")]), "whose wishes are known");
}
