//! How a run begins and ends of a kind that has no conditions but Ready, Reconciling and Stalled: what Flux's kinds of images
//! share.

use crate::events::{Event, Severity};
use crate::reconciler::{Next, Report, StatusOf};
use crate::run::Run;
use api::meta::{ConditionType, Conditions, Reason, ReconciledObject, ReconciledStatus, Stamp};
use std::collections::BTreeMap;
use std::time::Duration;

/// The conditions of such a kind.
pub const OWNED_CONDITIONS: &[ConditionType] = &[ConditionType::Ready, ConditionType::Reconciling, ConditionType::Stalled];

/// How a run ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// All is well.
    Succeeded {
        /// What Ready says.
        message: String,
        /// When to look again.
        next: Next,
    },
    /// It did not work and is tried again, each time later.
    Failed(Reason, String),
    /// Something else has to come first; it is looked at again after the time.
    Waiting(Reason, String, Duration),
    /// Only a change of the object helps.
    Stalled(Reason, String),
}

/// A run at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conclusion {
    /// How it ends.
    pub ending: Ending,
    /// How far it came, for Reconciling where it comes again.
    pub progress: String,
    /// What to tell in an event in any case; by default what Ready says, when that is new.
    pub news: Option<String>,
    /// What to say where nothing is new.
    pub trace: String,
}

/// What conditions of a run are stamped with, as of now.
pub fn stamp<K: ReconciledObject>(run: &Run<K>) -> Stamp {
    Stamp { generation: run.object().meta().generation.unwrap_or_default(), now: run.now() }
}

/// What a run says of itself at its beginning.
pub fn start_message<K: ReconciledObject>(object: &K) -> String {
    let generation = object.meta().generation.unwrap_or_default();
    let observed = object.status().map_or(0, ReconciledStatus::observed_generation);
    if generation == observed {
        "reconciliation in progress".to_owned()
    } else {
        format!("processing object: new generation {observed} -> {generation}")
    }
}

/// The status while a run goes on.
pub fn in_progress<K: ReconciledObject>(object: &K, message: &str, stamp: &Stamp) -> StatusOf<K> {
    let mut status = object.status().cloned().unwrap_or_default();
    let conditions = status.conditions_mut();
    conditions.mark_reconciling(Reason::Progressing, message, stamp);
    if conditions.is_unknown(ConditionType::Ready) {
        conditions.mark_unknown(ConditionType::Ready, Reason::Progressing, message, stamp);
    }
    status
}

/// Everything that a run leaves behind. `status` is complete but for the conditions and the observed generation.
pub fn conclude<K: ReconciledObject>(object: &K, mut status: StatusOf<K>, conclusion: Conclusion, stamp: &Stamp) -> Report<K> {
    let Conclusion { ending, progress, news, trace } = conclusion;
    let before = object.conditions();
    let conditions = status.conditions_mut();
    conditions.remove(ConditionType::Stalled);
    let (next, error) = match ending {
        Ending::Succeeded { message, next } => {
            conditions.remove(ConditionType::Reconciling);
            conditions.mark_true(ConditionType::Ready, Reason::Succeeded, message, stamp);
            (next, None)
        }
        Ending::Failed(reason, message) => {
            conditions.mark_reconciling(Reason::ProgressingWithRetry, progress, stamp);
            conditions.mark_false(ConditionType::Ready, reason, message.clone(), stamp);
            (Next::Backoff, Some(message))
        }
        Ending::Waiting(reason, message, delay) => {
            conditions.mark_reconciling(Reason::ProgressingWithRetry, progress, stamp);
            conditions.mark_false(ConditionType::Ready, reason, message, stamp);
            (Next::After(delay), None)
        }
        Ending::Stalled(reason, message) => {
            conditions.mark_stalled(reason, message.clone(), stamp);
            conditions.mark_false(ConditionType::Ready, reason, message, stamp);
            (Next::WhenChanged, None)
        }
    };
    let events = vec![event(&before, conditions, news, trace)];
    if conditions.is_ready() || conditions.is_true(ConditionType::Stalled) {
        status.set_observed_generation(stamp.generation);
    }
    Report { status, events, next, error }
}

