//! Writing status: the smallest merge patch, conditions of others kept, nothing when only the wording of nothing changed.

use crate::reconciler::StatusOf;
use api::meta::{ConditionType, ReconciledObject};
use kube::api::{Patch, PatchParams};
use kube::{Api, ResourceExt};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Duration;

/// How often a write that lost a race is tried again.
const TRIES: u32 = 5;
/// The pause between two tries.
const PAUSE: Duration = Duration::from_millis(100);

/// Why status was not written.
#[derive(Debug, thiserror::Error)]
pub enum StatusError {
    /// A status does not serialise.
    #[error("serialise status")]
    Serialise(#[source] serde_json::Error),
    /// The API server refused the write.
    #[error("patch status")]
    Patch(#[source] kube::Error),
    /// The object cannot be read again after a conflict.
    #[error("read after a conflict")]
    Read(#[source] kube::Error),
    /// Others keep changing the object.
    #[error("patch status: the object kept changing")]
    Conflict,
}

/// The status that a run came to.
pub(crate) struct Wanted<'a, S> {
    /// The status.
    pub(crate) status: &'a S,
    /// The value of `reconcile.fluxcd.io/requestedAt` that this run has handled; `None` leaves what is recorded.
    pub(crate) requested: Option<&'a str>,
    /// The condition types that are ours; after a lost race those of others are taken as the server has them.
    pub(crate) owned: &'static [ConditionType],
}

/// Writes the difference between the status that `seen` carries and `wanted`. `None` when nothing differs or the object has gone;
/// else the object as the server has it now.
pub(crate) async fn write<K: ReconciledObject>(
    api: &Api<K>,
    field_manager: &str,
    seen: &Arc<K>,
    wanted: Wanted<'_, StatusOf<K>>,
) -> Result<Option<K>, StatusError> {
    let Wanted { requested, owned, .. } = wanted;
    let mut wanted = serde_json::to_value(wanted.status).map_err(StatusError::Serialise)?;
    if let (Some(requested), Value::Object(fields)) = (requested, &mut wanted) {
        fields.insert("lastHandledReconcileAt".to_owned(), json!(requested));
    }
    let mut latest = Arc::clone(seen);
    for attempt in 0..TRIES {
        let current = serde_json::to_value(latest.status()).map_err(StatusError::Serialise)?;
        if attempt > 0 {
            keep_conditions_of_others(owned, &current, &mut wanted);
        }
        let Some(patch) = difference(&current, &wanted) else { return Ok(None) };
        let body = json!({"metadata": {"resourceVersion": latest.resource_version()}, "status": patch});
        let parameters = PatchParams { field_manager: Some(field_manager.to_owned()), ..PatchParams::default() };
        match api.patch_status(&latest.name_any(), &parameters, &Patch::Merge(&body)).await {
            Ok(object) => return Ok(Some(object)),
            Err(kube::Error::Api(status)) if status.is_not_found() => return Ok(None),
            Err(kube::Error::Api(status)) if status.is_conflict() => {
                tokio::time::sleep(PAUSE * attempt).await;
                match api.get_opt(&seen.name_any()).await.map_err(StatusError::Read)? {
                    Some(object) if object.uid() == seen.uid() => latest = Arc::new(object),
                    _ => return Ok(None),
                }
            }
            Err(error) => return Err(StatusError::Patch(error)),
        }
    }
    Err(StatusError::Conflict)
}

/// Whether an object has no status, or one that says nothing.
pub(crate) fn is_empty<K: ReconciledObject>(object: &K) -> bool {
    let status = serde_json::to_value(object.status());
    status.is_ok_and(|status| status.as_object().is_none_or(Map::is_empty))
}

/// The RFC 7386 merge patch that turns one value into another; `None` when they are equal.
pub fn difference(from: &Value, to: &Value) -> Option<Value> {
    if from == to {
        return None;
    }
    let (Value::Object(from), Value::Object(to)) = (from, to) else { return Some(to.clone()) };
    let mut patch = Map::new();
    for (key, value) in to {
        match from.get(key) {
            None => drop(patch.insert(key.clone(), value.clone())),
            Some(old) => {
                if let Some(inner) = difference(old, value) {
                    patch.insert(key.clone(), inner);
                }
            }
        }
    }
    for key in from.keys().filter(|key| !to.contains_key(*key)) {
        patch.insert(key.clone(), Value::Null);
    }
    (!patch.is_empty()).then_some(Value::Object(patch))
}

/// After a lost race: conditions that this controller does not write are taken as the server has them.
fn keep_conditions_of_others(owned: &[ConditionType], current: &Value, wanted: &mut Value) {
    let owned = |condition: &Value| condition["type"].as_str().is_some_and(|kind| owned.iter().any(|own| own.as_ref() == kind));
    let list = |status: &Value| status.get("conditions").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut merged: Vec<Value> = list(wanted).into_iter().filter(owned).collect();
    merged.extend(list(current).into_iter().filter(|condition| !owned(condition)));
    if let Value::Object(wanted) = wanted
        && (!merged.is_empty() || wanted.contains_key("conditions"))
    {
        wanted.insert("conditions".to_owned(), Value::Array(merged));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(from: Value, to: Value, expect: Option<Value>) {
        assert_eq!(difference(&from, &to), expect, "{from} -> {to}");
    }

    #[test]
    fn a_difference_holds_only_what_changed() {
        check(json!({"a": 1}), json!({"a": 1}), None);
        check(json!({"a": 1, "b": 2}), json!({"a": 1, "b": 3}), Some(json!({"b": 3})));
        check(json!({"a": {"x": 1, "y": 2}}), json!({"a": {"x": 1}}), Some(json!({"a": {"y": null}})));
        check(json!({"list": [1, 2]}), json!({"list": [1]}), Some(json!({"list": [1]})));
        check(Value::Null, json!({"a": 1}), Some(json!({"a": 1})));
    }
}
