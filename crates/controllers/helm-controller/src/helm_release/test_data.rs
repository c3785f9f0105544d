//! Objects for tests.

use api::helm::HelmRelease;
use serde_json::{Value, json};

/// The release `hr` in `ns`, generation 2, with more in its spec.
pub(crate) fn object(spec: Value, status: Value) -> HelmRelease {
    let mut full = json!({"interval": "10m", "chart": {"spec": {"chart": "./chart", "sourceRef": {"kind": "GitRepository", "name": "src"}}}});
    for (field, value) in spec.as_object().into_iter().flatten() {
        full[field] = value.clone();
    }
    if full.get("chartRef").is_some() {
        full.as_object_mut().expect("because it is a map").remove("chart");
    }
    let object = json!({"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease",
        "metadata": {"name": "hr", "namespace": "ns", "generation": 2}, "spec": full, "status": status});
    serde_json::from_value(object).expect("because the literals are valid")
}

/// A snapshot of version `version` of that release.
pub(crate) fn snapshot(version: i64, status: &str) -> Value {
    json!({"apiVersion": "v2", "digest": format!("sha256:{version:064}"), "name": "hr", "namespace": "ns", "version": version,
        "status": status, "chartName": "app", "chartVersion": "1.2.3", "appVersion": "9", "configDigest": "sha256:00",
        "firstDeployed": "2026-01-01T00:00:00Z", "lastDeployed": "2026-01-01T00:00:00Z"})
}
