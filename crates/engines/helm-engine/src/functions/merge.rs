//! Merging dictionaries as `dario.cat/mergo` does for `merge` and `mergeOverwrite`.

use std::collections::BTreeMap;

use go_template::{Call, FunctionError, Map, Text, Type, Value};

use super::arguments::Outcome;
use crate::go::reflect::too_deep;
use crate::go::{MAX_DEPTH, nested};

/// The text with which Go panics when something is put into a nil map.
pub(super) const NIL_MAP: &str = "assignment to entry in nil map";

/// What becomes of an entry that both maps have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Existing {
    /// It stays, unless it is empty: `""`, 0, false, nil, without entries or items.
    Kept,
    /// It is replaced, even by something empty. Only maps are merged, and nothing replaces a map with entries by none.
    Overwritten,
}

/// Merges all further maps into the first, which is changed and returned.
///
/// What is taken over is not copied: a map that the first did not have is then shared with the one it came from.
pub(super) fn merge(arguments: Vec<Value>, existing: Existing, call: &mut Call<'_>) -> Outcome {
    let mut maps = arguments.into_iter().filter_map(|value| if let Value::Map(map) = value { Some(map) } else { None });
    let Some(mut target) = maps.next() else { return Ok(Value::Nil) };
    for source in maps {
        if target.is_nil() && !source.is_nil() {
            target = Map::with_type(BTreeMap::new(), target.kind());
        }
        merge_into(&target, &source, existing, (0, call))?;
    }
    Ok(Value::Map(target))
}

fn merge_into(
    target: &Map,
    source: &Map,
    existing: Existing,
    (depth, call): (usize, &mut Call<'_>),
) -> Result<(), FunctionError> {
    if depth > MAX_DEPTH {
        return Err(too_deep());
    }
    if target.is_nil() {
        // Go fills a map that nobody sees.
        return Ok(());
    }
    let overwrite = existing == Existing::Overwritten;
    for (key, new) in source.entries() {
        call.take_steps(1)?;
        let put = match (&new, target.get(&key)) {
            (Value::Nil, _) => overwrite,
            (Value::Map(new), Some(Value::Map(old))) => {
                nested(|| merge_into(&old, new, existing, (depth + 1, call)))?;
                // What stays empty gives way to the other map, which then is shared.
                old.is_empty()
            }
            (_, old) => overwrite || !old.is_some_and(|old| old.is_true()),
        };
        if put {
            assign(target, key, new)?;
        }
    }
    Ok(())
}

fn assign(target: &Map, key: Text, value: Value) -> Result<(), FunctionError> {
    if let Type::Map(Type::String) = target.kind()
        && !matches!(value, Value::String(_))
    {
        return Err(FunctionError::new("reflect.Value.SetMapIndex: value of type interface {} is not assignable to type string"));
    }
    target.insert(key, value);
    Ok(())
}
