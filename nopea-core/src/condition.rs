//! How a list of conditions changes. Knows no reason and no message; who sets them does.

use crate::model::{Condition, ConditionStatus, ConditionType, Text, Timestamp};

/// Sets a condition: the list stays sorted by type with at most one of each, and `since` moves only
/// where the status changes.
///
/// ```
/// use nopea_core::{condition, model::{ConditionStatus, ConditionType, Timestamp}};
///
/// let mut list = Vec::new();
/// let ready = ConditionType::Ready;
/// condition::set(&mut list, ready, ConditionStatus::True, "Synced", "all is well", Timestamp(1));
/// condition::set(&mut list, ready, ConditionStatus::True, "Synced", "still", Timestamp(2));
/// assert_eq!((list.len(), list[0].since, &*list[0].message), (1, Timestamp(1), "still"));
/// ```
pub fn set(
    conditions: &mut Vec<Condition>,
    kind: ConditionType,
    status: ConditionStatus,
    reason: impl Into<Text>,
    message: impl Into<Text>,
    now: Timestamp,
) {
    let since = conditions
        .iter()
        .find(|condition| condition.kind == kind && condition.status == status)
        .map_or(now, |condition| condition.since);
    let condition =
        Condition { kind, status, reason: reason.into(), message: message.into(), since };
    conditions.retain(|old| old.kind != kind);
    conditions.push(condition);
    conditions.sort_by_key(|condition| condition.kind);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transition_moves_the_time_and_nothing_else_does() {
        let mut list = Vec::new();
        let mut put = |status, message: &str, at| {
            set(&mut list, ConditionType::Ready, status, "R", message, Timestamp(at));
            (list.len(), list[0].since.0, list[0].message.to_string())
        };
        assert_eq!(put(ConditionStatus::False, "a", 1), (1, 1, "a".into()));
        assert_eq!(put(ConditionStatus::False, "b", 2), (1, 1, "b".into()));
        assert_eq!(put(ConditionStatus::True, "c", 3), (1, 3, "c".into()));
    }

    #[test]
    fn conditions_are_sorted_by_type() {
        let mut list = Vec::new();
        for kind in [ConditionType::Suspended, ConditionType::Ready, ConditionType::Healthy] {
            set(&mut list, kind, ConditionStatus::True, "R", "", Timestamp(0));
        }
        let kinds: Vec<_> = list.iter().map(|condition| condition.kind).collect();
        assert_eq!(kinds, [ConditionType::Ready, ConditionType::Healthy, ConditionType::Suspended]);
    }
}
