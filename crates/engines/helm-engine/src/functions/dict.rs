//! Dictionaries. `set`, `unset` and the merging functions change the map they are given. Where Go's order of keys is random,
//! it is sorted here.

use std::collections::BTreeSet;

use go_template::{ANY_MAP, Call, FunctionError, Functions, List, Map, Signature, Text, Type, Value};

use super::arguments::{Arguments, Outcome};
use super::{cast, merge};
use crate::go::reflect::{NIL_TYPE, too_deep};
use crate::go::{MAX_DEPTH, nested};

/// Adds these functions.
pub(super) fn register(functions: &mut Functions) {
    const ENTRY: Signature = Signature::fixed(&[ANY_MAP, Type::String]);
    functions.insert_native("dict", Signature::variadic(&[Type::Any]), dict);
    functions.insert_native("get", ENTRY, |arguments, _| {
        let mut arguments = Arguments::new(arguments);
        let (map, key) = (arguments.map(), arguments.text());
        Ok(map.get(&key).unwrap_or_else(|| Value::from("")))
    });
    functions.insert_native("hasKey", ENTRY, |arguments, _| {
        let mut arguments = Arguments::new(arguments);
        let (map, key) = (arguments.map(), arguments.text());
        Ok(Value::Bool(map.contains_key(&key)))
    });
    functions.insert_native("unset", ENTRY, |arguments, _| {
        let mut arguments = Arguments::new(arguments);
        let (map, key) = (arguments.map(), arguments.text());
        map.remove(&key);
        Ok(Value::Map(map))
    });
    functions.insert_native("set", Signature::fixed(&[ANY_MAP, Type::String, Type::Any]), set);
    functions.insert_native("pluck", Signature::variadic(&[Type::String, ANY_MAP]), pluck);
    functions.insert_native("keys", Signature::variadic(&[ANY_MAP]), keys);
    functions.insert_native("values", Signature::fixed(&[ANY_MAP]), |arguments, _| {
        let entries = Arguments::new(arguments).map().entries();
        Ok(Value::List(List::new(entries.into_iter().map(|(_, value)| value).collect())))
    });
    functions.insert_native("pick", Signature::variadic(&[ANY_MAP, Type::String]), pick);
    functions.insert_native("omit", Signature::variadic(&[ANY_MAP, Type::String]), omit);
    functions.insert_native("dig", Signature::variadic(&[Type::Any]), dig);
    const MERGE: Signature = Signature::variadic(&[ANY_MAP, ANY_MAP]);
    for name in ["merge", "mustMerge"] {
        functions.insert_native(name, MERGE, |arguments, call| merge::merge(arguments, merge::Existing::Kept, call));
    }
    for name in ["mergeOverwrite", "mustMergeOverwrite"] {
        functions.insert_native(name, MERGE, |arguments, call| merge::merge(arguments, merge::Existing::Overwritten, call));
    }
    functions.insert_native("deepCopy", Signature::fixed(&[Type::Any]), deep_copy);
    functions.insert_native("mustDeepCopy", Signature::fixed(&[Type::Any]), deep_copy);
}

/// A key without a value has the empty text.
fn dict(arguments: Vec<Value>, call: &mut Call<'_>) -> Outcome {
    let map = Map::new();
    let mut arguments = arguments.into_iter();
    while let Some(key) = arguments.next() {
        let key = cast::to_text(&key, call)?;
        map.insert(key, arguments.next().unwrap_or_else(|| Value::from("")));
    }
    Ok(Value::Map(map))
}

fn set(arguments: Vec<Value>, _: &mut Call<'_>) -> Outcome {
    let mut arguments = Arguments::new(arguments);
    let (map, key, value) = (arguments.map(), arguments.text(), arguments.value());
    if !map.insert(key, value) {
        return Err(FunctionError::new(merge::NIL_MAP));
    }
    Ok(Value::Map(map))
}

fn pluck(arguments: Vec<Value>, _: &mut Call<'_>) -> Outcome {
    let mut arguments = Arguments::new(arguments);
    let key = arguments.text();
    let maps = arguments.rest();
    let values = maps.iter().filter_map(|map| if let Value::Map(map) = map { map.get(&key) } else { None });
    Ok(Value::List(List::new(values.collect())))
}

