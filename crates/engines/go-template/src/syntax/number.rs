//! Number literals: read once, with every kind that the number can serve as.

use crate::text::quote::{quoted, unquote_character};

/// A literal and what it can stand for, by Go's rules for untyped constants.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Number {
    /// As written.
    pub(crate) text: String,
    pub(crate) signed: Option<i64>,
    pub(crate) unsigned: Option<u64>,
    pub(crate) float: Option<f64>,
    /// Real and imaginary part, when it was written as a complex number.
    pub(crate) complex: Option<(f64, f64)>,
}

/// What a literal is without a type to guide: the way it is written decides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Ideal {
    Int(i64),
    Float(f64),
    Complex(f64, f64),
    /// Too large for an int.
    Overflow,
}

impl Number {
    /// A character constant.
    pub(super) fn from_character(text: &str) -> Result<Self, String> {
        let (code, width) = unquote_character(text.as_bytes()).ok_or("invalid syntax")?;
        if text.as_bytes().get(width..) != Some(b"'") {
            return Err(format!("malformed character constant: {text}"));
        }
        Ok(Self {
            text: text.to_owned(),
            signed: Some(i64::from(code)),
            unsigned: Some(u64::from(code)),
            float: Some(f64::from(code)),
            complex: None,
        })
    }

    /// A pair such as `1+2i`.
    pub(super) fn from_complex(text: &str) -> Result<Self, String> {
        let mut signs = (1..text.len()).filter(|&index| {
            matches!(text.as_bytes()[index], b'+' | b'-') && !matches!(text.as_bytes()[index - 1], b'e' | b'E' | b'p' | b'P')
        });
        let at = signs.next_back().ok_or("syntax error scanning complex number")?;
        let imaginary = text[at..].strip_suffix('i').and_then(parse_float);
        let (Some(real), Some(imaginary)) = (parse_float(&text[..at]), imaginary) else {
            return Err("syntax error scanning complex number".to_owned());
        };
        Ok(Self::complex(text, real, imaginary))
    }

    /// Any other number.
    pub(super) fn from_literal(text: &str) -> Result<Self, String> {
        if let Some(imaginary) = text.strip_suffix('i').and_then(parse_float) {
            return Ok(Self::complex(text, 0.0, imaginary));
        }
        let signed = parse_signed(text);
        let unsigned = parse_unsigned(text).or_else(|| (signed == Some(0)).then_some(0));
        let mut number = Self { text: text.to_owned(), signed, unsigned, float: None, complex: None };
        if let Some(value) = signed {
            number.float = Some(value as f64);
        } else if let Some(value) = unsigned {
            number.float = Some(value as f64);
        } else if let Some(value) = parse_float(text) {
            if !text.contains(['.', 'e', 'E', 'p', 'P']) {
                return Err(format!("integer overflow: {}", quoted(text.as_bytes())));
            }
            number.float = Some(value);
            number.signed = whole_signed(value);
            number.unsigned = whole_unsigned(value);
        } else {
            return Err(format!("illegal number syntax: {}", quoted(text.as_bytes())));
        }
        Ok(number)
    }

    fn complex(text: &str, real: f64, imaginary: f64) -> Self {
        let float = (imaginary == 0.0).then_some(real);
        Self {
            text: text.to_owned(),
            signed: float.and_then(whole_signed),
            unsigned: float.and_then(whole_unsigned),
            float,
            complex: Some((real, imaginary)),
        }
    }

    /// The constant where any type will do.
    pub(crate) fn ideal(&self) -> Ideal {
        if let Some((real, imaginary)) = self.complex {
            return Ideal::Complex(real, imaginary);
        }
        let hexadecimal = (self.text.starts_with("0x") || self.text.starts_with("0X")) && !self.text.contains(['p', 'P']);
        let pointed = self.text.contains(['.', 'e', 'E', 'p', 'P']) && !hexadecimal && !self.text.starts_with('\'');
        match (self.float, self.signed) {
            (Some(value), _) if pointed => Ideal::Float(value),
            (_, Some(value)) => Ideal::Int(value),
            _ => Ideal::Overflow,
        }
    }
}

fn whole_signed(value: f64) -> Option<i64> {
    let fits = value.trunc() == value && (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value);
    fits.then_some(value as i64)
}

fn whole_unsigned(value: f64) -> Option<u64> {
    let fits = value.trunc() == value && (0.0..18_446_744_073_709_551_616.0).contains(&value);
    fits.then_some(value as u64)
}

fn parse_signed(text: &str) -> Option<i64> {
    let (negative, magnitude) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let value = i128::from(parse_unsigned(magnitude)?);
    i64::try_from(if negative { -value } else { value }).ok()
}

