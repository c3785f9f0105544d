//! Values as text and back: JSON, YAML, TOML.

mod json;
mod toml;
mod yaml;

pub(crate) use yaml::print as print_yaml;

use go_template::{Functions, List, Map, Text, Value};

/// Adds these functions.
pub(super) fn register(functions: &mut Functions) {
    json::register(functions);
    toml::register(functions);
    yaml::register(functions);
}

/// What a lenient function gives for a map: the problem, if there was one, is under the key `Error`.
fn map_with_problem(value: Value, problem: Option<String>) -> Value {
    let Some(problem) = problem else { return value };
    let map = if let Value::Map(map) = value { map } else { Map::new() };
    map.insert(Text::from("Error"), Value::from(problem));
    Value::Map(map)
}

/// What a lenient function gives for a list: of a problem nothing but its text.
fn list_or_problem(value: Value, problem: Option<String>) -> Value {
    problem.map_or(value, |problem| Value::List(List::new(vec![Value::from(problem)])))
}
