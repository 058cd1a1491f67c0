//! What the product promises, asked of the whole of it: what a sync, a poll, a commit, drift, a removal
//! and a restart cost and do.
#![expect(clippy::unwrap_used, reason = "a broken expectation of a test is told by a panic")]

use std::time::Duration;

use nopea_core::{
    fault::Code,
    model::{ObjectKey, Phase, RepoKey, Status, TreePath, What},
};
use nopea_memory::{Propagation, Request, Requests, Verb};
use nopea_tests::rig::{Rig, URL};
use serde_json::json;

const MINUTE: Duration = Duration::from_mins(1);

fn config(name: &str, value: &str) -> String {
    let object = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name},
        "data": {"value": value},
    });
    object.to_string()
}

fn key(name: &str) -> ObjectKey {
    ObjectKey::new("", "ConfigMap", "shop", name)
}

/// Twenty repositories of one source, each with a folder of its own.
fn monorepo(rig: &mut Rig) -> Vec<RepoKey> {
    for number in 0..20 {
        let unit = format!("unit-{number}");
        rig.source.change(&[(&*format!("{unit}/all.yaml"), &*config(&unit, "1"))]);
    }
    let declare = |number: usize| {
        let unit = format!("unit-{number}");
        rig.declare(&format!("shop/{unit}"), |spec| spec.path = TreePath::parse(&unit).unwrap())
    };
    (0..20).map(declare).collect()
}

/// Twenty repositories at rest, and nothing counted yet.
async fn resting_monorepo(rig: &mut Rig) -> Vec<RepoKey> {
    let repos = monorepo(rig);
    for repo in &repos {
        rig.sync(repo).await.unwrap();
    }
    rig.pass(20 * MINUTE).await;
    rig.cluster.reset_requests();
    rig.take_notices();
    repos
}

fn writes(rig: &Rig) -> Vec<Request> {
    let mut log = rig.cluster.request_log();
    log.retain(|one| matches!(one.verb, Verb::Apply | Verb::Delete | Verb::Release | Verb::Claim));
    log
}

fn is_synced(status: &Status) -> bool {
    status.phase == Phase::Synced
}

#[tokio::test(start_paused = true)]
async fn a_first_sync_of_n_objects_is_one_claim_n_dry_runs_n_applies_and_one_status_write() {
    let mut rig = Rig::new();
    let file: Vec<_> = (0..30).map(|n| config(&format!("c-{n}"), "1")).collect();
    rig.source.commit(&[("all.yaml", &file.join("\n---\n"))]);
    let repo = rig.declare("shop/web", |_spec| ());
    rig.sync(&repo).await.unwrap();
    rig.pass(MINUTE).await;
    let Requests { dry_run, apply, delete, release, claim, status, .. } = rig.cluster.requests();
    assert_eq!((claim, dry_run, apply, status, delete, release), (1, 30, 30, 1, 0, 0));
    assert_eq!(rig.cluster.parent(&repo).unwrap().status_writes, 1);
}

