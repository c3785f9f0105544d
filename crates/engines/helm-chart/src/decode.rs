//! Reads YAML into structures as Helm does: through JSON, with the rules and error texts of Go's `encoding/json`.
//!
//! Names of fields match in any case, unknown ones are ignored, null leaves a field as it is, and numbers and truth values become
//! texts where a text is wanted.

use std::collections::BTreeMap;

use manifest::yaml::{Dialect, Part, YamlError, coerced_number, parse_part_with_floats, parse_value_with_floats};
use serde_json::{Map, Value};

/// Why a text cannot be read into a structure; worded as `sigs.k8s.io/yaml`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The text is not YAML, or has no JSON.
    #[error("error converting YAML to JSON")]
    Yaml(#[source] YamlError),
    /// A value has another type than its place.
    #[error("error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {value} into Go {place} of type {expected}")]
    Type {
        /// What the value is: `string`, `number`, `bool`, `array` or `object`.
        value: &'static str,
        /// Where it stands: `value`, or `struct field` with the path.
        place: String,
        /// The type that Go wants there.
        expected: String,
    },
    /// A text is no time.
    #[error("error unmarshaling JSON: while decoding JSON: parsing time {0:?} as \"2006-01-02T15:04:05Z07:00\"")]
    Time(String),
    /// A list holds null where it must not.
    #[error("validation: {0} must not contain empty or null nodes")]
    NullNode(&'static str),
}

/// The value of a text's first document. Floats stay floats, because Go prints them so where a text is wanted.
pub(crate) fn parse(text: &[u8]) -> Result<Value, DecodeError> {
    parse_value_with_floats(text, Dialect::V2).map_err(DecodeError::Yaml)
}

/// As [`parse`], where only a part of the value is wanted.
pub(crate) fn parse_part(text: &[u8], part: Part) -> Result<Value, DecodeError> {
    parse_part_with_floats(text, part).map_err(DecodeError::Yaml)
}

/// Where a value stands in the structure that is being read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Place {
    structure: Option<&'static str>,
    path: Vec<&'static str>,
}

impl Place {
    /// The place of a field of a structure that stands here.
    pub(crate) fn field(&self, structure: &'static str, name: &'static str) -> Self {
        let mut path = self.path.clone();
        path.push(name);
        Self { structure: Some(structure), path }
    }

    /// The error that a value of another type than expected stands here.
    pub(crate) fn mismatch(&self, value: &Value, expected: impl Into<String>) -> DecodeError {
        let value = match value {
            Value::Null => "null",
            Value::Bool(_) => "bool",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let place = match self.structure {
            None => "value".to_owned(),
            Some(structure) => format!("struct field {structure}.{}", self.path.join(".")),
        };
        DecodeError::Type { value, place, expected: expected.into() }
    }

    /// A text; empty for null.
    pub(crate) fn text(&self, value: &Value) -> Result<String, DecodeError> {
        match value {
            Value::Null => Ok(String::new()),
            Value::Bool(value) => Ok(value.to_string()),
            Value::Number(number) => Ok(coerced_number(number)),
            Value::String(text) => Ok(text.clone()),
            _ => Err(self.mismatch(value, "string")),
        }
    }

    /// A time of RFC 3339; nothing for null.
    pub(crate) fn time(&self, value: &Value) -> Result<String, DecodeError> {
        match value {
            Value::Null => Ok(String::new()),
            Value::String(text) if is_time(text) => Ok(text.clone()),
            other => Err(DecodeError::Time(other.as_str().map_or_else(|| other.to_string(), str::to_owned))),
        }
    }

    /// A truth value; false for null.
    pub(crate) fn truth(&self, value: &Value) -> Result<bool, DecodeError> {
        match value {
            Value::Null => Ok(false),
            Value::Bool(value) => Ok(*value),
            _ => Err(self.mismatch(value, "bool")),
        }
    }

    /// The structures of a list, none of which may be null.
    pub(crate) fn structures<'v>(
        &self,
        value: &'v Value,
        name: &'static str,
        expected: &str,
    ) -> Result<&'v [Value], DecodeError> {
        let items = self.items(value, expected)?.unwrap_or_default();
        if items.iter().any(Value::is_null) { Err(DecodeError::NullNode(name)) } else { Ok(items) }
    }

    /// The items of a list; `None` for null.
    pub(crate) fn items<'v>(&self, value: &'v Value, expected: &str) -> Result<Option<&'v [Value]>, DecodeError> {
        match value {
            Value::Null => Ok(None),
            Value::Array(items) => Ok(Some(items)),
            _ => Err(self.mismatch(value, expected)),
        }
    }

    /// A list of texts; empty for null.
    pub(crate) fn texts(&self, value: &Value) -> Result<Vec<String>, DecodeError> {
        self.items(value, "[]string")?.unwrap_or_default().iter().map(|item| self.text(item)).collect()
    }

    /// A map of texts; `None` for null.
    pub(crate) fn text_map(&self, value: &Value) -> Result<Option<BTreeMap<String, String>>, DecodeError> {
        let Some(entries) = self.entries(value, "map[string]string")? else { return Ok(None) };
        entries.iter().map(|(key, value)| Ok((key.clone(), self.text(value)?))).collect::<Result<_, _>>().map(Some)
    }

    /// The entries of a map or structure; `None` for null.
    pub(crate) fn entries<'v>(&self, value: &'v Value, expected: &str) -> Result<Option<&'v Map<String, Value>>, DecodeError> {
        match value {
            Value::Null => Ok(None),
            Value::Object(entries) => Ok(Some(entries)),
            _ => Err(self.mismatch(value, expected)),
        }
    }
}

/// The name among `known` that a key of the text stands for.
pub(crate) fn known_field(key: &str, known: &[&'static str]) -> Option<&'static str> {
    let exact = known.iter().find(|name| **name == key);
    exact.or_else(|| known.iter().find(|name| name.eq_ignore_ascii_case(key))).copied()
}

/// Whether a text has the form of RFC 3339: `2006-01-02T15:04:05.999+07:00`.
fn is_time(text: &str) -> bool {
    let shape = |text: &str, shape: &str| {
        text.len() == shape.len()
            && text
                .bytes()
                .zip(shape.bytes())
                .all(|(byte, wanted)| if wanted == b'0' { byte.is_ascii_digit() } else { byte == wanted })
    };
    let Some((seconds, rest)) = text.split_at_checked(19) else { return false };
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|digit: char| digit.is_ascii_digit()),
        None => rest,
    };
    shape(seconds, "0000-00-00T00:00:00") && (zone == "Z" || shape(zone, "+00:00") || shape(zone, "-00:00"))
}
