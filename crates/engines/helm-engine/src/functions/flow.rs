//! What steers a rendering: templates within templates, failing, asking the world.

use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;
use go_template::{Call, FunctionError, Functions, List, Options, Parsed, Signature, Templates, Text, Type, Value};

use super::arguments::{Arguments, Outcome};
use crate::engine::{Host, SET_NAME, host, marked, without_no_value};
use crate::ports::ports;

/// How many times a template may be included within itself.
const MAX_INCLUDED: usize = 1000;

/// Adds these functions.
pub(super) fn register(functions: &mut Functions) {
    functions.insert_native("include", Signature::fixed(&[Type::String, Type::Any]), include);
    functions.insert_native("tpl", Signature::fixed(&[Type::String, Type::Any]), tpl);
    functions.insert_native("required", Signature::fixed(&[Type::String, Type::Any]), required);
    functions.insert_native("fail", Signature::fixed(&[Type::String]), fail);
    functions.insert_native("lookup", Signature::fixed(&[Type::String, Type::String, Type::String, Type::String]), lookup);
    functions.insert_native("getHostByName", Signature::fixed(&[Type::String]), host_address);
    functions.insert_native("hello", Signature::fixed(&[]), |_, _| Ok(Value::from("Hello!")));
}

fn include(arguments: Vec<Value>, call: &mut Call<'_>) -> Outcome {
    let mut arguments = Arguments::new(arguments);
    let (name, data) = (arguments.text(), arguments.value());
    let host = host(call)?;
    enter(host, &name)?;
    let output = call.execute_text(call.templates(), &name, data);
    leave(host, &name);
    Ok(Value::String(output?))
}

fn enter(host: &Host, name: &Text) -> Result<(), FunctionError> {
    let mut included = host.included.borrow_mut();
    match included.get_mut(name) {
        Some(count) if *count > MAX_INCLUDED => {
            let message = format!("rendering template has a nested reference name: {name}: unable to execute template");
            return Err(FunctionError::new(message));
        }
        Some(count) => *count += 1,
        None => drop(included.insert(name.clone(), 1)),
    }
    Ok(())
}

fn leave(host: &Host, name: &Text) {
    if let Some(count) = host.included.borrow_mut().get_mut(name) {
        *count -= 1;
    }
}

/// The text is a template of its own set: what it defines is seen by what it includes, and by nothing else.
fn tpl(arguments: Vec<Value>, call: &mut Call<'_>) -> Outcome {
    let mut arguments = Arguments::new(arguments);
    let (text, data) = (arguments.text(), arguments.value());
    let parsed = parse(&text, call)?;
    // A text of white space would not replace the one that it stands in, which would be executed again.
    let alone = || Templates::new(SET_NAME, Arc::default(), Options::default());
    let mut templates = if parsed.is_empty(SET_NAME.as_bytes()) { alone() } else { call.templates().clone() };
    templates.add(&parsed);
    match call.execute_text(&templates, SET_NAME.as_bytes(), data) {
        Ok(output) => Ok(Value::String(without_no_value(output))),
        Err(error) => {
            let template = call.sprintf("%q", &[Value::String(text)])?;
            Err(FunctionError::wrapping(format!("error during tpl function execution for {template}: {error}"), error))
        }
    }
}

fn parse(text: &Text, call: &mut Call<'_>) -> Result<Rc<Parsed>, FunctionError> {
    let host = host(call)?;
    if let Some(parsed) = host.parsed.borrow().get(text) {
        return Ok(Rc::clone(parsed));
    }
    call.take_bytes(text.len())?;
    match call.templates().parse(SET_NAME, &Bytes::copy_from_slice(text)) {
        Ok(parsed) => {
            let parsed = Rc::new(parsed);
            host.parsed.borrow_mut().insert(text.clone(), Rc::clone(&parsed));
            Ok(parsed)
        }
        Err(error) => {
            let template = call.sprintf("%q", &[Value::String(text.clone())])?;
            Err(FunctionError::new(format!("cannot parse template {template}: {error}")))
        }
    }
}

fn required(arguments: Vec<Value>, _: &mut Call<'_>) -> Outcome {
    let mut arguments = Arguments::new(arguments);
    let (warning, value) = (arguments.text(), arguments.value());
    match &value {
        Value::Nil => Err(FunctionError::new(marked(&warning.to_string_lossy()))),
        Value::String(text) if text.is_empty() => Err(FunctionError::new(marked(&warning.to_string_lossy()))),
        _ => Ok(value),
    }
}

fn fail(arguments: Vec<Value>, _: &mut Call<'_>) -> Outcome {
    let message = Arguments::new(arguments).text();
    Err(FunctionError::new(marked(&message.to_string_lossy())))
}

fn lookup(arguments: Vec<Value>, call: &mut Call<'_>) -> Outcome {
    let mut arguments = Arguments::new(arguments);
    let mut next = || arguments.text().to_string_lossy();
    let (api_version, kind, namespace, name) = (next(), next(), next(), next());
    let found = ports(call)?.lookup(&api_version, &kind, &namespace, &name);
    found.map(|object| live_object(&object)).map_err(FunctionError::new)
}

/// As the API server's JSON is decoded: whole numbers are `int64`, other than in values.
fn live_object(json: &serde_json::Value) -> Value {
    match json {
        serde_json::Value::Number(number) => number.as_i64().map_or_else(|| Value::from(json), Value::Int64),
        serde_json::Value::Array(items) => Value::List(List::new(items.iter().map(live_object).collect())),
        serde_json::Value::Object(fields) => {
            Value::Map(fields.iter().map(|(name, field)| (Text::from(name.as_str()), live_object(field))).collect())
        }
        _ => Value::from(json),
    }
}

fn host_address(arguments: Vec<Value>, call: &mut Call<'_>) -> Outcome {
    let name = Arguments::new(arguments).text();
    Ok(Value::from(ports(call)?.host_address(&name.to_string_lossy())))
}
