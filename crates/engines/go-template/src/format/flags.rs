//! One verb's flags, and the scalars that they shape: padding, integers, floats, strings, characters.

use super::float::{FloatFormat, format_float};
use crate::text::quote::{Charset, can_backquote, quote, quote_character};
use crate::text::rune::{self, REPLACEMENT, is_printable};

/// Digits of `%x`.
pub(super) const LOWER: &[u8; 17] = b"0123456789abcdefx";
/// Digits of `%X`.
pub(super) const UPPER: &[u8; 17] = b"0123456789ABCDEFX";

/// What stands between `%` and the verb.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Flags {
    pub(super) width: Option<usize>,
    pub(super) precision: Option<usize>,
    pub(super) minus: bool,
    pub(super) plus: bool,
    pub(super) sharp: bool,
    pub(super) space: bool,
    pub(super) zero: bool,
    /// `%+v`.
    pub(super) plus_v: bool,
    /// `%#v`.
    pub(super) sharp_v: bool,
}

/// An integer as bits, and whether the top one is a sign.
#[derive(Clone, Copy)]
pub(super) struct Integer {
    pub(super) bits: u64,
    pub(super) signed: bool,
}

impl Flags {
    fn charset(&self) -> Charset {
        if self.plus { Charset::Ascii } else { Charset::Unicode }
    }

    pub(super) fn write_padding(&self, output: &mut Vec<u8>, count: usize) {
        let byte = if self.zero && !self.minus { b'0' } else { b' ' };
        output.extend(std::iter::repeat_n(byte, count));
    }

    /// Writes a text at the width asked for.
    pub(super) fn pad(&self, output: &mut Vec<u8>, text: &[u8]) {
        let width = self.width.unwrap_or(0);
        let padding = if width == 0 { 0 } else { width.saturating_sub(rune::count(text)) };
        if self.minus {
            output.extend_from_slice(text);
            self.write_padding(output, padding);
        } else {
            self.write_padding(output, padding);
            output.extend_from_slice(text);
        }
    }

    fn pad_with_spaces(&self, output: &mut Vec<u8>, text: &[u8]) {
        Self { zero: false, ..*self }.pad(output, text);
    }

    pub(super) fn write_integer(&self, output: &mut Vec<u8>, integer: Integer, base: u64, verb: char, digits: &[u8; 17]) {
        let negative = integer.signed && integer.bits >> 63 == 1;
        let mut rest = if negative { integer.bits.wrapping_neg() } else { integer.bits };
        let mut minimum = 0;
        if let Some(precision) = self.precision {
            minimum = precision;
            if precision == 0 && rest == 0 {
                Self { zero: false, ..*self }.write_padding(output, self.width.unwrap_or(0));
                return;
            }
        } else if let (true, false, Some(width)) = (self.zero, self.minus, self.width) {
            minimum = width.saturating_sub(usize::from(negative || self.plus || self.space));
        }
        // Written backwards, because the digits come that way.
        let mut reversed = Vec::with_capacity(24);
        while rest >= base {
            reversed.push(digits[usize::try_from(rest % base).unwrap_or(0)]);
            rest /= base;
        }
        reversed.push(digits[usize::try_from(rest).unwrap_or(0)]);
        if reversed.len() < minimum {
            reversed.resize(minimum, b'0');
        }
        if self.sharp {
            match base {
                2 => reversed.extend_from_slice(b"b0"),
                8 if reversed.last() != Some(&b'0') => reversed.push(b'0'),
                16 => reversed.extend_from_slice(&[digits[16], b'0']),
                _ => {}
            }
        }
        if verb == 'O' {
            reversed.extend_from_slice(b"o0");
        }
        if negative {
            reversed.push(b'-');
        } else if self.plus {
            reversed.push(b'+');
        } else if self.space {
            reversed.push(b' ');
        }
        reversed.reverse();
        self.pad_with_spaces(output, &reversed);
    }

    /// `%U`.
    pub(super) fn write_unicode(&self, output: &mut Vec<u8>, code: u64) {
        let precision = self.precision.unwrap_or(4).max(4);
        let mut text = format!("U+{code:0precision$X}");
        let character = u32::try_from(code).ok().and_then(char::from_u32);
        if let Some(character) = character.filter(|&character| self.sharp && is_printable(character)) {
            text.push_str(&format!(" '{character}'"));
        }
        self.pad_with_spaces(output, text.as_bytes());
    }

    /// `%c`.
    pub(super) fn write_character(&self, output: &mut Vec<u8>, code: u64) {
        self.pad(output, to_character(code).encode_utf8(&mut [0; 4]).as_bytes());
    }

    /// `%q` of an integer.
    pub(super) fn write_quoted_character(&self, output: &mut Vec<u8>, code: u64) {
        self.pad(output, &quote_character(to_character(code), self.charset()));
    }

