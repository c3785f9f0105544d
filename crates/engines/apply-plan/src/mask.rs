//! Keeps values of Secrets out of texts and differences.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::object::is;

/// What stands for a value.
const MASK: &str = "***";

/// Values shorter than this are masked only where quoted: everywhere else they would tear words apart.
const WHOLE_MESSAGE_LENGTH: usize = 4;

/// The message with every value of the Secret `object`, plain or in base64, replaced by `***`. Other objects hide nothing.
#[must_use]
pub fn mask_secret_values(message: &str, object: &Value) -> String {
    if !is(object, "v1", "Secret") {
        return message.to_owned();
    }
    let mut values: Vec<String> = Vec::new();
    for value in ["data", "stringData"].iter().filter_map(|field| object.get(field)?.as_object()).flat_map(Map::values) {
        let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
        values.extend(STANDARD.decode(&text).ok().and_then(|bytes| String::from_utf8(bytes).ok()));
        values.push(STANDARD.encode(&text));
        values.push(text);
    }
    // The longest first, so that a value within another leaves no rest of it.
    values.sort_by(|left, right| right.len().cmp(&left.len()).then_with(|| left.cmp(right)));
    values.retain(|value| !value.trim().is_empty());
    values.iter().fold(message.to_owned(), |masked, value| {
        // Go quotes values in its messages, so control characters may be escaped.
        let escaped = format!("{value:?}");
        let quoted = masked.replace(&escaped, &format!("\"{MASK}\""));
        if value.len() < WHOLE_MESSAGE_LENGTH { quoted } else { quoted.replace(value.as_str(), MASK) }
    })
}

/// Masks the data of two versions of a Secret for display: `***` where equal or on one side only, else `*** (before)` and
/// `*** (after)`.
pub fn mask_difference(before: &mut Value, after: &mut Value) {
    let data_of = |object: &Value| object.get("data").and_then(Value::as_object).cloned().unwrap_or_default();
    let (old, new) = (data_of(before), data_of(after));
    let mask = |own: &Map<String, Value>, other: &Map<String, Value>, changed: &str| -> Map<String, Value> {
        let masked = own.iter().map(|(key, value)| {
            let differs = other.get(key).is_some_and(|other| other != value);
            (key.clone(), Value::from(if differs { changed } else { MASK }))
        });
        masked.collect()
    };
    for (object, masked) in [(before, mask(&old, &new, "*** (before)")), (after, mask(&new, &old, "*** (after)"))] {
        if let Some(data) = object.get_mut("data").filter(|data| data.is_object()) {
            *data = Value::Object(masked);
        }
    }
}
