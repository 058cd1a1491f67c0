//! What people read: stable, short, without secrets.

use proptest::prelude::*;

use super::*;

fn text(refusal: &Refusal) -> String {
    fault(refusal, None, &ObjectKey::new("apps", "Deployment", "n", "web")).message.to_string()
}

fn typed_patch(lines: &[&str]) -> Refusal {
    let list = if lines.len() == 1 {
        lines[0].to_owned()
    } else {
        format!("errors:\n  {}", lines.join("\n  "))
    };
    plain(
        500,
        &format!("failed to create typed patch object (n/web; apps/v1, Kind=Deployment): {list}"),
    )
}

#[test]
fn a_schema_fault_reads_the_same_in_whatever_order_it_comes() {
    let lines = [
        ".spec.replicas: expected numeric (int or float), got string",
        ".spec.foo: field not declared in schema",
        ".spec.template.spec.containers[name=\"a: b\"].image: expected string, got &value.valueUnstructured{Value:true}",
        ".spec.foo: field not declared in schema",
    ];
    let expected = "spec.foo: field not declared in schema; spec.replicas: expected numeric (int or float), got string; \
                    spec.template.spec.containers[name=\"a: b\"].image: expected string";
    let mut backwards = lines;
    backwards.reverse();
    assert_eq!(text(&typed_patch(&lines)), expected);
    assert_eq!(text(&typed_patch(&backwards)), expected);
    let paths = schema_paths(&typed_patch(&lines));
    let paths: Vec<_> = paths.iter().map(|path| &**path).collect();
    assert_eq!(
        paths,
        ["spec.foo", "spec.replicas", "spec.template.spec.containers[name=\"a: b\"].image"]
    );
    assert!(schema_paths(&invalid(&[])).is_empty());
}

#[test]
fn each_text_says_what_and_where() {
    let value = "FieldValueInvalid";
    let dump = format!(
        "Invalid value: core.PodTemplateSpec{{{}}}: field is immutable",
        "X:\"}}\", ".repeat(900)
    );
    let object = format!(
        "Invalid value: {{\"matchLabels\":{{\"app\":\"{}\"}}}}: field is immutable",
        "x".repeat(50)
    );
    let policy = "configmaps \"a\" is forbidden: ValidatingAdmissionPolicy 'v4' with binding 'b' denied request: no";
    let rows = [
        (invalid(&[(value, "spec.template", &dump)]), "spec.template: field is immutable"),
        (invalid(&[(value, "spec.selector", &object)]), "spec.selector: field is immutable"),
        (
            invalid(&[
                (value, "spec.replicas", "Invalid value: -1: must be greater than or equal to 0"),
                ("FieldValueRequired", "spec.image", "Required value"),
            ]),
            "spec.image: Required value; spec.replicas: Invalid value: -1: must be greater than or equal to 0",
        ),
        (
            invalid(&[(
                "FieldValueNotSupported",
                "spec.type",
                "Unsupported value: \"a: b\": supported values: \"x\", \"y\"",
            )]),
            "spec.type: Unsupported value: \"a: b\": supported values: \"x\", \"y\"",
        ),
        (
            invalid(&[("FieldValueDuplicate", "spec.ports[1].name", "Duplicate value: \"http\"")]),
            "spec.ports[1].name: Duplicate value: \"http\"",
        ),
        (status(422, "Invalid", policy, &[("", "", "no")]), policy),
        (plain(404, "404 page not found"), "the cluster does not serve Deployment.apps"),
        (
            status(404, "NotFound", "namespaces \"n\" not found", &[]),
            "namespace \"n\" does not exist",
        ),
        (plain(502, ""), "the cluster answered 502"),
        (
            Refusal::Unreachable("connection refused".into()),
            "no answer from the cluster: connection refused",
        ),
    ];
    for (refusal, expected) in rows {
        assert_eq!(text(&refusal), expected);
    }
}

