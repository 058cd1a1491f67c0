//! Commits of the simulated repository: each names some `ConfigMap`s, or does not render.

use std::{collections::BTreeMap, sync::Arc};

use nopea_core::{
    fault::{Code, Fault},
    model::{Commit, Input, Inputs, Manifest, ObjectId, ObjectKey, Origin, Rendered},
    port::Rendering,
};
use serde_json::json;

use super::random::Random;

/// How many different objects the commits of a run name.
pub(super) const NAMES: usize = 12;

/// What a commit holds: for each object its value, or nothing renderable.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    pub(super) objects: BTreeMap<ObjectKey, u8>,
    pub(super) broken: bool,
}

/// The history of the repository; a commit is its place in it.
#[derive(Debug)]
pub(super) struct History {
    trees: Vec<Tree>,
    pub(super) head: usize,
}

pub(super) fn key(number: usize) -> ObjectKey {
    ObjectKey::new("", "ConfigMap", "apps", format!("object-{number:02}"))
}

impl History {
    pub(super) fn new(random: &mut Random) -> Self {
        Self { trees: vec![tree(random)], head: 0 }
    }

    /// Adds a commit and moves the head, or moves it back.
    pub(super) fn change(&mut self, random: &mut Random) {
        if random.chance(25) {
            self.head = random.below(self.trees.len());
            return;
        }
        let mut next = self.trees[self.head].clone();
        next.broken = random.chance(15);
        // now and then a commit is as wrong as a bad merge: nearly everything is gone
        if random.chance(8) {
            next.objects.retain(|_, value| *value == 1);
        }
        for number in 0..NAMES {
            match random.below(10) {
                0 => {
                    next.objects.remove(&key(number));
                }
                1 => {
                    next.objects.insert(key(number), u8::try_from(random.below(4)).unwrap());
                }
                _same => {}
            }
        }
        self.trees.push(next);
        self.head = self.trees.len() - 1;
    }

    /// Ends on a commit that renders.
    pub(super) fn mend(&mut self, random: &mut Random) {
        if self.trees[self.head].broken {
            self.trees.push(tree(random));
            self.head = self.trees.len() - 1;
        }
    }

    pub(super) fn head_tree(&self) -> &Tree {
        &self.trees[self.head]
    }

    pub(super) fn head_commit(&self) -> Commit {
        Commit::parse(&format!("{:040x}", self.head + 1)).unwrap()
    }

    pub(super) fn render(
        &self,
        commit: &Commit,
        known: Option<&Inputs>,
    ) -> Result<Rendering, Vec<Fault>> {
        let place = usize::from_str_radix(commit.as_str(), 16).unwrap() - 1;
        let tree = &self.trees[place];
        if tree.broken {
            return Err(vec![Fault::new(Code::Syntax, "it is broken")]);
        }
        let id = Some(ObjectId::new(format!("{:?}", tree.objects)));
        let inputs = Inputs(vec![Input { path: "".into(), id }]);
        if known == Some(&inputs) {
            return Ok(Rendering::Unchanged);
        }
        let fingerprint = inputs.fingerprint(["simulation"]);
        let manifests = tree.objects.iter().map(|(key, value)| manifest(key, *value)).collect();
        let inputs = Arc::new(inputs);
        Ok(Rendering::Fresh(Rendered { manifests, inputs, fingerprint, warnings: Vec::new() }))
    }
}

fn tree(random: &mut Random) -> Tree {
    let mut objects = BTreeMap::new();
    for number in 0..NAMES {
        if random.chance(70) {
            objects.insert(key(number), u8::try_from(random.below(4)).unwrap());
        }
    }
    Tree { objects, broken: false }
}

fn manifest(key: &ObjectKey, value: u8) -> Manifest {
    let body = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": &*key.name, "namespace": &*key.namespace},
        // a value of 3 drops the second field: what we no longer send must go
        "data": if value == 3 { json!({"value": "3"}) } else {
            json!({"value": value.to_string(), "more": "yes"})
        },
    });
    Manifest {
        key: key.clone(),
        api_version: "v1".into(),
        body: Arc::new(body),
        origin: Origin { file: format!("{}.yaml", key.name).into(), line: 1, column: 1 },
    }
}
