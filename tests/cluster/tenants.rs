//! Mistakes of some tenants beside the good repositories of others: each is told what is wrong with it,
//! and no other one is touched. It knows no adapter.

use std::{collections::BTreeMap, fmt::Write as _};

use nopea_tests::{
    plane::eventually,
    scene::{Scene, condition, config_map, message},
};
use serde_json::{Value, json};

const GOOD: usize = 50;

/// A mistake: its name, the fields of the spec, the text of its one file, and what its message must hold.
struct Mistake {
    name: &'static str,
    spec: Value,
    file: Option<String>,
    says: &'static str,
}

fn spec(name: &'static str, spec: Value, says: &'static str) -> Mistake {
    Mistake { name, spec, file: None, says }
}

fn file(name: &'static str, text: impl Into<String>, says: &'static str) -> Mistake {
    Mistake { name, spec: json!({}), file: Some(text.into()), says }
}

fn object(name: &'static str, mut body: Value, says: &'static str) -> Mistake {
    if body["metadata"]["name"].is_null() {
        body["metadata"]["name"] = json!(name);
    }
    file(name, serde_yaml::to_string(&body).unwrap(), says)
}

/// What the custom resource's own rules refuse.
fn refused() -> Vec<Value> {
    vec![
        json!({"url": "nonsense"}),
        json!({"url": 1}),
        json!({"interval": "1s"}),
        json!({"interval": "often"}),
        json!({"timeout": "0s"}),
        json!({"branch": "a", "tag": "b"}),
        json!({"branch": "a b"}),
        json!({"commit": "abc"}),
        json!({"ref": "heads/main"}),
        json!({"semver": " "}),
        json!({"path": "../other"}),
        json!({"path": "/absolute"}),
        json!({"targetNamespace": "Upper_Case"}),
        json!({"deletionPolicy": "Maybe"}),
        json!({"healPolicy": "sometimes"}),
        json!({"foreignFields": "perhaps"}),
        json!({"suspend": "yes"}),
        json!({"ignore": [{"paths": []}]}),
        json!({"ignore": [{"paths": ["no-pointer"]}]}),
        json!({"healGracePeriod": "soon"}),
        json!({"unknownField": true}),
    ]
}

/// What only Git, its server or the operator's flags can tell.
fn sources() -> Vec<Mistake> {
    let commit = "0123456789012345678901234567890123456789";
    vec![
        spec("branch", json!({"branch": "no-such"}), "no-such"),
        spec("tag", json!({"tag": "no-such"}), "no-such"),
        spec("semver", json!({"semver": ">=9.0.0"}), ">=9.0.0"),
        spec("semver-range", json!({"semver": "not a range"}), "not a range"),
        spec("ref", json!({"ref": "refs/pull/1/head"}), "refs/pull/1/head"),
        spec("commit", json!({"commit": commit}), "0123456"),
        spec("path", json!({"path": "no/such"}), "no/such"),
        spec("path-to-file", json!({"path": "kustomize/kustomization.yaml"}), "kustomization.yaml"),
        spec("server", json!({"url": "http://127.0.0.1:1/app.git"}), "127.0.0.1:1"),
        spec("scheme", json!({"url": "gopher://example.org/app"}), "gopher"),
        spec("local", json!({"url": "file:///etc"}), "file://"),
        spec("target", json!({"path": "good/0", "targetNamespace": "no-such"}), "no-such"),
    ]
}

