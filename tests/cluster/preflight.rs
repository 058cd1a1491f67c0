//! Nothing is written before the whole set passed, and a set that makes what it needs passes (R15, R16,
//! R17, R30).

use nopea_tests::plane::{eventually, unique};
use serde_json::{Value, json};

use crate::{operator::Operator, world::config};

/// A definition of a kind that no other test uses: plural and group differ from call to call.
pub(crate) fn definition(group: &str, fields: &Value) -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("widgets.{group}")},
        "spec": {
            "group": group, "scope": "Namespaced",
            "names": {"kind": "Widget", "plural": "widgets", "singular": "widget"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {
                "openAPIV3Schema": {"type": "object", "properties": {
                    "spec": {"type": "object", "properties": fields},
                }},
            }}],
        },
    })
}

pub(crate) fn widget(group: &str, namespace: &str, name: &str, spec: &Value) -> Value {
    json!({
        "apiVersion": format!("{group}/v1"), "kind": "Widget", "spec": spec,
        "metadata": {"name": name, "namespace": namespace},
    })
}

pub(crate) fn group(name: &str) -> String {
    format!("{}.example", unique(name))
}

fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}

fn deployment(namespace: &str, name: &str, replicas: &Value) -> Value {
    let labels = json!({"app": name});
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "web", "image": "web"}]},
            },
        },
    })
}

/// R15, R30. In the worst order, on a cluster that has nothing of it.
#[tokio::test]
async fn a_set_that_makes_its_own_namespace_kind_and_account_is_applied_in_one_commit() {
    let operator = Operator::new("worst").await;
    let (inner, group) = (unique("inner"), group("worst"));
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "bare", "namespace": inner},
        "spec": {"serviceAccountName": "runner", "containers": [{"name": "a", "image": "a"}]},
    });
    let account = json!({
        "apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"name": "runner", "namespace": inner},
    });
    let fields = json!({"size": {"type": "integer"}});
    let custom = widget(&group, &inner, "w", &json!({"size": 1}));
    operator.commit(&[
        pod.clone(),
        custom.clone(),
        account,
        config(&inner, "a", &json!({"k": "1"})),
        namespace(&inner),
        definition(&group, &fields),
    ]);
    let repo = operator.declare("shop", &json!({})).await;
    operator.synced(&repo).await;
    assert_eq!(operator.server.live(&custom).await.ok()["spec"]["size"], 1);
    assert_eq!(operator.server.live(&pod).await.code, 200);
}

/// R15. What cannot be dry run in place yet is checked as far as it can be.
#[tokio::test]
async fn a_schema_error_inside_a_namespace_or_kind_of_the_same_set_is_refused_before_the_first_write()
 {
    let operator = Operator::new("early").await;
    let (inner, group) = (unique("inner"), group("early"));
    let fields = json!({"size": {"type": "integer"}});
    let mut typo = deployment(&inner, "web", &json!(1));
    typo["spec"]["replcas"] = json!(1);
    operator.commit(&[namespace(&inner), typo, definition(&group, &fields)]);
    let repo = operator.declare("shop", &json!({})).await;
    let (codes, faults) = operator.refused(&repo).await;
    assert!(codes.contains("K006"), "{faults:#?}");
    let wrong = widget(&group, &operator.namespace, "w", &json!({"size": "large"}));
    operator.commit(&[definition(&group, &fields), wrong]);
    let (codes, faults) = operator.refused(&repo).await;
    assert!(codes.contains("K006") || codes.contains("K007"), "{faults:#?}");
    assert_eq!(operator.server.live(&namespace(&inner)).await.code, 404, "nothing was written");
    let definition = definition(&group, &fields);
    assert_eq!(operator.server.live(&definition).await.code, 404, "nothing was written");
}

