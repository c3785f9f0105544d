//! Flux's rule for Jobs: one that runs is not ready yet. It comes before the generic rules, so deletion does not count.

use serde_json::Value;

use crate::access::{self, integer_or, text_or};
use crate::kstatus::{Assessment, Status, StatusError};
use crate::typed::{finished_job, job_progress};

/// Whether the rule is for this object: any version of `batch` has it.
#[must_use]
pub fn is_job(object: &Value) -> bool {
    access::group_and_kind(object) == ("batch", "Job")
}

/// Whether the cluster removes the Job when it is finished. Such a Job that is not found counts as current.
#[must_use]
pub fn is_removed_when_finished(desired: &Value) -> bool {
    is_job(desired) && desired.pointer("/spec/ttlSecondsAfterFinished").is_some_and(Value::is_i64)
}

/// Assesses a Job.
///
/// # Errors
/// [`StatusError`] for conditions that are none.
pub fn compute(object: &Value) -> Result<Assessment, StatusError> {
    if object.pointer("/spec/suspend") == Some(&Value::Bool(true)) {
        return Ok(Assessment::new(Status::Current, "Job is suspended"));
    }
    if let Some(finished) = finished_job(object, &access::conditions(object)?) {
        return Ok(finished);
    }
    if text_or(object, &["status", "startTime"], "").is_empty() {
        let parallelism = integer_or(object, &["spec", "parallelism"], 1);
        return Ok(Assessment::new(Status::InProgress, format!("Job not started. active: 0/{parallelism}")));
    }
    Ok(Assessment::new(Status::InProgress, job_progress(object)))
}
