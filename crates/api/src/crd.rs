//! The definitions to install: what the derive yields, made equal in structure to Flux's.
//!
//! This is the one place where a schema is changed after the derive. Everything else about a definition is said next to its type.

use crate::{
    helm::HelmRelease,
    image::{ImagePolicy, ImageRepository, ImageUpdateAutomation},
    kustomize::{Kustomization, annotations},
    source::{Bucket, GitRepository, HelmChart, HelmRepository, OciRepository},
};
use kube::CustomResourceExt;
use serde_json::{Map, Value, json};

/// One definition.
#[derive(Debug, Clone, PartialEq)]
pub struct Crd {
    /// The name of its file, as Flux names it: `<group>_<plural>.yaml`.
    pub file_name: String,
    /// The definition.
    pub value: Value,
}

/// The definitions of all kinds, by file name.
pub fn crds() -> Vec<Crd> {
    let mut all = vec![
        definition::<Bucket>(&[("spec/provider", json!("generic")), ("spec/timeout", json!("60s"))]),
        definition::<GitRepository>(&[("spec/timeout", json!("60s")), ("spec/verify/mode", json!("HEAD"))]),
        definition::<Kustomization>(&[("spec/force", json!(false)), ("spec/postBuild/substituteFrom/*/optional", json!(false))]),
        definition::<HelmChart>(&[
            ("spec/reconcileStrategy", json!("ChartVersion")),
            ("spec/verify/provider", json!("cosign")),
            ("spec/version", json!("*")),
        ]),
        definition::<HelmRelease>(&[
            ("spec/chart/spec/reconcileStrategy", json!("ChartVersion")),
            ("spec/chart/spec/verify/provider", json!("cosign")),
            ("spec/chart/spec/version", json!("*")),
            ("spec/uninstall/deletionPropagation", json!("background")),
        ]),
        definition::<HelmRepository>(&[("spec/provider", json!("generic"))]),
        definition::<ImagePolicy>(&[
            ("spec/digestReflectionPolicy", json!("Never")),
            ("spec/policy/alphabetical/order", json!("asc")),
            ("spec/policy/numerical/order", json!("asc")),
        ]),
        definition::<ImageRepository>(&[("spec/exclusionList", json!(["^.*\\.sig$"])), ("spec/provider", json!("generic"))]),
        definition::<ImageUpdateAutomation>(&[
            ("spec/sourceRef/kind", json!("GitRepository")),
            ("spec/update", json!({ "strategy": "Setters" })),
            ("spec/update/strategy", json!("Setters")),
        ]),
        definition::<OciRepository>(&[
            ("spec/provider", json!("generic")),
            ("spec/timeout", json!("60s")),
            ("spec/verify/provider", json!("cosign")),
        ]),
    ];
    all.sort_by(|left, right| left.file_name.cmp(&right.file_name));
    all
}

/// The kinds whose definitions Flux does not guard against variable substitution.
const SUBSTITUTED: [&str; 2] = ["ImagePolicy", "ImageRepository"];

/// The definition of one kind. `defaults` are those that the API server fills in, by the path of the field.
fn definition<K: CustomResourceExt>(defaults: &[(&str, Value)]) -> Crd {
    let crd = K::crd();
    let file_name = format!("{}_{}.yaml", crd.spec.group, crd.spec.names.plural);
    let mut value = serde_json::to_value(&crd).expect("because a definition consists of texts, numbers, lists and maps");
    if !SUBSTITUTED.contains(&crd.spec.names.kind.as_str()) {
        value["metadata"]["annotations"] = json!({ annotations::SUBSTITUTE: annotations::DISABLED });
    }
    value["spec"]["names"]["listKind"] = json!(format!("{}List", value["spec"]["names"]["kind"].as_str().unwrap_or_default()));
    let schema = &mut value["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    strip(schema);
    complete_root(schema);
    for (path, default) in defaults {
        *field(schema, path) = default.clone();
    }
    Crd { file_name, value }
}

/// Removes what the derive adds and Flux's definitions do not have: `nullable`, and defaults, which are Rust's and would be
/// filled in by the API server.
fn strip(schema: &mut Value) {
    let Value::Object(node) = schema else { return };
    node.remove("nullable");
    node.remove("default");
    if let Some(Value::Object(properties)) = node.get_mut("properties") {
        properties.values_mut().for_each(strip);
    }
    for key in ["items", "additionalProperties"] {
        if let Some(below) = node.get_mut(key) {
            strip(below);
        }
    }
}

/// Adds the fields that every object has, and the status that an object has before a controller saw it. `spec` is not required.
fn complete_root(schema: &mut Value) {
    let Value::Object(root) = schema else { return };
    root.remove("required");
    root.remove("title");
    let properties = root.entry("properties").or_insert_with(|| Value::Object(Map::new()));
    properties["apiVersion"] = json!({ "type": "string", "description": "The group and version of the object." });
    properties["kind"] = json!({ "type": "string", "description": "The kind of the object." });
    properties["metadata"] = json!({ "type": "object" });
    properties["status"]["default"] = json!({ "observedGeneration": -1 });
}

/// The default of the field at `path`; `*` steps into the items of a list.
fn field<'a>(schema: &'a mut Value, path: &str) -> &'a mut Value {
    let mut here = schema;
    for name in path.split('/') {
        here = if name == "*" { &mut here["items"] } else { &mut here["properties"][name] };
    }
    &mut here["default"]
}
