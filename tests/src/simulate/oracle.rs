//! What must hold of every request, and of the end of a run.

use nopea_core::reconcile::{Ask, Effect};

use super::{request::attempt_of, world::World};

impl World {
    /// Takes a request, and holds it against what may be asked.
    pub(super) fn request(&mut self, request: Effect) {
        if let Some(newest) = attempt_of(&request) {
            self.give_up(|open| attempt_of(open).is_some_and(|attempt| attempt < newest));
        }
        if let Effect::Ask { key, ask, .. } = &request {
            let same =
                |effect: &Effect| matches!(effect, Effect::Ask { key: other, .. } if other == key);
            if self.open.iter().any(same) {
                self.fail(&format!("two requests about {key}"));
            }
            if matches!(ask, Ask::Delete { .. }) && self.wanted.contains(key) {
                self.fail(&format!("{key} is deleted although the last complete render names it"));
            }
        }
        if matches!(request, Effect::Resolve { .. })
            && self.open.iter().any(|effect| matches!(effect, Effect::Resolve { .. }))
        {
            self.fail("two look-ups at once");
        }
        if matches!(request, Effect::Claim { .. })
            && self.open.iter().any(|effect| matches!(effect, Effect::Claim { .. }))
        {
            self.fail("two attempts at once");
        }
        self.open.push(request);
    }

    /// Holds the end against what an empty start would have reached.
    pub(super) fn check_end(&self) {
        let tree = self.history.head_tree();
        for (key, value) in &tree.objects {
            let Some(live) = self.cluster.objects.get(key) else {
                if self.held {
                    continue;
                }
                self.fail(&format!("{key} is missing"))
            };
            if !self.held && live.data.get("value") != Some(&value.to_string()) {
                self.fail(&format!("{key} is {:?} and not {value}", live.data));
            }
            if !self.held && *value == 3 && live.data.contains_key("more") {
                self.fail(&format!("{key} keeps a field that Git dropped: {live:?}"));
            }
        }
        if self.held || !self.declared.spec.prune {
            return;
        }
        for key in self.cluster.objects.keys() {
            if !tree.objects.contains_key(key) {
                self.fail(&format!("{key} is left over"));
            }
        }
    }
}
