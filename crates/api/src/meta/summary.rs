//! How Ready follows from the other conditions of a source.

use super::{ConditionStatus, ConditionType, Conditions, Stamp, conditions::Why};

/// Which conditions make up Ready, and how they weigh.
///
/// Present conditions of `order` are grouped: abnormal ones that are True, normal ones that are False, normal ones that are True,
/// abnormal ones that are False, and Unknown ones. The first group that is not empty decides; in it the first condition of
/// `order` gives reason and message.
#[derive(Debug, Clone, Copy)]
pub struct SummaryRule {
    /// The conditions in scope, most important first.
    pub order: &'static [ConditionType],
    /// Those of them that say something is wrong while they are True.
    pub negative: &'static [ConditionType],
    /// Those of them that, while False, decide before all others.
    pub decisive: &'static [ConditionType],
}

impl SummaryRule {
    /// Sets Ready from the other conditions. Where none of them is present Ready stays as it is.
    pub fn apply(&self, conditions: &mut Conditions, stamp: &Stamp) {
        if let Some((status, reason, message)) = self.ready(conditions) {
            conditions.mark(ConditionType::Ready, status, Why(&reason, message), stamp);
        }
    }

    fn ready(&self, conditions: &Conditions) -> Option<(ConditionStatus, String, String)> {
        let decisive = self.decisive.iter().filter_map(|wanted| conditions.get(wanted));
        if let Some(failed) = decisive.into_iter().find(|condition| condition.status == ConditionStatus::False) {
            return Some((ConditionStatus::False, failed.reason.clone(), failed.message.clone()));
        }
        let present = self.order.iter().filter_map(|wanted| {
            let condition = conditions.get(wanted)?;
            Some((self.group(*wanted, condition.status), condition))
        });
        // `min_by_key` keeps the first of equals, which is the first in the declared order.
        let ((_, status), top) = present.min_by_key(|((priority, _), _)| *priority)?;
        Some((status, top.reason.clone(), top.message.clone()))
    }

    /// The weight of a condition, least first, and what it makes of Ready.
    fn group(&self, condition: ConditionType, status: ConditionStatus) -> (u8, ConditionStatus) {
        match (status, self.negative.contains(&condition)) {
            (ConditionStatus::True, true) => (0, ConditionStatus::False),
            (ConditionStatus::False, false) => (1, ConditionStatus::False),
            (ConditionStatus::True, false) => (2, ConditionStatus::True),
            (ConditionStatus::False, true) => (3, ConditionStatus::True),
            (ConditionStatus::Unknown, _) => (4, ConditionStatus::Unknown),
        }
    }
}
