//! The table of experiments.md section 8: which refusals a replacement would get round.

use super::*;

#[test]
fn r27_only_immutable_fields_are_replaceable() {
    let value = "FieldValueInvalid";
    let forbidden = "FieldValueForbidden";
    let immutable = "Invalid value: {}: field is immutable";
    let yes = [
        (value, "spec.selector", immutable),
        (value, "spec.volumeClaimTemplates", immutable),
        (value, "spec.serviceName", immutable),
        (value, "spec.clusterIPs[0]", "Invalid value: [\"10.0.0.2\"]: may not change once set"),
        (value, "spec.loadBalancerClass", "Invalid value: \"a\": may not change once set"),
        (value, "spec.template", immutable),
        (value, "spec.completions", immutable),
        (forbidden, "spec", "spec is immutable after creation except resources.requests"),
        (value, "type", immutable),
        (forbidden, "data", "field is immutable when `immutable` is set"),
        (forbidden, "immutable", "field is immutable when `immutable` is set"),
        (value, "roleRef", immutable),
        (value, "spec.scope", immutable),
        (value, "provisioner", immutable),
        (forbidden, "value", "may not be changed in an update."),
        (
            forbidden,
            "spec.persistentvolumesource",
            "spec.persistentvolumesource is immutable after creation",
        ),
        (
            forbidden,
            "spec",
            "pod updates may not change fields other than `spec.containers[*].image`",
        ),
        (
            forbidden,
            "spec",
            "updates to statefulset spec for fields other than 'replicas' are forbidden",
        ),
    ];
    for cause in yes {
        assert_eq!(verdict(&invalid(&[cause])), Verdict::Immutable, "{cause:?}");
    }
    let labels =
        (value, "spec.template.metadata.labels", "`selector` does not match template `labels`");
    let no: [(&str, Refusal); 10] = [
        ("a selector typo", invalid(&[labels, (value, "spec.selector", immutable)])),
        (
            "a Job with an empty image",
            invalid(&[
                ("FieldValueRequired", "spec.template.spec.containers[0].image", "Required value"),
                (value, "spec.template", immutable),
            ]),
        ),
        (
            "an empty image",
            invalid(&[("FieldValueRequired", "spec.containers[0].image", "Required value")]),
        ),
        (
            "a bad schedule",
            invalid(&[(value, "spec.schedule", "Invalid value: \"x\": expected exactly 5 fields")]),
        ),
        (
            "a CEL transition rule",
            invalid(&[(value, "spec.im", "Invalid value: im cannot change")]),
        ),
        (
            "the name of an APIService",
            invalid(&[(value, "metadata.name", "must be `spec.version+\".\"+spec.group`")]),
        ),
        (
            "a name that is immutable",
            invalid(&[(value, "metadata.name", immutable), (value, "type", immutable)]),
        ),
        (
            "a policy that says so",
            status(
                422,
                "Invalid",
                "configmaps \"a\" is forbidden: ValidatingAdmissionPolicy 'v4' denied request: field is immutable",
                &[("", "", "field is immutable (by v4)")],
            ),
        ),
        ("no causes", invalid(&[])),
        ("another reason", status(422, "", "field is immutable", &[(value, "type", immutable)])),
    ];
    for (name, refusal) in no {
        assert_eq!(verdict(&refusal), Verdict::Invalid, "{name}");
    }
}
