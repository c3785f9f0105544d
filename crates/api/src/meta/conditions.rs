//! The conditions of one object, with Flux's rules for changing them. The time is always an argument.

use super::{Condition, ConditionStatus, ConditionType, Reason, Time, limit_message};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// The conditions of an object in the order in which they are stored: Stalled, Reconciling, Ready, then the newest observed
/// generation first, then by type.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Conditions(Vec<Condition>);

/// What every change of a condition is stamped with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The generation of the object that is being reconciled.
    pub generation: i64,
    /// Now.
    pub now: jiff::Timestamp,
}

impl Stamp {
    /// The time as conditions carry it: whole seconds.
    pub fn time(&self) -> Time {
        Time(jiff::Timestamp::from_second(self.now.as_second()).unwrap_or(self.now))
    }
}

impl Conditions {
    /// No conditions.
    pub fn new() -> Self {
        Self::default()
    }

    /// All of them, in stored order.
    pub fn iter(&self) -> std::slice::Iter<'_, Condition> {
        self.0.iter()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The condition of a type, be it ours or another's.
    pub fn get(&self, condition: impl AsRef<str>) -> Option<&Condition> {
        self.0.iter().find(|found| found.r#type == condition.as_ref())
    }

    /// Whether the condition is present, with whatever status.
    pub fn has(&self, condition: impl AsRef<str>) -> bool {
        self.get(condition).is_some()
    }

    /// Whether the condition is present and True.
    pub fn is_true(&self, condition: impl AsRef<str>) -> bool {
        self.status(condition) == Some(ConditionStatus::True)
    }

    /// Whether the condition is present and False.
    pub fn is_false(&self, condition: impl AsRef<str>) -> bool {
        self.status(condition) == Some(ConditionStatus::False)
    }

    /// Whether the condition is absent or Unknown.
    pub fn is_unknown(&self, condition: impl AsRef<str>) -> bool {
        self.status(condition).is_none_or(|status| status == ConditionStatus::Unknown)
    }

    /// The status of a condition; `None` where it is absent.
    pub fn status(&self, condition: impl AsRef<str>) -> Option<ConditionStatus> {
        self.get(condition).map(|found| found.status)
    }

    /// The reason of a condition; empty where it is absent.
    pub fn reason(&self, condition: impl AsRef<str>) -> &str {
        self.get(condition).map_or("", |found| &found.reason)
    }

    /// The message of a condition; empty where it is absent.
    pub fn message(&self, condition: impl AsRef<str>) -> &str {
        self.get(condition).map_or("", |found| &found.message)
    }

    /// Whether the object is ready and nobody works on it: Ready=True, neither Stalled nor Reconciling.
    pub fn is_ready(&self) -> bool {
        let stalled = self.is_true(ConditionType::Stalled);
        let reconciling = self.is_true(ConditionType::Reconciling);
        stalled == reconciling && self.is_true(ConditionType::Ready)
    }

    /// Sets a condition. The generation is the stamp's; the transition time changes when status, reason or message does and is
    /// kept otherwise; the message is cut to its limit; the order is restored.
    pub fn set(&mut self, mut condition: Condition, stamp: &Stamp) {
        condition.observed_generation = stamp.generation;
        condition.message = limit_message(condition.message);
        condition.last_transition_time = stamp.time();
        match self.0.iter_mut().find(|found| found.r#type == condition.r#type) {
            Some(found) if found.same_state(&condition) => found.observed_generation = condition.observed_generation,
            Some(found) => *found = condition,
            None => self.0.push(condition),
        }
        self.0.sort_by(stored_order);
    }

    /// Sets a condition from its parts; see [`Conditions::set`].
    pub fn mark(&mut self, condition: ConditionType, status: ConditionStatus, why: Why<'_>, stamp: &Stamp) {
        let Why(reason, message) = why;
        let condition = Condition {
            r#type: condition.as_str().to_owned(),
            status,
            observed_generation: stamp.generation,
            last_transition_time: stamp.time(),
            reason: reason.to_owned(),
            message,
        };
        self.set(condition, stamp);
    }

    /// Sets a condition to True.
    pub fn mark_true(&mut self, condition: ConditionType, reason: Reason, message: impl Into<String>, stamp: &Stamp) {
        self.mark(condition, ConditionStatus::True, Why(reason.as_str(), message.into()), stamp);
    }

    /// Sets a condition to False.
    pub fn mark_false(&mut self, condition: ConditionType, reason: Reason, message: impl Into<String>, stamp: &Stamp) {
        self.mark(condition, ConditionStatus::False, Why(reason.as_str(), message.into()), stamp);
    }

    /// Sets a condition to Unknown.
    pub fn mark_unknown(&mut self, condition: ConditionType, reason: Reason, message: impl Into<String>, stamp: &Stamp) {
        self.mark(condition, ConditionStatus::Unknown, Why(reason.as_str(), message.into()), stamp);
    }

    /// Sets Reconciling to True and removes Stalled: they exclude each other.
    pub fn mark_reconciling(&mut self, reason: Reason, message: impl Into<String>, stamp: &Stamp) {
        self.remove(ConditionType::Stalled);
        self.mark_true(ConditionType::Reconciling, reason, message, stamp);
    }

    /// Sets Stalled to True and removes Reconciling: they exclude each other.
    pub fn mark_stalled(&mut self, reason: Reason, message: impl Into<String>, stamp: &Stamp) {
        self.remove(ConditionType::Reconciling);
        self.mark_true(ConditionType::Stalled, reason, message, stamp);
    }

    /// Removes a condition; no effect where it is absent.
    pub fn remove(&mut self, condition: impl AsRef<str>) {
        self.0.retain(|found| found.r#type != condition.as_ref());
    }
}

/// Reason and message of a condition. The reason is text where it is copied from another condition.
#[derive(Debug, Clone)]
pub struct Why<'a>(pub &'a str, pub String);

impl<'a> IntoIterator for &'a Conditions {
    type Item = &'a Condition;
    type IntoIter = std::slice::Iter<'a, Condition>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl FromIterator<Condition> for Conditions {
    /// Takes conditions as they are and puts them in stored order.
    fn from_iter<I: IntoIterator<Item = Condition>>(conditions: I) -> Self {
        let mut list: Vec<Condition> = conditions.into_iter().collect();
        list.sort_by(stored_order);
        Self(list)
    }
}

fn stored_order(left: &Condition, right: &Condition) -> Ordering {
    let weight = |condition: &Condition| match condition.r#type.as_str() {
        "Stalled" => 0,
        "Reconciling" => 1,
        "Ready" => 2,
        _ => 3,
    };
    let by_weight = weight(left).cmp(&weight(right));
    by_weight.then_with(|| right.observed_generation.cmp(&left.observed_generation)).then_with(|| left.r#type.cmp(&right.r#type))
}

#[cfg(test)]
mod tests;
