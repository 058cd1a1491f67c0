//! What holds of the waves of any set.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const KINDS: [&str; 8] = [
    "Namespace",
    "ConfigMap",
    "ServiceAccount",
    "Secret",
    "Deployment.apps",
    "Thing.x.io",
    "CustomResourceDefinition.apiextensions.k8s.io",
    "MutatingWebhookConfiguration.admissionregistration.k8s.io",
];

/// A set without explicit cycles: an object depends explicitly on objects of lower ranks only.
fn any_set() -> impl Strategy<Value = Vec<Prepared>> {
    let one = (
        prop::sample::select(KINDS.to_vec()),
        0..4_usize,
        prop::collection::vec(any::<prop::sample::Index>(), 0..3),
    );
    prop::collection::vec(one, 1..14).prop_map(|rows| {
        let mut known: Vec<String> = Vec::new();
        let mut set = BTreeMap::new();
        for (kind, number, after) in rows {
            let cluster_scoped = ["Namespace", "CustomR", "Mutating"].iter().any(|it| kind.starts_with(it));
            let name = if cluster_scoped { format!("{kind} n{number}") } else { format!("{kind} n{}/n{number}", number % 2) };
            if set.contains_key(&key(&name)) {
                continue;
            }
            let body = json!({"spec": {"group": "x.io", "names": {"kind": "Thing"}, "template": {"spec": {
                "serviceAccountName": "n1", "volumes": [{"configMap": {"name": "n0"}}, {"secret": {"secretName": "n2"}}]}}}});
            let depends: Vec<&str> = if known.is_empty() { Vec::new() } else {
                after.iter().map(|index| index.get(&known).as_str()).collect()
            };
            set.insert(key(&name), object(&name, body, &depends));
            known.push(name);
        }
        set.into_values().collect()
    })
}

/// The waves as keys.
fn by_key(objects: &[Prepared]) -> Vec<Vec<ObjectKey>> {
    let keys = |wave: &Wave| {
        let mut keys: Vec<_> =
            wave.objects.iter().map(|at| objects[*at].manifest.key.clone()).collect();
        keys.sort();
        keys
    };
    waves(objects).unwrap().iter().map(keys).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_object_stands_once_and_after_all_that_it_needs(set in any_set()) {
        let waves = by_key(&set);
        let mut wave_of = BTreeMap::new();
        for (at, wave) in waves.iter().enumerate() {
            prop_assert!(!wave.is_empty());
            for key in wave {
                prop_assert!(wave_of.insert(key.clone(), at).is_none(), "{key} stands twice");
            }
        }
        prop_assert_eq!(wave_of.len(), set.len());
        for object in &set {
            for needed in &object.depends_on {
                prop_assert!(wave_of[needed] < wave_of[&object.manifest.key]);
            }
        }
        // implied edges hold too wherever no explicit edge stands in the way
        if set.iter().all(|object| object.depends_on.is_empty()) {
            let index = implied::index(&set);
            for (from, to) in implied::edges(&set, &index) {
                let wave = |at: usize| wave_of[&set[at].manifest.key];
                prop_assert!(wave(to) < wave(from));
            }
        }
    }

    #[test]
    fn no_wave_could_be_saved(set in any_set()) {
        // each object but those of the first wave comes after one of the wave before: a longest path
        let index = implied::index(&set);
        let mut edges = implied::edges(&set, &index);
        edges.extend(explicit::edges(&set, &index).0);
        let waves = waves(&set).unwrap();
        for pair in waves.windows(2) {
            for object in &pair[1].objects {
                prop_assert!(edges.iter().any(|(from, to)| from == object && pair[0].objects.contains(to)));
            }
        }
    }

    #[test]
    fn the_order_of_the_input_changes_nothing(set in any_set(), seed in any::<u64>()) {
        let mut shuffled = set.clone();
        shuffled.sort_by_key(|object| {
            Hash::of_parts([&object.manifest.key.to_string(), &seed.to_string()])
        });
        prop_assert_eq!(by_key(&set), by_key(&shuffled));
    }
}
