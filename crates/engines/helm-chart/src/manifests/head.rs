//! What is read of every document: kind, name and annotations.

use std::collections::BTreeMap;

use manifest::yaml::Part;
use serde_json::Value;

use crate::decode::{DecodeError, Place, known_field, parse_part};

/// The part of an object that decides where it goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// `apiVersion`, or nothing.
    pub api_version: String,
    /// `kind`, or nothing.
    pub kind: String,
    /// `metadata.name`, or nothing.
    pub name: String,
    /// `metadata.annotations`.
    pub annotations: BTreeMap<String, String>,
}

/// A document that is no object.
pub type HeadError = DecodeError;

/// Go's name of the type of `metadata`.
const METADATA_TYPE: &str =
    "struct { Name string \"json:\\\"name\\\"\"; Annotations map[string]string \"json:\\\"annotations\\\"\" }";
const HEAD: &str = "SimpleHead";

/// What is read of a document.
const PART: Part = Part::Entries(&[
    ("apiVersion", Part::Whole),
    ("kind", Part::Whole),
    ("metadata", Part::Entries(&[("name", Part::Whole), ("annotations", Part::Whole)])),
]);

impl Head {
    /// Reads the head of a document, numbers and truth values as texts. All of the document must be YAML.
    ///
    /// # Errors
    /// [`HeadError`], when it is not, or where texts and maps are expected and something else stands.
    pub fn read(document: &[u8]) -> Result<Self, HeadError> {
        let value = parse_part(document, PART)?;
        let root = Place::default();
        let mut head = Self::default();
        for (key, value) in root.entries(&value, "util.SimpleHead")?.into_iter().flatten() {
            let Some(name) = known_field(key, &["apiVersion", "kind", "metadata"]) else { continue };
            let place = root.field(HEAD, name);
            match name {
                "apiVersion" => head.api_version = place.text(value)?,
                "kind" => head.kind = place.text(value)?,
                _ => head.read_metadata(&place, value)?,
            }
        }
        Ok(head)
    }

    fn read_metadata(&mut self, place: &Place, value: &Value) -> Result<(), HeadError> {
        for (key, value) in place.entries(value, METADATA_TYPE)?.into_iter().flatten() {
            let Some(name) = known_field(key, &["name", "annotations"]) else { continue };
            let place = place.field("", name);
            match name {
                "name" => self.name = place.text(value)?,
                _ => self.annotations = place.text_map(value)?.unwrap_or_default(),
            }
        }
        Ok(())
    }
}
