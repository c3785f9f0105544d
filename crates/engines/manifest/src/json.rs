//! JSON text as Go's `encoding/json` prints it.
//!
//! Keys are sorted bytewise (a [`Value`] keeps them so), there is no white space, and floats are printed Go's way. [`to_json`] escapes
//! `<`, `>`, `&`, U+2028 and U+2029 as `json.Marshal` does; [`to_json_unescaped`] leaves the first three alone, as an encoder with
//! `SetEscapeHTML(false)` does. What this is not: a parser; `serde_json` reads JSON.

use serde_json::{Number, Value};

use crate::number::json_float;

/// The text `json.Marshal` gives.
pub fn to_json(value: &Value) -> String {
    let mut out = String::new();
    write_value(&mut out, value, Html::Escaped);
    out
}

/// The text an encoder with `SetEscapeHTML(false)` gives, without its final line break.
pub fn to_json_unescaped(value: &Value) -> String {
    let mut out = String::new();
    write_value(&mut out, value, Html::Plain);
    out
}

/// Characters of a string's text in [`to_json`], its quotes included.
pub(crate) fn string_length(text: &str) -> usize {
    let mut out = String::new();
    write_string(&mut out, text, Html::Escaped);
    out.chars().count()
}

#[derive(Clone, Copy, PartialEq)]
enum Html {
    Escaped,
    Plain,
}

fn write_value(out: &mut String, value: &Value, html: Html) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => out.push_str(&number_text(number)),
        Value::String(text) => write_string(out, text, html),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_value(out, item, html);
            }
            out.push(']');
        }
        Value::Object(entries) => {
            out.push('{');
            for (index, (key, item)) in entries.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_string(out, key, html);
                out.push(':');
                write_value(out, item, html);
            }
            out.push('}');
        }
    }
}

fn number_text(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => json_float(float),
        _ => number.to_string(),
    }
}

fn write_string(out: &mut String, text: &str, html: Html) {
    out.push('"');
    let mut copied = 0;
    for (index, character) in text.char_indices() {
        let escape = match character {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\u{8}' => "\\b",
            '\u{c}' => "\\f",
            '<' if html == Html::Escaped => "\\u003c",
            '>' if html == Html::Escaped => "\\u003e",
            '&' if html == Html::Escaped => "\\u0026",
            '\u{2028}' => "\\u2028",
            '\u{2029}' => "\\u2029",
            '\0'..='\u{1f}' => {
                out.push_str(&text[copied..index]);
                out.push_str(&format!("\\u{:04x}", u32::from(character)));
                copied = index + 1;
                continue;
            }
            _ => continue,
        };
        out.push_str(&text[copied..index]);
        out.push_str(escape);
        copied = index + character.len_utf8();
    }
    out.push_str(&text[copied..]);
    out.push('"');
}
