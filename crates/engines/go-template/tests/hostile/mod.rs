//! What the fuzz targets do with an input, and the test that replays what they found.

use std::sync::{Arc, LazyLock};

use go_template::{
    ANY_MAP, Call, FunctionError, Functions, Limits, List, Map, MissingKey, Options, Scope, Signature, Templates, Text, Type,
    Value,
};

/// Small enough that one input takes milliseconds.
const LIMITS: Limits = Limits { steps: 20_000, bytes: 1 << 20, depth: 500, template_depth: 50 };

static FUNCTIONS: LazyLock<Arc<Functions>> = LazyLock::new(|| Arc::new(functions()));

static DATA: LazyLock<serde_json::Value> = LazyLock::new(|| {
    let text = r#"{"s": "text", "n": 3, "f": 1.5, "t": true, "nil": null, "l": [1, "a", [2], {"k": "v"}], "e": [], "m": {"a": {"b": "c"}}}"#;
    serde_json::from_str(text).unwrap_or_default()
});

/// Parses the text: there is an error of Go's form, or a set with its templates.
pub(crate) fn parse(text: &[u8]) {
    let mut templates = Templates::new("set", Arc::clone(&FUNCTIONS), Options::default());
    match templates.add_text("t", text) {
        Ok(()) => assert!(templates.contains(b"t") && templates.template_names().all(|name| templates.contains(name))),
        Err(error) => assert!(error.to_string().starts_with("template: t:"), "{error}"),
    }
}

/// Executes the text as a template with functions that include, parse, and change maps.
pub(crate) fn execute(text: &[u8]) {
    let _scope = Scope::new();
    let missing_key = [MissingKey::Default, MissingKey::Zero, MissingKey::Error][text.len() % 3];
    let mut templates = Templates::new("set", Arc::clone(&FUNCTIONS), Options { missing_key, ..Options::default() });
    if templates.add_text("t", text).is_ok() {
        match templates.execute(b"t", Value::from(&*DATA), LIMITS, &()) {
            Ok(output) => assert!(output.len() <= 1 << 20),
            Err(error) => assert!(error.to_string().starts_with("template: "), "{error}"),
        }
    }
}

fn functions() -> Functions {
    let mut functions = Functions::new();
    functions.insert_native("list", Signature::variadic(&[Type::Any]), |arguments, _| Ok(Value::List(List::new(arguments))));
    functions.insert_native("dict", Signature::fixed(&[]), |_, _| Ok(Value::Map(Map::new())));
    functions.insert_native("set", Signature::fixed(&[ANY_MAP, Type::String, Type::Any]), set);
    functions.insert_native("include", Signature::fixed(&[Type::String, Type::Any]), include);
    functions.insert_native("tpl", Signature::fixed(&[Type::String, Type::Any]), tpl);
    functions
}

/// May put a map into itself: printing it must end all the same, and the map be freed.
fn set(arguments: Vec<Value>, _: &mut Call<'_>) -> Result<Value, FunctionError> {
    let [Value::Map(map), Value::String(key), value] = &arguments[..] else { return Err(FunctionError::new("no map")) };
    if map.insert(key.clone(), value.clone()) { Ok(arguments[0].clone()) } else { Err(FunctionError::new("a nil map")) }
}

fn include(arguments: Vec<Value>, call: &mut Call<'_>) -> Result<Value, FunctionError> {
    let [Value::String(name), data] = &arguments[..] else { return Err(FunctionError::new("no name")) };
    Ok(Value::String(call.execute_text(call.templates(), name, data.clone())?))
}

fn tpl(arguments: Vec<Value>, call: &mut Call<'_>) -> Result<Value, FunctionError> {
    let [Value::String(text), data] = &arguments[..] else { return Err(FunctionError::new("no text")) };
    let mut templates = call.templates().clone();
    templates.add_text("tpl", text).map_err(|error| FunctionError::new(error.to_string()))?;
    Ok(Value::String(Text::from(call.execute(&templates, b"tpl", data.clone())?)))
}
