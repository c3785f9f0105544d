//! kstatus' rules for kinds that Kubernetes itself has. Each is a list of comparisons; the first that fails explains.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::access::{self, Condition, integer_or, text_or};
use crate::kstatus::{Assessment, Status, StatusError};

/// How long a Pod may be unscheduled before that is a failure.
const SCHEDULE_WINDOW: SignedDuration = SignedDuration::from_secs(15);

/// The assessment by the rule of the object's kind; `None` when there is no such rule.
pub(crate) fn assess(object: &Value, conditions: &[Condition<'_>], now: Timestamp) -> Option<Result<Assessment, StatusError>> {
    let always = |message: &str| Ok(Assessment::new(Status::Current, message));
    Some(match access::group_and_kind(object) {
        ("", "Service") => Ok(service(object)),
        ("", "Pod") => pod(object, conditions, now),
        ("", "Secret" | "ConfigMap") | ("batch", "CronJob") => always("Resource is always ready"),
        ("", "PersistentVolumeClaim") => Ok(volume_claim(object)),
        ("apps", "StatefulSet") => Ok(stateful_set(object)),
        ("apps" | "extensions", "DaemonSet") => daemon_set(object),
        ("apps" | "extensions", "Deployment") => Ok(deployment(object, conditions)),
        ("apps" | "extensions", "ReplicaSet") => Ok(replica_set(object, conditions)),
        ("policy", "PodDisruptionBudget") => always("AllowedDisruptions has been computed."),
        ("batch", "Job") => Ok(job(object, conditions)),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => Ok(definition(conditions)),
        _ => return None,
    })
}

fn current(message: impl Into<String>) -> Assessment {
    Assessment::new(Status::Current, message)
}

fn in_progress(message: impl Into<String>) -> Assessment {
    Assessment::new(Status::InProgress, message)
}

/// `label: have/want` where there are fewer than wanted.
fn fewer(label: &str, have: i64, want: i64) -> Option<Assessment> {
    (want > have).then(|| in_progress(format!("{label}: {have}/{want}")))
}

/// Pods beyond those wanted.
fn extra(have: i64, want: i64) -> Option<Assessment> {
    (have > want).then(|| in_progress(format!("Pending termination: {}", have.saturating_sub(want))))
}

fn stateful_set(object: &Value) -> Assessment {
    if text_or(object, &["spec", "updateStrategy", "type"], "") == "OnDelete" {
        return current("StatefulSet is using the ondelete update strategy");
    }
    let count = |field: &str| integer_or(object, &["status", field], 0);
    let want = integer_or(object, &["spec", "replicas"], 1);
    let (replicas, updated) = (count("replicas"), count("updatedReplicas"));
    let partition = integer_or(object, &["spec", "updateStrategy", "rollingUpdate", "partition"], -1);
    let counted = fewer("Replicas", replicas, want)
        .or_else(|| fewer("Ready", count("readyReplicas"), want))
        .or_else(|| extra(replicas, want));
    if let Some(assessment) = counted {
        return assessment;
    }
    if partition != -1 {
        return fewer("updated", updated, want.saturating_sub(partition))
            .unwrap_or_else(|| current(format!("Partition rollout complete. updated: {updated}")));
    }
    let revision = |field: &str| text_or(object, &["status", field], "").to_owned();
    let waits = || {
        let differs = revision("currentRevision") != revision("updateRevision");
        differs.then(|| in_progress("Waiting for updated revision to match current"))
    };
    fewer("current", count("currentReplicas"), want)
        .or_else(waits)
        .unwrap_or_else(|| current(format!("All replicas scheduled as expected. Replicas: {replicas}")))
}

fn deployment(object: &Value, conditions: &[Condition<'_>]) -> Assessment {
    // Without a deadline, or with this one, the controller sets no Progressing condition.
    let no_deadline = i64::from(i32::MAX);
    let mut progressing = integer_or(object, &["spec", "progressDeadlineSeconds"], no_deadline) == no_deadline;
    let mut available = false;
    for condition in conditions {
        match condition.kind {
            "Progressing" if condition.reason == "ProgressDeadlineExceeded" => {
                return Assessment::new(Status::Failed, "Progress deadline exceeded");
            }
            "Progressing" if condition.status == "True" && condition.reason == "NewReplicaSetAvailable" => progressing = true,
            "Available" if condition.status == "True" => available = true,
            _ => {}
        }
    }
    let count = |field: &str| integer_or(object, &["status", field], 0);
    let want = integer_or(object, &["spec", "replicas"], 1);
    let (replicas, updated) = (count("replicas"), count("updatedReplicas"));
    fewer("Replicas", replicas, want)
        .or_else(|| fewer("Updated", updated, want))
        .or_else(|| extra(replicas, want))
        .or_else(|| fewer("Available", count("availableReplicas"), updated))
        .or_else(|| fewer("Ready", count("readyReplicas"), want))
        .or_else(|| (!progressing).then(|| in_progress("ReplicaSet not Available")))
        .or_else(|| (!available).then(|| in_progress("Deployment not Available")))
        .unwrap_or_else(|| current(format!("Deployment is available. Replicas: {replicas}")))
}

fn replica_set(object: &Value, conditions: &[Condition<'_>]) -> Assessment {
    if conditions.iter().any(|condition| condition.kind == "ReplicaFailure" && condition.status == "True") {
        return in_progress("Replica Failure condition. Check Pods");
    }
    let count = |field: &str| integer_or(object, &["status", field], 0);
    let want = integer_or(object, &["spec", "replicas"], 1);
    let replicas = count("replicas");
    fewer("Labelled", count("fullyLabeledReplicas"), want)
        .or_else(|| fewer("Available", count("availableReplicas"), want))
        .or_else(|| fewer("Ready", count("readyReplicas"), want))
        .or_else(|| extra(replicas, want))
        .unwrap_or_else(|| current(format!("ReplicaSet is available. Replicas: {replicas}")))
}

fn daemon_set(object: &Value) -> Result<Assessment, StatusError> {
    for path in [["metadata", "generation"], ["status", "observedGeneration"]] {
        if access::integer(object, &path)?.is_none() {
            let kind = text_or(object, &["kind"], "");
            return Ok(in_progress(format!("{kind} {} not found", path.join("."))));
        }
    }
    let count = |field: &str| integer_or(object, &["status", field], 0);
    let want = integer_or(object, &["status", "desiredNumberScheduled"], -1);
    if want == -1 {
        return Ok(in_progress("Missing .status.desiredNumberScheduled"));
    }
    Ok(fewer("Current", count("currentNumberScheduled"), want)
        .or_else(|| fewer("Updated", count("updatedNumberScheduled"), want))
        .or_else(|| fewer("Available", count("numberAvailable"), want))
        .or_else(|| fewer("Ready", count("numberReady"), want))
        .unwrap_or_else(|| current(format!("All replicas scheduled as expected. Replicas: {want}"))))
}

fn volume_claim(object: &Value) -> Assessment {
    match text_or(object, &["status", "phase"], "unknown") {
        "Bound" => current("PVC is Bound"),
        phase => in_progress(format!("PVC is not Bound. phase: {phase}")),
    }
}

fn pod(object: &Value, conditions: &[Condition<'_>], now: Timestamp) -> Result<Assessment, StatusError> {
    let has = |kind: &str, status: &str| conditions.iter().find(|condition| condition.kind == kind && condition.status == status);
    Ok(match text_or(object, &["status", "phase"], "") {
        "Succeeded" => current("Pod has completed successfully"),
        "Failed" => current("Pod has completed, but not successfully"),
        "Running" if has("Ready", "True").is_some() => current("Pod is Ready"),
        "Running" => match crash_looping_containers(object)?.join(",") {
            names if names.is_empty() => in_progress("Pod is running but is not Ready"),
            names => Assessment::new(Status::Failed, format!("Containers in CrashLoop state: {names}")),
        },
        "Pending" => match has("PodScheduled", "False") {
            Some(condition) if condition.reason == "Unschedulable" => unschedulable(object, now),
            _ => in_progress("Pod is in the Pending phase"),
        },
        "" => in_progress("Pod phase not available"),
        phase => return Err(StatusError::UnknownPhase { phase: phase.to_owned() }),
    })
}

fn unschedulable(object: &Value, now: Timestamp) -> Assessment {
    let created: Option<Timestamp> = text_or(object, &["metadata", "creationTimestamp"], "").parse().ok();
    let recent = created.is_some_and(|created| now.duration_since(created) < SCHEDULE_WINDOW);
    if recent { in_progress("Pod has not been scheduled") } else { Assessment::new(Status::Failed, "Pod could not be scheduled") }
}

fn crash_looping_containers(object: &Value) -> Result<Vec<&str>, StatusError> {
    let statuses = access::list(object, &["status", "containerStatuses"])?;
    let looping = |status: &&Value| text_or(status, &["state", "waiting", "reason"], "") == "CrashLoopBackOff";
    Ok(statuses.into_iter().flatten().filter(looping).filter_map(|status| status.get("name")?.as_str()).collect())
}

/// kstatus' own rule, which takes a running Job for current; Flux replaces it, see [`crate::job`].
fn job(object: &Value, conditions: &[Condition<'_>]) -> Assessment {
    if let Some(assessment) = finished_job(object, conditions) {
        return assessment;
    }
    if text_or(object, &["status", "startTime"], "").is_empty() {
        return in_progress("Job not started");
    }
    current(job_progress(object))
}

/// A Job that completed or failed.
pub(crate) fn finished_job(object: &Value, conditions: &[Condition<'_>]) -> Option<Assessment> {
    let count = |field: &str| integer_or(object, &["status", field], 0);
    let completions = integer_or(object, &["spec", "completions"], integer_or(object, &["spec", "parallelism"], 1));
    conditions.iter().filter(|condition| condition.status == "True").find_map(|condition| match condition.kind {
        "Complete" => Some(current(format!("Job Completed. succeeded: {}/{completions}", count("succeeded")))),
        "Failed" => Some(Assessment::new(Status::Failed, format!("Job Failed. failed: {}/{completions}", count("failed")))),
        _ => None,
    })
}

/// The counts of a Job that runs.
pub(crate) fn job_progress(object: &Value) -> String {
    let count = |field: &str| integer_or(object, &["status", field], 0);
    format!("Job in progress. success:{}, active: {}, failed: {}", count("succeeded"), count("active"), count("failed"))
}

fn service(object: &Value) -> Assessment {
    let balances = text_or(object, &["spec", "type"], "ClusterIP") == "LoadBalancer";
    if balances && text_or(object, &["spec", "clusterIP"], "").is_empty() {
        return in_progress("ClusterIP not set. Service type: LoadBalancer");
    }
    current("Service is ready")
}

fn definition(conditions: &[Condition<'_>]) -> Assessment {
    let decided = conditions.iter().find_map(|condition| match (condition.kind, condition.status) {
        ("NamesAccepted", "False") => Some(Assessment::new(Status::Failed, condition.message)),
        ("Established", "False") if condition.reason != "Installing" => Some(Assessment::new(Status::Failed, condition.message)),
        ("Established", "True") => Some(current("CRD is established")),
        _ => None,
    });
    decided.unwrap_or_else(|| in_progress("Install in progress"))
}
