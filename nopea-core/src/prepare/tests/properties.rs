//! What holds of any manifests.

use proptest::prelude::*;

use super::*;

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,3}",
        Just("metadata".to_owned()),
        Just("labels".to_owned()),
        Just("annotations".to_owned()),
        Just("spec".to_owned()),
        Just("data".to_owned()),
        Just("stringData".to_owned()),
        Just("webhooks".to_owned()),
        Just("clientConfig".to_owned()),
        Just("caBundle".to_owned()),
        Just("ports".to_owned()),
        Just("status".to_owned()),
        Just("volumeName".to_owned()),
        Just("rules".to_owned()),
        Just("versions".to_owned()),
        Just("names".to_owned()),
        Just("nopea.io/depends-on".to_owned()),
    ]
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-zA-Z./]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key(), inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn any_manifest() -> impl Strategy<Value = Manifest> {
    let kinds: Vec<_> = scopes().into_iter().collect();
    let body = prop_oneof![
        1 => json(),
        9 => prop::collection::btree_map(key(), json(), 0..6)
            .prop_map(|map| Value::Object(map.into_iter().collect())),
    ];
    (prop::sample::select(kinds), "[a-e]", body).prop_map(|((kind, scope), name, rest)| {
        let mut body = rest;
        let slash = if kind.group.is_empty() { "" } else { "/" };
        let api_version = format!("{}{slash}{}", kind.group, scope.versions[0]);
        if let Value::Object(map) = &mut body {
            map.insert("apiVersion".to_owned(), json!(api_version));
            map.insert("kind".to_owned(), json!(&*kind.kind));
            let metadata = map.entry("metadata").or_insert_with(|| json!({}));
            if metadata.is_object() {
                metadata["name"] = json!(name);
            }
        }
        Manifest {
            key: ObjectKey { kind, namespace: "".into(), name: name.into() },
            api_version: api_version.into(),
            body: Arc::new(body),
            origin: Origin { file: "a.yaml".into(), line: 1, column: 1 },
        }
    })
}

/// The manifest without what `prepare` added.
fn without_marks(manifest: &Manifest) -> Manifest {
    let mut body = (*manifest.body).clone();
    let ours =
        [membership::REPOSITORY, membership::NAMESPACE, membership::PART_OF, membership::OBJECT];
    for field in ["labels", "annotations"] {
        let map = body.pointer_mut(&format!("/metadata/{field}")).and_then(Value::as_object_mut);
        if let Some(map) = map {
            map.retain(|name, _| !ours.contains(&name.as_str()));
        }
    }
    Manifest { body: Arc::new(body), ..manifest.clone() }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_body_is_prepared_or_refused_and_what_was_prepared_stays_as_it_is(
        manifests in prop::collection::vec(any_manifest(), 0..4)
    ) {
        let (parent, scopes) = (parent(), scopes());
        let setting = Setting { parent: &parent, default_namespace: "team", scopes: &scopes };
        match prepare(&manifests, &setting) {
            Err(faults) => prop_assert!(!faults.is_empty()),
            Ok(set) => {
                let again: Vec<_> = set.objects.iter().map(|o| without_marks(&o.manifest)).collect();
                let second = prepare(&again, &setting);
                prop_assert!(second.is_ok(), "{second:?}");
                let second = second.unwrap();
                prop_assert_eq!(&second.objects, &set.objects);
                prop_assert!(second.warnings.is_empty(), "{:?}", second.warnings);
            }
        }
    }
}
