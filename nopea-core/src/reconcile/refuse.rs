//! The status of a repository that no machine drives: its declaring object never could be read.

use crate::{
    condition,
    fault::Fault,
    model::{ConditionStatus, ConditionType, Phase, Status, Text, Timestamp},
};

/// The reason where the declaring object cannot be read.
pub(super) const INVALID_SPEC: &str = "InvalidSpec";

/// What the status says of an object of `generation` that cannot be, for the reason `why`.
///
/// What was known before stays, members and their kinds above all: nothing is done to them.
pub fn refused(before: Option<&Status>, generation: i64, why: &Text, at: Timestamp) -> Status {
    let mut status = before.cloned().unwrap_or_default();
    status.phase = Phase::Failed;
    status.observed_generation = generation;
    status.faults = Vec::<Fault>::new();
    status.fault_count = 0;
    let (yes, no) = (ConditionStatus::True, ConditionStatus::False);
    let conditions = &mut status.conditions;
    let rest = "nothing is done before the spec is corrected";
    condition::set(conditions, ConditionType::Ready, no, INVALID_SPEC, Text::clone(why), at);
    condition::set(conditions, ConditionType::Stalled, yes, INVALID_SPEC, Text::clone(why), at);
    condition::set(conditions, ConditionType::Reconciling, no, INVALID_SPEC, rest, at);
    status
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::GroupKind;

    #[test]
    fn what_cannot_be_is_said_and_what_was_known_of_the_members_stays() {
        let kinds = [GroupKind::new("", "ConfigMap")].into();
        let before = Status { kinds, observed_generation: 1, ..Status::default() };
        let why: Text = "path cannot be".into();
        let status = refused(Some(&before), 2, &why, Timestamp(5));
        assert_eq!((status.phase, status.observed_generation), (Phase::Failed, 2));
        assert_eq!(status.kinds, before.kinds);
        let ready = status.condition(ConditionType::Ready).unwrap();
        assert_eq!((ready.status, &*ready.reason), (ConditionStatus::False, "InvalidSpec"));
        assert_eq!((&ready.message, ready.since), (&why, Timestamp(5)));
        let again = refused(Some(&status), 2, &why, Timestamp(9));
        assert_eq!(again, status, "said once, nothing is left to write");
    }
}
