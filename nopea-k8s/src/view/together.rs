//! Surveys of members that are asked for at the same time are answered by the same lists: a thousand
//! repositories that start together cost a list per kind and batch, not per kind and repository.
//!
//! It delays nothing: who comes alone is served alone, and who comes meanwhile is in the next batch.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::{StreamExt as _, stream};
use nopea_core::{
    membership::{PART_OF, part_of_id},
    model::{GroupKind, Observation, RepoKey, Text},
    port::Refusal,
};
use tokio::sync::oneshot;

use super::survey::{AT_ONCE, Wanted, list, preferred};
use crate::{Kubernetes, watch::request::escape};

/// How many repositories one selector may name: it stands in the url, and what it selects in memory.
const BATCH: usize = 32;

type Answer = Result<Vec<Observation>, Refusal>;

/// Who waits for a survey. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Together(Arc<Mutex<Queue>>);

#[derive(Default)]
struct Queue {
    waiting: Vec<Waiting>,
    served: bool,
}

struct Waiting {
    part_of: Text,
    kinds: BTreeSet<GroupKind>,
    reply: oneshot::Sender<Answer>,
}

impl Together {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Vec<Waiting> {
        let mut queue = self.queue();
        queue.waiting.retain(|waiting| !waiting.reply.is_closed());
        let count = queue.waiting.len().min(BATCH);
        let batch = queue.waiting.drain(..count).collect::<Vec<_>>();
        queue.served = !batch.is_empty();
        batch
    }
}

/// The objects of these kinds that carry the mark of the repository.
pub(super) async fn members(
    cluster: &Kubernetes,
    repo: &RepoKey,
    kinds: &BTreeSet<GroupKind>,
) -> Answer {
    let (reply, answer) = oneshot::channel();
    let waiting = Waiting { part_of: part_of_id(repo), kinds: kinds.clone(), reply };
    let unserved = {
        let mut queue = cluster.together.queue();
        queue.waiting.push(waiting);
        !std::mem::replace(&mut queue.served, true)
    };
    if unserved {
        // a task of its own: who asked first may stop waiting before the others are served
        tokio::spawn(serve(cluster.clone()));
    }
    answer.await.unwrap_or_else(|_dropped| Err(Refusal::Unreachable("the survey ended".into())))
}

/// Serves until nobody waits.
async fn serve(cluster: Kubernetes) {
    let mut free = Free { together: cluster.together.clone(), left: false };
    loop {
        let batch = cluster.together.next();
        if batch.is_empty() {
            free.left = true;
            return;
        }
        answer(&cluster, batch).await;
    }
}

/// However the service ends, the next survey does not wait for it.
struct Free {
    together: Together,
    left: bool,
}

impl Drop for Free {
    fn drop(&mut self) {
        if !self.left {
            let mut queue = self.together.queue();
            queue.served = false;
            queue.waiting.clear();
        }
    }
}

async fn answer(cluster: &Kubernetes, batch: Vec<Waiting>) {
    let mut wanted: BTreeMap<GroupKind, Vec<&Text>> = BTreeMap::new();
    for waiting in &batch {
        for kind in &waiting.kinds {
            wanted.entry(kind.clone()).or_default().push(&waiting.part_of);
        }
    }
    let mut found: BTreeMap<Text, Vec<Observation>> = BTreeMap::new();
    let mut refused: BTreeMap<GroupKind, Refusal> = BTreeMap::new();
    match preferred(cluster, &wanted.keys().cloned().collect()).await {
        Ok(resources) => {
            let lists = resources.into_iter().map(|resource| {
                let kind = resource.group_kind();
                let selector = selector(wanted.get(&kind).map(Vec::as_slice).unwrap_or_default());
                async move {
                    let listed = list(cluster, resource, &Wanted::Members(selector)).await;
                    (kind, listed)
                }
            });
            let lists: Vec<_> = lists.collect();
            let mut lists = stream::iter(lists).buffer_unordered(AT_ONCE);
            while let Some((kind, listed)) = lists.next().await {
                match listed {
                    Ok(objects) => objects.into_iter().for_each(|seen| {
                        let set = seen.marks.part_of.clone();
                        found.entry(set.unwrap_or_default()).or_default().push(seen);
                    }),
                    Err(refusal) => drop(refused.insert(kind, refusal)),
                }
            }
        }
        Err(refusal) => {
            refused.extend(wanted.keys().map(|kind| (kind.clone(), refusal.clone())));
        }
    }
    for Waiting { part_of, kinds, reply } in batch {
        let refusal = kinds.iter().find_map(|kind| refused.get(kind));
        let answer = match refusal {
            Some(refusal) => Err(refusal.clone()),
            // of a kind that another asked for, nothing was listed for this one
            None => Ok(found.remove(&part_of).unwrap_or_default()),
        };
        // who waited may be gone
        drop(reply.send(answer));
    }
}

/// Selects the objects of these sets.
pub(super) fn selector(sets: &[&Text]) -> String {
    let names: Vec<_> = sets.iter().map(|set| escape(set)).collect();
    let chosen = match names.as_slice() {
        [one] => format!("%3D{one}"),
        many => format!("%20in%20%28{}%29", many.join("%2C")),
    };
    format!("labelSelector={}{chosen}", escape(PART_OF))
}
