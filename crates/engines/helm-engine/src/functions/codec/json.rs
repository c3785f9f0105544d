//! JSON.

use go_template::{Call, FunctionError, Functions, Signature, Text, Type, Value};

use super::{list_or_problem, map_with_problem};
use crate::functions::arguments::{Arguments, Outcome};
use crate::go::json::{EncodeError, Style, Target, decode, encode};

/// Adds these functions.
pub(super) fn register(functions: &mut Functions) {
    const VALUE: Signature = Signature::fixed(&[Type::Any]);
    const TEXT: Signature = Signature::fixed(&[Type::String]);
    for (name, style) in [("toJson", Style::Compact), ("toPrettyJson", Style::Pretty)] {
        functions.insert_native(name, VALUE, move |arguments, call| {
            empty_if_unsupported(encode(&Arguments::new(arguments).value(), style, call))
        });
    }
    let strict = [
        ("mustToJson", Style::Compact),
        ("mustToPrettyJson", Style::Pretty),
        ("toRawJson", Style::Raw),
        ("mustToRawJson", Style::Raw),
    ];
    for (name, style) in strict {
        functions.insert_native(name, VALUE, move |arguments, call| {
            Ok(Value::String(Text::from(encode(&Arguments::new(arguments).value(), style, call)?)))
        });
    }
    functions.insert_native("fromJson", TEXT, |arguments, call| {
        let (value, problem) = decoded(arguments, Target::Map, call)?;
        Ok(map_with_problem(value, problem))
    });
    functions.insert_native("fromJsonArray", TEXT, |arguments, call| {
        let (value, problem) = decoded(arguments, Target::List, call)?;
        Ok(list_or_problem(value, problem))
    });
    functions.insert_native("mustFromJson", TEXT, |arguments, call| match decoded(arguments, Target::Anything, call)? {
        (value, None) => Ok(value),
        (_, Some(problem)) => Err(FunctionError::new(problem)),
    });
}

fn empty_if_unsupported(text: Result<Vec<u8>, EncodeError>) -> Outcome {
    match text {
        Ok(text) => Ok(Value::String(Text::from(text))),
        Err(EncodeError::Unsupported(_)) => Ok(Value::from("")),
        Err(EncodeError::Refused(error)) => Err(error),
    }
}

fn decoded(arguments: Vec<Value>, target: Target, call: &mut Call<'_>) -> Result<(Value, Option<String>), FunctionError> {
    let text = Arguments::new(arguments).text();
    // A byte of text can become a value.
    call.take_bytes(text.len().saturating_mul(size_of::<Value>()))?;
    Ok(decode(&text, target))
}
