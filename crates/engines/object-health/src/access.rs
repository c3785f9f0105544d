//! Reading fields as Go's `unstructured` and kstatus do, including what they say about fields of the wrong type.

use serde_json::Value;

use crate::kstatus::StatusError;

/// A condition of the object's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Condition<'object> {
    pub(crate) kind: &'object str,
    pub(crate) status: &'object str,
    pub(crate) reason: &'object str,
    pub(crate) message: &'object str,
}

/// A whole number, or `default` where there is none: fields of another type count as absent.
pub(crate) fn integer_or(object: &Value, path: &[&str], default: i64) -> i64 {
    lenient(object, path).and_then(Value::as_i64).unwrap_or(default)
}

/// A text, or `default` where there is none.
pub(crate) fn text_or<'object>(object: &'object Value, path: &[&str], default: &'object str) -> &'object str {
    lenient(object, path).and_then(Value::as_str).unwrap_or(default)
}

fn lenient<'object>(object: &'object Value, path: &[&str]) -> Option<&'object Value> {
    path.iter().try_fold(object, |value, field| value.get(*field))
}

/// A whole number, `None` where it is absent, an error where it is something else.
pub(crate) fn integer(object: &Value, path: &[&str]) -> Result<Option<i64>, StatusError> {
    match strict(object, path)? {
        None => Ok(None),
        Some(value) => value.as_i64().map(Some).ok_or_else(|| StatusError::wrong_type(path, value, "int64")),
    }
}

/// A text, `None` where it is absent, an error where it is something else.
pub(crate) fn text<'object>(object: &'object Value, path: &[&str]) -> Result<Option<&'object str>, StatusError> {
    match strict(object, path)? {
        None => Ok(None),
        Some(value) => value.as_str().map(Some).ok_or_else(|| StatusError::wrong_type(path, value, "string")),
    }
}

/// A list, `None` where it is absent, an error where it is something else.
pub(crate) fn list<'object>(object: &'object Value, path: &[&str]) -> Result<Option<&'object Vec<Value>>, StatusError> {
    match strict(object, path)? {
        None => Ok(None),
        Some(value) => value.as_array().map(Some).ok_or_else(|| StatusError::wrong_type(path, value, "[]interface{}")),
    }
}

/// The value at a path; null on the way is absence, anything else that is no map is an error.
fn strict<'object>(object: &'object Value, path: &[&str]) -> Result<Option<&'object Value>, StatusError> {
    let mut value = object;
    for (depth, field) in path.iter().enumerate() {
        value = match value {
            Value::Object(map) => match map.get(*field) {
                Some(value) => value,
                None => return Ok(None),
            },
            Value::Null => return Ok(None),
            other => {
                return Err(StatusError::wrong_type(path.get(..=depth).unwrap_or(path), other, "map[string]interface{}"));
            }
        };
    }
    Ok(Some(value))
}

/// The conditions in `status.conditions`.
///
/// # Errors
/// What is there and is neither null nor of the type that conditions have.
pub(crate) fn conditions(object: &Value) -> Result<Vec<Condition<'_>>, StatusError> {
    let list = match object.get("status") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Object(status)) => match status.get("conditions") {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::Array(list)) => list,
            Some(other) => return Err(StatusError::no_list(other)),
        },
        Some(other) => return Err(StatusError::no_struct(other)),
    };
    list.iter().map(condition).collect()
}

fn condition(value: &Value) -> Result<Condition<'_>, StatusError> {
    if !value.is_object() && !value.is_null() {
        return Err(StatusError::no_struct(value));
    }
    let text = |name: &str| match value.get(name) {
        None | Some(Value::Null) => Ok(""),
        Some(Value::String(text)) => Ok(text.as_str()),
        Some(other) => Err(StatusError::no_text(other)),
    };
    Ok(Condition { kind: text("type")?, status: text("status")?, reason: text("reason")?, message: text("message")? })
}

/// The API group and the kind of an object.
pub(crate) fn group_and_kind(object: &Value) -> (&str, &str) {
    let api_version = text_or(object, &["apiVersion"], "");
    (api_version.split_once('/').map_or("", |(group, _)| group), text_or(object, &["kind"], ""))
}
