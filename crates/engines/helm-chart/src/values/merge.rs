//! Merging of values without a chart.

use serde_json::Value;
use serde_json::map::Entry;

use super::Values;
use super::coalesce::Mode;

/// Lays values over others: maps are merged at any depth, everything else is replaced, also by null.
pub fn merge(under: &mut Values, over: Values) {
    for (key, value) in over {
        match (under.entry(key), value) {
            (Entry::Occupied(mut entry), Value::Object(over)) => match entry.get_mut() {
                Value::Object(under) => merge(under, over),
                other => *other = Value::Object(over),
            },
            (Entry::Occupied(mut entry), value) => {
                entry.insert(value);
            }
            (Entry::Vacant(entry), value) => {
                entry.insert(value);
            }
        }
    }
}

/// Adds from `source` what `target` does not have; on tables at any depth.
///
/// With [`Mode::Coalesce`] a null in the target takes away what the source has under that key, and nulls of the source do not
/// count. With [`Mode::Merge`] nulls are values like others.
pub(crate) fn merge_tables(target: &mut Values, source: &Values, mode: Mode) {
    for (key, value) in source {
        if mode == Mode::Coalesce && value.is_null() {
            continue;
        }
        match target.get_mut(key) {
            None => {
                target.insert(key.clone(), mode.default_value(value));
            }
            Some(Value::Null) if mode == Mode::Coalesce => {
                target.remove(key);
            }
            Some(Value::Object(target)) => {
                if let Value::Object(source) = value {
                    merge_tables(target, source, mode);
                }
            }
            Some(_) => {}
        }
    }
}