#[test]
fn each_code_is_the_one_that_the_catalogue_means() {
    let key = ObjectKey::new("", "ConfigMap", "n", "a");
    let code = |name: &str| {
        let (_, refusal, ..) = answers().into_iter().find(|(row, ..)| *row == name).unwrap();
        fault(&refusal, None, &key).code
    };
    let table = [
        ("stale resourceVersion", Code::Conflict),
        ("kind not served", Code::KindUnknown),
        ("namespace absent", Code::NamespaceMissing),
        ("namespace terminating", Code::NamespaceTerminating),
        ("quota", Code::Forbidden),
        ("strict decoding", Code::UnknownField),
        ("generateName", Code::Invalid),
        ("unknown field", Code::UnknownField),
        ("too large for etcd", Code::RequestTooLarge),
        ("version gone from its CRD", Code::VersionGone),
        ("overload", Code::ClusterBusy),
        ("no connection", Code::ClusterUnreachable),
    ];
    for (name, expected) in table {
        assert_eq!(code(name), expected, "{name}");
    }
    let change = invalid(&[("FieldValueInvalid", "type", "field is immutable")]);
    assert_eq!(fault(&change, None, &key).code, Code::Immutable);
}

fn secret(data: &Value) -> Manifest {
    Manifest {
        key: ObjectKey::new("", "Secret", "n", "s"),
        api_version: "v1".into(),
        body: Arc::new(json!({"kind": "Secret", "data": data})),
        origin: Origin { file: "s.yaml".into(), line: 3, column: 1 },
    }
}

#[test]
fn no_value_of_a_secret_is_repeated_whoever_echoes_it() {
    let manifest = secret(&json!({"password": "aHVudGVyMi1jYW5hcnk="})); // hunter2-canary
    let echoes = [
        invalid(&[("FieldValueInvalid", "data", "Invalid value: \"hunter2\": no")]),
        status(403, "Forbidden", "policy: hunter2-canary is weak", &[]),
        status(500, "InternalError", "webhook: aHVudGVyMi1jYW5hcnk= is weak", &[]),
        status(422, "Invalid", "denied: hunter2-canary", &[("", "", "hunter2-canary")]),
    ];
    // a value that would be cut in half
    let long = format!("{}hunter2-canary", "x".repeat(message::LIMIT - 7));
    for refusal in echoes.into_iter().chain([status(403, "Forbidden", &long, &[])]) {
        let fault = fault(&refusal, Some(&manifest), &manifest.key);
        assert!(!format!("{fault:?}").contains("hunter2"), "{fault:?}");
        assert!(!format!("{fault:?}").contains("aHVudGVy"), "{fault:?}");
        assert_eq!(fault.origin.as_ref(), Some(&manifest.origin));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_answer_has_a_bounded_fault(
        code in any::<u16>(),
        reason in prop_oneof![Just("Invalid"), Just("Conflict"), Just("")],
        message in prop_oneof![
            any::<String>(),
            "[ :;.{}()\\[\\]\"\\\\a\u{e9}]{0,400}",
            "failed to create typed patch object \\(a; b\\): [ :.{}\"\n\\[a\u{e9}]{0,400}",
        ],
        causes in prop::collection::vec(("[a-z.]{0,9}", "(Invalid value: )?[ :{}\"\\\\a\u{e9}]{0,400}"), 0..4),
    ) {
        let causes: Vec<_> = causes.iter().map(|(field, text)| ("FieldValueInvalid", field.as_str(), text.as_str())).collect();
        let refusal = status(code, reason, &message, &causes);
        let key = ObjectKey::new("", "Secret", "n", "s");
        let fault = fault(&refusal, Some(&secret(&json!({"a": message}))), &key);
        prop_assert!(fault.message.chars().count() <= 302);
        prop_assert!(!fault.message.contains('\n'));
        let paths = schema_paths(&refusal);
        prop_assert!(paths.is_sorted());
    }
}
