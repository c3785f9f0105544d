//! JSON values that keep every number as it was written.

use std::borrow::Cow;

use serde_json::Value;

mod object;
mod read;

pub(crate) use object::Object;
pub use read::ReadError;
pub(crate) use read::read;

/// The deepest nesting of arrays and objects that is read, of a schema as of a value.
pub(crate) const MAX_DEPTH: usize = 500;

/// A JSON value, whose texts are most often parts of what it was read from. A number is its text, because the messages of a schema
/// quote its numbers as they stand there.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json<'t> {
    Null,
    Bool(bool),
    Number(Cow<'t, str>),
    String(Cow<'t, str>),
    Array(Vec<Json<'t>>),
    Object(Object<'t>),
}

impl<'t> Json<'t> {
    /// The same value, or `None` if it is nested deeper than [`MAX_DEPTH`].
    pub(crate) fn from_value(value: &'t Value) -> Option<Json<'t>> {
        convert(value, MAX_DEPTH)
    }

    /// The same value with texts of its own.
    pub(crate) fn into_owned(self) -> Json<'static> {
        match self {
            Json::Null => Json::Null,
            Json::Bool(value) => Json::Bool(value),
            Json::Number(number) => Json::Number(number.into_owned().into()),
            Json::String(text) => Json::String(text.into_owned().into()),
            Json::Array(items) => Json::Array(items.into_iter().map(Json::into_owned).collect()),
            Json::Object(members) => Json::Object(members.into_owned()),
        }
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Json::String(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_array(&self) -> Option<&[Json<'t>]> {
        match self {
            Json::Array(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn as_object(&self) -> Option<&Object<'t>> {
        match self {
            Json::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The member `name` if this is an object that has it.
    pub(crate) fn member(&self, name: &str) -> Option<&Json<'t>> {
        self.as_object()?.get(name)
    }
}

fn convert(value: &Value, depth: usize) -> Option<Json<'_>> {
    Some(match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Number(number) => Json::Number(number.to_string().into()),
        Value::String(text) => Json::String(text.into()),
        Value::Array(items) => {
            let depth = depth.checked_sub(1)?;
            Json::Array(items.iter().map(|item| convert(item, depth)).collect::<Option<_>>()?)
        }
        Value::Object(members) => {
            let depth = depth.checked_sub(1)?;
            let members = members.iter().map(|(name, member)| Some((name.into(), convert(member, depth)?)));
            Json::Object(Object::new(members.collect::<Option<_>>()?))
        }
    })
}
