//! JSON between records and text as Go's `encoding/json` has it.

use std::io::{self, Write};

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::ser::{Formatter, Serializer as JsonSerializer};
use serde_json::{Number, Value};

use crate::{Time, Values};

/// The text that `json.Marshal` gives.
pub(crate) fn to_text(value: &impl Serialize) -> String {
    let mut bytes = Vec::new();
    // Writing to memory does not fail, and neither do the types of this crate.
    let _ = value.serialize(&mut JsonSerializer::with_formatter(&mut bytes, GoFormatter));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What Go prints in another way than serde: `<`, `>`, `&` and two line separators are escaped, floats look like `1e+21`.
struct GoFormatter;

impl Formatter for GoFormatter {
    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        writer.write_all(manifest::json::to_json(&Value::from(value)).as_bytes())
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut written = 0;
        for (position, character) in fragment.char_indices() {
            if matches!(character, '<' | '>' | '&' | '\u{2028}' | '\u{2029}') {
                writer.write_all(&fragment.as_bytes()[written..position])?;
                write!(writer, "\\u{:04x}", u32::from(character))?;
                written = position + character.len_utf8();
            }
        }
        writer.write_all(&fragment.as_bytes()[written..])
    }
}

/// Reads a field that is as if it were not there when it is null.
pub(crate) fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Reads a time that is as if it were not there when it is null or empty: older versions of Helm wrote that.
pub(crate) fn time_or_zero<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(Time::default()),
        Value::String(text) if text.is_empty() => Ok(Time::default()),
        value => Time::deserialize(value).map_err(serde::de::Error::custom),
    }
}

/// Reads values as Go reads a map of anything: every number becomes a float.
pub(crate) fn values<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Values>, D::Error> {
    let mut values: Option<Values> = Option::deserialize(deserializer)?;
    values.iter_mut().flat_map(Values::values_mut).for_each(make_floats);
    Ok(values)
}

/// Reads a list of anything; see [`values`].
pub(crate) fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Value>, D::Error> {
    let mut items: Vec<Value> = or_default(deserializer)?;
    items.iter_mut().for_each(make_floats);
    Ok(items)
}

/// An integer that a float holds stays one: it prints the same.
fn make_floats(value: &mut Value) {
    const EXACT: u64 = 1 << 53;
    match value {
        Value::Number(number) if number.is_f64() => {}
        Value::Number(number) if number.as_i64().is_some_and(|integer| integer.unsigned_abs() <= EXACT) => {}
        Value::Number(number) => {
            if let Some(float) = number.as_f64().and_then(Number::from_f64) {
                *number = float;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(make_floats),
        Value::Object(members) => members.values_mut().for_each(make_floats),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// Bytes as Go has them in JSON: base64, and null for none.
pub(crate) mod bytes {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(clippy::ref_option, reason = "serde calls it so")]
    pub(crate) fn serialize<S: Serializer>(bytes: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
        match bytes {
            Some(bytes) => serializer.serialize_str(&STANDARD.encode(bytes)),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<u8>>, D::Error> {
        let text: Option<String> = Option::deserialize(deserializer)?;
        text.map(|text| STANDARD.decode(text).map_err(serde::de::Error::custom)).transpose()
    }
}