#[tokio::test(start_paused = true)]
async fn an_unchanged_poll_is_one_look_up_for_all_repositories_of_a_url_and_nothing_else() {
    let mut rig = Rig::new();
    resting_monorepo(&mut rig).await;
    let (asked, renders) = (rig.source.asked(), rig.renderer.counts());
    rig.pass(5 * MINUTE).await;
    let looks = rig.source.asked().resolves - asked.resolves;
    assert!((1..=2).contains(&looks), "{looks} look-ups of {URL} in an interval");
    assert_eq!(rig.source.asked().opens, asked.opens);
    assert_eq!(rig.renderer.counts(), renders);
    assert_eq!(rig.cluster.request_log(), []);
    assert_eq!(rig.notices(), []);
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_touches_one_of_20_paths_renders_one_and_writes_one_object() {
    let mut rig = Rig::new();
    let repos = resting_monorepo(&mut rig).await;
    let before = rig.renderer.counts();
    let commit = rig.source.change(&[("unit-7/all.yaml", &config("unit-7", "2"))]);
    assert_eq!(rig.engine.pushed_url(URL), 20);
    for repo in &repos {
        assert_eq!(rig.sync(repo).await.as_ref(), Ok(&commit));
    }
    rig.pass(MINUTE).await;
    let after = rig.renderer.counts();
    assert_eq!(after.fresh - before.fresh, 1);
    assert_eq!(after.unchanged - before.unchanged, 19);
    let Requests { dry_run, apply, .. } = rig.cluster.requests();
    assert_eq!((dry_run, apply), (1, 1));
    assert_eq!(rig.cluster.get(&key("unit-7")).unwrap()["data"]["value"], "2");
}

#[tokio::test(start_paused = true)]
async fn drift_by_edit_deletion_or_lost_label_is_healed_by_one_apply_and_told() {
    let mut rig = Rig::new();
    rig.source.commit(&[("a.yaml", &config("a", "git"))]);
    let repo = rig.declare("shop/web", |_spec| ());
    rig.sync(&repo).await.unwrap();
    let part_of = nopea_core::membership::PART_OF;
    let edit = json!({"data": {"value": "mine"}});
    let label = json!({"metadata": {"labels": {part_of: null}}});
    for damage in [Some(edit), Some(label), None] {
        rig.pass(2 * MINUTE).await;
        rig.cluster.reset_requests();
        rig.take_notices();
        match &damage {
            Some(patch) => drop(rig.cluster.merge_patch(&key("a"), "kubectl-edit", patch).unwrap()),
            None => rig.cluster.delete_as_user(&key("a"), Propagation::Background).unwrap(),
        }
        rig.pass(Duration::from_secs(1)).await;
        let live = rig.cluster.get(&key("a")).unwrap();
        assert_eq!(live["data"]["value"], "git", "{damage:?}");
        assert!(live["metadata"]["labels"][part_of].is_string(), "{damage:?}");
        assert_eq!(rig.cluster.requests().apply, 1, "{damage:?}");
        let healed = rig.take_notices().into_iter().filter(|notice| {
            matches!(&notice.what, What::Healed { key: healed, .. } if *healed == key("a"))
        });
        assert_eq!(healed.count(), 1, "{damage:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_newer_commit_supersedes_one_that_waits_for_what_never_becomes_ready() {
    let mut rig = Rig::without_controllers();
    let deployment = json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "never"},
        "spec": {
            "selector": {"matchLabels": {"app": "never"}},
            "template": {
                "metadata": {"labels": {"app": "never"}},
                "spec": {"containers": [{"name": "main", "image": "never:1"}]},
            },
        },
    });
    rig.source.commit(&[("a.yaml", &config("a", "1")), ("b.yaml", &deployment.to_string())]);
    let repo = rig.declare("shop/web", |spec| spec.timeout = 60 * MINUTE);
    rig.pass(MINUTE).await;
    assert_eq!(rig.status(&repo).phase, Phase::Syncing);
    let newer = rig.source.commit(&[("a.yaml", &config("a", "2"))]);
    rig.engine.pushed(&repo).unwrap();
    rig.pass(Duration::from_secs(2)).await;
    let status = rig.status(&repo);
    assert_eq!((status.phase, &status.applied_commit), (Phase::Synced, &Some(newer)));
    assert_eq!(rig.cluster.get(&key("a")).unwrap()["data"]["value"], "2");
    assert_eq!(rig.cluster.get(&ObjectKey::new("apps", "Deployment", "shop", "never")), None);
}

#[tokio::test(start_paused = true)]
async fn a_removal_deletes_everything_and_releases_the_declaration() {
    let mut rig = Rig::new();
    rig.source.commit(&[("a.yaml", &config("a", "1")), ("b.yaml", &config("b", "1"))]);
    let repo = rig.declare("shop/web", |_spec| ());
    rig.sync(&repo).await.unwrap();
    rig.delete(&repo);
    assert!(rig.cluster.parent(&repo).is_some(), "the finalizer holds it");
    rig.pass(MINUTE).await;
    assert_eq!((rig.cluster.get(&key("a")), rig.cluster.get(&key("b"))), (None, None));
    assert_eq!(rig.cluster.parent(&repo), None);
    assert_eq!(rig.engine.repositories(), []);
}

#[tokio::test(start_paused = true)]
async fn an_object_that_moves_to_another_repository_of_the_source_is_never_deleted() {
    let mut rig = Rig::new();
    let (a, b) = (config("a", "1"), config("b", "1"));
    rig.source.commit(&[("one/a.yaml", &a), ("one/b.yaml", &b), ("two/c.yaml", &config("c", "1"))]);
    let declare = |rig: &mut Rig, path: &str| {
        rig.declare(&format!("shop/{path}"), |spec| spec.path = TreePath::parse(path).unwrap())
    };
    let (one, two) = (declare(&mut rig, "one"), declare(&mut rig, "two"));
    rig.sync(&one).await.unwrap();
    rig.sync(&two).await.unwrap();
    let uid = rig.cluster.get(&key("b")).unwrap()["metadata"]["uid"].clone();
    rig.cluster.reset_requests();

    let moved = [("one/a.yaml", &*a), ("two/b.yaml", &*b), ("two/c.yaml", &*config("c", "1"))];
    let commit = rig.source.commit(&moved);
    rig.engine.pushed_url(URL);
    for repo in [&one, &two] {
        let applied =
            |status: &Status| is_synced(status) && status.applied_commit.as_ref() == Some(&commit);
        rig.wait_for(repo, applied).await;
    }
    assert_eq!(rig.cluster.requests().delete, 0);
    let live = rig.cluster.get(&key("b")).unwrap();
    assert_eq!(live["metadata"]["uid"], uid);
    assert_eq!(live["metadata"]["labels"]["nopea.io/repository"], "two");
}

