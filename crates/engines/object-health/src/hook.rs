//! Helm's rule for hooks: Jobs and Pods run to their end, everything else is ready at once.

use serde_json::Value;

use crate::access::{self, text_or};
use crate::job;
use crate::kstatus::{Assessment, Status};

/// Assesses a live hook. A Pod is ready when it has succeeded, whatever its conditions say.
#[must_use]
pub fn assess(object: &Value) -> Assessment {
    if job::is_job(object) {
        return job::compute(object).unwrap_or_else(|error| Assessment::unknown(error.to_string()));
    }
    if access::group_and_kind(object) != ("", "Pod") {
        return Assessment::new(Status::Current, "Resource is current");
    }
    let name = text_or(object, &["metadata", "name"], "");
    match text_or(object, &["status", "phase"], "") {
        "Succeeded" => Assessment::new(Status::Current, format!("pod {name} succeeded")),
        "Failed" => Assessment::new(Status::Failed, format!("pod {name} failed")),
        _ => Assessment::new(Status::InProgress, "Pod in progress"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// As helm-controller's status reader for Pods of hooks has it.
    #[test]
    fn pods_of_hooks_are_ready_when_they_have_succeeded() {
        let status = |phase: &str| {
            let conditions = json!([{"type": "Ready", "status": "True"}]);
            let pod = json!({"apiVersion": "v1", "kind": "Pod", "status": {"phase": phase, "conditions": conditions}});
            assess(&pod).status
        };
        assert_eq!(status("Running"), Status::InProgress);
        assert_eq!(status("Succeeded"), Status::Current);
        assert_eq!(status("Failed"), Status::Failed);
        assert_eq!(assess(&json!({"apiVersion": "apps/v1", "kind": "Deployment"})).status, Status::Current);
    }
}
