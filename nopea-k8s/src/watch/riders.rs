//! A few sightings bring their object along, for whoever has to explain them. However many
//! repositories wait, the objects on their way never take more than a bounded place.

use std::sync::{Mutex, PoisonError, Weak};

use nopea_core::model::Observation;
use serde_json::Value;

/// The most objects that are on their way at once: of 20 KiB each, about a MiB.
const SEATS: usize = 64;

/// Which objects are on their way.
#[derive(Debug, Default)]
pub(super) struct Riders(Mutex<Vec<Weak<Value>>>);

impl Riders {
    /// The sighting with its object where there is room for it, else without.
    pub(super) fn seat(&self, seen: Observation) -> Observation {
        let Some(object) = &seen.object else { return seen };
        let mut seats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seats.len() >= SEATS {
            seats.retain(|rider| rider.strong_count() > 0);
        }
        if seats.len() >= SEATS {
            return seen.without_object();
        }
        seats.push(std::sync::Arc::downgrade(object));
        seen
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use nopea_core::observe::observe;
    use serde_json::json;

    use super::*;

    fn seen(name: &str) -> Observation {
        let metadata = json!({"name": name, "uid": name, "resourceVersion": "1"});
        let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata});
        observe(Arc::new(object)).unwrap()
    }

    #[test]
    fn objects_on_their_way_are_bounded_and_make_room_when_they_are_dropped() {
        let riders = Riders::default();
        let mut riding: Vec<_> = (0..SEATS).map(|_| riders.seat(seen("a"))).collect();
        assert!(riding.iter().all(|one| one.object.is_some()));
        assert!(riders.seat(seen("b")).object.is_none(), "a storm rides without");
        riding.pop();
        assert!(riders.seat(seen("c")).object.is_some());
    }
}
