//! Which objects a Kustomization or HelmRelease has applied.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The objects that were applied and may be pruned.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ResourceInventory {
    /// One entry an object.
    pub entries: Vec<ResourceRef>,
}

/// One applied object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct ResourceRef {
    /// `<namespace>_<name>_<group>_<kind>`.
    pub id: String,
    /// The version of the object's API, without the group.
    #[serde(rename = "v")]
    pub version: String,
}
