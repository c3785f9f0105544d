//! References from one object to another.

#![expect(unreachable_pub, reason = "KubeSchema repeats the struct inside of a function")]

use crate::decode;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An object in the namespace of the object that refers to it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct LocalObjectReference {
    /// Its name.
    pub name: String,
}

/// An object in any namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct NamespacedObjectReference {
    /// Its name.
    pub name: String,
    /// Its namespace; that of the referring object where absent.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

/// An object of any kind in any namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NamespacedObjectKindReference {
    /// Its API version; the one the cluster prefers where absent.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its namespace; that of the referring object where absent.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

/// An object of the same kind that must be ready first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DependencyReference {
    /// Its name.
    pub name: String,
    /// Its namespace; that of the referring object where absent.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// A CEL expression over `self` and `dep` that replaces the built-in check, or adds to it behind the feature gate
    /// `AdditiveCELDependencyCheck`.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub ready_expr: Option<String>,
}

/// A key of a Secret in the namespace of the object that refers to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct SecretKeyReference {
    /// The name of the Secret.
    pub name: String,
    /// The key; depends on the use where absent.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// How to reach another cluster: exactly one of the two.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("has(self.configMapRef) || has(self.secretRef)")
        .message("exactly one of spec.kubeConfig.configMapRef or spec.kubeConfig.secretRef must be specified"),
    validation = Rule::new("!has(self.configMapRef) || !has(self.secretRef)")
        .message("exactly one of spec.kubeConfig.configMapRef or spec.kubeConfig.secretRef must be specified"),
)]
pub struct KubeConfigReference {
    /// A ConfigMap that names a cloud provider and a cluster: keys `provider`, `cluster`, `address`, `ca.crt`, `audiences`,
    /// `serviceAccountName`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_map_ref: Option<LocalObjectReference>,
    /// A Secret that holds a kubeconfig file, by default under `value` or `value.yaml`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<SecretKeyReference>,
}
