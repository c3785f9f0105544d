//! Two recordings of one scenario as lines, and the lines that only one of them has.
//!
//! Left out is what differs between any two runs, or between any two compressors: an artifact's digest and size, how long a
//! failed health check took, the address that a Service was given.

use serde_json::Value;
use std::collections::BTreeSet;

/// Kinds whose status is the controllers' own.
const OWN: [&str; 4] = ["GitRepository", "HelmChart", "Kustomization", "HelmRelease"];

/// Lines that begin with `-` are only in `expected`, those with `+` only in `actual`.
pub(super) fn differences(expected: &Value, actual: &Value) -> Vec<String> {
    let (expected, actual) = (lines(expected), lines(actual));
    let missing = expected.difference(&actual).map(|line| format!("- {line}"));
    let unexpected = actual.difference(&expected).map(|line| format!("+ {line}"));
    missing.chain(unexpected).collect()
}

fn lines(recording: &Value) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for object in array(&recording["objects"]) {
        let name = format!("{}/{}", text(&object["kind"]), text(&object["metadata"]["name"]));
        if OWN.contains(&text(&object["kind"])) {
            own_object(&name, object, &mut lines);
        } else {
            let mut object = object.clone();
            for field in ["clusterIP", "clusterIPs"] {
                object["spec"].as_object_mut().map(|spec| spec.remove(field));
            }
            flatten(&format!("object {name}"), &object, &mut lines);
        }
    }
    for event in array(&recording["events"]) {
        let annotations = without_digests(&event["annotations"].to_string());
        let message = settled(text(&event["message"]));
        let (about, kind, reason) = (&event["about"], text(&event["type"]), text(&event["reason"]));
        lines.insert(format!("event {about} {kind} {reason}: {message} {annotations}"));
    }
    for posted in array(&recording["posted"]) {
        let body = &posted["body"];
        let (object, metadata) = (&body["involvedObject"], without_digests(&body["metadata"].to_string()));
        let (severity, reason) = (text(&body["severity"]), text(&body["reason"]));
        let message = settled(text(&body["message"]));
        lines.insert(format!("posted {object} {severity} {reason}: {message} {metadata} by {}", body["reportingController"]));
    }
    for (name, listing) in recording["artifacts"].as_object().into_iter().flatten() {
        for entry in array(listing) {
            lines.insert(format!("artifact {name}: {}", text(entry)));
        }
    }
    lines
}

fn own_object(name: &str, object: &Value, lines: &mut BTreeSet<String>) {
    let status = &object["status"];
    for condition in array(&status["conditions"]) {
        let field = |key: &str| text(&condition[key]);
        let message = settled(field("message"));
        lines.insert(format!("condition {name} {}={} {}: {message}", field("type"), field("status"), field("reason")));
    }
    lines.insert(format!("finalizers {name} {}", object["metadata"]["finalizers"]));
    let mut rest = status.clone();
    if let Some(rest) = rest.as_object_mut() {
        rest.remove("conditions");
    }
    for artifact in [rest.get_mut("artifact")].into_iter().flatten().filter_map(Value::as_object_mut) {
        artifact.remove("digest");
        artifact.remove("size");
    }
    for entry in rest["history"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        entry.remove("digest");
    }
    flatten(&format!("status {name}"), &rest, lines);
}

/// One line a leaf: `status Kustomization/ks/inventory/entries/0/id = "…"`.
fn flatten(path: &str, value: &Value, lines: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            fields.iter().for_each(|(key, value)| flatten(&format!("{path}/{key}"), value, lines));
        }
        Value::Array(items) if !items.is_empty() => {
            items.iter().enumerate().for_each(|(index, value)| flatten(&format!("{path}/{index}"), value, lines));
        }
        Value::Null => {}
        leaf => drop(lines.insert(format!("{path} = {leaf}"))),
    }
}

/// A message without what no two runs have in common.
fn settled(message: &str) -> String {
    without_durations(&without_digests(message))
}

/// Replaces the duration in `failed after 31.014s:` by `<duration>`.
fn without_durations(text: &str) -> String {
    const BEFORE: &str = " after ";
    let mut parts = text.split(BEFORE);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find([':', ' ']).unwrap_or(part.len());
        let is_duration = part.starts_with(|first: char| first.is_ascii_digit()) && part[..end].ends_with('s');
        out.push_str(BEFORE);
        out.push_str(if is_duration { "<duration>" } else { &part[..end] });
        out.push_str(&part[end..]);
    }
    out
}

/// Replaces each `sha256:` and 64 digits by `<digest>`.
fn without_digests(text: &str) -> String {
    const PREFIX: &str = "sha256:";
    let mut parts = text.split(PREFIX);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.bytes().take_while(u8::is_ascii_hexdigit).count();
        let (prefix, rest) = if digits >= 64 { ("<digest>", &part[64..]) } else { (PREFIX, part) };
        out.push_str(prefix);
        out.push_str(rest);
    }
    out
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn recording(message: &str, size: u32) -> Value {
        json!({
            "objects": [{"kind": "GitRepository", "metadata": {"name": "src"}, "status": {
                "artifact": {"digest": size, "size": size, "path": "p"},
                "conditions": [{"type": "Ready", "status": "True", "reason": "Succeeded", "message": message}],
            }}],
            "events": [], "posted": [], "artifacts": {},
        })
    }

    #[test]
    fn a_recording_equals_itself_but_for_digest_and_size() {
        assert_eq!(differences(&recording("m", 1), &recording("m", 2)), Vec::<String>::new());
    }

    #[test]
    fn another_message_is_one_line_on_either_side() {
        let expected =
            ["- condition GitRepository/src Ready=True Succeeded: a", "+ condition GitRepository/src Ready=True Succeeded: b"];
        assert_eq!(differences(&recording("a", 1), &recording("b", 1)), expected);
    }

    #[test]
    fn only_durations_are_replaced() {
        for (text, expected) in [
            ("failed after 31.014047036s: timeout", "failed after <duration>: timeout"),
            ("failed after 1m0s", "failed after <duration>"),
            ("looked after dogs: 3", "looked after dogs: 3"),
        ] {
            assert_eq!(without_durations(text), expected);
        }
    }

    #[test]
    fn only_whole_digests_are_replaced() {
        let digest = "0".repeat(64);
        assert_eq!(without_digests(&format!("a sha256:{digest} sha256:1")), "a <digest> sha256:1");
    }
}
