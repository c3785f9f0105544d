//! Two recordings without what differs between any two runs.

use regex::Regex;
use serde_json::{Value, json};

/// What a reader of status and events could tell apart.
pub(crate) fn differences(scenario: &str, recording: &Value, seen: &Value) -> Vec<String> {
    let (expected, found) = (essence(recording), essence(seen));
    let mut differences = Vec::new();
    for part in ["objects", "posted"] {
        let lists = (expected[part].as_array(), found[part].as_array());
        let (Some(expected), Some(found)) = lists else { continue };
        for position in 0..expected.len().max(found.len()) {
            let (expected, found) = (expected.get(position), found.get(position));
            if expected != found {
                let text = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), Value::to_string);
                differences.push(format!("{scenario} {part}[{position}]\n  flux {}\n  ours {}", text(expected), text(found)));
            }
        }
    }
    differences
}

/// Kustomizations and their events, cleaned.
fn essence(recording: &Value) -> Value {
    let objects = recording["objects"].as_array().into_iter().flatten().filter(|object| object["kind"] == "Kustomization");
    let objects: Vec<Value> =
        objects.map(|object| json!({"name": object["metadata"]["name"], "status": status(&object["status"])})).collect();
    let posted = recording["posted"].as_array().into_iter().flatten().map(|post| &post["body"]);
    let posted: Vec<Value> = posted
        .filter(|body| body["involvedObject"]["kind"] == "Kustomization")
        .map(|body| {
            json!({
                "name": body["involvedObject"]["name"], "severity": body["severity"], "reason": body["reason"],
                "message": clean(&body["message"]), "metadata": body["metadata"],
            })
        })
        .collect();
    let mut posted = posted;
    // How often a wait is repeated depends on when the recording stopped.
    posted.dedup_by(|later, earlier| later["reason"] == "DependencyNotReady" && later == earlier);
    json!({"objects": objects, "posted": posted})
}

fn status(status: &Value) -> Value {
    let mut status = status.clone();
    for condition in status["conditions"].as_array_mut().into_iter().flatten() {
        condition["message"] = clean(&condition["message"]);
        condition["lastTransitionTime"] = Value::Null;
    }
    for snapshot in status["history"].as_array_mut().into_iter().flatten() {
        for field in ["firstReconciled", "lastReconciled", "lastReconciledDuration"] {
            snapshot[field] = Value::Null;
        }
    }
    if status["lastHandledReconcileAt"].is_string() {
        status["lastHandledReconcileAt"] = json!("<handled>");
    }
    status
}

/// Durations and paths differ between runs. Build errors of Go name temporary files; ours name the file in the source.
fn clean(message: &Value) -> Value {
    let text = message.as_str().unwrap_or_default();
    let replace = |text: &str, pattern: &str, by: &str| {
        Regex::new(pattern).map_or_else(|_| text.to_owned(), |regex| regex.replace_all(text, by).into_owned())
    };
    let text = replace(text, r"\b(\d+h)?(\d+m)?\d+(\.\d+)?(ms|s|µs)\b", "<duration>");
    let text = replace(&text, r"stat \S+: no such", "stat <tmp>: no such");
    let text = replace(&text, r"(?s)^(kustomize build failed|failed to decode Kubernetes YAML).*", "$1");
    let text = replace(&text, r"(?s)(failed to parse the CEL expression '[^']*').*", "$1");
    json!(text)
}
