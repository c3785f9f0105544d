//! The parts of a Kustomization that say what is built from the source.

use crate::{decode, meta::LocalObjectReference};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What kustomize tells in annotations about where objects come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum BuildMetadataOption {
    /// The file an object was read from.
    OriginAnnotations,
    /// The transformers that changed it.
    TransformerAnnotations,
}

impl BuildMetadataOption {
    /// The text in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OriginAnnotations => "originAnnotations",
            Self::TransformerAnnotations => "transformerAnnotations",
        }
    }
}

/// Labels and annotations that every object gets, overriding its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CommonMetadata {
    /// Annotations by key.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
    /// Labels by key.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// Which changes of which objects do not count as drift.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IgnoreRule {
    /// JSON pointers to the fields.
    pub paths: Vec<String>,
    /// The objects; all where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Selector>,
}

/// Selects objects. Each field that is set must match as an anchored regular expression; selectors as such.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Selector {
    /// The API group.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The API version.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The kind.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The namespace.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The name.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A selector in the form of label selectors, over annotations.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub annotation_selector: Option<String>,
    /// A label selector.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub label_selector: Option<String>,
}

/// An inline patch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Patch {
    /// A strategic merge patch, or a list of JSON patch operations, in YAML.
    pub patch: String,
    /// The objects to patch; the one the patch names where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Selector>,
}

/// A change of an image's name, tag or digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Image {
    /// The name without a tag.
    pub name: String,
    /// The name that replaces it.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub new_name: Option<String>,
    /// The tag that replaces the present one.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub new_tag: Option<String>,
    /// The digest that replaces the present tag; `newTag` is ignored then.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// How Secrets are decrypted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Decryption {
    /// The format.
    pub provider: DecryptionProvider,
    /// The ServiceAccount to authenticate as with cloud key services.
    #[serde(default, deserialize_with = "decode::text", skip_serializing_if = "Option::is_none")]
    pub service_account_name: Option<String>,
    /// The Secret with private keys and static credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalObjectReference>,
}

/// The format of encrypted files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DecryptionProvider {
    /// Files of SOPS.
    Sops,
}

/// What is done to the manifests after the build.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PostBuild {
    /// When variables are substituted; `WithVariables` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub substitute_strategy: Option<SubstituteStrategy>,
    /// Variables by name.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "BTreeMap::is_empty")]
    pub substitute: BTreeMap<String, String>,
    /// Where more variables come from; later ones win, those of `substitute` over all.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "Vec::is_empty")]
    pub substitute_from: Vec<SubstituteReference>,
}

/// When variables are substituted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SubstituteStrategy {
    /// If at least one variable is defined.
    #[default]
    WithVariables,
    /// Always.
    Always,
}

/// A ConfigMap or Secret whose data are variables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SubstituteReference {
    /// Which of the two.
    pub kind: SubstituteKind,
    /// Its name, in the namespace of the Kustomization.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// Whether it may be missing.
    #[serde(default, deserialize_with = "decode::or_default", skip_serializing_if = "decode::is_false")]
    pub optional: bool,
}

/// A kind that holds variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum SubstituteKind {
    /// A Secret.
    Secret,
    /// A ConfigMap.
    ConfigMap,
}

impl SubstituteKind {
    /// The text in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Secret => "Secret",
            Self::ConfigMap => "ConfigMap",
        }
    }
}
