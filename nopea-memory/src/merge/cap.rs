//! Keeps the number of update entries bounded: the oldest of a version become one, `ancient-changes`
//! (apimachinery `capmanagers.go`). It must not know why there are so many.

use std::collections::BTreeMap;

use super::Owners;
use super::managers::{Manager, Operation};

/// The server's bound on entries of operation `Update`.
const MAX_UPDATE_ENTRIES: usize = 10;

/// Merges the oldest update entries of one version until there are few enough.
pub(super) fn cap(owners: &mut Owners) {
    let updates = owners.iter().filter(|(manager, _)| manager.operation == Operation::Update);
    let mut updates: Vec<(Option<String>, Manager)> =
        updates.map(|(manager, owned)| (owned.time.clone(), manager.clone())).collect();
    updates.sort();
    let mut count = updates.len();
    let mut first: BTreeMap<String, Manager> = BTreeMap::new();
    for (time, manager) in updates {
        if count <= MAX_UPDATE_ENTRIES {
            return;
        }
        let version = manager.api_version.clone().unwrap_or_default();
        let Some(oldest) = first.get(&version) else {
            first.insert(version, manager);
            continue;
        };
        let bucket = Manager {
            name: "ancient-changes".to_owned(),
            operation: Operation::Update,
            api_version: Some(version),
            subresource: String::new(),
        };
        if manager == bucket {
            continue;
        }
        if !owners.contains_key(&bucket)
            && let Some(owned) = owners.remove(oldest)
        {
            owners.insert(bucket.clone(), owned);
        }
        if let (Some(old), Some(kept)) = (owners.remove(&manager), owners.get_mut(&bucket)) {
            kept.set = kept.set.union(&old.set);
            kept.time = time;
        }
        count -= 1;
    }
}
