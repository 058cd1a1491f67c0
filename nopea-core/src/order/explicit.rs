//! The edges of `nopea.io/depends-on`.

use std::collections::BTreeMap;

use crate::{
    fault::{Code, Fault},
    membership::DEPENDS_ON,
    model::ObjectKey,
    prepare::Prepared,
};

/// The edges, and a fault for each that leads out of the set.
pub(super) fn edges(
    objects: &[Prepared],
    by_key: &BTreeMap<&ObjectKey, usize>,
) -> (Vec<(usize, usize)>, Vec<Fault>) {
    let (mut edges, mut faults) = (Vec::new(), Vec::new());
    for (from, object) in objects.iter().enumerate() {
        for key in &object.depends_on {
            match by_key.get(key) {
                Some(to) => edges.push((from, *to)),
                None => faults.push(fault(
                    object,
                    Code::InvalidDependency,
                    format!("annotation {DEPENDS_ON} names {key}, which the render does not hold"),
                )),
            }
        }
    }
    (edges, faults)
}

/// The fault of a cycle: all its objects with their places.
pub(super) fn cycle_fault(objects: &[Prepared], cycle: &[usize]) -> Fault {
    // begin with the smallest, so that the text does not hang on where the search began
    let smallest = cycle.iter().enumerate().min_by_key(|(_, node)| **node).map_or(0, |(at, _)| at);
    let round: Vec<_> = cycle
        .iter()
        .cycle()
        .skip(smallest)
        .take(cycle.len() + 1)
        .filter_map(|node| objects.get(*node))
        .collect();
    let names: Vec<_> = round
        .iter()
        .map(|object| format!("{} ({})", object.manifest.key, object.manifest.origin))
        .collect();
    let message = format!("{DEPENDS_ON} leads in a circle: {}", names.join(" -> "));
    match round.first() {
        Some(object) => fault(object, Code::DependencyCycle, message),
        None => Fault::new(Code::DependencyCycle, message),
    }
}

fn fault(object: &Prepared, code: Code, message: String) -> Fault {
    Fault::new(code, message).on(object.manifest.key.clone()).at(object.manifest.origin.clone())
}
