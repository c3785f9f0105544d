//! TOML.

use go_template::{Call, FunctionError, Functions, Map, Signature, Text, Type, Value};

use super::map_with_problem;
use crate::functions::arguments::{Arguments, Outcome};
use crate::functions::date;
use crate::go::json::EncodeError;
use crate::go::reflect::NIL_TYPE;
use crate::go::toml::{Problem, encode, parse};

/// Adds these functions.
pub(super) fn register(functions: &mut Functions) {
    const VALUE: Signature = Signature::fixed(&[Type::Any]);
    functions.insert_native("toToml", VALUE, |arguments, call| match encoded(arguments, call) {
        // The problem is the text.
        Err(EncodeError::Unsupported(problem)) if problem != NIL_TYPE => Ok(Value::from(problem)),
        text => Ok(text?),
    });
    functions.insert_native("mustToToml", VALUE, |arguments, call| Ok(encoded(arguments, call)?));
    functions.insert_native("fromToml", Signature::fixed(&[Type::String]), from_toml);
}

fn encoded(arguments: Vec<Value>, call: &mut Call<'_>) -> Result<Value, EncodeError> {
    Ok(Value::String(Text::from(encode(&Arguments::new(arguments).value(), call)?)))
}

fn from_toml(arguments: Vec<Value>, call: &mut Call<'_>) -> Outcome {
    let text = Arguments::new(arguments).text();
    // A byte of text can become a value.
    call.take_bytes(text.len().saturating_mul(size_of::<Value>()))?;
    let parsed = {
        let call = &*call;
        parse(&text, &|time| date::toml_time(time, call).ok().flatten())
    };
    match parsed {
        Ok(map) => Ok(Value::Map(map)),
        Err(problem) => Ok(map_with_problem(Value::Map(Map::new()), Some(message(problem, call)?))),
    }
}

fn message(Problem { line, last_key, message }: Problem, call: &mut Call<'_>) -> Result<String, FunctionError> {
    if last_key.is_empty() {
        return Ok(format!("toml: line {line}: {message}"));
    }
    let last_key = call.sprintf("%q", &[Value::String(Text::from(last_key))])?;
    Ok(format!("toml: line {line} (last key {last_key}): {message}"))
}
