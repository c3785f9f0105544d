//! Whether an object is ready as Helm 3 has it, and Helm 4 where the wait strategy is `legacy`: only pods, what makes pods, claims, Services
//! and definitions are waited for; everything else is ready as soon as it is there. A new Deployment need not be complete: enough of its new
//! pods have to be ready for the old ones to go.

use serde_json::Value;

use crate::access::{self, integer_or, text_or};
use crate::kstatus::{Assessment, Status};

/// Assesses an object of a release. A Job is ready when it is complete; whoever does not wait for Jobs does not ask.
#[must_use]
pub fn assess(live: &Value) -> Assessment {
    let ready = match access::group_and_kind(live) {
        ("batch", "Job") => return job(live),
        ("", "Pod") => has_condition(live, "Ready", "True"),
        ("apps", "Deployment") => deployment(live),
        ("apps", "DaemonSet") => daemon_set(live),
        ("apps", "StatefulSet") => stateful_set(live),
        // All pods that there are have to be ready; that there are enough of them is not asked.
        ("apps", "ReplicaSet") | ("", "ReplicationController") => {
            is_observed(live) && status(live, "readyReplicas") >= status(live, "replicas")
        }
        ("", "PersistentVolumeClaim") => text_or(live, &["status", "phase"], "") == "Bound",
        ("", "Service") => service(live),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => {
            has_condition(live, "Established", "True") || has_condition(live, "NamesAccepted", "False")
        }
        _ => true,
    };
    if ready { Assessment::new(Status::Current, "") } else { Assessment::new(Status::InProgress, "") }
}

/// Assesses a hook: Jobs and Pods run to their end.
#[must_use]
pub fn assess_hook(live: &Value) -> Assessment {
    let name = text_or(live, &["metadata", "name"], "");
    let failed = |message: String| Assessment::new(Status::Failed, message);
    match (access::group_and_kind(live), text_or(live, &["status", "phase"], "")) {
        (("batch", "Job"), _) if has_condition(live, "Complete", "True") => Assessment::new(Status::Current, ""),
        (("batch", "Job"), _) => match condition(live, "Failed").filter(|found| found["status"] == "True") {
            Some(found) => failed(format!("job {name} failed: {}", found["reason"].as_str().unwrap_or_default())),
            None => Assessment::new(Status::InProgress, ""),
        },
        (("", "Pod"), "Failed") => failed(format!("pod {name} failed")),
        (("", "Pod"), phase) if phase != "Succeeded" => Assessment::new(Status::InProgress, ""),
        _ => Assessment::new(Status::Current, ""),
    }
}

fn job(live: &Value) -> Assessment {
    let (namespace, name) = (text_or(live, &["metadata", "namespace"], ""), text_or(live, &["metadata", "name"], ""));
    if status(live, "failed") > integer_or(live, &["spec", "backoffLimit"], 6) {
        return Assessment::new(Status::Failed, format!("job is failed: {namespace}/{name}"));
    }
    let wanted = integer_or(live, &["spec", "completions"], 0);
    let complete = status(live, "succeeded") >= wanted;
    Assessment::new(if complete { Status::Current } else { Status::InProgress }, "")
}

/// Helm counts the ready pods of the new ReplicaSet. They are those that are ready without the old ones, of which at most all are.
fn deployment(live: &Value) -> bool {
    if live.pointer("/spec/paused") == Some(&Value::Bool(true)) {
        return true;
    }
    let replicas = integer_or(live, &["spec", "replicas"], 1);
    let old = status(live, "replicas").saturating_sub(status(live, "updatedReplicas")).max(0);
    let wanted = replicas.saturating_sub(max_unavailable(live, replicas));
    is_observed(live) && status(live, "readyReplicas").saturating_sub(old) >= wanted
}

/// How many of its pods a Deployment may lack while it is rolled out, as Kubernetes computes it.
fn max_unavailable(live: &Value, replicas: i64) -> i64 {
    let strategy = live.pointer("/spec/strategy").unwrap_or(&Value::Null);
    if replicas == 0 || text_or(strategy, &["type"], "RollingUpdate") != "RollingUpdate" {
        return 0;
    }
    let setting = |name: &str| strategy.pointer(&format!("/rollingUpdate/{name}"));
    let surge = scaled(setting("maxSurge"), replicas, Rounding::Up);
    let unavailable = scaled(setting("maxUnavailable"), replicas, Rounding::Down);
    // Both zero would never come to an end.
    let unavailable = if surge == 0 && unavailable == 0 { 1 } else { unavailable };
    unavailable.min(replicas)
}

fn daemon_set(live: &Value) -> bool {
    if !is_observed(live) {
        return false;
    }
    let desired = status(live, "desiredNumberScheduled");
    let strategy = live.pointer("/spec/updateStrategy").unwrap_or(&Value::Null);
    if text_or(strategy, &["type"], "RollingUpdate") != "RollingUpdate" {
        return true;
    }
    let unavailable = scaled(strategy.pointer("/rollingUpdate/maxUnavailable"), desired, Rounding::Up);
    status(live, "updatedNumberScheduled") == desired && status(live, "numberReady") >= desired.saturating_sub(unavailable)
}

fn stateful_set(live: &Value) -> bool {
    if !is_observed(live) {
        return false;
    }
    let strategy = live.pointer("/spec/updateStrategy").unwrap_or(&Value::Null);
    if text_or(strategy, &["type"], "RollingUpdate") != "RollingUpdate" {
        return true;
    }
    let replicas = integer_or(live, &["spec", "replicas"], 1);
    let partition = integer_or(strategy, &["rollingUpdate", "partition"], 0);
    let revision = |name: &str| text_or(live, &["status", name], "");
    status(live, "updatedReplicas") >= replicas.saturating_sub(partition)
        && status(live, "readyReplicas") == replicas
        && (partition != 0 || revision("currentRevision") == revision("updateRevision"))
}

fn service(live: &Value) -> bool {
    let of_spec = |field: &str| text_or(live, &["spec", field], "");
    if of_spec("type") == "ExternalName" {
        return true;
    }
    let is_empty = |pointer: &str| live.pointer(pointer).and_then(Value::as_array).is_none_or(Vec::is_empty);
    let waits = of_spec("type") == "LoadBalancer" && is_empty("/spec/externalIPs") && is_empty("/status/loadBalancer/ingress");
    !of_spec("clusterIP").is_empty() && !waits
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rounding {
    Up,
    Down,
}

/// A number, or a percentage of `total`; what is neither is all of them.
fn scaled(value: Option<&Value>, total: i64, rounding: Rounding) -> i64 {
    let Some(value) = value else { return 0 };
    let percent = || value.as_str()?.strip_suffix('%')?.parse::<i64>().ok();
    match (value.as_i64(), percent()) {
        (Some(number), _) => number,
        (None, Some(percent)) => {
            let hundredths = percent.saturating_mul(total);
            hundredths / 100 + i64::from(rounding == Rounding::Up && hundredths % 100 > 0)
        }
        _ => total,
    }
}

fn status(live: &Value, field: &str) -> i64 {
    integer_or(live, &["status", field], 0)
}

fn is_observed(live: &Value) -> bool {
    status(live, "observedGeneration") == integer_or(live, &["metadata", "generation"], 0)
}

fn condition<'v>(live: &'v Value, kind: &str) -> Option<&'v Value> {
    live.pointer("/status/conditions")?.as_array()?.iter().find(|condition| condition["type"] == kind)
}

fn has_condition(live: &Value, kind: &str, wanted: &str) -> bool {
    condition(live, kind).is_some_and(|found| found["status"] == wanted)
}

#[cfg(test)]
mod tests;
