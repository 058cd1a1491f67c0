//! What is refused, one row each.

use super::*;

#[test]
fn each_mistake_gets_its_code_and_a_text_that_names_it() {
    let label =
        |key: &str, value: Value| with(config("a"), "/metadata/labels", json!({key: value}));
    let note =
        |key: &str, value: Value| with(config("a"), "/metadata/annotations", json!({key: value}));
    let kind = |version: &str, kind: &str, name: &str| json!({"apiVersion": version, "kind": kind, "metadata": {"name": name}});
    let service = |name: &str, spec: Value| json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec});
    let in_namespace = |namespace: &str, body| with(body, "/metadata/namespace", json!(namespace));
    let secret = |field: &str, value| with(kind("v1", "Secret", "a"), &format!("/{field}"), value);
    let huge = with(config("a"), "/data", json!({"a": "x".repeat(1_500_000)}));
    let rows: Vec<(&str, Vec<Value>, Code, &str)> = vec![
        (
            "unknown kind",
            vec![kind("z.io/v1", "What", "a")],
            Code::KindUnknown,
            "What.z.io (z.io/v1)",
        ),
        (
            "unserved version",
            vec![kind("apps/v1beta1", "Deployment", "a")],
            Code::KindUnknown,
            "but in apps/v1",
        ),
        (
            "unserved core version",
            vec![kind("v2", "ConfigMap", "a")],
            Code::KindUnknown,
            "not served in v2, but in v1",
        ),
        (
            "version that the set's CRD does not serve",
            vec![definition("Thing", "things"), kind("x.io/v0", "Thing", "a")],
            Code::KindUnknown,
            "but in x.io/v1",
        ),
        (
            "namespace on a cluster-scoped kind",
            vec![in_namespace("shop", kind("v1", "Namespace", "a"))],
            Code::UnexpectedNamespace,
            "\"shop\"",
        ),
        (
            "written twice",
            vec![config("a"), in_namespace("team", config("a"))],
            Code::DuplicateObject,
            "at a.yaml:1:1 and again at b.yaml:1:1",
        ),
        ("upper case in a name", vec![config("Web")], Code::InvalidName, "metadata.name \"Web\""),
        ("a name beyond its length", vec![config(&"a".repeat(254))], Code::InvalidName, "253"),
        (
            "a dot in the name of a Service",
            vec![service("a.b", json!({}))],
            Code::InvalidName,
            "63",
        ),
        (
            "a slash in the name of a role",
            vec![kind("rbac.authorization.k8s.io/v1", "ClusterRole", "a/b")],
            Code::InvalidName,
            "'/'",
        ),
        (
            "an invalid namespace",
            vec![in_namespace("Team", config("a"))],
            Code::InvalidName,
            "metadata.namespace",
        ),
        (
            "a label value beyond its length",
            vec![label("a", json!("x".repeat(64)))],
            Code::InvalidName,
            "63",
        ),
        (
            "a label value with a space",
            vec![label("a", json!("b c"))],
            Code::InvalidName,
            "\"b c\"",
        ),
        (
            "a label key with two slashes",
            vec![label("a/b/c", json!("d"))],
            Code::InvalidName,
            "the key",
        ),
        (
            "a label key with an invalid prefix",
            vec![label("A_/b", json!("d"))],
            Code::InvalidName,
            "before '/'",
        ),
        ("a label that is a number", vec![label("a", json!(1))], Code::WrongType, "quote it"),
        (
            "labels that are a list",
            vec![with(config("a"), "/metadata/labels", json!([]))],
            Code::WrongType,
            "metadata.labels",
        ),
        (
            "an annotation that is a boolean",
            vec![note("a", json!(true))],
            Code::WrongType,
            "quote it",
        ),
        (
            "annotations beyond their size",
            vec![note("a", json!("x".repeat(300_000)))],
            Code::InvalidName,
            "262144",
        ),
        (
            "our repository label",
            vec![label("nopea.io/repository", json!("x"))],
            Code::ReservedMark,
            "nopea.io/repository",
        ),
        (
            "our namespace label",
            vec![label("nopea.io/namespace", json!("x"))],
            Code::ReservedMark,
            "nopea.io/namespace",
        ),
        (
            "the part-of label",
            vec![label("applyset.kubernetes.io/part-of", json!("x"))],
            Code::ReservedMark,
            "part-of",
        ),
        (
            "our annotation",
            vec![note("nopea.io/object", json!("x"))],
            Code::ReservedMark,
            "nopea.io/object",
        ),
        (
            "break-glass in Git",
            vec![note("nopea.io/suspend-heal", json!("true"))],
            Code::BreakGlassInGit,
            "suspend-heal",
        ),
        (
            "depends-on without a group",
            vec![note("nopea.io/depends-on", json!("ConfigMap/shop/a"))],
            Code::InvalidDependency,
            "begins with a kind",
        ),
        (
            "depends-on with too few parts",
            vec![note("nopea.io/depends-on", json!("apps/a"))],
            Code::InvalidDependency,
            "is not group/Kind/namespace/name",
        ),
        (
            "depends-on with a namespace too many",
            vec![note("nopea.io/depends-on", json!("/Namespace/shop/a"))],
            Code::InvalidDependency,
            "cluster-scoped",
        ),
        (
            "stringData that is a number",
            vec![secret("stringData", json!({"a": 1}))],
            Code::WrongType,
            "stringData \"a\"",
        ),
        (
            "data that is a list beside stringData",
            vec![with(secret("stringData", json!({"a": "b"})), "/data", json!([]))],
            Code::WrongType,
            "data must be a map",
        ),
        (
            "one nodePort twice",
            vec![
                service("a", json!({"ports": [{"port": 1, "nodePort": 30000}]})),
                service("b", json!({"ports": [{"port": 2, "nodePort": 30000}]})),
            ],
            Code::Contradiction,
            "nodePort 30000 is also claimed by Service team/a at a.yaml:1:1",
        ),
        (
            "one clusterIP twice",
            vec![
                service("a", json!({"clusterIP": "10.0.0.5"})),
                service("b", json!({"clusterIPs": ["10.0.0.5"]})),
            ],
            Code::Contradiction,
            "clusterIP 10.0.0.5",
        ),
        (
            "one kind defined twice",
            vec![definition("Thing", "things"), definition("Thing", "stuff")],
            Code::Contradiction,
            "kind Thing.x.io",
        ),
        ("a body that etcd does not take", vec![huge], Code::BodyTooLarge, "1468006"),
    ];
    for (name, bodies, code, text) in rows {
        let faults = run(&bodies).expect_err(name);
        assert_eq!(
            faults.iter().map(|fault| fault.code).collect::<Vec<_>>(),
            [code],
            "{name}: {faults:?}"
        );
        assert!(faults[0].message.contains(text), "{name}: {}", faults[0].message);
        assert!(faults[0].object.is_some() && faults[0].origin.is_some(), "{name}");
    }
}

#[test]
fn all_faults_of_a_set_come_in_one_answer() {
    let worst = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "A",
        "labels": {"nopea.io/repository": "x", "b": 1}}});
    let faults = run(&[worst, config("B"), config("fine")]).unwrap_err();
    let codes: Vec<_> = faults.iter().map(|fault| fault.code.id()).collect();
    assert_eq!(codes, ["M015", "M011", "M024", "M015"]);
}

#[test]
fn a_fault_repeats_no_value_of_a_secret() {
    let body = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "A_"},
        "stringData": {"password": ["hunter2"]}, "data": ["hunter2"]});
    let faults = run(&[body]).unwrap_err();
    assert!(faults.len() >= 2);
    assert!(!format!("{faults:?}").contains("hunter2"));
}
