//! The Go type of `.Values` and of the dot of a chart's files, which templates can tell from a plain map: by its methods, by
//! `%T`, and in `dig`, which does not take it.

use std::rc::Rc;

use go_template::{ANY_MAP, Call, Function, FunctionError, Map, NamedType, NativeFunction, Signature, Text, Type, Value};

use crate::functions::print_yaml;

/// `common.Values`: a map with the methods `AsMap`, `PathValue`, `Table` and `YAML`.
pub const VALUES: Type = Type::Named(&NAMED);

static NAMED: NamedType = NamedType { name: "common.Values", underlying: ANY_MAP, method };

fn method(receiver: &Value, name: &str) -> Option<Rc<dyn Function>> {
    let (Value::Map(map), "AsMap" | "Table" | "PathValue" | "YAML" | "Encode") = (receiver, name) else { return None };
    let map = map.clone();
    match name {
        "AsMap" => function(&[], move |_, _| Ok(Value::Map(if map.is_empty() { Map::new() } else { map.retyped(ANY_MAP) }))),
        "Table" => function(&[Type::String], move |path, _| table(&map, &path).map(Value::Map)),
        "PathValue" => function(&[Type::String], move |path, _| path_value(&map, &path)),
        "YAML" => function(&[], move |_, call| Ok(Value::from(print_yaml(&Value::Map(map.clone()), call)?))),
        // Takes an `io.Writer`, and no template has one.
        "Encode" => function(&[Type::Object("io.Writer")], |_, _| Ok(Value::Nil)),
        _ => None,
    }
}

/// A method of no argument, or of one text.
fn function<F>(parameters: &'static [Type], body: F) -> Option<Rc<dyn Function>>
where
    F: Fn(Text, &mut Call<'_>) -> Result<Value, FunctionError> + 'static,
{
    Some(Rc::new(NativeFunction::new(Signature::fixed(parameters), move |arguments: Vec<Value>, call: &mut Call<'_>| {
        let text = arguments.into_iter().next().and_then(|value| if let Value::String(text) = value { Some(text) } else { None });
        body(text.unwrap_or_default(), call)
    })))
}

fn quoted(name: &[u8]) -> String {
    format!("{:?}", String::from_utf8_lossy(name))
}

/// The map under names with points between them.
fn table(map: &Map, path: &[u8]) -> Result<Map, FunctionError> {
    let mut table = map.clone();
    for name in path.split(|&byte| byte == b'.') {
        table = match table.get(name) {
            Some(Value::Map(next)) => next.retyped(VALUES),
            _ => return Err(FunctionError::new(format!("{} is not a table", quoted(name)))),
        };
    }
    Ok(table)
}

/// The value under names with points between them, if it is no map.
fn path_value(map: &Map, path: &[u8]) -> Result<Value, FunctionError> {
    if path.is_empty() {
        return Err(FunctionError::new("YAML path cannot be empty"));
    }
    let split = path.iter().rposition(|&byte| byte == b'.');
    let (parent, name) = split.map_or((None, path), |point| (Some(&path[..point]), &path[point + 1..]));
    let parent = parent.map_or_else(|| Some(map.clone()), |parent| table(map, parent).ok());
    match parent.and_then(|parent| parent.get(name)) {
        Some(value) if !matches!(&value, Value::Map(map) if matches!(map.kind(), Type::Map(_))) => Ok(value),
        _ => Err(FunctionError::new(format!("{} is not a value", quoted(name)))),
    }
}
