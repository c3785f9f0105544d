//! TOML text as values: what stands after a key.

use go_template::{List, Text, Value};

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

    /// After a quote: whether two more follow, which are taken.
    fn opens_lines(&mut self, quote: char) -> Result<bool, Fault> {
        let start = self.lexer.position;
        if self.lexer.accept(quote)? && self.lexer.accept(quote)? {
            return Ok(true);
        }
        self.lexer.position = start;
        Ok(false)
    }

    /// A string in double quotes, the first of which was taken.
    pub(super) fn string(&mut self) -> Result<Text, Fault> {
        let start = self.lexer.position;
        loop {
            match self.lexer.next()? {
                None => return Err(self.lexer.fault("unexpected EOF; expected '\"'")),
                Some(rune) if is_break(rune) => return Err(self.lexer.fault_before("strings cannot contain newlines")),
                Some('\\') => self.check_escape(start)?,
                Some('"') => return self.unescaped(&self.lexer.text[start..self.lexer.position - 1]),
                Some(_) => {}
            }
        }
    }

    /// A string in single quotes, the first of which was taken.
    pub(super) fn raw_string(&mut self) -> Result<Text, Fault> {
        let start = self.lexer.position;
        loop {
            match self.lexer.next()? {
                None => return Err(self.lexer.fault("unexpected EOF; expected \"'\"")),
                Some(rune) if is_break(rune) => return Err(self.lexer.fault_before("strings cannot contain newlines")),
                Some('\'') => return Ok(Text::from(&self.lexer.text[start..self.lexer.position - 1])),
                Some(_) => {}
            }
        }
    }

    fn lines(&mut self) -> Result<Text, Fault> {
        let start = self.lexer.position;
        loop {
            match self.lexer.next()? {
                None => return Err(self.lexer.fault("unexpected EOF; expected '\"\"\"'")),
                Some('\\') => {
                    if self.lexer.peek()?.is_some_and(is_break) {
                        self.lexer.next()?;
                    } else {
                        self.check_escape(start)?;
                    }
                }
                Some('"') if self.closes_lines(start, '"')? => {
                    let text = &self.lexer.text[start..self.lexer.position - 3];
                    return self.unescaped(&without_escaped_breaks(without_first_break(text)));
                }
                Some(_) => {}
            }
        }
    }

    fn raw_lines(&mut self) -> Result<Text, Fault> {
        let start = self.lexer.position;
        loop {
            match self.lexer.next()? {
                None => return Err(self.lexer.fault("unexpected EOF; expected \"'''\"")),
                Some('\'') if self.closes_lines(start, '\'')? => {
                    return Ok(Text::from(without_first_break(&self.lexer.text[start..self.lexer.position - 3])));
                }
                Some(_) => {}
            }
        }
    }

    /// After a quote: whether it is the first of the last three. Up to two more may belong to the text.
    fn closes_lines(&mut self, start: usize, quote: char) -> Result<bool, Fault> {
        let first = self.lexer.position;
        if !self.lexer.accept(quote)? || !self.lexer.accept(quote)? {
            self.lexer.position = first;
            return Ok(false);
        }
        if self.lexer.peek()? != Some(quote) {
            return Ok(true);
        }
        let read = &self.lexer.text[start..self.lexer.position];
        let quotes = String::from(quote).repeat(5);
        if read.ends_with(quotes.as_bytes()) && (quote == '\'' || !read.ends_with(b"\\\"\"\"\"\"")) {
            let outer = if quote == '"' { '\'' } else { '"' };
            return Err(self.lexer.fault(format!("unexpected {outer}{quotes}{quote}{outer}")));
        }
        self.lexer.position = first;
        Ok(false)
    }

    /// What follows a backslash.
    fn check_escape(&mut self, start: usize) -> Result<(), Fault> {
        let (digits, number) = match self.lexer.next()? {
            Some('e' | 'b' | 't' | 'n' | 'f' | 'r' | '"' | ' ' | '\t' | '\\') => return Ok(()),
            Some('x') => (2, "two hexadecimal digits after '\\x'"),
            Some('u') => (4, "four hexadecimal digits after '\\u'"),
            Some('U') => (8, "eight hexadecimal digits after '\\U'"),
            other => {
                let message = format!("invalid escape in string '\\{}'", other.unwrap_or(END));
                return Err(if other.is_none() { self.lexer.fault_before(message) } else { self.lexer.fault(message) });
            }
        };
        for _ in 0..digits {
            if !self.lexer.next()?.is_some_and(|rune| rune.is_ascii_hexdigit()) {
                let read = String::from_utf8_lossy(&self.lexer.text[start..self.lexer.position]).into_owned();
                return Err(self.lexer.fault(format!("expected {number}, but got {read:?} instead")));
            }
        }
        Ok(())
    }

    /// The text without escapes, which were checked.
    fn unescaped(&self, text: &[u8]) -> Result<Text, Fault> {
        let text = String::from_utf8_lossy(text);
        let mut output = String::with_capacity(text.len());
        let mut rest = text.as_ref();
        while let Some(index) = rest.find('\\') {
            output.push_str(&rest[..index]);
            let mut after = rest[index + 1..].chars();
            let letter = after.next().unwrap_or(END);
            let digits = match letter {
                'x' => 2,
                'u' => 4,
                'U' => 8,
                _ => 0,
            };
            let code: String = after.by_ref().take(digits).collect();
            output.push(match letter {
                'b' => '\u{8}',
                't' => '\t',
                'n' => '\n',
                'f' => '\u{c}',
                'r' => '\r',
                'e' => '\u{1b}',
                ' ' | '\t' => return Err(self.lexer.fault(format!("invalid escape: '\\{letter}'"))),
                'x' | 'u' | 'U' => u32::from_str_radix(&code, 16)
                    .ok()
                    .and_then(char::from_u32)
                    .ok_or_else(|| self.lexer.fault(format!("Escaped character '\\u{code}' is not valid UTF-8.")))?,
                other => other,
            });
            rest = after.as_str();
        }
        output.push_str(rest);
        Ok(Text::from(output))
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
        let text = String::from_utf8_lossy(&self.lexer.text[start..self.lexer.position]).trim().to_owned();
        Err(self.lexer.fault(format!("invalid datetime: \"{text}\"")))
    }
}

fn last_rune_start(text: &[u8], end: usize) -> usize {
    let before = &text[..end];
    before.iter().rposition(|byte| byte & 0xc0 != 0x80).unwrap_or_default()
}

fn without_first_break(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\n").or_else(|| text.strip_prefix(b"\r\n")).unwrap_or(text)
}

/// A backslash at the end of a line takes all white space after it away.
fn without_escaped_breaks(text: &[u8]) -> Vec<u8> {
    let mut output = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(index) = rest.iter().position(|&byte| byte == b'\\') {
        let (before, after) = (&rest[..index], &rest[index + 1..]);
        output.extend_from_slice(before);
        let space = after.iter().take_while(|byte| b" \t\r\n".contains(byte)).count();
        if after[..space].contains(&b'\n') {
            rest = &after[space..];
            continue;
        }
        let kept = usize::from(after.first() == Some(&b'\\'));
        output.extend_from_slice(&rest[index..=index + kept]);
        rest = &after[kept..];
    }
    output.extend_from_slice(rest);
    output
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
