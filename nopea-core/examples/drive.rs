//! Drives the state machine by hand, with mocked ports: what a driver does, in one loop.
//!
//! `cargo run -p nopea-core --features mock --example drive`
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "an example talks, its mocks do not fail, and it carries out only what comes up"
)]

use std::{collections::VecDeque, sync::Arc};

use nopea_core::{
    model::{Commit, Declared, Inputs, Orders, RepoKey, SourceUrl, Spec, Timestamp, Uid, What},
    port::{
        GitSource as _, MockGitSource, MockParent, MockRenderer, Open, Parent as _, ParentState,
        Render, Renderer as _, Rendering, Resolve, Resolved, SourceTree, Stop,
    },
    reconcile::{Effect, Event, Input, start, step},
};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let commit = Commit::parse(&"c0ffee00".repeat(5)).unwrap();
    let mut git = MockGitSource::new();
    let resolved = Resolved { commit: commit.clone() };
    git.expect_resolve().times(1).returning(move |_| Ok(resolved.clone()));
    git.expect_open().times(1).returning(|_| {
        let tree: Arc<dyn SourceTree> = Arc::new(nopea_core::port::MockSourceTree::new());
        Ok(tree)
    });
    let mut renderer = MockRenderer::new();
    renderer.expect_render().times(1).returning(|_| {
        let inputs = Arc::new(Inputs::default());
        let fingerprint = inputs.fingerprint(["mock"]);
        let (manifests, warnings) = (Vec::new(), Vec::new());
        Ok(Rendering::Fresh(nopea_core::model::Rendered {
            manifests,
            inputs,
            fingerprint,
            warnings,
        }))
    });
    let mut parent = MockParent::new();
    parent.expect_read().times(1).returning(|_| Ok(ParentState::default()));
    parent.expect_claim().times(1).returning(|_| Ok(()));

    let declared = Declared {
        key: RepoKey::new("default", "example"),
        uid: Uid::new("3f0c"),
        generation: 1,
        spec: Arc::new(Spec::new(SourceUrl::parse("https://example.org/app.git").unwrap())),
        orders: Orders::default(),
        deleted_at: None,
    };
    let at = Timestamp(0);
    let (mut state, effects) = start(declared, at);
    let mut open = VecDeque::from(effects);
    // wait for an input, step, carry out each effect: here the answers come at once
    while let Some(effect) = open.pop_front() {
        let event = match effect {
            Effect::Restore { ticket, parent: of } => {
                Event::Restored { ticket, result: parent.read(&of).await.map(Box::new) }
            }
            Effect::Survey { ticket, .. } => Event::Surveyed { ticket, result: Ok(Vec::new()) },
            Effect::Resolve { ticket, location, not_before } => {
                let answer = git.resolve(&Resolve { location, not_before }).await;
                let result = answer.map(|found| found.commit).map_err(|error| error.fault());
                Event::Resolved { ticket, result }
            }
            Effect::Render { ticket, location, commit, spec, known } => {
                let tree = git.open(&Open { location, commit }).await.unwrap();
                let stop = Stop::default();
                Event::Rendered {
                    ticket,
                    result: renderer.render(&Render { tree, spec, known, stop }),
                }
            }
            Effect::Claim { attempt, parent: of, kinds } => {
                let claim = nopea_core::port::Claim { parent: of, kinds };
                Event::Claimed { attempt, result: parent.claim(&claim).await }
            }
            Effect::Notify(What::Synced { commit, .. }) => {
                println!("synced {}", commit.short());
                continue;
            }
            other => {
                println!("{other:?}");
                continue;
            }
        };
        let (next, effects) = step(state, Input { at, event });
        state = next;
        open.extend(effects);
    }
    assert!(state.is_at_rest(), "nothing is left to be done");
    assert_eq!(state.status().applied_commit, Some(commit));
}
