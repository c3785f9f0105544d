//! The record of one revision of a release.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::hook::is_zero;
use crate::json::{or_default, to_text, values};
use crate::{Chart, DecodeError, Hook, Info, Status, Values};

/// One revision of a release.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Release {
    /// The name of the release.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What happened to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub info: Option<Info>,
    /// The chart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chart: Option<Chart>,
    /// The values that were given.
    #[serde(deserialize_with = "values", skip_serializing_if = "has_no_values")]
    pub config: Option<Values>,
    /// The objects as a stream of YAML, without hooks.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub manifest: String,
    /// The hooks.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "Vec::is_empty")]
    pub hooks: Vec<Hook>,
    /// The revision, from 1 on.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_zero")]
    pub version: i64,
    /// The namespace of the release.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// Labels of the object that holds the record. Not part of the record's JSON.
    #[serde(skip)]
    pub labels: BTreeMap<String, String>,
    /// How the objects were applied. Records of Helm 3 do not say.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "ApplyMethod::is_unset")]
    pub apply_method: ApplyMethod,
}

impl Release {
    /// Reads a record's JSON. Null is an empty record.
    ///
    /// # Errors
    /// [`DecodeError::Json`].
    pub fn from_json(text: &[u8]) -> Result<Release, DecodeError> {
        serde_json::from_slice::<Option<Release>>(text).map(Option::unwrap_or_default).map_err(DecodeError::Json)
    }

    /// The record's JSON, as Helm stores it.
    #[must_use]
    pub fn to_json(&self) -> String {
        to_text(self)
    }

    /// The state of the release.
    #[must_use]
    pub fn status(&self) -> Status {
        self.info.as_ref().map(|info| info.status.clone()).unwrap_or_default()
    }

    /// Sets state and description.
    pub(crate) fn set_status(&mut self, status: Status, description: String) {
        let info = self.info.get_or_insert_default();
        info.status = status;
        info.description = description;
    }
}

/// How objects were applied.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum ApplyMethod {
    /// The record does not say; it was [`ApplyMethod::ClientSide`].
    #[default]
    #[serde(rename = "")]
    Unset,
    /// By patches that were computed from the last manifest.
    #[serde(rename = "csa")]
    ClientSide,
    /// By server-side apply.
    #[serde(rename = "ssa")]
    ServerSide,
    /// Another word; Helm keeps those, too.
    #[serde(untagged)]
    Other(String),
}

impl ApplyMethod {
    fn is_unset(&self) -> bool {
        *self == ApplyMethod::Unset
    }
}

#[expect(clippy::ref_option, reason = "serde calls it so")]
fn has_no_values(values: &Option<Values>) -> bool {
    values.as_ref().is_none_or(Values::is_empty)
}
