//! In which order objects are applied and pruned: a DAG between the objects of a set, cut into waves.
//!
//! Explicit edges are those of `nopea.io/depends-on`; implied ones come from what manifests name.
//! A cycle of explicit edges is a fault. An implied edge never makes one: where it would, it is
//! dropped. Knows nothing of what lives in the cluster.
//!
//! | object | comes after |
//! |---|---|
//! | any in a namespace | its Namespace |
//! | custom resource | the CustomResourceDefinition of its kind |
//! | Pod and whatever makes Pods | ServiceAccount, ConfigMaps, Secrets, claims, PriorityClass and RuntimeClass that it names |
//! | StatefulSet, Ingress, routes of the Gateway API | the Services that they name |
//! | RoleBinding, ClusterRoleBinding | its Role or ClusterRole, its ServiceAccounts |
//! | ValidatingAdmissionPolicyBinding and its like | its policy and its parameters |
//! | webhook configuration, APIService | everything else |

mod explicit;
mod graph;
mod implied;
mod names;
mod prune;

use self::graph::Graph;
pub(crate) use self::names::{Names, of_pod};
pub use self::prune::prune_steps;
use crate::{
    fault::Fault,
    prepare::{Prepared, is_custom_resource_definition},
};

/// Objects that are applied together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wave {
    /// The objects, as indexes into the set, ascending.
    pub objects: Vec<usize>,
    /// Whether the next wave waits until `awaited` are ready.
    pub gate: bool,
    /// Those of `objects` that the gate waits for: Namespaces, definitions, and what others name
    /// in `nopea.io/depends-on`. Empty where there is no gate. Waiting for the rest of the wave
    /// could wait for ever: it may need what a later wave brings.
    pub awaited: Vec<usize>,
}

/// Cuts a set into the smallest number of waves in which each object comes after what it needs.
///
/// # Errors
///
/// A depends-on that names nothing in the set, and each cycle of such edges.
///
/// ```
/// use nopea_core::order;
///
/// assert!(order::waves(&[]).unwrap().is_empty());
/// ```
pub fn waves(objects: &[Prepared]) -> Result<Vec<Wave>, Vec<Fault>> {
    let by_key = implied::index(objects);
    let (explicit, mut faults) = explicit::edges(objects, &by_key);
    let mut graph = Graph::new(objects.len());
    for (from, to) in &explicit {
        graph.add(*from, *to);
    }
    faults.extend(graph.cycles().into_iter().map(|cycle| explicit::cycle_fault(objects, &cycle)));
    if !faults.is_empty() {
        return Err(faults);
    }
    graph.add_where_acyclic(&implied::edges(objects, &by_key));
    let mut awaited = vec![false; objects.len()];
    for (_, to) in &explicit {
        if let Some(slot) = awaited.get_mut(*to) {
            *slot = true;
        }
    }
    let mut waves: Vec<Wave> = Vec::new();
    for (at, (level, object)) in graph.levels().into_iter().zip(objects).enumerate() {
        if waves.len() <= level {
            waves.resize(level + 1, Wave::default());
        }
        let Some(wave) = waves.get_mut(level) else { continue };
        wave.objects.push(at);
        let kind = &object.manifest.key.kind;
        let opens = kind.is("", "Namespace") || is_custom_resource_definition(kind);
        if opens || awaited.get(at).copied().unwrap_or(false) {
            wave.gate = true;
            wave.awaited.push(at);
        }
    }
    Ok(waves)
}

#[cfg(test)]
mod tests;
