//! From JSON values to structures, as Go's `encoding/json` does it: keys match whatever their case, null leaves a field as it is,
//! and every other mismatch is an error. What this is not: `serde`, whose rules differ in exactly these points.

use serde_json::Value;
use std::collections::BTreeMap;

/// How strictly a value is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Strictness {
    /// Whether a field that the structure does not have is an error.
    refuse_unknown: bool,
    /// Whether numbers and truth values become strings where those are wanted.
    convert: bool,
}

impl Strictness {
    /// As a kustomization file is read.
    pub(crate) const EXACT: Self = Self { refuse_unknown: true, convert: false };
    /// As a file of field specifications is read.
    pub(crate) const KNOWN_FIELDS: Self = Self { refuse_unknown: true, convert: true };
    /// As a plugin's configuration is read.
    pub(crate) const LENIENT: Self = Self { refuse_unknown: false, convert: true };

    /// Go converts only what stands in a structure itself, not what it shares with an embedded one.
    pub(crate) fn embedded(self) -> Self {
        Self { convert: false, ..self }
    }

    pub(crate) fn refuses_unknown(self) -> bool {
        self.refuse_unknown
    }
}

/// Why a value is not of the structure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{problem}", if path.is_empty() { String::new() } else { format!("field '{}': ", path_text(path)) })]
pub(crate) struct DecodeFault {
    /// The keys and indices that lead to the field.
    pub(crate) path: Vec<String>,
    /// What is wrong with it.
    pub(crate) problem: String,
}

/// A path as people write it: `images[0].newTag`.
fn path_text(path: &[String]) -> String {
    let mut text = String::new();
    for part in path {
        if part.bytes().all(|byte| byte.is_ascii_digit()) {
            text.push_str(&format!("[{part}]"));
        } else {
            if !text.is_empty() {
                text.push('.');
            }
            text.push_str(part);
        }
    }
    text
}

impl DecodeFault {
    pub(crate) fn new(problem: impl Into<String>) -> Self {
        Self { path: Vec::new(), problem: problem.into() }
    }

    pub(crate) fn below(mut self, part: &str) -> Self {
        self.path.insert(0, part.to_owned());
        self
    }
}

fn mismatch(expected: &str, value: &Value) -> DecodeFault {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value; put it in quotes to make it a string",
        Value::Number(_) => "a number; put it in quotes to make it a string",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    };
    DecodeFault::new(format!("expected {expected}, found {found}"))
}

/// A structure that can be read from a value that is not null.
pub(crate) trait Decode: Default {
    fn decode(value: &Value, strictness: Strictness) -> Result<Self, DecodeFault>;
}

/// Null is the default.
pub(crate) fn decode_or_default<T: Decode>(value: &Value, strictness: Strictness) -> Result<T, DecodeFault> {
    if value.is_null() { Ok(T::default()) } else { T::decode(value, strictness) }
}

impl Decode for Value {
    fn decode(value: &Value, _: Strictness) -> Result<Self, DecodeFault> {
        Ok(value.clone())
    }
}

impl Decode for String {
    fn decode(value: &Value, strictness: Strictness) -> Result<Self, DecodeFault> {
        match value {
            Value::String(text) => Ok(text.clone()),
            Value::Bool(bool) if strictness.convert => Ok(bool.to_string()),
            Value::Number(number) if strictness.convert => Ok(match number.as_f64() {
                Some(float) if number.is_f64() => crate::scalar::go_float(float),
                _ => number.to_string(),
            }),
            _ => Err(mismatch("a string", value)),
        }
    }
}

impl Decode for bool {
    fn decode(value: &Value, _: Strictness) -> Result<Self, DecodeFault> {
        value.as_bool().ok_or_else(|| DecodeFault::new("expected true or false"))
    }
}

impl Decode for i64 {
    fn decode(value: &Value, _: Strictness) -> Result<Self, DecodeFault> {
        value.as_i64().ok_or_else(|| DecodeFault::new("expected an integer"))
    }
}

impl<T: Decode> Decode for Option<T> {
    fn decode(value: &Value, strictness: Strictness) -> Result<Self, DecodeFault> {
        T::decode(value, strictness).map(Some)
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(value: &Value, strictness: Strictness) -> Result<Self, DecodeFault> {
        let items = value.as_array().ok_or_else(|| mismatch("a list", value))?.iter().enumerate();
        items.map(|(at, item)| decode_or_default(item, strictness).map_err(|fault| fault.below(&at.to_string()))).collect()
    }
}

impl<T: Decode> Decode for BTreeMap<String, T> {
    fn decode(value: &Value, strictness: Strictness) -> Result<Self, DecodeFault> {
        let map = value.as_object().ok_or_else(|| mismatch("a mapping", value))?.iter();
        map.map(|(key, item)| Ok((key.clone(), decode_or_default(item, strictness).map_err(|fault| fault.below(key))?))).collect()
    }
}

/// Defines structures with the keys of their fields. `inline` structures share the keys of the outer one.
macro_rules! decoded {
    ($($(#[$meta:meta])* struct $name:ident { $($key:literal => $field:ident: $type:ty $(as $embedded:ident)?,)* $(..$inline:ident: $inner:ty,)* })*) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Default)]
        pub(crate) struct $name { $(pub(crate) $field: $type,)* $(pub(crate) $inline: $inner,)* }

        impl $name {
            /// Sets the field of a key; `false` where there is none.
            #[allow(unused_variables, clippy::allow_attributes, reason = "a structure may have no fields of its own")]
            pub(crate) fn set(&mut self, key: &str, value: &serde_json::Value, strictness: crate::decode::Strictness) -> Result<bool, crate::decode::DecodeFault> {
                $(if key.eq_ignore_ascii_case($key) {
                    if !value.is_null() {
                        self.$field = crate::decode::Decode::decode(value, strictness$(.$embedded())?)?;
                    }
                    return Ok(true);
                })*
                $(if self.$inline.set(key, value, strictness.embedded())? {
                    return Ok(true);
                })*
                Ok(false)
            }
        }

        impl crate::decode::Decode for $name {
            fn decode(value: &serde_json::Value, strictness: crate::decode::Strictness) -> Result<Self, crate::decode::DecodeFault> {
                let Some(map) = value.as_object() else { return Err(crate::decode::DecodeFault::new("expected a mapping")) };
                let mut decoded = Self::default();
                for (key, value) in map {
                    let known = decoded.set(key, value, strictness).map_err(|fault| fault.below(key))?;
                    if !known && strictness.refuses_unknown() {
                        let problem = "unknown field; check its spelling and indentation";
                        return Err(crate::decode::DecodeFault::new(problem).below(key));
                    }
                }
                Ok(decoded)
            }
        }
    )* };
}
pub(crate) use decoded;