/// R16. The server's own list is partial, and another one each time.
#[tokio::test]
async fn every_schema_fault_is_told_in_one_order() {
    let operator = Operator::new("faults").await;
    let mut broken = deployment(&operator.namespace, "web", &json!("two"));
    broken["spec"]["foo"] = json!(1);
    broken["spec"]["template"]["spec"]["bar"] = json!(1);
    broken["spec"]["template"]["spec"]["containers"][0]["baz"] = json!(1);
    broken["spec"]["template"]["metadata"]["qux"] = json!(1);
    operator.commit(&[broken, config(&operator.namespace, "good", &json!({}))]);
    let repo = operator.declare("shop", &json!({})).await;
    let told = async || {
        let (_, faults) = operator.refused(&repo).await;
        faults.iter().map(|fault| fault.message.to_string()).collect::<Vec<_>>()
    };
    let first = told().await;
    let all = first.join("\n");
    for field in ["replicas", "foo", "bar", "baz", "qux"] {
        assert!(all.contains(field), "{field} is missing in {all}");
    }
    assert_eq!(told().await, first, "a status made of it does not flap");
    let good = config(&operator.namespace, "good", &json!({}));
    assert_eq!(operator.server.live(&good).await.code, 404, "nothing was written");
}

/// R17. Every dry run of these would have answered 201.
#[tokio::test]
async fn what_the_set_contradicts_by_itself_is_refused_without_a_request() {
    let operator = Operator::new("contradiction").await;
    let service = |name: &str| {
        json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"name": name, "namespace": operator.namespace},
            "spec": {"type": "NodePort", "ports": [{"port": 80, "nodePort": 32_111}]},
        })
    };
    let large = json!({"k": "x".repeat(1_500_000)});
    let repo = operator.declare("shop", &json!({})).await;
    operator.commit(&[service("a"), service("b")]);
    let (codes, faults) = operator.refused(&repo).await;
    assert!(codes.contains("M018"), "{faults:#?}");
    operator.commit(&[config(&operator.namespace, "large", &large)]);
    let (codes, faults) = operator.refused(&repo).await;
    assert!(codes.contains("M019"), "{faults:#?}");
    for service in [service("a"), service("b")] {
        assert_eq!(operator.server.live(&service).await.code, 404);
    }
}

/// R30. Established stays true all the while, and says nothing of the new schema.
#[tokio::test]
async fn a_resource_that_uses_a_field_its_definition_gets_in_the_same_commit_is_applied() {
    let operator = Operator::new("field").await;
    let group = group("field");
    let old = json!({"size": {"type": "integer"}});
    let new = json!({"size": {"type": "integer"}, "colour": {"type": "string"}});
    let custom = |spec: &Value| widget(&group, &operator.namespace, "w", spec);
    operator.commit(&[custom(&json!({"size": 1})), definition(&group, &old)]);
    let repo = operator.declare("shop", &json!({})).await;
    operator.synced(&repo).await;
    let coloured = custom(&json!({"size": 2, "colour": "red"}));
    operator.commit(&[coloured.clone(), definition(&group, &new)]);
    operator.synced(&repo).await;
    assert_eq!(operator.server.live(&coloured).await.ok()["spec"]["colour"], "red");
}

/// R30. A version that a definition gains is served a little later than its answer says.
#[tokio::test]
async fn a_resource_of_a_version_that_its_definition_gets_in_the_same_commit_is_applied() {
    let operator = Operator::new("version").await;
    let group = group("version");
    let fields = json!({"size": {"type": "integer"}});
    let one = definition(&group, &fields);
    operator.commit(&[one.clone(), widget(&group, &operator.namespace, "w", &json!({"size": 1}))]);
    let repo = operator.declare("shop", &json!({})).await;
    operator.synced(&repo).await;
    let mut both = one;
    let mut version = both["spec"]["versions"][0].clone();
    version["name"] = json!("v2");
    version["storage"] = json!(false);
    both["spec"]["versions"].as_array_mut().unwrap().push(version);
    let mut moved = widget(&group, &operator.namespace, "w", &json!({"size": 2}));
    moved["apiVersion"] = json!(format!("{group}/v2"));
    operator.commit(&[moved.clone(), both]);
    operator.synced(&repo).await;
    assert_eq!(operator.server.live(&moved).await.ok()["spec"]["size"], 2);
    // the definition's update ends every watch of the kind; a change is seen all the same
    operator.server.merge("user", &moved, &json!({"spec": {"size": 9}})).await.ok();
    eventually("the change is healed", async || {
        let live = operator.server.live(&moved).await.ok();
        (live["spec"]["size"] == 2).then_some(())
    })
    .await;
}
