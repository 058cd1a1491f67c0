//! A watch of a server in the process, an engine whose workers wait for ever.

use std::sync::Mutex;

use nopea_core::{
    model::{ConditionStatus, Status},
    port::{MockParent, MockStatusSink, ParentRef, ParentState},
};
use nopea_engine::{Clock, Settings};
use serde_json::{Value, json};
use tokio::{
    sync::mpsc::UnboundedReceiver,
    task::JoinHandle,
    time::{sleep, timeout},
};

use super::*;
use crate::{
    fixture::{Asked, Reply, server, silent, stored, watch},
    refusal,
};

/// Whose status was published, and which.
type Published = Vec<(RepoKey, Arc<Status>)>;

struct Rig {
    engine: Engine,
    listed: Listed,
    /// Whom the workers asked for.
    parents: UnboundedReceiver<ParentRef>,
    statuses: Arc<Mutex<Published>>,
    asked: Asked,
    watching: JoinHandle<()>,
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

fn rig(replies: impl IntoIterator<Item = Reply>, namespaces: &[&str]) -> Rig {
    let (client, asked) = server(replies);
    let (ports, parents) = silent();
    let engine = Engine::new(ports, Settings::default());
    let statuses: Arc<Mutex<Published>> = Arc::default();
    let (mut parent, mut sink) = (MockParent::new(), MockStatusSink::new());
    parent.expect_read().returning(|_| Ok(ParentState::default()));
    let shown = Arc::clone(&statuses);
    sink.expect_publish().returning(move |request| {
        shown.lock().unwrap().push((request.parent.repo.clone(), Arc::clone(&request.status)));
        Ok(())
    });
    let (parent, status) = (Arc::new(parent), Arc::new(sink));
    let refusals = Refusals::new(refusal::Ports { parent, status, clock: Clock::system() });
    let listed = Listed::default();
    let declarations = Declarations::new(engine.clone(), refusals, listed.clone());
    let namespaces = namespaces.iter().map(|&name| name.to_owned()).collect();
    let watching = tokio::spawn(declarations.run(client, namespaces));
    Rig { engine, listed, parents, statuses, asked, watching }
}

impl Rig {
    /// Waits until the engine has exactly these repositories.
    async fn has(&self, names: &[&str]) {
        let wanted: Vec<_> = names.iter().map(|name| RepoKey::new("shop", *name)).collect();
        until(|| self.engine.repositories() == wanted).await;
    }
}

/// Waits until something holds, for a minute of paused time.
async fn until(holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_mins(1), waiting).await.unwrap();
}

fn good(name: &str) -> Value {
    stored(name, &json!({"url": "https://example.org/a.git"}))
}

fn event(kind: &str, object: &Value) -> Value {
    json!({"type": kind, "object": object})
}

fn expired() -> Value {
    let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure",
        "reason": "Expired", "code": 410, "message": "too old resource version"});
    event("ERROR", &status)
}

#[tokio::test(start_paused = true)]
async fn what_is_listed_and_what_comes_later_is_declared_and_what_goes_is_removed() {
    let (shows, watched) = watch();
    let mut rig = rig([Reply::List(vec![good("api")]), watched], &[]);
    rig.has(&["api"]).await;
    assert_eq!(&*rig.parents.recv().await.unwrap().uid.0, "uid-api");
    shows.send(event("ADDED", &good("web"))).unwrap();
    rig.has(&["api", "web"]).await;
    shows.send(event("DELETED", &good("api"))).unwrap();
    rig.has(&["web"]).await;
}

#[tokio::test(start_paused = true)]
async fn ready_means_that_every_watched_namespace_was_listed() {
    let (_open, watched) = watch();
    let rig = rig([Reply::List(vec![]), watched], &["shop", "depot", "shop"]);
    until(|| rig.asked.lock().unwrap().len() >= 3).await;
    sleep(Duration::from_secs(5)).await;
    assert!(!rig.listed.is_complete(), "the second list was not answered");
    let paths: BTreeSet<_> =
        rig.asked.lock().unwrap().iter().map(|(path, _)| path.clone()).collect();
    let path = |space| format!("/apis/nopea.io/v1alpha1/namespaces/{space}/gitrepositories");
    assert_eq!(paths, BTreeSet::from([path("shop"), path("depot")]));
}

#[tokio::test(start_paused = true)]
async fn an_empty_cluster_is_listed_too() {
    let rig = rig([Reply::List(vec![])], &[]);
    until(|| rig.listed.is_complete()).await;
}

#[tokio::test(start_paused = true)]
async fn what_vanished_while_nobody_watched_is_removed() {
    let (shows, watched) = watch();
    let (_open, again) = watch();
    let lists = [vec![good("api"), good("web")], vec![good("web")]];
    let [first, second] = lists.map(Reply::List);
    let rig = rig([first, watched, second, again], &[]);
    rig.has(&["api", "web"]).await;
    shows.send(expired()).unwrap();
    rig.has(&["web"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_server_is_asked_again_every_second_and_nothing_is_removed_meanwhile() {
    let (shows, watched) = watch();
    let (_open, again) = watch();
    let broken = (0..60).map(|_| Reply::Broken);
    let replies = [Reply::List(vec![good("api")]), watched]
        .into_iter()
        .chain(broken)
        .chain([Reply::List(vec![good("api"), good("web")]), again]);
    let rig = rig(replies, &[]);
    rig.has(&["api"]).await;
    shows.send(expired()).unwrap();
    sleep(Duration::from_secs(5)).await;
    rig.has(&["api"]).await;
    rig.has(&["api", "web"]).await;
    let asked: Vec<_> = rig.asked.lock().unwrap().iter().map(|(_, at)| *at).collect();
    let longest = asked[2..].windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
    assert!(longest <= Duration::from_millis(1100), "{longest:?}");
}

#[tokio::test(start_paused = true)]
async fn an_object_that_cannot_be_read_is_told_and_the_others_are_untouched() {
    let (_open, watched) = watch();
    let mistyped = stored("odd", &json!({"url": "https://example.org/a.git", "interval": 5}));
    let wrong = stored("wrong", &json!({"url": "https://example.org/a.git", "path": "/etc"}));
    let rig = rig([Reply::List(vec![mistyped, good("web"), wrong]), watched], &[]);
    rig.has(&["web"]).await;
    until(|| rig.statuses.lock().unwrap().len() == 2).await;
    for (key, status) in &*rig.statuses.lock().unwrap() {
        let ready = &status.conditions[0];
        assert_eq!((ready.status, &*ready.reason), (ConditionStatus::False, "InvalidSpec"));
        let field = if *key.name == *"odd" { "spec.interval" } else { "path" };
        assert!(ready.message.contains(field), "{}", ready.message);
    }
}

#[test]
fn a_watch_is_tried_again_within_a_second_however_often_it_failed() {
    let waits: Vec<_> = Short::default().take(4).map(|wait| wait.as_millis()).collect();
    assert_eq!(waits, [250, 500, 1000, 1000]);
}