    fn truncate<'a>(&self, text: &'a [u8]) -> &'a [u8] {
        let Some(precision) = self.precision else { return text };
        rune::runes(text).nth(precision).map_or(text, |(offset, _)| &text[..offset])
    }

    /// `%s`.
    pub(super) fn write_string(&self, output: &mut Vec<u8>, text: &[u8]) {
        self.pad(output, self.truncate(text));
    }

    /// `%q` of a string.
    pub(super) fn write_quoted(&self, output: &mut Vec<u8>, text: &[u8]) {
        let text = self.truncate(text);
        if self.sharp && can_backquote(text) {
            let mut raw = vec![b'`'];
            raw.extend_from_slice(text);
            raw.push(b'`');
            self.pad(output, &raw);
        } else {
            self.pad(output, &quote(text, self.charset()));
        }
    }

    /// `%x` of a string.
    pub(super) fn write_hexadecimal(&self, output: &mut Vec<u8>, text: &[u8], digits: &[u8; 17]) {
        let text = &text[..text.len().min(self.precision.unwrap_or(usize::MAX))];
        if text.is_empty() {
            self.write_padding(output, self.width.unwrap_or(0));
            return;
        }
        let mut encoded = Vec::with_capacity(text.len() * 2 + 2);
        for (index, &byte) in text.iter().enumerate() {
            if self.space && index > 0 {
                encoded.push(b' ');
            }
            if self.sharp && (self.space || index == 0) {
                encoded.extend_from_slice(&[b'0', digits[16]]);
            }
            encoded.extend_from_slice(&[digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]]);
        }
        let padding = self.width.unwrap_or(0).saturating_sub(encoded.len());
        if self.minus {
            output.extend_from_slice(&encoded);
            self.write_padding(output, padding);
        } else {
            self.write_padding(output, padding);
            output.extend_from_slice(&encoded);
        }
    }

    /// A float; `verb` is one that Go's `strconv` knows, and `precision` what it takes when none is asked for.
    pub(super) fn write_float(&self, output: &mut Vec<u8>, value: f64, verb: char, precision: Option<usize>) {
        let precision = self.precision.or(precision);
        let format = match verb {
            'e' | 'E' => FloatFormat::Exponent,
            'f' => FloatFormat::Fixed,
            'b' => FloatFormat::Binary,
            'x' | 'X' => FloatFormat::Hexadecimal,
            _ => FloatFormat::General,
        };
        let mut number = format_float(value, format, precision);
        if verb.is_ascii_uppercase() && value.is_finite() {
            number = number.to_ascii_uppercase();
        }
        if !number.starts_with(['-', '+']) {
            number.insert(0, '+');
        }
        if self.space && number.starts_with('+') && !self.plus {
            number.replace_range(..1, " ");
        }
        if !value.is_finite() {
            let unsigned = value.is_nan() && !self.space && !self.plus;
            self.pad_with_spaces(output, &number.as_bytes()[usize::from(unsigned)..]);
            return;
        }
        if self.sharp && verb != 'b' {
            number = with_point(&number, verb, precision);
        }
        self.pad_signed(output, number.as_bytes());
    }

    /// Writes a number that begins with its sign; zeros go between the two.
    fn pad_signed(&self, output: &mut Vec<u8>, number: &[u8]) {
        if !self.plus && number[0] == b'+' {
            self.pad(output, &number[1..]);
            return;
        }
        let width = self.width.unwrap_or(0);
        if self.zero && !self.minus && width > number.len() {
            output.push(number[0]);
            self.write_padding(output, width - number.len());
            output.extend_from_slice(&number[1..]);
            return;
        }
        self.pad(output, number);
    }
}

/// What the `#` flag asks of a float: a decimal point always, and for `%g` no trailing zero dropped.
fn with_point(number: &str, verb: char, precision: Option<usize>) -> String {
    let exponent = if matches!(verb, 'x' | 'X') { ['p', 'P'] } else { ['e', 'E'] };
    let (body, tail) = number.split_at(number.find(exponent).unwrap_or(number.len()));
    let mut missing = match verb {
        'v' | 'g' | 'G' | 'x' => precision.unwrap_or(6),
        _ => 0,
    };
    // Digits count from the first that is not zero.
    let significant = body[1..].trim_start_matches(['0', '.']).bytes().filter(|&byte| byte != b'.').count();
    missing = missing.saturating_sub(significant);
    let mut output = body.to_owned();
    if !body.contains('.') {
        missing = missing.saturating_sub(usize::from(&body[1..] == "0"));
        output.push('.');
    }
    output.extend(std::iter::repeat_n('0', missing));
    output.push_str(tail);
    output
}

/// The character of a code, U+FFFD for what is none.
fn to_character(code: u64) -> char {
    u32::try_from(code).ok().and_then(char::from_u32).unwrap_or(REPLACEMENT)
}
