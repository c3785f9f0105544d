//! Whether a live object is what the manifest says: the dry-run of its apply against the object itself.

use serde_json::Value;

use crate::ignore::IgnoreRules;
use crate::object::{metadata, text, text_map};

/// What a dry-run tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drift {
    /// The object is not there.
    Missing,
    /// It differs.
    Changed,
    /// It is as it should be.
    None,
}

/// Compares the result of a dry-run with the live object: labels, annotations, and everything outside of metadata and status.
/// What `rules` ignore does not count.
#[must_use]
pub fn compare(live: &Value, dry_run: &Value, rules: &IgnoreRules) -> Drift {
    if metadata(dry_run, "resourceVersion").is_empty() {
        return Drift::Missing;
    }
    // Rules select by the dry-run, for both sides, so that both lose the same fields.
    let pointers = rules.pointers_for(dry_run);
    let drifted = if pointers.is_empty() {
        differs(live, dry_run)
    } else {
        let stripped = |object: &Value| {
            let mut object = object.clone();
            pointers.iter().for_each(|pointer| crate::pointer::remove(&mut object, pointer));
            object
        };
        differs(&stripped(live), &stripped(dry_run))
    };
    if drifted { Drift::Changed } else { Drift::None }
}

fn differs(live: &Value, dry_run: &Value) -> bool {
    ["labels", "annotations"].iter().any(|field| text_map(live, field) != text_map(dry_run, field))
        || content(live) != content(dry_run)
}

/// The object without metadata and status.
pub(crate) fn content(object: &Value) -> Vec<(&String, Value)> {
    let fields = object.as_object().into_iter().flatten().filter(|(field, _)| !matches!(field.as_str(), "metadata" | "status"));
    fields.map(|(field, value)| (field, without_repeated_metrics(object, field, value))).collect()
}

/// A dry-run of a HorizontalPodAutoscaler repeats metrics and adds empty ones (kubernetes/kubernetes#118293).
fn without_repeated_metrics(object: &Value, field: &str, value: &Value) -> Value {
    let mut value = value.clone();
    let is_autoscaler_spec = field == "spec" && text(object, "kind") == "HorizontalPodAutoscaler";
    if let Some(metrics) = value.get_mut("metrics").and_then(Value::as_array_mut).filter(|_| is_autoscaler_spec) {
        let mut kept: Vec<Value> = Vec::new();
        for metric in metrics.drain(..) {
            if !text(&metric, "type").is_empty() && !kept.contains(&metric) {
                kept.push(metric);
            }
        }
        *metrics = kept;
    }
    value
}