/// What no loader reads.
fn texts() -> Vec<Mistake> {
    let long = "v".repeat(64);
    let head = |name: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n");
    vec![
        file("tab", "apiVersion: v1\n\tkind: ConfigMap\n", "tab.yaml:"),
        file("quote", "apiVersion: \"v1\nkind: ConfigMap\n", "quote.yaml:"),
        file("twice-key", format!("{}data:\n  a: b\n  a: c\n", head("k")), "twice-key.yaml:7"),
        file("alias", format!("{}data: *no-such\n", head("k")), "alias.yaml:5"),
        file("conflict", format!("<<<<<<< HEAD\n{}=======\n", head("k")), "conflict.yaml:"),
        file("scalar", "just words\n", "scalar.yaml:1"),
        file("no-version", "kind: ConfigMap\nmetadata: {name: k}\n", "apiVersion"),
        file("no-kind", "apiVersion: v1\nmetadata: {name: k}\n", "kind"),
        file("no-name", "apiVersion: v1\nkind: ConfigMap\nmetadata: {}\n", "name"),
        file(
            "generate-name",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: k-}\n",
            "generate-name.yaml:3",
        ),
        file("duplicate", format!("{}---\n{}", head("dup"), head("dup")), "dup"),
        file("upper", head("Upper_Case"), "Upper_Case"),
        file("label", format!("{}  labels: {{a: {long}}}\n", head("l")), "label"),
        file("number", format!("{}data: {{value: 1}}\n", head("number")), "data"),
        file("annotation", format!("{}  annotations: {{a: 1}}\n", head("ann")), "annotations"),
        file(
            "large",
            format!("{}data:\n  a: {}\n", head("large"), "x".repeat(1_500_000)),
            "1468006",
        ),
        file(
            "frozen",
            format!("{}  annotations: {{nopea.io/suspend-heal: \"true\"}}\n", head("frozen")),
            "suspend-heal",
        ),
    ]
}

fn workload(kind: &str, replicas: &Value, label: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": kind, "metadata": {},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "a"}}, "template": {
            "metadata": {"labels": {"app": label}},
            "spec": {"containers": [{"name": "a", "image": "a"}]},
        }},
    })
}

/// What a cluster refuses.
fn objects() -> Vec<Mistake> {
    let body = |version: &str, kind: &str, spec: Value| json!({"apiVersion": version, "kind": kind, "metadata": {}, "spec": spec});
    let mut typo = workload("Deployment", &json!(0), "a");
    typo["spec"]["replcas"] = json!(1);
    let mut elsewhere = body("v1", "Service", json!({"ports": [{"port": 80}]}));
    elsewhere["metadata"]["namespace"] = json!("no-such");
    let job = json!({"restartPolicy": "Never", "containers": [{"name": "a", "image": "a"}]});
    let cron =
        json!({"schedule": "whenever", "jobTemplate": {"spec": {"template": {"spec": job}}}});
    let scaler = json!({
        "minReplicas": 5, "maxReplicas": 1,
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "a"},
    });
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "a"},
    });
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {}, "data": {"a": "not base64!"},
    });
    vec![
        object("kind", body("example.org/v1", "Nothing", json!({})), "Nothing"),
        object("version", body("apps/v9", "Deployment", json!({})), "apps/v9"),
        object("misspelt", body("v1", "ConfigMapp", json!({})), "ConfigMapp"),
        object("field", typo, "replcas"),
        object("type", workload("Deployment", &json!("two"), "a"), "replicas"),
        object("selector", workload("Deployment", &json!(0), "b"), "selector"),
        object("elsewhere", elsewhere, "no-such"),
        object("port", body("v1", "Service", json!({"ports": [{"port": 70_000}]})), "port"),
        object("cron", body("batch/v1", "CronJob", cron), "schedule"),
        object("scaler", body("autoscaling/v2", "HorizontalPodAutoscaler", scaler), "maxReplicas"),
        object("binding", binding, "roleRef"),
        object("secret", secret, "data"),
        object("volume", body("v1", "PersistentVolumeClaim", json!({})), "accessModes"),
    ]
}

/// What belongs to somebody else.
async fn owned(scene: &Scene) -> Vec<Mistake> {
    let marks = [
        (
            "flux",
            json!({"labels": {
                "kustomize.toolkit.fluxcd.io/name": "their-flux",
                "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
            }}),
        ),
        (
            "helm",
            json!({
                "labels": {"app.kubernetes.io/managed-by": "Helm"},
                "annotations": {
                    "meta.helm.sh/release-name": "their-release",
                    "meta.helm.sh/release-namespace": "default",
                },
            }),
        ),
    ];
    for (name, mark) in marks {
        let mut object = scene.config_map(name, "theirs");
        for (field, value) in mark.as_object().unwrap() {
            object["metadata"][field] = value.clone();
        }
        scene.server.create("somebody", &object).await.ok();
    }
    vec![
        file("flux", config_map("flux", "ours"), "their-flux"),
        file("helm", config_map("helm", "ours"), "their-release"),
        file("other", config_map("good-7", "ours"), "good-7"),
    ]
}

