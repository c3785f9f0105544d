//! What a scalar's text means: null, bool, number, time or string, as Go's yaml v2 and v3 decide.
//!
//! Source of the behaviour: go.yaml.in/yaml v2.4.4 and v3.0.5, checked by `tests/resolve.tsv`, which those libraries wrote.

use super::Dialect;
use super::timestamp::{self, Timestamp};

/// The meaning of a scalar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Resolved {
    /// `~`, `null`, nothing.
    Null,
    /// A truth value; in v2 also `y`, `no`, `on` and so on.
    Bool(bool),
    /// An integer of 64 bits.
    Int(i64),
    /// An integer above `i64::MAX`.
    UInt(u64),
    /// A number with a fraction, an exponent or too many digits; also infinities and not-a-number.
    Float(f64),
    /// A date or time.
    Time(Timestamp),
    /// Nothing of the above: the text itself.
    Text,
}

impl Resolved {
    /// Go's short tag of this meaning.
    pub fn tag(&self) -> &'static str {
        match self {
            Resolved::Null => "!!null",
            Resolved::Bool(_) => "!!bool",
            Resolved::Int(_) | Resolved::UInt(_) => "!!int",
            Resolved::Float(_) => "!!float",
            Resolved::Time(_) => "!!timestamp",
            Resolved::Text => "!!str",
        }
    }
}

/// The meaning of an untagged plain scalar.
pub fn resolve(text: &str, dialect: Dialect) -> Resolved {
    resolve_with(text, dialect, Times::Read)
}

/// The meaning of a plain scalar under an explicit tag that is not a time.
pub(super) fn resolve_without_times(text: &str, dialect: Dialect) -> Resolved {
    resolve_with(text, dialect, Times::Skip)
}

#[derive(Clone, Copy, PartialEq)]
enum Times {
    Read,
    Skip,
}

fn resolve_with(text: &str, dialect: Dialect, times: Times) -> Resolved {
    let Some(&first) = text.as_bytes().first() else {
        return Resolved::Null;
    };
    match first {
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => word(text, dialect),
        b'.' => special_float(text).or_else(|| style_float(text)).map_or(Resolved::Text, Resolved::Float),
        b'+' | b'-' | b'0'..=b'9' => {
            if let Some(float) = special_float(text) {
                return Resolved::Float(float);
            }
            if times == Times::Read
                && let Some(time) = timestamp::parse(text)
            {
                return Resolved::Time(time);
            }
            number(text, dialect)
        }
        _ => Resolved::Text,
    }
}

fn word(text: &str, dialect: Dialect) -> Resolved {
    match text {
        "~" | "null" | "Null" | "NULL" => Resolved::Null,
        "true" | "True" | "TRUE" => Resolved::Bool(true),
        "false" | "False" | "FALSE" => Resolved::Bool(false),
        _ if dialect == Dialect::V2 => old_bool(text).map_or(Resolved::Text, Resolved::Bool),
        _ => Resolved::Text,
    }
}

/// The YAML 1.1 words for truth values that YAML 1.2 dropped.
pub(super) fn old_bool(text: &str) -> Option<bool> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

fn special_float(text: &str) -> Option<f64> {
    match text {
        ".nan" | ".NaN" | ".NAN" => Some(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Some(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

fn number(text: &str, dialect: Dialect) -> Resolved {
    let without_underscores;
    let text = if text.contains('_') {
        without_underscores = text.replace('_', "");
        without_underscores.as_str()
    } else {
        text
    };
    if let Some(integer) = integer(text) {
        return integer;
    }
    if let Some(float) = style_float(text) {
        return Resolved::Float(float);
    }
    // "0b+1" and "-0o-7": Go hands what follows the prefix to a parser that takes a sign of its own.
    let signed = |rest: &str, radix| signed_digits(rest, radix);
    let negative = |rest: &str, radix| digits(rest, radix, true);
    let radixes: &[(&str, &str, u32)] = match dialect {
        Dialect::V2 => &[("0b", "-0b", 2)],
        Dialect::V3 => &[("0b", "-0b", 2), ("0o", "-0o", 8)],
    };
    for &(plus, minus, radix) in radixes {
        if let Some(rest) = text.strip_prefix(plus) {
            return signed(rest, radix).unwrap_or(Resolved::Text);
        }
        if let Some(rest) = text.strip_prefix(minus) {
            return negative(rest, radix).unwrap_or(Resolved::Text);
        }
    }
    Resolved::Text
}

/// Go's `ParseInt` with base 0, then `ParseUint`.
fn integer(text: &str) -> Option<Resolved> {
    let (negative, unsigned, signed) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..], true),
        b'+' => (false, &text[1..], true),
        _ => (false, text, false),
    };
    let (radix, rest) = match unsigned.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &unsigned[2..]),
        [b'0', b'b' | b'B', ..] => (2, &unsigned[2..]),
        [b'0', b'o' | b'O', ..] => (8, &unsigned[2..]),
        [b'0', _, ..] => (8, &unsigned[1..]),
        _ => (10, unsigned),
    };
    match digits(rest, radix, negative)? {
        Resolved::UInt(_) if signed => None,
        value => Some(value),
    }
}

fn signed_digits(text: &str, radix: u32) -> Option<Resolved> {
    match text.as_bytes().first()? {
        b'-' => digits(&text[1..], radix, true),
        b'+' => digits(&text[1..], radix, false).filter(|value| matches!(value, Resolved::Int(_))),
        _ => digits(text, radix, false),
    }
}

fn digits(text: &str, radix: u32, negative: bool) -> Option<Resolved> {
    if text.is_empty() {
        return None;
    }
    let mut magnitude: u64 = 0;
    for byte in text.bytes() {
        let digit = char::from(byte).to_digit(radix)?;
        magnitude = magnitude.checked_mul(u64::from(radix))?.checked_add(u64::from(digit))?;
    }
    if negative {
        return 0i64.checked_sub_unsigned(magnitude).map(Resolved::Int);
    }
    Some(i64::try_from(magnitude).map_or(Resolved::UInt(magnitude), Resolved::Int))
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, finite.
fn style_float(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    let run = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut at = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    let whole = run(at);
    at += whole;
    let mut fraction = 0;
    if bytes.get(at) == Some(&b'.') {
        at += 1;
        fraction = run(at);
        at += fraction;
    }
    if whole == 0 && fraction == 0 {
        return None;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        at += 1;
        at += usize::from(matches!(bytes.get(at), Some(b'+' | b'-')));
        let exponent = run(at);
        if exponent == 0 {
            return None;
        }
        at += exponent;
    }
    if at != bytes.len() {
        return None;
    }
    text.parse::<f64>().ok().filter(|value| value.is_finite())
}
