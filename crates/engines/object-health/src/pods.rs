//! StatefulSets and ReplicaSets that wait for Pods which will never come: then they have failed.

use jiff::Timestamp;
use serde_json::Value;

use crate::access;
use crate::kstatus::{Assessment, Status, compute};

/// Whether the pods of this object are part of its assessment.
#[must_use]
pub fn decides_by_pods(object: &Value) -> bool {
    matches!(access::group_and_kind(object), ("apps", "StatefulSet" | "ReplicaSet"))
}

/// The assessment of the object that owns `pods`, given its own: failed if it is in progress and a Pod has failed for good.
///
/// Pods that are being deleted, or that an autoscaler may yet make room for, have not.
#[must_use]
pub fn with_pods(own: Assessment, pods: &[Value], now: Timestamp) -> Assessment {
    if own.status != Status::InProgress {
        return own;
    }
    let failed = pods.iter().filter(|pod| compute(pod, now).is_ok_and(|pod| pod.status == Status::Failed) && !is_transient(pod));
    match failed.count() {
        0 => own,
        count => Assessment::new(Status::Failed, format!("{count} pods have failed")),
    }
}

fn is_transient(pod: &Value) -> bool {
    let deleted = !access::text_or(pod, &["metadata", "deletionTimestamp"], "").is_empty();
    let unschedulable = || {
        let conditions = access::conditions(pod).unwrap_or_default();
        conditions.iter().any(|found| (found.kind, found.status, found.reason) == ("PodScheduled", "False", "Unschedulable"))
    };
    deleted || unschedulable()
}
