//! Reading JSON text: what Go's `encoding/json` accepts, with its messages.

use std::borrow::Cow;

use super::{Json, MAX_DEPTH, Object};
use crate::text::go_quote;

/// Why a text is not one JSON value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// There is nothing but white space.
    #[error("EOF")]
    Empty,
    /// The text ends inside of the value.
    #[error("unexpected EOF")]
    UnexpectedEnd,
    /// A byte that cannot stand where it stands: how it prints, and where that is.
    #[error("invalid character {0} {1}")]
    Character(String, String),
    /// Something follows the value.
    #[error("invalid character after top-level value")]
    Trailing,
    /// Arrays and objects are nested deeper than this reads. Go's limit is 10,000.
    #[error("exceeded max depth of {MAX_DEPTH}")]
    TooDeep,
}

/// Reads a text that is one JSON value. Of members with the same name the last one counts; what is not UTF-8 becomes U+FFFD.
pub(crate) fn read(text: &[u8]) -> Result<Json<'_>, ReadError> {
    let mut reader = Reader { text, position: 0 };
    reader.skip_space();
    if reader.peek().is_none() {
        return Err(ReadError::Empty);
    }
    let value = reader.value(0)?;
    reader.skip_space();
    match reader.peek() {
        None => Ok(value),
        Some(_) => Err(ReadError::Trailing),
    }
}

const VALUE: &str = "looking for beginning of value";
const KEY: &str = "looking for beginning of object key string";

struct Reader<'a> {
    text: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.position).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.position += 1;
        }
    }

    /// The error for the byte at the position, or for the end of the text.
    fn unexpected(&self, place: &str) -> ReadError {
        match self.peek() {
            None => ReadError::UnexpectedEnd,
            Some(byte) => ReadError::Character(quote_byte(byte), place.to_owned()),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Json<'a>, ReadError> {
        self.skip_space();
        match self.peek() {
            Some(b'{') => self.object(depth + 1),
            Some(b'[') => self.array(depth + 1),
            Some(b'"') => self.string().map(Json::String),
            Some(b'-' | b'0'..=b'9') => self.number().map(Json::Number),
            Some(b't') => self.literal("true", Json::Bool(true)),
            Some(b'f') => self.literal("false", Json::Bool(false)),
            Some(b'n') => self.literal("null", Json::Null),
            _ => Err(self.unexpected(VALUE)),
        }
    }

    fn literal(&mut self, word: &str, value: Json<'a>) -> Result<Json<'a>, ReadError> {
        for expected in word.bytes() {
            if self.peek() != Some(expected) {
                return Err(self.unexpected(&format!("in literal {word} (expecting {})", quote_byte(expected))));
            }
            self.position += 1;
        }
        Ok(value)
    }

    fn object(&mut self, depth: usize) -> Result<Json<'a>, ReadError> {
        if depth > MAX_DEPTH {
            return Err(ReadError::TooDeep);
        }
        self.position += 1;
        let mut members = Vec::new();
        self.skip_space();
        if self.peek() == Some(b'}') {
            self.position += 1;
            return Ok(Json::Object(Object::default()));
        }
        loop {
            self.skip_space();
            if self.peek() != Some(b'"') {
                return Err(self.unexpected(KEY));
            }
            let name = self.string()?;
            self.skip_space();
            if self.peek() != Some(b':') {
                return Err(self.unexpected("after object key"));
            }
            self.position += 1;
            let value = self.value(depth)?;
            members.push((name, value));
            self.skip_space();
            match self.peek() {
                Some(b',') => self.position += 1,
                Some(b'}') => {
                    self.position += 1;
                    return Ok(Json::Object(Object::new(members)));
                }
                _ => return Err(self.unexpected("after object key:value pair")),
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Json<'a>, ReadError> {
        if depth > MAX_DEPTH {
            return Err(ReadError::TooDeep);
        }
        self.position += 1;
        let mut items = Vec::new();
        self.skip_space();
        if self.peek() == Some(b']') {
            self.position += 1;
            return Ok(Json::Array(items));
        }
        loop {
            items.push(self.value(depth)?);
            self.skip_space();
            match self.peek() {
                Some(b',') => self.position += 1,
                Some(b']') => {
                    self.position += 1;
                    return Ok(Json::Array(items));
                }
                _ => return Err(self.unexpected("after array element")),
            }
        }
    }

    fn digits(&mut self, place: &str) -> Result<(), ReadError> {
        if !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return Err(self.unexpected(place));
        }
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.position += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Cow<'a, str>, ReadError> {
        let start = self.position;
        if self.peek() == Some(b'-') {
            self.position += 1;
        }
        if self.peek() == Some(b'0') {
            self.position += 1;
        } else {
            self.digits("in numeric literal")?;
        }
        if self.peek() == Some(b'.') {
            self.position += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.position += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.position += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        Ok(String::from_utf8_lossy(&self.text[start..self.position]))
    }

    fn string(&mut self) -> Result<Cow<'a, str>, ReadError> {
        self.position += 1;
        let text = self.text;
        let mut bytes = Vec::new();
        loop {
            let rest = &text[self.position..];
            let plain = rest.iter().take_while(|byte| **byte >= 0x20 && !matches!(byte, b'"' | b'\\')).count();
            self.position += plain;
            match self.peek() {
                Some(b'"') => {
                    self.position += 1;
                    if bytes.is_empty()
                        && let Ok(text) = std::str::from_utf8(&rest[..plain])
                    {
                        return Ok(text.into());
                    }
                    bytes.extend_from_slice(&rest[..plain]);
                    return Ok(String::from_utf8(bytes).unwrap_or_else(|error| lossy(error.as_bytes())).into());
                }
                Some(b'\\') => {
                    self.position += 1;
                    bytes.extend_from_slice(&rest[..plain]);
                    let mut buffer = [0; 4];
                    bytes.extend_from_slice(self.escape()?.encode_utf8(&mut buffer).as_bytes());
                }
                _ => return Err(self.unexpected("in string literal")),
            }
        }
    }

    /// What follows a backslash.
    fn escape(&mut self) -> Result<char, ReadError> {
        let character = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => return Err(self.unexpected("in string escape code")),
        };
        self.position += 1;
        Ok(character)
    }

    fn unicode_escape(&mut self) -> Result<char, ReadError> {
        let first = self.code_unit()?;
        if !(0xD800..0xE000).contains(&first) {
            return Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        let after_first = self.position;
        if first < 0xDC00 && self.text[self.position..].starts_with(b"\\u") {
            self.position += 1;
            let second = self.code_unit()?;
            if (0xDC00..0xE000).contains(&second) {
                let code = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
        }
        self.position = after_first;
        Ok(char::REPLACEMENT_CHARACTER)
    }

    /// The four digits after the `u` at the position.
    fn code_unit(&mut self) -> Result<u32, ReadError> {
        self.position += 1;
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            code = code * 16 + digit.ok_or_else(|| self.unexpected("in \\u hexadecimal character escape"))?;
            self.position += 1;
        }
        Ok(code)
    }
}

/// Go's conversion replaces every byte that is not UTF-8, Rust's every longest piece of one that could have become UTF-8.
fn lossy(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}

/// A byte in the single quotes that Go's reader puts around it.
fn quote_byte(byte: u8) -> String {
    match byte {
        b'\'' => r"'\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        _ => {
            let quoted = go_quote(&char::from(byte).to_string());
            format!("'{}'", &quoted[1..quoted.len() - 1])
        }
    }
}
