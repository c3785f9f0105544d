//! Changing drift back.

use apply_plan::mask::mask_secret_values;
use apply_plan::{Action, Change};
use cluster_client::RequestError;
use manifest::object::apply_order;
use serde_json::Value;

use super::{Correction, Difference, Drift, DriftError};
use crate::FIELD_MANAGER;
use crate::helm::Helm;

impl Helm<'_> {
    /// Creates what is missing, then patches what was changed, both in the order in which kinds are applied. All are tried.
    pub async fn correct(&self, drifts: &[Drift]) -> Correction {
        let mut correction = Correction::default();
        let mut ordered: Vec<&Drift> = drifts.iter().collect();
        ordered.sort_by(|left, right| apply_order(&left.key.id(), &right.key.id()));
        let (missing, changed): (Vec<_>, Vec<_>) = ordered.into_iter().partition(|drift| drift.difference == Difference::Missing);
        for drift in missing.into_iter().chain(changed) {
            let writing = self.index.map(|index| index.writing(&drift.key));
            let (answer, action, what) = match &drift.difference {
                Difference::Missing => (self.cluster.create(&drift.desired, FIELD_MANAGER).await, Action::Created, "creation"),
                Difference::Changed { patch } => {
                    let patch = Value::from(patch.as_slice());
                    (self.cluster.json_patch(&drift.key, &patch, FIELD_MANAGER).await, Action::Configured, "patch")
                }
            };
            match answer {
                Ok(live) => {
                    if let Some(writing) = writing {
                        writing.done(&live);
                    }
                    correction.changes.push(Change { id: drift.key.id(), version: drift.key.version.clone(), action });
                }
                Err(error) => {
                    let message = format!("{} {what} failure: {}", drift.key, reason(&error, &drift.desired));
                    correction.errors.push(DriftError { message });
                }
            }
        }
        correction
    }
}

/// What the API server says, without values of Secrets: of a Secret that is invalid only the end, as Flux has it.
fn reason(error: &RequestError, object: &Value) -> String {
    let message = mask_secret_values(&error.to_string(), object);
    let is_invalid_secret = object["kind"] == "Secret" && error.reason() == "Invalid";
    match message.rsplit_once(':') {
        Some((_, end)) if is_invalid_secret => end.trim().to_owned(),
        _ => message,
    }
}