async fn statuses(scene: &Scene) -> BTreeMap<String, Value> {
    let path = format!("/apis/nopea.io/v1alpha1/namespaces/{}/gitrepositories", scene.namespace);
    let list = scene.server.get(&path).await.ok();
    let items = list["items"].as_array().cloned().unwrap_or_default();
    items
        .into_iter()
        .map(|mut item| {
            (item["metadata"]["name"].as_str().unwrap().to_owned(), item["status"].take())
        })
        .collect()
}

#[tokio::test]
async fn fifty_mistakes_say_what_is_wrong_and_touch_none_of_the_fifty_beside_them() {
    let scene = Scene::new("tenants").await;
    let mut mistakes = owned(&scene).await;
    mistakes.extend(texts().into_iter().chain(objects()).chain(sources()));
    for number in 0..GOOD {
        let text = config_map(&format!("good-{number}"), "1");
        scene.repository.write(&format!("good/{number}/a.yaml"), text);
    }
    scene.repository.write("kustomize/kustomization.yaml", "resources: []\n");
    let broken = "resources: [no-such.yaml]\n";
    scene.repository.write("bad/kustomization/kustomization.yaml", broken);
    let folder = json!({"path": "bad/kustomization"});
    mistakes.push(spec("kustomization", folder, "kustomization.yaml"));
    for mistake in &mut mistakes {
        if let Some(text) = &mistake.file {
            scene.repository.write(&format!("bad/{0}/{0}.yaml", mistake.name), text);
            mistake.spec["path"] = json!(format!("bad/{}", mistake.name));
        }
    }
    scene.repository.commit(&[]);

    let refused = refused();
    for wrong in &refused {
        let answer = scene.declare("refused", wrong.clone()).await;
        assert!([400, 422, 500].contains(&answer.code), "{wrong}: {}", answer.message());
    }
    assert!(refused.len() + mistakes.len() >= 50, "{}", refused.len() + mistakes.len());
    scene.declare("good-7", json!({"path": "good/7"})).await.ok();
    scene.waits_for("good-7", "Ready", "True").await;
    for mistake in &mistakes {
        let name = format!("bad-{}", mistake.name);
        scene.declare(&name, mistake.spec.clone()).await.ok();
    }
    for number in 0..GOOD {
        let spec = json!({"path": format!("good/{number}")});
        scene.declare(&format!("good-{number}"), spec).await.ok();
    }
    let statuses = eventually("each has its verdict", async || {
        let statuses = statuses(&scene).await;
        let judged = |name: &String, status: &Value| {
            let wished = if name.starts_with("good-") { "True" } else { "False" };
            condition(status, "Ready") == wished
        };
        statuses.iter().all(|(name, status)| judged(name, status)).then_some(statuses)
    })
    .await;
    assert_eq!(statuses.len(), GOOD + mistakes.len());
    let mut silent = String::new();
    for mistake in &mistakes {
        let status = &statuses[&format!("bad-{}", mistake.name)];
        let said = message(status, "Ready");
        if !said.contains(mistake.says) {
            writeln!(silent, "{} lacks {:?}: {said}", mistake.name, mistake.says).unwrap();
        }
        if mistake.file.is_some() {
            let origin = &status["faults"][0]["origin"];
            let path = format!("bad/{0}/{0}.yaml", mistake.name);
            if origin["file"] != path || origin["line"].as_u64().unwrap_or_default() == 0 {
                writeln!(silent, "{} has no place: {}", mistake.name, status["faults"]).unwrap();
            }
        }
    }
    assert_eq!(silent, "");
    let theirs = scene.server.live(&scene.config_map("flux", "")).await.ok();
    assert_eq!(theirs["data"]["value"], "theirs");
}
