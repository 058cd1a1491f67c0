//! What holds for every body, not only for those that somebody thought of.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::*;

/// The spec of a custom kind with every kind of list and map.
pub(super) fn spec() -> Value {
    let text = json!({"type": "string"});
    json!({"type": "object", "properties": {
        "text": text,
        "number": {"type": "integer"},
        "granular": {"type": "object", "additionalProperties": text},
        "atomic": {"type": "object", "x-kubernetes-map-type": "atomic", "additionalProperties": text},
        "list": {"type": "array", "items": text},
        "set": {"type": "array", "x-kubernetes-list-type": "set", "items": text},
        "keyed": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
            "items": {"type": "object", "properties": {
                "name": text, "value": text, "inner": {"type": "object", "additionalProperties": text}}}},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}
    }})
}

fn word() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "c", "d"]).prop_map(str::to_owned)
}

fn words() -> impl Strategy<Value = Value> {
    btree_map(word(), word(), 0..4).prop_map(|map| json!(map))
}

fn distinct() -> impl Strategy<Value = Vec<String>> {
    let all = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
    prop::sample::subsequence(all, 0..4).prop_shuffle()
}

fn keyed() -> impl Strategy<Value = Value> {
    (distinct(), vec((prop::option::of(word()), prop::option::of(words())), 4)).prop_map(
        |(names, fields)| {
            let item = |(name, (value, inner)): (String, (Option<String>, Option<Value>))| {
                let mut item = json!({"name": name});
                if let Some(value) = value {
                    item["value"] = json!(value);
                }
                if let Some(inner) = inner {
                    item["inner"] = inner;
                }
                item
            };
            Value::Array(names.into_iter().zip(fields).map(item).collect())
        },
    )
}

fn free() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        word().prop_map(Value::from),
        any::<u8>().prop_map(Value::from),
        Just(json!([1, 2]))
    ];
    let inner = leaf
        .prop_recursive(2, 8, 3, |inner| btree_map(word(), inner, 1..3).prop_map(|map| json!(map)));
    btree_map(word(), inner, 0..3).prop_map(|map| json!(map))
}

fn body() -> impl Strategy<Value = Value> {
    let fields = (
        prop::option::of(word().prop_map(Value::from)),
        prop::option::of(any::<u8>().prop_map(Value::from)),
        prop::option::of(words()),
        prop::option::of(words()),
        prop::option::of(vec(word(), 0..3).prop_map(|list| json!(list))),
        prop::option::of(distinct().prop_map(|list| json!(list))),
        prop::option::of(keyed()),
        prop::option::of(free()),
    );
    fields.prop_map(|(text, number, granular, atomic, list, set, keyed, free)| {
        let names = ["text", "number", "granular", "atomic", "list", "set", "keyed", "free"];
        let values = [text, number, granular, atomic, list, set, keyed, free];
        let fields = names.into_iter().zip(values);
        let spec: serde_json::Map<String, Value> =
            fields.filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
        json!({"apiVersion": "x.io/v1", "kind": "X", "metadata": {"name": "a"}, "spec": spec})
    })
}

/// Whether `live` holds every path that `applied` names, with its values.
fn holds(schema: &Schema, live: &Value, applied: &Value) -> bool {
    let compared = compare::compare(schema, live, &merging::merge(schema, live, applied).unwrap());
    compared == compare::Comparison::default()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn fields_v1_survive_a_round_trip(body in body()) {
        let set = owned_by_body(&Stage::custom(&spec()).schema, &body);
        prop_assert_eq!(FieldSet::from_fields_v1(&set.to_fields_v1()).unwrap(), set);
    }

    #[test]
    fn an_apply_twice_is_a_no_op(live in body(), ours in body()) {
        let mut stage = Stage::custom(&spec());
        stage.post("other", &live);
        stage.force("nopea", &ours);
        let before = stage.live().clone();
        stage.force("nopea", &ours);
        prop_assert_eq!(stage.live(), &before);
    }

    #[test]
    fn a_forced_apply_ends_with_the_applied_values(live in body(), theirs in body(), ours in body()) {
        let mut stage = Stage::custom(&spec());
        stage.post("creator", &live);
        stage.force("other", &theirs);
        stage.force("nopea", &ours);
        prop_assert!(holds(&stage.schema, &stage.body(), &ours));
    }

    #[test]
    fn an_unforced_apply_either_succeeds_or_changes_no_owner(live in body(), ours in body()) {
        let mut stage = Stage::custom(&spec());
        stage.post("creator", &live);
        let before = stage.fields("creator");
        match stage.try_apply("nopea", &ours, OnConflict::Refuse) {
            // Without a conflict nobody lost a field to us.
            Ok(()) => prop_assert_eq!(stage.fields("creator"), before),
            Err(MergeError::Conflicts(conflicts)) => {
                prop_assert!(!conflicts.0.is_empty());
                prop_assert!(stage.owners() == ["creator/Update"]);
            }
            Err(error) => prop_assert!(false, "{error}"),
        }
    }

    #[test]
    fn a_dropped_field_goes_iff_nobody_else_owns_it(theirs in body(), ours in body(), later in body()) {
        let mut stage = Stage::custom(&spec());
        stage.force("other", &theirs);
        stage.force("nopea", &ours);
        let others = managers(stage.live()).unwrap();
        let others = others.into_iter().find(|(manager, _)| manager.name == "other");
        let others = others.map(|(_, owned)| owned.set).unwrap_or_default();
        let schema = stage.schema.clone();
        let had = owned_by_body(&schema, &ours);
        stage.force("nopea", &later);
        let live = owned_by_body(&schema, &stage.body());
        let kept = owned_by_body(&schema, &later);
        for path in had.leaves() {
            if kept.has(&path) || kept.leaves().iter().any(|leaf| leaf.starts_with(&path) || path.starts_with(leaf)) {
                continue;
            }
            let theirs = others.leaves().iter().any(|leaf| leaf.starts_with(&path) || path.starts_with(leaf));
            if theirs {
                continue;
            }
            prop_assert!(!live.has(&path), "{} stays", path_text(&path));
        }
        for path in others.leaves() {
            let touched = kept.leaves().iter().any(|leaf| leaf.starts_with(&path) || path.starts_with(leaf));
            prop_assert!(touched || live.has(&path), "{} of the other went", path_text(&path));
        }
    }

    #[test]
    fn every_owned_field_lives(live in body(), theirs in body(), ours in body()) {
        let mut stage = Stage::custom(&spec());
        stage.post("creator", &live);
        stage.force("other", &theirs);
        stage.force("nopea", &ours);
        let schema = stage.schema.clone();
        let all = reconcile::with_named_parents(&schema, &owned_by_body(&schema, &stage.body()));
        let nopea = managers(stage.live()).unwrap().into_iter().find(|(manager, _)| manager.name == "nopea");
        for path in nopea.map(|(_, owned)| owned.set).unwrap_or_default().members() {
            prop_assert!(all.has(&path), "{}", path_text(&path));
        }
    }
}