#[tokio::test(start_paused = true)]
async fn a_restart_writes_nothing() {
    let mut rig = Rig::new();
    let repos = resting_monorepo(&mut rig).await;
    let (living, parents) = (rig.cluster.dump(), rig.cluster.parents());
    rig.restart();
    for repo in &repos {
        rig.sync(repo).await.unwrap();
    }
    rig.pass(MINUTE).await;
    assert_eq!(writes(&rig), []);
    assert_eq!(rig.cluster.requests().dry_run, 0);
    assert_eq!(rig.cluster.dump(), living);
    assert_eq!(rig.cluster.parents(), parents);
}

/// R21: what controllers made in it is no reason to keep a Namespace, what somebody else put there is.
#[tokio::test(start_paused = true)]
async fn a_namespace_goes_with_what_controllers_made_in_it_and_stays_for_what_others_put_there() {
    let mut rig = Rig::new();
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "back"}});
    let labels = json!({"app": "api"});
    let deployment = json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "api", "namespace": "back"},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "api", "image": "api:1"}]},
            },
        },
    });
    let both = format!("{namespace}\n---\n{deployment}");
    rig.source.commit(&[("back.yaml", &both), ("kept.yaml", &config("kept", "1"))]);
    let repo = rig.declare("shop/web", |_spec| ());
    rig.sync(&repo).await.unwrap();
    let foreign = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "mine", "namespace": "back"},
    });
    rig.cluster.create("kubectl-create", &foreign).unwrap();

    let commit = rig.source.remove(&["back.yaml"]);
    let faults = rig.sync(&repo).await.unwrap_err().faults();
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert_eq!(faults[0].code, Code::ForeignContents);
    assert!(faults[0].message.contains("ConfigMap back/mine"), "{}", faults[0]);
    assert!(!faults[0].message.contains("Pod"), "{}", faults[0]);

    let mine = ObjectKey::new("", "ConfigMap", "back", "mine");
    rig.cluster.delete_as_user(&mine, Propagation::Background).unwrap();
    assert_eq!(rig.sync(&repo).await, Ok(commit));
    rig.pass(MINUTE).await;
    assert_eq!(rig.cluster.get(&ObjectKey::new("", "Namespace", "", "back")), None);
    assert!(rig.cluster.get(&key("kept")).is_some());
}

const WIDGETS: &str = r"
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.org}
spec:
  group: example.org
  scope: Namespaced
  names: {kind: Widget, plural: widgets, singular: widget}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {type: object, properties: {size: {type: integer}}}
";

/// A definition and a resource of it, in the worst order.
fn widgets(spec: &str) -> [(&str, String); 2] {
    let widget =
        format!("apiVersion: example.org/v1\nkind: Widget\nmetadata: {{name: w}}\nspec: {spec}\n");
    [("a.yaml", widget), ("z.yaml", WIDGETS.to_owned())]
}

#[tokio::test(start_paused = true)]
async fn a_schema_error_in_a_custom_resource_is_refused_before_its_definition_is_written() {
    let mut rig = Rig::new();
    let [widget, definition] = widgets("{siz: 1}");
    rig.source.commit(&[(widget.0, &*widget.1), (definition.0, &*definition.1)]);
    let repo = rig.declare("shop/web", |_spec| ());
    rig.sync(&repo).await.unwrap_err();
    let faults = rig.status(&repo).faults.clone();
    let codes: Vec<_> = faults.iter().map(|fault| fault.code).collect();
    assert_eq!(codes, [Code::UnknownField], "{faults:?}");
    assert_eq!(&*faults[0].origin.as_ref().unwrap().file, "a.yaml");
    assert_eq!(writes(&rig), []);
    let [widget, definition] = widgets("{size: 1}");
    rig.source.commit(&[(widget.0, &*widget.1), (definition.0, &*definition.1)]);
    rig.sync(&repo).await.unwrap();
    let key = ObjectKey::new("example.org", "Widget", "shop", "w");
    assert_eq!(rig.cluster.get(&key).unwrap()["spec"]["size"], 1);
}

#[tokio::test(start_paused = true)]
async fn a_schema_error_in_a_new_namespace_is_refused_before_the_namespace_is_written() {
    let service = |port: &str| {
        let metadata = "{name: web, namespace: team}";
        format!("apiVersion: v1\nkind: Service\nmetadata: {metadata}\nspec: {{{port}}}\n")
    };
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: team}\n";
    let mut rig = Rig::new();
    rig.source.commit(&[("a.yaml", &service("prots: []")), ("z.yaml", namespace)]);
    let repo = rig.declare("shop/web", |_spec| ());
    rig.sync(&repo).await.unwrap_err();
    let faults = rig.status(&repo).faults.clone();
    assert_eq!(faults[0].code, Code::UnknownField, "{faults:?}");
    assert_eq!(&*faults[0].origin.as_ref().unwrap().file, "a.yaml");
    assert_eq!(writes(&rig), []);
    rig.source.commit(&[("a.yaml", &service("ports: [{port: 80}]")), ("z.yaml", namespace)]);
    rig.cluster.reset_requests();
    rig.sync(&repo).await.unwrap();
    let Requests { dry_run, apply, .. } = rig.cluster.requests();
    assert_eq!((dry_run, apply), (3, 2), "one more for what is deferred");
}
