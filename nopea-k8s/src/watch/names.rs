//! Texts that many observations share are held once. Thousands of objects have a handful of
//! namespaces, repositories and managers.

use std::{collections::HashSet, hash::Hash, sync::Arc};

use nopea_core::model::{Observation, Text};

use super::hub::Hub;

/// The texts that are held.
#[derive(Debug, Default)]
pub(super) struct Names {
    texts: HashSet<Text>,
    lists: HashSet<Arc<[Text]>>,
}

impl Names {
    /// Makes an observation share what others hold already.
    pub(super) fn share(&mut self, hub: &Hub, seen: &mut Observation) {
        seen.key.kind = hub.kind.clone();
        for text in [&mut seen.key.namespace, &mut seen.api_version] {
            *text = one(&mut self.texts, text);
        }
        let marks = &mut seen.marks;
        let marks = [&mut marks.part_of, &mut marks.repository, &mut marks.namespace];
        for text in marks.into_iter().flatten() {
            *text = one(&mut self.texts, text);
        }
        seen.others = one(&mut self.lists, &seen.others);
    }

    /// The text, as others hold it.
    pub(super) fn text(&mut self, text: &Text) -> Text {
        one(&mut self.texts, text)
    }

    /// Lets go of what nobody holds any more.
    pub(super) fn tidy(&mut self) {
        self.lists.retain(|list| Arc::strong_count(list) > 1);
        self.texts.retain(|text| Arc::strong_count(text) > 1);
    }
}

fn one<T: ?Sized>(held: &mut HashSet<Arc<T>>, wanted: &Arc<T>) -> Arc<T>
where
    Arc<T>: Hash + Eq,
{
    if let Some(found) = held.get(wanted) {
        return Arc::clone(found);
    }
    held.insert(Arc::clone(wanted));
    Arc::clone(wanted)
}
