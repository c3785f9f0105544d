//! How fields are read: as `sigs.k8s.io/yaml` reads into Go's strings, where numbers and truths are texts, and null is nothing.

use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::Value;
use std::collections::BTreeMap;

/// The zero of Go's time.
pub(crate) fn no_time() -> String {
    "0001-01-01T00:00:00Z".to_owned()
}

/// A text; numbers and truths are written out.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    scalar(Value::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// A text in which white space is blank, and what cannot be printed is gone.
pub(crate) fn clean<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    text(deserializer).map(|text| printable(&text))
}

/// A list of texts.
pub(crate) fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let items: Vec<Value> = list(deserializer)?;
    items.into_iter().map(scalar).collect::<Result<_, _>>().map_err(D::Error::custom)
}

/// A list of clean texts.
pub(crate) fn clean_list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(texts(deserializer)?.iter().map(|text| printable(text)).collect())
}

/// A list.
pub(crate) fn list<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Texts by key.
pub(crate) fn text_map<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    let entries: BTreeMap<String, Value> = Option::deserialize(deserializer)?.unwrap_or_default();
    let entries = entries.into_iter().map(|(key, value)| Ok((key, scalar(value)?)));
    entries.collect::<Result<_, String>>().map_err(D::Error::custom)
}

/// A truth.
pub(crate) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A time, as Go prints it again: with its offset, without zeros at the end of the fraction.
pub(crate) fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(no_time()) };
    reprinted(&text).ok_or_else(|| D::Error::custom(format!("parsing time {text:?} as \"2006-01-02T15:04:05Z07:00\"")))
}

fn reprinted(text: &str) -> Option<String> {
    text.parse::<jiff::Timestamp>().ok().filter(|_| text.as_bytes().get(10) == Some(&b'T'))?;
    let (date, rest) = text.split_at_checked(19)?;
    let digits = rest.strip_prefix('.').map_or(0, |fraction| fraction.bytes().take_while(u8::is_ascii_digit).count());
    let (fraction, offset) = if digits == 0 { ("", rest) } else { (&rest[1..=digits], &rest[1 + digits..]) };
    let fraction = fraction.get(..9).unwrap_or(fraction).trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    let offset = if matches!(offset, "+00:00" | "-00:00" | "z") { "Z" } else { offset };
    Some(format!("{date}{point}{fraction}{offset}"))
}

fn scalar(value: Value) -> Result<String, String> {
    match value {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text),
        Value::Bool(truth) => Ok(truth.to_string()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Array(_) => Err("json: cannot unmarshal array into Go value of type string".to_owned()),
        Value::Object(_) => Err("json: cannot unmarshal object into Go value of type string".to_owned()),
    }
}

fn printable(text: &str) -> String {
    text.chars().filter_map(|c| if c.is_whitespace() { Some(' ') } else { (!c.is_control()).then_some(c) }).collect()
}

#[cfg(test)]
mod tests {
    use super::reprinted;

    /// What Go's `time.Time` makes of it.
    #[test]
    fn times_are_reprinted_as_go_does() {
        for (text, expect) in [
            ("2016-10-06T16:23:20.499814565-06:00", Some("2016-10-06T16:23:20.499814565-06:00")),
            ("2016-10-06T16:23:20.500Z", Some("2016-10-06T16:23:20.5Z")),
            ("2016-10-06T16:23:20+00:00", Some("2016-10-06T16:23:20Z")),
            ("2016-10-06", None),
            ("yesterday", None),
        ] {
            assert_eq!(reprinted(text).as_deref(), expect, "{text}");
        }
    }
}