/// News, a failure, or that nothing is new.
fn event(before: &Conditions, now: &Conditions, news: Option<String>, trace: String) -> Event {
    let (reason, ready) = (now.reason(ConditionType::Ready), now.message(ConditionType::Ready));
    let (severity, reason, message) = if !now.is_ready() {
        (Severity::Error, reason, ready.to_owned())
    } else if news.is_some() || !before.is_ready() || before.message(ConditionType::Ready) != ready {
        (Severity::Info, reason, news.unwrap_or_else(|| ready.to_owned()))
    } else {
        (Severity::Trace, Reason::Succeeded.as_str(), trace)
    };
    Event { severity, reason: reason.to_owned(), message, metadata: BTreeMap::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::image::ImagePolicy;
    use serde_json::json;

    fn object(generation: i64, ready: Option<(&str, &str)>) -> ImagePolicy {
        let conditions: Vec<_> = ready
            .iter()
            .map(|(status, message)| {
                json!({"type": "Ready", "status": status, "reason": "Succeeded", "message": message, "observedGeneration": 1,
                    "lastTransitionTime": "2026-01-01T00:00:00Z"})
            })
            .collect();
        let object = json!({
            "apiVersion": "image.toolkit.fluxcd.io/v1", "kind": "ImagePolicy",
            "metadata": {"name": "p", "namespace": "n", "generation": generation},
            "spec": {"imageRepositoryRef": {"name": "r"}, "policy": {}},
            "status": {"observedGeneration": 1, "conditions": conditions},
        });
        serde_json::from_value(object).expect("because the literal is valid")
    }

    fn check(object: &ImagePolicy, ending: Ending, news: Option<&str>, expect: (&str, Severity, &str, i64)) {
        let stamp = Stamp { generation: 2, now: jiff::Timestamp::UNIX_EPOCH };
        let conclusion =
            Conclusion { ending, progress: "at it".to_owned(), news: news.map(str::to_owned), trace: "nothing new".to_owned() };
        let status = object.status.clone().expect("it has one");
        let report = conclude(object, status, conclusion, &stamp);
        let conditions: Vec<String> = report
            .status
            .conditions
            .iter()
            .map(|found| format!("{}={:?}/{}", found.r#type, found.status, found.reason))
            .collect();
        let event = &report.events[0];
        assert_eq!(
            (conditions.join(" ").as_str(), event.severity, event.message.as_str(), report.status.observed_generation),
            expect
        );
    }

    #[test]
    fn conditions_and_events_follow_from_the_ending() {
        let succeeded = || Ending::Succeeded { message: "well".to_owned(), next: Next::WhenChanged };
        let (new, ready) = (object(2, None), object(2, Some(("True", "well"))));
        let ready_before = object(2, Some(("True", "old")));
        check(&new, succeeded(), None, ("Ready=True/Succeeded", Severity::Info, "well", 2));
        check(&ready, succeeded(), None, ("Ready=True/Succeeded", Severity::Trace, "nothing new", 2));
        check(&ready, succeeded(), Some("pushed"), ("Ready=True/Succeeded", Severity::Info, "pushed", 2));
        check(&ready_before, succeeded(), None, ("Ready=True/Succeeded", Severity::Info, "well", 2));
        let failed = "Reconciling=True/ProgressingWithRetry Ready=False/Failure";
        check(&ready, Ending::Failed(Reason::Failure, "broken".into()), None, (failed, Severity::Error, "broken", 1));
        let waiting = Ending::Waiting(Reason::Failure, "later".into(), Duration::from_secs(1));
        check(&ready, waiting, None, (failed, Severity::Error, "later", 1));
        let stalled = "Stalled=True/InvalidPolicy Ready=False/InvalidPolicy";
        check(&ready, Ending::Stalled(Reason::InvalidPolicy, "bad".into()), None, (stalled, Severity::Error, "bad", 2));
    }
}
