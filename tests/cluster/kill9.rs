//! The operator is killed at random moments of syncs with creates, changes and prunes: nothing is leaked,
//! nothing is deleted that is not its own. `cargo xtask bench kill9` kills it more often.

use std::{collections::BTreeMap, time::Duration};

use nopea_tests::{
    plane::{Plane, Server},
    scene::{Scene, config_map},
};
use serde_json::{Value, json};

const NAME: &str = "killed";
const FOREIGN: usize = 20;
/// Files of one state; the other lacks the first of these, and has others instead.
const OBJECTS: usize = 200;
const MOVING: usize = 60;

/// The objects of a state, by name, with their values.
fn state(odd: bool) -> BTreeMap<String, String> {
    let moving = if odd { OBJECTS..OBJECTS + MOVING } else { 0..MOVING };
    let value = |number: usize| if odd && number.is_multiple_of(2) { "odd" } else { "even" };
    moving
        .chain(MOVING..OBJECTS)
        .map(|number| (format!("c-{number:03}"), value(number).to_owned()))
        .collect()
}

/// Makes a commit of each state; gives their ids.
fn commit(scene: &Scene, odd: bool) -> String {
    for number in 0..OBJECTS + MOVING {
        let path = scene.repository.path().join(format!("app/c-{number:03}.yaml"));
        // it may not be there
        drop(std::fs::remove_file(path));
    }
    for (name, value) in state(odd) {
        scene.repository.write(&format!("app/{name}.yaml"), config_map(&name, &value));
    }
    scene.repository.commit(&[]).as_str().to_owned()
}

async fn foreign(server: &Server, scene: &Scene) -> Vec<Value> {
    let mut all = Vec::new();
    for number in 0..FOREIGN {
        let object = scene.config_map(&format!("foreign-{number}"), "theirs");
        let live = server.live(&object).await.ok();
        let part = |name: &str| live["metadata"][name].clone();
        all.push(json!([
            part("uid"),
            part("resourceVersion"),
            part("managedFields"),
            live["data"]
        ]));
    }
    all
}

/// A small generator (Knuth, MMIX): the same seed, the same moments.
fn random(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *seed >> 33
}

/// Kills the operator at so many moments; every time what lives must be what the commit says.
pub(crate) async fn killed_at_random_moments(plane: Plane, kills: usize, mut seed: u64) {
    let mut scene = Scene::on(plane, "kill9").await;
    let server = scene.server.clone();
    for number in 0..FOREIGN {
        let object = scene.config_map(&format!("foreign-{number}"), "theirs");
        server.create("somebody", &object).await.ok();
    }
    let theirs = foreign(&server, &scene).await;
    let first = commit(&scene, false);
    scene.declare(NAME, json!({"path": "app", "timeout": "60s"})).await.ok();
    let begun = std::time::Instant::now();
    scene.synced(NAME, &first).await;
    // a whole sync takes about so long here: the moments are spread over it
    let span = u64::try_from(begun.elapsed().as_millis()).unwrap().max(200);
    for kill in 0..kills {
        let odd = kill % 2 == 0;
        let wanted = commit(&scene, odd);
        scene.sync(NAME).await;
        tokio::time::sleep(Duration::from_millis(random(&mut seed) % span)).await;
        scene.operator.kill().await;
        scene.operator.start();
        scene.synced(NAME, &wanted).await;
        let live: BTreeMap<String, String> = scene
            .members(NAME)
            .await
            .into_iter()
            .map(|(name, data)| (name, data["value"].as_str().unwrap().to_owned()))
            .collect();
        assert_eq!(live, state(odd), "kill {kill}, seed {seed}");
        assert_eq!(foreign(&server, &scene).await, theirs, "kill {kill}, seed {seed}");
    }
}

#[tokio::test]
async fn a_killed_operator_leaks_and_deletes_nothing() {
    killed_at_random_moments(Plane::shared(), 20, 1).await;
}

#[tokio::test]
async fn two_operators_at_once_delete_nothing_wrong() {
    let scene = Scene::new("twins").await;
    let mut twin = scene.operator.another();
    commit(&scene, false);
    scene.declare(NAME, json!({"path": "app"})).await.ok();
    scene.waits_for(NAME, "Ready", "True").await;
    for odd in [true, false, true] {
        let wanted = commit(&scene, odd);
        scene.sync(NAME).await;
        scene.synced(NAME, &wanted).await;
        let live: Vec<_> = scene.members(NAME).await.into_keys().collect();
        assert_eq!(live, state(odd).into_keys().collect::<Vec<_>>());
    }
    twin.kill().await.unwrap();
}