fn keys(arguments: Vec<Value>, _: &mut Call<'_>) -> Outcome {
    let keys = arguments.iter().flat_map(|map| if let Value::Map(map) = map { map.keys() } else { Vec::new() });
    Ok(Value::List(List::of_strings(keys)))
}

fn pick(arguments: Vec<Value>, _: &mut Call<'_>) -> Outcome {
    let mut arguments = Arguments::new(arguments);
    let (map, keys) = (arguments.map(), texts(arguments.rest()));
    Ok(Value::Map(keys.into_iter().filter_map(|key| map.get(&key).map(|value| (key, value))).collect()))
}

fn omit(arguments: Vec<Value>, _: &mut Call<'_>) -> Outcome {
    let mut arguments = Arguments::new(arguments);
    let (map, keys) = (arguments.map(), texts(arguments.rest()).into_iter().collect::<BTreeSet<Text>>());
    Ok(Value::Map(map.entries().into_iter().filter(|(key, _)| !keys.contains(key)).collect()))
}

fn texts(values: Vec<Value>) -> Vec<Text> {
    values.into_iter().filter_map(|value| if let Value::String(text) = value { Some(text) } else { None }).collect()
}

/// The keys one by one, a default, and the map; a missing key gives the default.
fn dig(arguments: Vec<Value>, _: &mut Call<'_>) -> Outcome {
    let [keys @ .., default, map] = arguments.as_slice() else { return Err(too_few_to_dig()) };
    if keys.is_empty() {
        return Err(too_few_to_dig());
    }
    let mut names = Vec::with_capacity(keys.len());
    let mut found = plain_map(map)?;
    for key in keys {
        let Value::String(name) = key else { return Err(conversion(key, "string")) };
        names.push(name);
    }
    let last = names.pop();
    for name in names {
        match found.get(name) {
            Some(value) => found = plain_map(&value)?,
            None => return Ok(default.clone()),
        }
    }
    Ok(last.and_then(|name| found.get(name)).unwrap_or_else(|| default.clone()))
}

fn too_few_to_dig() -> FunctionError {
    FunctionError::new("dig needs at least three arguments")
}

/// Only `map[string]interface {}` itself will do: `.Values`, whose type has a name, is another type.
fn plain_map(value: &Value) -> Result<Map, FunctionError> {
    match value {
        Value::Map(map) if matches!(map.kind(), Type::Map(Type::Any)) => Ok(map.clone()),
        other => Err(conversion(other, "map[string]interface {}")),
    }
}

fn conversion(value: &Value, wanted: &str) -> FunctionError {
    let found = value.kind().map_or_else(|| "nil".to_owned(), |kind| kind.to_string());
    FunctionError::new(format!("interface conversion: interface {{}} is {found}, not {wanted}"))
}

/// New maps and lists all the way down.
fn deep_copy(arguments: Vec<Value>, call: &mut Call<'_>) -> Outcome {
    match Arguments::new(arguments).value() {
        Value::Nil => Err(FunctionError::new(NIL_TYPE)),
        value => copy(&value, 0, call),
    }
}

fn copy(value: &Value, depth: usize, call: &mut Call<'_>) -> Outcome {
    call.take_bytes(size_of::<Value>())?;
    if depth > MAX_DEPTH {
        return Err(too_deep());
    }
    Ok(match value {
        Value::List(list) if !list.is_nil() => {
            let items = list.items().iter().map(|item| nested(|| copy(item, depth + 1, call)));
            Value::List(List::with_type(items.collect::<Result<_, _>>()?, list.kind()))
        }
        Value::Map(map) if !map.is_nil() => {
            let entries = map.entries().into_iter().map(|(key, value)| Ok((key, nested(|| copy(&value, depth + 1, call))?)));
            Value::Map(Map::with_type(entries.collect::<Result<_, FunctionError>>()?, map.kind()))
        }
        other => other.clone(),
    })
}
