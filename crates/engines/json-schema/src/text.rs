//! How strings and numbers stand in messages.

use std::fmt::Write as _;
use std::sync::LazyLock;

use regex::Regex;

use crate::json::Json;

/// What Go prints as it is: letters, marks, numbers, punctuation, symbols and the space.
static PRINTABLE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$").expect("because the pattern is constant and tested"));

/// A string in double quotes, as Go's `%q` prints it.
pub(crate) fn go_quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        push_escaped(&mut quoted, character);
    }
    quoted.push('"');
    quoted
}

fn push_escaped(text: &mut String, character: char) {
    match character {
        '"' => text.push_str("\\\""),
        '\\' => text.push_str("\\\\"),
        '\u{7}' => text.push_str("\\a"),
        '\u{8}' => text.push_str("\\b"),
        '\u{c}' => text.push_str("\\f"),
        '\n' => text.push_str("\\n"),
        '\r' => text.push_str("\\r"),
        '\t' => text.push_str("\\t"),
        '\u{b}' => text.push_str("\\v"),
        _ if is_printable(character) => text.push(character),
        _ => {
            let code = u32::from(character);
            // Writing to a string cannot fail.
            let _ = match code {
                0..0x20 | 0x7f => write!(text, "\\x{code:02x}"),
                0..0x10000 => write!(text, "\\u{code:04x}"),
                _ => write!(text, "\\U{code:08x}"),
            };
        }
    }
}

fn is_printable(character: char) -> bool {
    matches!(character, ' '..='~') || (!character.is_ascii() && PRINTABLE.is_match(character.encode_utf8(&mut [0; 4])))
}

/// A character in single quotes, as Go's `%q` prints it.
pub(crate) fn quote_char(character: char) -> String {
    match character {
        '\'' => r"'\''".to_owned(),
        '"' => "'\"'".to_owned(),
        _ => {
            let mut quoted = "'".to_owned();
            push_escaped(&mut quoted, character);
            quoted.push('\'');
            quoted
        }
    }
}

/// A string in the single quotes of the validator's messages: like [`go_quote`], but `'` is escaped and `"` is not.
pub(crate) fn quote(text: &str) -> String {
    let quoted = go_quote(text).replace("\\\"", "\"").replace('\'', "\\'");
    format!("'{}'", &quoted[1..quoted.len() - 1])
}

/// Strings in single quotes, separated by commas.
pub(crate) fn quote_all<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    texts.into_iter().map(quote).collect::<Vec<_>>().join(", ")
}

/// How a value of a schema stands in a message.
pub(crate) fn display(value: &Json) -> String {
    match value {
        Json::Null => "<nil>".to_owned(),
        Json::Bool(value) => value.to_string(),
        Json::Number(text) => text.to_string(),
        Json::String(text) => quote(text),
        Json::Array(_) | Json::Object(_) => "value".to_owned(),
    }
}

/// An integer in English: `1,234`.
pub(crate) fn integer(value: usize) -> String {
    group(&value.to_string())
}

/// A number in English as Go's `message` package prints it: shortest digits, `1,234.5`, from a million on `1.5×10⁰⁶`.
pub(crate) fn float(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "∞" } else { "-∞" }.to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match exponent.parse::<i32>() {
        Ok(exponent @ (..=-5 | 6..)) => format!("{mantissa}×10{}", superscript(exponent)),
        _ => {
            let plain = value.to_string();
            let (sign, digits) = plain.strip_prefix('-').map_or(("", plain.as_str()), |digits| ("-", digits));
            match digits.split_once('.') {
                Some((whole, fraction)) => format!("{sign}{}.{fraction}", group(whole)),
                None => format!("{sign}{}", group(digits)),
            }
        }
    }
}

fn group(digits: &str) -> String {
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

fn superscript(exponent: i32) -> String {
    let sign = if exponent < 0 { "⁻" } else { "" };
    let digits = format!("{:02}", exponent.unsigned_abs());
    let raised = digits.bytes().map(|digit| ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'][usize::from(digit - b'0')]);
    format!("{sign}{}", raised.collect::<String>())
}