/// An unsigned integer with a base prefix and underscores, as Go writes them.
fn parse_unsigned(text: &str) -> Option<u64> {
    if !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    let lower = text.to_ascii_lowercase();
    let (digits, base) = match lower.as_bytes() {
        [b'0', b'x', rest @ ..] => (rest, 16),
        [b'0', b'o', rest @ ..] => (rest, 8),
        [b'0', b'b', rest @ ..] => (rest, 2),
        [b'0', rest @ ..] if !rest.is_empty() => (rest, 8),
        all => (all, 10),
    };
    if !underscores_are_well_placed(&lower) || digits.is_empty() {
        return None;
    }
    let mut value = 0u64;
    for &digit in digits.iter().filter(|&&digit| digit != b'_') {
        let digit = u64::from(char::from(digit).to_digit(base)?);
        value = value.checked_mul(u64::from(base))?.checked_add(digit)?;
    }
    Some(value)
}

/// A floating-point literal, decimal or hexadecimal.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    let lower = text.to_ascii_lowercase();
    if !underscores_are_well_placed(&lower) || !lower.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits = lower.replace('_', "");
    let unsigned = digits.trim_start_matches(['+', '-']);
    if digits.len() - unsigned.len() > 1 {
        return None;
    }
    let magnitude = match unsigned.strip_prefix("0x") {
        Some(hexadecimal) => parse_hexadecimal(hexadecimal)?,
        None if unsigned.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'+' | b'-')) => {
            unsigned.parse::<f64>().ok()?
        }
        None => return None,
    };
    let value = if digits.starts_with('-') { -magnitude } else { magnitude };
    value.is_finite().then_some(value)
}

/// Digits with an optional point, then `p` and a binary exponent.
fn parse_hexadecimal(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once('p')?;
    let mut exponent: i64 = exponent.parse::<i32>().ok()?.into();
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut bits = 0u64;
    for (index, digit) in whole.chars().chain(fraction.chars()).enumerate() {
        let digit = u64::from(digit.to_digit(16)?);
        exponent -= if index >= whole.len() { 4 } else { 0 };
        if bits >> 59 == 0 {
            bits = bits << 4 | digit;
        } else {
            // Beyond 60 bits only whether anything is there matters for rounding.
            bits |= u64::from(digit != 0);
            exponent += 4;
        }
    }
    Some(scale(bits, exponent))
}

/// `bits` times two to the `exponent`, rounded once.
fn scale(bits: u64, exponent: i64) -> f64 {
    if bits == 0 {
        return 0.0;
    }
    let top = 63 - i64::from(bits.leading_zeros());
    // Below the normal range fewer than 53 bits are kept.
    let kept = (top + exponent + 1075).clamp(0, 53);
    let drop = top + 1 - kept;
    let mut mantissa = bits;
    let mut exponent = exponent;
    if drop > 0 {
        let dropped = if drop >= 64 { bits } else { bits & ((1 << drop) - 1) };
        let half = if drop > 64 { u64::MAX } else { 1u64 << (drop - 1) };
        mantissa = if drop >= 64 { 0 } else { bits >> drop };
        mantissa += u64::from(dropped > half || dropped == half && mantissa & 1 == 1);
        exponent += drop;
    }
    let mut value = mantissa as f64;
    // In steps, because a power of two far from 1 is not a float itself.
    while exponent != 0 {
        let step = exponent.clamp(-1000, 1000);
        value *= 2f64.powi(i32::try_from(step).unwrap_or(0));
        exponent -= step;
        if value == 0.0 || value.is_infinite() {
            break;
        }
    }
    value
}

/// Go's rule: an underscore stands between digits, or between a base prefix and a digit. Expects lower case.
fn underscores_are_well_placed(text: &str) -> bool {
    #[derive(PartialEq)]
    enum Last {
        Start,
        Digit,
        Underscore,
        Other,
    }
    let body = text.trim_start_matches(['+', '-']).as_bytes();
    let prefixed = matches!(body, [b'0', b'b' | b'o' | b'x', ..]);
    let hexadecimal = matches!(body, [b'0', b'x', ..]);
    let mut last = if prefixed { Last::Digit } else { Last::Start };
    for &byte in &body[if prefixed { 2 } else { 0 }..] {
        if byte.is_ascii_digit() || hexadecimal && byte.is_ascii_hexdigit() {
            last = Last::Digit;
        } else if byte == b'_' {
            if last != Last::Digit {
                return false;
            }
            last = Last::Underscore;
        } else {
            if last == Last::Underscore {
                return false;
            }
            last = Last::Other;
        }
    }
    last != Last::Underscore
}
