//! TOML text as values: what stands after a key, except strings.

use go_template::{List, Value};

use super::key_text;
use super::lexer::{END, Fault, is_break, is_space, quoted_rune};
use super::parse::{Parser, found};
use crate::go::letter::is_letter;
use crate::go::number::{NumberError, parse_float, parse_int};

const MESSAGE_VALUE: &str = "expected value but found";

impl Parser<'_> {
    /// A value. `in_array` says that it is an item of one.
    pub(super) fn value(&mut self, in_array: bool) -> Result<Value, Fault> {
        self.lexer.skip(is_space)?;
        let start = self.lexer.position;
        if self.lexer.peek()?.is_some_and(|rune| rune.is_ascii_digit()) {
            return self.number_or_date(start);
        }
        let first = self.lexer.next()?;
        match first {
            Some('[') => return self.deeper(Self::array),
            Some('{') => return self.deeper(|parser| parser.inline_table(in_array)),
            Some('"') if self.opens_lines('"')? => return self.lines().map(Value::String),
            Some('"') => return self.string().map(Value::String),
            Some('\'') if self.opens_lines('\'')? => return self.raw_lines().map(Value::String),
            Some('\'') => return self.raw_string().map(Value::String),
            Some('.') => return Err(self.lexer.fault("floats must start with a digit, not '.'")),
            Some('-' | '+') => return self.signed_number(start),
            Some('i' | 'n') => {
                let word = (self.lexer.accept('n')? && self.lexer.accept('f')?)
                    || (self.lexer.accept('a')? && self.lexer.accept('n')?);
                if word {
                    return self.float(start);
                }
            }
            _ => {}
        }
        match first {
            Some(rune) if is_letter(rune) => {
                self.lexer.position = last_rune_start(self.lexer.text, self.lexer.position);
                self.boolean()
            }
            None => Err(self.lexer.fault("unexpected EOF; expected value")),
            Some('\n') => Err(self.lexer.fault_before(format!("{MESSAGE_VALUE} '\\n' instead"))),
            other => Err(self.lexer.fault(format!("{MESSAGE_VALUE} {} instead", quoted_rune(other)))),
        }
    }

    fn boolean(&mut self) -> Result<Value, Fault> {
        let start = self.lexer.position;
        self.lexer.skip(is_letter)?;
        match &self.lexer.text[start..self.lexer.position] {
            b"true" => Ok(Value::Bool(true)),
            b"false" => Ok(Value::Bool(false)),
            word => {
                let word = String::from_utf8_lossy(word);
                Err(self.lexer.fault(format!("{MESSAGE_VALUE} \"{word}\" instead")))
            }
        }
    }

    fn array(&mut self) -> Result<Value, Fault> {
        let key = key_text(&self.full_key());
        self.document.arrays.insert(key);
        let mut items = Vec::new();
        loop {
            self.lexer.skip(|rune| is_space(rune) || is_break(rune))?;
            match self.lexer.peek()? {
                Some('#') => {
                    self.comment()?;
                    continue;
                }
                Some(',') => {
                    self.lexer.next()?;
                    return Err(self.lexer.fault("unexpected comma"));
                }
                Some(']') => break,
                _ => items.push(self.value(true)?),
            }
            if !self.another_in_array()? {
                break;
            }
        }
        self.lexer.next()?;
        Ok(Value::List(List::new(items)))
    }

    /// After an item: whether a comma was taken; if not, the closing bracket is next.
    fn another_in_array(&mut self) -> Result<bool, Fault> {
        loop {
            self.lexer.skip(|rune| is_space(rune) || is_break(rune))?;
            match self.lexer.peek()? {
                Some('#') => self.comment()?,
                Some(',') => {
                    self.lexer.next()?;
                    return Ok(true);
                }
                Some(']') => return Ok(false),
                other => {
                    self.lexer.next()?;
                    let found = found(other);
                    return Err(self.lexer.fault(format!("expected a comma (',') or array terminator (']'), but got {found}")));
                }
            }
        }
    }

    /// A number after its sign.
    fn signed_number(&mut self, start: usize) -> Result<Value, Fault> {
        let first = self.lexer.next()?;
        let read = |parser: &Self| String::from_utf8_lossy(&parser.lexer.text[start..parser.lexer.position]).into_owned();
        match first {
            Some('i' | 'n') => {
                let rest = if first == Some('i') { ['n', 'f'] } else { ['a', 'n'] };
                if self.lexer.accept(rest[0])? && self.lexer.accept(rest[1])? {
                    return self.float(start);
                }
                Err(self.lexer.fault(format!("invalid float: '{}'", read(self))))
            }
            Some('0') if matches!(self.lexer.peek()?, Some('b' | 'o' | 'x')) => {
                let base = self.lexer.peek()?.unwrap_or(END);
                let message = format!("cannot use sign with non-decimal numbers: '{}{base}'", read(self));
                Err(self.lexer.fault(message))
            }
            Some('.') => Err(self.lexer.fault("floats must start with a digit, not '.'")),
            Some('0'..='9') => self.decimal(start),
            other => Err(self.lexer.fault(format!("expected a digit but got {}", quoted_rune(other)))),
        }
    }

    fn number_or_date(&mut self, start: usize) -> Result<Value, Fault> {
        if self.lexer.next()? == Some('0') {
            let (name, belongs): (&str, fn(char) -> bool) = match self.lexer.peek()? {
                Some('b') => ("a binary", |rune| matches!(rune, '0' | '1')),
                Some('o') => ("an octal", |rune| matches!(rune, '0'..='7')),
                Some('x') => ("a hexadecimal", |rune| rune.is_ascii_hexdigit()),
                Some('0'..='9') => return self.digits_or_date(start),
                Some('_' | '.' | 'e' | 'E') => return self.decimal(start),
                _ => return self.integer(start),
            };
            self.lexer.next()?;
            let first = self.lexer.peek()?;
            if !first.is_some_and(belongs) {
                let read = String::from_utf8_lossy(&self.lexer.text[start..self.lexer.position]).into_owned();
                let first = first.unwrap_or(END);
                return Err(self.lexer.fault(format!("not {name} number: '{read}{first}'")));
            }
            self.lexer.skip(|rune| belongs(rune) || rune == '_')?;
            return self.integer(start);
        }
        self.digits_or_date(start)
    }

    fn digits_or_date(&mut self, start: usize) -> Result<Value, Fault> {
        self.lexer.skip(|rune| rune.is_ascii_digit())?;
        match self.lexer.peek()? {
            Some('-' | ':') => {
                self.lexer.skip(|rune| rune.is_ascii_digit() || "-:Tt .Zz+".contains(rune))?;
                self.date(start)
            }
            _ => self.decimal(start),
        }
    }

    /// The rest of an integer or float with base ten.
    fn decimal(&mut self, start: usize) -> Result<Value, Fault> {
        self.lexer.skip(|rune| rune.is_ascii_digit() || rune == '_')?;
        if let Some('.' | 'e' | 'E') = self.lexer.peek()? {
            self.lexer.skip(|rune| rune.is_ascii_digit() || "_.-+eE".contains(rune))?;
            return self.float(start);
        }
        self.integer(start)
    }

    fn integer(&mut self, start: usize) -> Result<Value, Fault> {
        let text = &self.lexer.text[start..self.lexer.position];
        let shown = String::from_utf8_lossy(text);
        let refused = |problem: &str| Err(self.lexer.fault(format!("Invalid integer \"{shown}\": {problem}")));
        if !underscores_are_surrounded(text) {
            return refused("underscores must be surrounded by digits");
        }
        if has_leading_zero(text) {
            return refused("cannot have leading zeroes");
        }
        match parse_int(text, 0) {
            Ok(number) => Ok(Value::Int64(number)),
            Err(NumberError::Range(_)) => Err(self.lexer.fault(format!("{shown} is out of range for int64"))),
            Err(NumberError::Syntax) => Err(self.lexer.fault(format!("Expected integer value, but got '{shown}'."))),
        }
    }

    fn float(&mut self, start: usize) -> Result<Value, Fault> {
        let text = &self.lexer.text[start..self.lexer.position];
        let shown = String::from_utf8_lossy(text);
        let refused = |problem: &str| Err(self.lexer.fault(format!("Invalid float \"{shown}\": {problem}")));
        let mut parts = text.split(|byte| b".eE".contains(byte)).filter(|part| !part.is_empty());
        let first = parts.clone().next().unwrap_or_default();
        let is_word = matches!(text, [b'+' | b'-', b'i' | b'n', ..] | [b'i' | b'n', ..]);
        if !is_word && !parts.all(underscores_are_surrounded) {
            return refused("underscores must be surrounded by digits");
        }
        if has_leading_zero(first) {
            return refused("cannot have leading zeroes");
        }
        let point_without_digit = |index: usize| text[index] == b'.' && !text.get(index + 1).is_some_and(u8::is_ascii_digit);
        if (0..text.len()).any(point_without_digit) {
            return refused("'.' must be followed by one or more digits");
        }
        let plain = shown.replace('_', "");
        let unsigned = plain.trim_start_matches(['+', '-']);
        if unsigned == "nan" {
            return Ok(Value::Float(f64::NAN));
        }
        parse_float(plain.as_bytes()).map(Value::Float).ok_or_else(|| match plain.parse::<f64>() {
            Ok(_) => self.lexer.fault(format!("{shown} is out of range for float64")),
            Err(_) => self.lexer.fault(format!("Invalid float value: \"{shown}\"")),
        })
    }

    fn date(&mut self, start: usize) -> Result<Value, Fault> {
        let text = self.lexer.text[start..self.lexer.position].trim_ascii();
        (self.read_time)(text).ok_or_else(|| {
            let shown = String::from_utf8_lossy(text).replace(['t', ' '], "T").replace('z', "Z");
            self.lexer.fault(format!("invalid datetime: \"{shown}\""))
        })
    }
}

fn last_rune_start(text: &[u8], end: usize) -> usize {
    let before = &text[..end];
    before.iter().rposition(|byte| byte & 0xc0 != 0x80).unwrap_or_default()
}

fn has_leading_zero(text: &[u8]) -> bool {
    match text {
        [b'0', base, ..] => !b"box".contains(base),
        [b'+' | b'-', b'0', _, ..] => true,
        _ => false,
    }
}

/// Whether each underscore is between characters that are digits in some base, and the last character is one.
fn underscores_are_surrounded(text: &[u8]) -> bool {
    let mut accepts = false;
    for &byte in text {
        if byte == b'_' && !accepts {
            return false;
        }
        accepts = byte.is_ascii_hexdigit();
    }
    accepts
}
