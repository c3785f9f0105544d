//! JSON values that keep every number as it was written.

use serde_json::Value;

mod object;
mod read;

pub(crate) use object::Object;
pub use read::ReadError;
pub(crate) use read::read;

/// The deepest nesting of arrays and objects that is read, of a schema as of a value.
pub(crate) const MAX_DEPTH: usize = 500;

/// A JSON value. A number is its text, because the messages of a schema quote its numbers as they stand there.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(String),
    String(String),
    Array(Vec<Json>),
    Object(Object),
}

impl Json {
    /// The same value, or `None` if it is nested deeper than [`MAX_DEPTH`].
    pub(crate) fn from_value(value: &Value) -> Option<Json> {
        convert(value, MAX_DEPTH)
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Json::String(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_array(&self) -> Option<&[Json]> {
        match self {
            Json::Array(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn as_object(&self) -> Option<&Object> {
        match self {
            Json::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The member `name` if this is an object that has it.
    pub(crate) fn member(&self, name: &str) -> Option<&Json> {
        self.as_object()?.get(name)
    }
}

fn convert(value: &Value, depth: usize) -> Option<Json> {
    Some(match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Number(number) => Json::Number(number.to_string()),
        Value::String(text) => Json::String(text.clone()),
        Value::Array(items) => {
            let depth = depth.checked_sub(1)?;
            Json::Array(items.iter().map(|item| convert(item, depth)).collect::<Option<_>>()?)
        }
        Value::Object(members) => {
            let depth = depth.checked_sub(1)?;
            let members = members.iter().map(|(name, member)| Some((name.clone(), convert(member, depth)?)));
            Json::Object(Object::new(members.collect::<Option<_>>()?))
        }
    })
}
