//! What Flux's helm-controller remembers of a record in `status.history`: enough to notice that somebody else changed it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use crate::json::to_text;
use crate::{Hook, Info, Metadata, Release, Values};

/// How digests are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Algorithm {
    /// What Flux uses unless told otherwise.
    #[default]
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
    /// BLAKE3 with 256 bits.
    Blake3,
}

impl Algorithm {
    /// The algorithm of that name, as it stands before the colon of a digest.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Algorithm> {
        Some(match name {
            "sha256" => Algorithm::Sha256,
            "sha384" => Algorithm::Sha384,
            "sha512" => Algorithm::Sha512,
            "blake3" => Algorithm::Blake3,
            _ => return None,
        })
    }

    /// The digest of bytes, with the name of the algorithm in front.
    fn digest(self, bytes: &[u8]) -> String {
        let (name, sum) = match self {
            Algorithm::Sha256 => ("sha256", Sha256::digest(bytes).to_vec()),
            Algorithm::Sha384 => ("sha384", Sha384::digest(bytes).to_vec()),
            Algorithm::Sha512 => ("sha512", Sha512::digest(bytes).to_vec()),
            Algorithm::Blake3 => ("blake3", blake3::hash(bytes).as_bytes().to_vec()),
        };
        let hexadecimal: String = sum.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{name}:{hexadecimal}")
    }
}

/// A record without what may change though nobody touched the release: the files of the chart, and hooks for tests.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Observation {
    name: String,
    version: i64,
    info: Info,
    chart_metadata: Metadata,
    config: Option<Values>,
    manifest: String,
    hooks: Option<Vec<Hook>>,
    namespace: String,
    #[serde(rename = "ociDigest", skip_serializing_if = "String::is_empty")]
    oci_digest: String,
}

impl Observation {
    /// Observes a record. `oci_digest` is that of the artifact that the chart came in, or empty.
    #[must_use]
    pub fn of(release: &Release, oci_digest: &str) -> Observation {
        let hooks: Vec<Hook> = release.hooks.iter().filter(|hook| !hook.is_test()).cloned().collect();
        Observation {
            name: release.name.clone(),
            version: release.version,
            info: release.info.clone().unwrap_or_default(),
            chart_metadata: release.chart.as_ref().and_then(|chart| chart.metadata.clone()).unwrap_or_default(),
            config: release.config.clone().filter(|config| !config.is_empty()),
            manifest: release.manifest.clone(),
            hooks: (!hooks.is_empty()).then_some(hooks),
            namespace: release.namespace.clone(),
            oci_digest: oci_digest.to_owned(),
        }
    }

    /// The JSON line that the digest is of, with its line break.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = to_text(self);
        text.push('\n');
        text
    }

    /// `digest` of an entry of `status.history`.
    #[must_use]
    pub fn digest(&self, algorithm: Algorithm) -> String {
        algorithm.digest(self.to_json().as_bytes())
    }
}

/// `configDigest` of an entry of `status.history`, and `status.lastAttemptedConfigDigest`: of the values as YAML with sorted keys, or
/// of nothing if there are none.
///
/// A number that Go reads from JSON or YAML is a float there. Up to 2^53 an integer prints the same; a larger one must come as a float, as it
/// does in a record, unless it came from `--set` or a target path.
#[must_use]
pub fn config_digest(values: &Values, algorithm: Algorithm) -> String {
    let text = if values.is_empty() { String::new() } else { manifest::yaml::to_yaml_bytewise(&Value::Object(values.clone())) };
    algorithm.digest(text.as_bytes())
}

/// The hooks for tests, by name. Of several with a name the last counts.
#[must_use]
pub fn test_hooks(release: &Release) -> BTreeMap<&str, &Hook> {
    release.hooks.iter().filter(|hook| hook.is_test()).map(|hook| (hook.name.as_str(), hook)).collect()
}
