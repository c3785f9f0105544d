//! Looking values up by paths with dots.

use serde_json::Value;

use super::Values;

/// The table at a path; `None` when there is none or something else.
pub(crate) fn table<'v>(values: &'v Values, path: &str) -> Option<&'v Values> {
    path.split('.').try_fold(values, |table, name| table.get(name)?.as_object())
}

/// What is at a path, if it is no table.
pub(crate) fn scalar<'v>(values: &'v Values, path: &str) -> Option<&'v Value> {
    let value = match path.rsplit_once('.') {
        None => values.get(path),
        Some((parent, name)) => table(values, parent)?.get(name),
    };
    value.filter(|value| !value.is_object())
}
