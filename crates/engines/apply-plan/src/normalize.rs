//! Makes a built object fit for a server-side apply.
//!
//! Flux passes built-in kinds through Go structs. What a cluster can tell of that is done here by hand: defaults that the API
//! server's merge needs, Secrets' `stringData`, no status, no creation time. The structs also drop unknown fields of built-in
//! kinds; [`crate::undeclared`] does so once the API server has named them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::object::{is, is_definition, text};

/// Normalizes one object in place. Role and ClusterRole stay as they are.
pub fn normalize(object: &mut Value) {
    if is(object, "rbac.authorization.k8s.io/v1", "Role") || is(object, "rbac.authorization.k8s.io/v1", "ClusterRole") {
        return;
    }
    default_protocols(object);
    if is(object, "v1", "Secret") {
        encode_string_data(object);
    }
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("creationTimestamp");
    }
    if is_definition(object) {
        remove_invalid_ca_bundle(object);
    } else if let Some(fields) = object.as_object_mut() {
        fields.remove("status");
    }
}

/// Ports are merged by number and protocol, so the API server's merge needs the default of the second.
fn default_protocols(object: &mut Value) {
    let pod_spec = match (text(object, "apiVersion"), text(object, "kind")) {
        ("v1", "Service") => return default_service_ports(object.pointer_mut("/spec/ports")),
        ("v1", "Pod") => "/spec",
        ("apps/v1", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet") | ("batch/v1", "Job") => "/spec/template/spec",
        ("batch/v1", "CronJob") => "/spec/jobTemplate/spec/template/spec",
        _ => return,
    };
    let containers = object.pointer_mut(pod_spec).and_then(|spec| spec.get_mut("containers")).and_then(Value::as_array_mut);
    for container in containers.into_iter().flatten() {
        default_port_protocols(container.get_mut("ports"));
    }
}

/// Go also prints a target port of 0 where there is none. The API server reads it as "the same port", and it keeps others from
/// changing the field.
fn default_service_ports(ports: Option<&mut Value>) {
    let Some(ports) = ports else { return };
    for port in ports.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        if port.get("targetPort").is_none_or(Value::is_null) {
            port.insert("targetPort".to_owned(), Value::from(0));
        }
    }
    default_port_protocols(Some(ports));
}

fn default_port_protocols(ports: Option<&mut Value>) {
    for port in ports.and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut) {
        let absent = match port.get("protocol") {
            None | Some(Value::Null) => true,
            Some(Value::String(protocol)) => protocol.is_empty(),
            Some(_) => false,
        };
        if absent {
            port.insert("protocol".to_owned(), Value::from("TCP"));
        }
    }
}

/// Moves `stringData` into `data`. A Secret that is malformed stays as it is, so that the API server says what is wrong.
fn encode_string_data(object: &mut Value) {
    let Some(secret) = object.as_object_mut() else { return };
    let (Some(plain), Some(data)) = (texts(secret.get("stringData")), texts(secret.get("data"))) else { return };
    let decodes = |value: &str| STANDARD.decode(value.replace(['\r', '\n'], "")).is_ok();
    if plain.is_empty() || !data.values().filter_map(Value::as_str).all(decodes) {
        return;
    }
    let encoded = plain.into_iter().map(|(key, value)| (key, Value::from(STANDARD.encode(value.as_str().unwrap_or_default()))));
    let merged: Map<String, Value> = data.into_iter().chain(encoded).collect();
    secret.remove("stringData");
    secret.insert("data".to_owned(), Value::Object(merged));
}

/// A map of texts; empty when absent or null, `None` when it is anything else.
fn texts(value: Option<&Value>) -> Option<Map<String, Value>> {
    match value {
        None | Some(Value::Null) => Some(Map::new()),
        Some(Value::Object(map)) if map.values().all(|value| value.is_string() || value.is_null()) => Some(map.clone()),
        Some(_) => None,
    }
}

/// Kubernetes since 1.31 refuses a definition whose conversion webhook has a placeholder for a certificate.
fn remove_invalid_ca_bundle(object: &mut Value) {
    let Some(webhook) = object.pointer_mut("/spec/conversion/webhook/clientConfig").and_then(Value::as_object_mut) else {
        return;
    };
    let valid = match webhook.get("caBundle") {
        Some(Value::String(bundle)) if !bundle.is_empty() => {
            STANDARD.decode(bundle.replace(['\r', '\n'], "")).is_ok_and(|bytes| has_certificate(&bytes))
        }
        _ => true,
    };
    if !valid {
        webhook.remove("caBundle");
    }
}

/// Whether there is a PEM block that could be a certificate. Its signature and names are the API server's to judge.
fn has_certificate(pem: &[u8]) -> bool {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    let pem = String::from_utf8_lossy(pem);
    pem.match_indices(BEGIN).any(|(start, _)| {
        let body = pem.get(start + BEGIN.len()..).and_then(|rest| rest.split_once(END)).map(|(body, _)| body).unwrap_or_default();
        let body: String = body.chars().filter(|character| !character.is_ascii_whitespace()).collect();
        STANDARD.decode(body).is_ok_and(|der| is_whole_sequence(&der))
    })
}

/// Whether `der` is one ASN.1 sequence that starts with another, as a certificate does, and nothing more.
fn is_whole_sequence(der: &[u8]) -> bool {
    let [0x30, length, rest @ ..] = der else { return false };
    let (length, content) = match *length {
        short @ 0..=0x7F => (usize::from(short), rest),
        long => {
            let Some((digits, content)) = rest.split_at_checked(usize::from(long & 0x7F)) else { return false };
            if digits.len() > 4 {
                return false;
            }
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), content)
        }
    };
    length == content.len() && content.first() == Some(&0x30)
}
