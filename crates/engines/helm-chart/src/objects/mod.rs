//! What templates see besides values: `.Chart`, `.Files`, `.Capabilities`, `.Release`.

mod capabilities;
mod files;
mod glob;
mod metadata;
mod structure;

use std::sync::Arc;

use go_template::{Functions, Limits, List, Map, Options, Templates, Text, Value};

pub(crate) use capabilities::capabilities;
pub(crate) use files::files;
pub(crate) use metadata::metadata;

/// A value of a chart as templates see it: integers are `int64`, all other numbers `float64`.
pub(crate) fn to_template(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Nil,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(integer) => Value::Int64(integer),
            None => Value::Float(number.as_f64().unwrap_or_default()),
        },
        serde_json::Value::String(text) => Value::from(text.as_str()),
        serde_json::Value::Array(items) => Value::List(List::new(items.iter().map(to_template).collect())),
        serde_json::Value::Object(entries) => Value::Map(map_to_template(entries)),
    }
}

/// What Go's `fmt.Sprintf` gives for a format with one verb.
pub(crate) fn formatted(format: &'static str, value: &serde_json::Value) -> String {
    let mut templates = Templates::new("format", Arc::new(Functions::new()), Options::default());
    let added = templates.add_text("format", format!("{{{{ printf {format:?} . }}}}").as_bytes());
    let printed = added.ok().and_then(|()| templates.execute(b"format", to_template(value), Limits::default(), &()).ok());
    String::from_utf8_lossy(&printed.unwrap_or_default()).into_owned()
}

/// Like [`to_template`], of a map.
pub(crate) fn map_to_template(entries: &serde_json::Map<String, serde_json::Value>) -> Map {
    entries.iter().map(|(key, value)| (Text::from(key.as_str()), to_template(value))).collect()
}

/// A map with these entries.
pub(crate) fn map<const N: usize>(entries: [(&str, Value); N]) -> Map {
    entries.into_iter().map(|(key, value)| (Text::from(key), value)).collect()
}
