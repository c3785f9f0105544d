//! `.Capabilities`: the cluster's version, its APIs, and Helm's version.

use std::rc::Rc;

use go_template::{Function, List, NamedType, NativeFunction, STRING_LIST, Signature, Text, Type, Value};

use super::structure::Structure;
use crate::capabilities::{Capabilities, GO_VERSION, HELM_VERSION, KUBERNETES_CLIENT_VERSION, KubeVersion};

/// The capabilities as templates see them.
pub(crate) fn capabilities(capabilities: &Capabilities) -> Value {
    let versions = capabilities.api_versions.iter().map(|version| Value::from(version.as_str())).collect();
    let fields = vec![
        ("KubeVersion", kube_version(&capabilities.kube_version)),
        ("APIVersions", Value::List(List::with_type(versions, Type::Named(&VERSION_SET)))),
        ("HelmVersion", helm_version()),
    ];
    structure("*common.Capabilities", fields, Vec::new())
}

fn structure(type_name: &'static str, fields: Vec<(&'static str, Value)>, methods: Vec<(&'static str, Value)>) -> Value {
    Value::Object(Rc::new(Structure { type_name, fields, methods }))
}

fn kube_version(version: &KubeVersion) -> Value {
    let full = Value::from(version.full());
    let normalized = Value::from(version.normalized());
    let fields = vec![
        ("Version", full.clone()),
        ("normalizedVersion", normalized.clone()),
        ("Major", Value::from(version.major())),
        ("Minor", Value::from(version.minor())),
    ];
    structure("common.KubeVersion", fields, vec![("String", normalized), ("GitVersion", full)])
}

fn helm_version() -> Value {
    let fields = vec![
        ("Version", Value::from(HELM_VERSION)),
        ("GitCommit", Value::from("")),
        ("GitTreeState", Value::from("")),
        ("GoVersion", Value::from(GO_VERSION)),
        ("KubeClientVersion", Value::from(KUBERNETES_CLIENT_VERSION)),
    ];
    structure("version.BuildInfo", fields, Vec::new())
}

static VERSION_SET: NamedType = NamedType { name: "common.VersionSet", underlying: STRING_LIST, method: version_set_method };

const ONE_TEXT: Signature = Signature::fixed(&[Type::String]);

/// `Has`: whether an API is there, given as `group/version` or `group/version/Kind`.
fn version_set_method(receiver: &Value, name: &str) -> Option<Rc<dyn Function>> {
    let Value::List(versions) = receiver else { return None };
    let versions = versions.clone();
    (name == "Has").then(|| {
        Rc::new(NativeFunction::new(ONE_TEXT, move |arguments, _| {
            let wanted = arguments.first().and_then(text);
            Ok(Value::Bool(wanted.is_some() && versions.items().iter().any(|version| text(version) == wanted)))
        })) as Rc<dyn Function>
    })
}

fn text(value: &Value) -> Option<Text> {
    if let Value::String(text) = value { Some(text.clone()) } else { None }
}
