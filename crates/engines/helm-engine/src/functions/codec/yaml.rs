//! YAML, by way of JSON as `sigs.k8s.io/yaml` goes; only `toYamlPretty` prints the values themselves.

use go_template::{ANY_LIST, ANY_MAP, Call, FunctionError, Functions, List, Map, Signature, Type, Value};
use manifest::yaml::{self, Dialect, SequenceIndent};

use super::{list_or_problem, map_with_problem};
use crate::functions::arguments::{Arguments, Outcome, give};
use crate::go::json::{EncodeError, Form, Target, to_json_value};

/// Adds these functions.
pub(super) fn register(functions: &mut Functions) {
    const VALUE: Signature = Signature::fixed(&[Type::Any]);
    const TEXT: Signature = Signature::fixed(&[Type::String]);
    functions.insert_native("toYaml", VALUE, |arguments, call| match print(&Arguments::new(arguments).value(), call) {
        Err(EncodeError::Unsupported(_)) => Ok(Value::from("")),
        printed => give(call, without_last_break(printed?)),
    });
    functions.insert_native("mustToYaml", VALUE, |arguments, call| {
        let printed = print(&Arguments::new(arguments).value(), call)?;
        give(call, without_last_break(printed))
    });
    functions.insert_native("toYamlPretty", VALUE, pretty);
    functions.insert_native("fromYaml", TEXT, |arguments, call| {
        let (value, problem) = read(arguments, Target::Map, call)?;
        Ok(map_with_problem(value, problem))
    });
    functions.insert_native("fromYamlArray", TEXT, |arguments, call| {
        let (value, problem) = read(arguments, Target::List, call)?;
        Ok(list_or_problem(value, problem))
    });
}

/// The text of a value with its last line break, as `sigs.k8s.io/yaml` prints it.
///
/// # Errors
/// [`EncodeError`], for the first part that cannot be printed.
pub(crate) fn print(value: &Value, call: &mut Call<'_>) -> Result<String, EncodeError> {
    let json = to_json_value(value, Form::Json, call).map_err(|error| match error {
        EncodeError::Unsupported(problem) => EncodeError::Unsupported(format!("error marshaling into JSON: {problem}")),
        refused @ EncodeError::Refused(_) => refused,
    })?;
    yaml::check_printable(&json).map_err(|error| EncodeError::Unsupported(error.to_string()))?;
    Ok(yaml::to_yaml(&json))
}

fn without_last_break(mut text: String) -> String {
    if text.ends_with('\n') {
        text.pop();
    }
    text
}

fn pretty(arguments: Vec<Value>, call: &mut Call<'_>) -> Outcome {
    let value = Arguments::new(arguments).value();
    match to_json_value(&value, Form::Yaml, call) {
        Ok(json) => give(call, without_last_break(yaml::to_yaml_v3(&json, SequenceIndent::Wide))),
        // A problem of JSON's: YAML's printer has words of its own.
        Err(EncodeError::Unsupported(problem)) => {
            let problem = problem.replace("json: unsupported type", "cannot marshal type");
            Err(FunctionError::new(problem))
        }
        Err(EncodeError::Refused(error)) => Err(error),
    }
}

fn read(arguments: Vec<Value>, target: Target, call: &mut Call<'_>) -> Result<(Value, Option<String>), FunctionError> {
    let text = Arguments::new(arguments).text();
    // A byte of text can become a value.
    call.take_bytes(text.len().saturating_mul(size_of::<Value>()))?;
    let untouched = || match target {
        Target::List => Value::List(List::new(Vec::new())),
        _ => Value::Map(Map::new()),
    };
    let json = match yaml::parse_value(&*text, Dialect::V2) {
        Ok(json) => json,
        Err(error) => return Ok((untouched(), Some(format!("error converting YAML to JSON: {error}")))),
    };
    let found = match (&json, target) {
        (serde_json::Value::Object(_), Target::Map) | (serde_json::Value::Array(_), Target::List) => {
            return Ok((Value::from(&json), None));
        }
        // Unlike JSON's null, which makes the map or list nil.
        (serde_json::Value::Null, _) => return Ok((untouched(), None)),
        (serde_json::Value::Object(_), _) => "object",
        (serde_json::Value::Array(_), _) => "array",
        (serde_json::Value::String(_), _) => "string",
        (serde_json::Value::Bool(_), _) => "bool",
        (serde_json::Value::Number(_), _) => "number",
    };
    let wanted = if target == Target::List { ANY_LIST } else { ANY_MAP };
    let problem =
        format!("error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {found} into Go value of type {wanted}");
    Ok((untouched(), Some(problem)))
}
