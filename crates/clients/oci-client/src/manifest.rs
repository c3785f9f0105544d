//! Manifests: what an artifact consists of.

use serde::Deserialize;
use std::collections::BTreeMap;

/// Content and how to find it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// What it is.
    #[serde(default)]
    pub media_type: String,
    /// What kind of artifact it is, in a list of referrers.
    #[serde(default)]
    pub artifact_type: String,
    /// What identifies it, as `algorithm:hex`.
    pub digest: String,
    /// Its length in bytes.
    #[serde(default)]
    pub size: u64,
    /// What else is said of it.
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
    /// On what it runs, in an index.
    #[serde(default)]
    pub platform: Option<Platform>,
}

/// On what an image runs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Platform {
    /// The processor, in Go's words.
    #[serde(default)]
    pub architecture: String,
    /// The operating system, in Go's words.
    #[serde(default)]
    pub os: String,
}

/// A manifest of an image or artifact, or an index of such.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Manifest {
    /// What it is; may be absent.
    pub media_type: String,
    /// The configuration, of an image.
    pub config: Option<Descriptor>,
    /// The layers, of an image.
    pub layers: Vec<Descriptor>,
    /// The images, of an index.
    pub manifests: Vec<Descriptor>,
    /// What else is said of it.
    #[serde(deserialize_with = "null_is_empty")]
    pub annotations: BTreeMap<String, String>,
}

impl Manifest {
    /// The image for the platform that go-containerregistry takes where none is named: `linux/amd64`.
    pub fn default_image(&self) -> Option<&Descriptor> {
        let fits = |platform: &Platform| platform.os == "linux" && platform.architecture == "amd64";
        self.manifests.iter().find(|image| image.platform.as_ref().is_none_or(fits))
    }
}

fn null_is_empty<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
