//! What is looked for once, what is remembered, and what a cancelled render does.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use futures::future::join_all;
use nopea_core::port::{MockGitSource, MockRenderer, MockSourceTree, Resolved};
use tokio::time::sleep;

use super::*;
use crate::fixture::{Mocks, commit, location, rendered, spec};

fn wish(path: &str) -> Wish {
    let spec = Spec { path: TreePath::parse(path).unwrap(), ..spec() };
    Wish { location: location(), commit: commit('a'), spec: Arc::new(spec), known: None }
}

fn opens(times: usize) -> MockGitSource {
    let mut git = MockGitSource::new();
    git.expect_open().times(times).returning(|_| Ok(Arc::new(MockSourceTree::new())));
    git
}

fn renders(times: usize) -> MockRenderer {
    let mut renderer = MockRenderer::new();
    renderer.expect_render().times(times).returning(|_| Ok(Rendering::Fresh(rendered("a"))));
    renderer
}

#[tokio::test(start_paused = true)]
async fn polls_of_one_location_are_one_look_up() {
    let mut git = MockGitSource::new();
    git.expect_resolve().times(1).returning(|_| Ok(Resolved { commit: commit('a') }));
    let shared = Mocks { git, ..Mocks::default() }.shared();
    let polls = (0..100).map(|_| shared.source.resolve(location(), Timestamp(1)));
    assert!(join_all(polls).await.into_iter().all(|answer| answer == Ok(commit('a'))));
    sleep(Duration::from_mins(1)).await;
    assert_eq!(shared.source.resolve(location(), Timestamp(1)).await, Ok(commit('a')));
}

#[tokio::test(start_paused = true)]
async fn a_source_that_fails_is_a_fault_with_its_code() {
    let mut git = MockGitSource::new();
    git.expect_resolve()
        .times(1)
        .returning(|_| Err(SourceError::new(Code::UnknownReference, "no such branch")));
    let shared = Mocks { git, ..Mocks::default() }.shared();
    let fault = shared.source.resolve(location(), Timestamp(1)).await.unwrap_err();
    assert_eq!(fault.code, Code::UnknownReference);
}

#[tokio::test]
async fn all_units_of_a_commit_share_one_tree() {
    let shared = Mocks { git: opens(1), renderer: renders(20), ..Mocks::default() }.shared();
    let wishes = (0..20).map(|unit| shared.source.render(wish(&format!("unit-{unit}"))));
    for answer in join_all(wishes).await {
        assert_eq!(answer, Ok(Rendering::Fresh(rendered("a"))));
    }
}

#[tokio::test]
async fn an_applied_commit_is_rendered_again_from_memory() {
    let shared = Mocks { git: opens(1), renderer: renders(1), ..Mocks::default() }.shared();
    let fresh = Ok(Rendering::Fresh(rendered("a")));
    assert_eq!(shared.source.render(wish("apps")).await, fresh);
    assert_eq!(shared.source.render(wish("apps")).await, fresh);
    let known = Wish { known: Some(rendered("a").inputs), ..wish("apps") };
    assert_eq!(shared.source.render(known).await, Ok(Rendering::Unchanged));
}

#[tokio::test]
async fn a_tree_that_turns_out_damaged_is_opened_anew() {
    let mut renderer = MockRenderer::new();
    let damaged = |_: &Render| Err(vec![Fault::new(Code::DamagedSource, "lost an object")]);
    renderer.expect_render().times(2).returning(damaged);
    let shared = Mocks { git: opens(2), renderer, ..Mocks::default() }.shared();
    for _ in 0..2 {
        assert!(shared.source.render(wish("apps")).await.is_err());
    }
}

#[tokio::test]
async fn a_cancelled_render_is_asked_to_stop_and_keeps_its_permit_until_it_did() {
    let mut renderer = MockRenderer::new();
    let begun = Arc::new(tokio::sync::Notify::new());
    let begins = Arc::clone(&begun);
    renderer.expect_render().times(1).returning(move |request| {
        begins.notify_one();
        while !request.stop.is_stopped() {
            std::thread::yield_now();
        }
        Err(vec![Fault::new(Code::RenderInterrupted, "stopped")])
    });
    let mocks = Mocks { git: opens(1), renderer, ..Mocks::default() };
    let settings = Settings { renders: 1, ..Settings::default() };
    let shared = crate::fixture::shared(mocks.ports(), settings);
    let task = tokio::spawn({
        let shared = Arc::clone(&shared);
        async move { shared.source.render(wish("apps")).await }
    });
    begun.notified().await;
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    // given only once the render has really ended
    drop(shared.limits.render().await);
}

#[tokio::test]
async fn at_most_so_many_renders_run_at_once() {
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut renderer = MockRenderer::new();
    let (now, peak) = (Arc::clone(&running), Arc::clone(&most));
    renderer.expect_render().returning(move |_| {
        peak.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        (0..100).for_each(|_| std::thread::yield_now());
        now.fetch_sub(1, Ordering::SeqCst);
        Ok(Rendering::Fresh(rendered("a")))
    });
    let mocks = Mocks { git: opens(1), renderer, ..Mocks::default() };
    let shared =
        crate::fixture::shared(mocks.ports(), Settings { renders: 2, ..Settings::default() });
    let wishes = (0..20).map(|unit| shared.source.render(wish(&format!("unit-{unit}"))));
    assert!(join_all(wishes).await.iter().all(Result::is_ok));
    assert!(most.load(Ordering::SeqCst) <= 2);
}
