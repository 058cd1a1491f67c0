//! Gathers the notices of an attempt into what can be shown. Prints nothing.

use std::{collections::BTreeMap, sync::Arc};

use nopea_core::{
    fault::Fault,
    model::{Action, Commit, Hash, Notice, ObjectKey, ObjectReport, What},
    port::EventSink,
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Hands every notice to whoever shows it; an attempt has a few per object, so none is dropped.
#[derive(Debug)]
pub(crate) struct Collector(UnboundedSender<Notice>);

impl Collector {
    /// A sink and where its notices come out.
    pub(crate) fn new() -> (Self, UnboundedReceiver<Notice>) {
        let (sender, receiver) = unbounded_channel();
        (Self(sender), receiver)
    }
}

impl EventSink for Collector {
    fn emit(&self, notice: &Notice) {
        let _nobody_listens_any_more = self.0.send(notice.clone());
    }
}

/// What an attempt told so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gathered {
    /// The commit, once there is one.
    pub(crate) commit: Option<Commit>,
    /// What was done with which object.
    pub(crate) objects: BTreeMap<ObjectKey, ObjectReport>,
    /// What hinders nothing.
    pub(crate) warnings: Vec<Fault>,
    /// The digest that would approve the prune list, where there is a list.
    pub(crate) prune_digest: Option<Hash>,
    /// The faults of an attempt that failed.
    pub(crate) faults: Arc<[Fault]>,
    /// How many heals there were.
    pub(crate) healed: usize,
}

/// Whether an attempt came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// It goes on.
    NotYet,
    /// It reached its end.
    Well,
    /// It did not.
    Badly,
}

impl Gathered {
    /// Takes a notice.
    pub(crate) fn hear(&mut self, what: What) -> Ended {
        match what {
            What::Started { commit } => {
                *self = Self { commit: Some(commit), ..Self::default() };
            }
            What::Planned { prunes, prune_digest, .. } => {
                self.prune_digest = (prunes > 0).then_some(prune_digest);
            }
            What::Object(report) => self.object(report),
            What::Warned(fault) => self.warnings.push(fault),
            What::Synced { commit, .. } => {
                self.commit = Some(commit);
                return Ended::Well;
            }
            What::Failed { commit, faults } => {
                self.commit = commit.or_else(|| self.commit.take());
                self.faults = faults;
                return Ended::Badly;
            }
            What::Healed { .. } => self.healed += 1,
            What::Removed { .. } => {}
        }
        Ended::NotYet
    }

    /// One object, one line: the first refusal says most.
    fn object(&mut self, report: ObjectReport) {
        match self.objects.get_mut(&report.key) {
            Some(before) if before.action == Action::Failed => {}
            Some(before) => {
                let origin = report.origin.clone().or_else(|| before.origin.take());
                *before = ObjectReport { origin, ..report };
            }
            None => {
                self.objects.insert(report.key.clone(), report);
            }
        }
    }

    /// The objects as they are written; what Git no longer names comes last.
    pub(crate) fn in_order(&self) -> Vec<&ObjectReport> {
        let mut objects: Vec<_> = self.objects.values().collect();
        objects.sort_by_key(|one| (one.origin.is_none(), &one.origin));
        objects
    }

    /// How many objects of an action.
    pub(crate) fn count(&self, action: Action) -> usize {
        self.objects.values().filter(|object| object.action == action).count()
    }

    /// Whether anything was, or would be, written.
    pub(crate) fn changed(&self) -> bool {
        let changes = [Action::Created, Action::Configured, Action::Pruned];
        self.objects.values().any(|object| changes.contains(&object.action))
    }
}

#[cfg(test)]
mod tests {
    use nopea_core::{fault::Code, model::Origin};

    use super::*;

    fn report(name: &str, action: Action, line: Option<u32>) -> What {
        What::Object(ObjectReport {
            key: ObjectKey::new("", "ConfigMap", "shop", name),
            origin: line.map(|line| Origin { file: "a.yaml".into(), line, column: 1 }),
            action,
            message: Some(format!("{action:?}").into()),
            fields: Arc::default(),
        })
    }

    #[test]
    fn objects_stand_as_written_and_the_first_refusal_of_one_stays() {
        let mut gathered = Gathered::default();
        for what in [
            report("a", Action::Created, Some(9)),
            report("c", Action::Pruned, None),
            report("b", Action::Unchanged, Some(1)),
            report("b", Action::Failed, None),
            report("b", Action::Unchanged, None),
        ] {
            assert_eq!(gathered.hear(what), Ended::NotYet);
        }
        let shown: Vec<_> =
            gathered.in_order().iter().map(|one| (&*one.key.name, one.action)).collect();
        let wanted = [("b", Action::Failed), ("a", Action::Created), ("c", Action::Pruned)];
        assert_eq!(shown, wanted);
        assert!(gathered.changed());
    }

    #[test]
    fn a_new_attempt_starts_from_nothing() {
        let mut gathered = Gathered::default();
        let commit = Commit::parse(&"a".repeat(40)).unwrap();
        gathered.hear(What::Warned(Fault::new(Code::Normalised, "x")));
        gathered.hear(What::Started { commit: commit.clone() });
        assert!(gathered.warnings.is_empty());
        assert_eq!(gathered.commit, Some(commit));
        let failed = What::Failed { commit: None, faults: Arc::default() };
        assert_eq!(gathered.hear(failed), Ended::Badly);
        assert!(gathered.commit.is_some());
    }
}
