//! What is shared by the kinds that read from registries.

use crate::{decode, meta::LocalObjectReference};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whose way of authenticating with a registry is used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RegistryProvider {
    /// A registry like any other.
    #[default]
    Generic,
    /// Amazon ECR.
    Aws,
    /// Azure Container Registry.
    Azure,
    /// Google Artifact Registry.
    Gcp,
}

impl RegistryProvider {
    /// The text in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Generic => "generic",
            Self::Aws => "aws",
            Self::Azure => "azure",
            Self::Gcp => "gcp",
        }
    }
}

/// Which signature of an OCI artifact is verified, and with which keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OciRepositoryVerification {
    /// The technology of the signature.
    pub provider: SignatureProvider,
    /// The Secret with the trusted public keys; keyless verification where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalObjectReference>,
    /// Who may have signed without a key; anyone where empty.
    #[serde(
        default,
        rename = "matchOIDCIdentity",
        deserialize_with = "decode::or_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub match_oidc_identity: Vec<OidcIdentityMatch>,
    /// The Secret with a `trusted_root.json` of Sigstore.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trusted_root_secret_ref: Option<LocalObjectReference>,
}

/// Which signature of a chart is verified: as of an artifact, without a trusted root of one's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HelmChartVerification {
    /// The technology of the signature.
    pub provider: SignatureProvider,
    /// The Secret with the trusted public keys; keyless verification where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<LocalObjectReference>,
    /// Who may have signed without a key; anyone where empty.
    #[serde(
        default,
        rename = "matchOIDCIdentity",
        deserialize_with = "decode::or_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub match_oidc_identity: Vec<OidcIdentityMatch>,
}

/// A technology of signatures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SignatureProvider {
    /// Sigstore's cosign.
    #[default]
    Cosign,
    /// The Notary project's notation.
    Notation,
}

impl SignatureProvider {
    /// The text in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cosign => "cosign",
            Self::Notation => "notation",
        }
    }
}

/// Who may have signed: two regular expressions of Go, both of which must match.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OidcIdentityMatch {
    /// The issuer in the certificate.
    pub issuer: String,
    /// The subject in the certificate.
    pub subject: String,
}
