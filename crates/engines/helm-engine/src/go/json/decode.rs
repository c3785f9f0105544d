//! JSON text as values: every number a `float64`.

use go_template::{ANY_LIST, ANY_MAP, List, Map, Text, Type, Value};

use super::scan;
use crate::go::{MAX_DEPTH, nested, number, runes};

/// What the text is decoded into.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// `interface {}`.
    Anything,
    /// `map[string]interface {}`.
    Map,
    /// `[]interface {}`.
    List,
}

impl Target {
    fn go_type(self) -> Type {
        match self {
            Self::Anything => Type::Any,
            Self::Map => ANY_MAP,
            Self::List => ANY_LIST,
        }
    }

    /// What the variable holds when nothing was decoded into it.
    fn untouched(self) -> Value {
        match self {
            Self::Anything => Value::Nil,
            Self::Map => Value::Map(Map::new()),
            Self::List => Value::List(List::new(Vec::new())),
        }
    }
}

/// The value of a text, and what was wrong with it: a part that does not fit is left out and the rest decoded.
pub(crate) fn decode(text: &[u8], target: Target) -> (Value, Option<String>) {
    if let Err(problem) = scan::check(text) {
        return (target.untouched(), Some(problem));
    }
    let mut decoder = Decoder { text, position: 0, problem: None, depth: 0 };
    decoder.space();
    let first = decoder.text.get(decoder.position).copied().unwrap_or_default();
    let value = match (target, first) {
        (Target::Anything, _) | (Target::Map, b'{') | (Target::List, b'[') => decoder.value(),
        (Target::Map, b'n') => Value::Map(Map::nil(ANY_MAP)),
        (Target::List, b'n') => Value::List(List::nil(ANY_LIST)),
        _ => {
            let found = match first {
                b'{' => "object",
                b'[' => "array",
                b'"' => "string",
                b't' | b'f' => "bool",
                _ => "number",
            };
            decoder.problem = Some(format!("json: cannot unmarshal {found} into Go value of type {}", target.go_type()));
            target.untouched()
        }
    };
    (value, decoder.problem)
}

/// Decodes a text that was checked: what cannot be there is passed over.
struct Decoder<'t> {
    text: &'t [u8],
    position: usize,
    problem: Option<String>,
    depth: usize,
}

impl Decoder<'_> {
    fn peek(&self) -> u8 {
        self.text.get(self.position).copied().unwrap_or_default()
    }

    fn space(&mut self) {
        while let b' ' | b'\t' | b'\r' | b'\n' = self.peek() {
            self.position += 1;
        }
    }

    /// Passes over a byte if it is the next after white space.
    fn takes(&mut self, byte: u8) -> bool {
        self.space();
        let found = self.peek() == byte;
        self.position += usize::from(found);
        found
    }

    fn value(&mut self) -> Value {
        self.space();
        match self.peek() {
            b'{' => self.deeper(Self::object),
            b'[' => self.deeper(Self::list),
            b'"' => Value::String(self.string()),
            b't' => self.word(4, Value::Bool(true)),
            b'f' => self.word(5, Value::Bool(false)),
            b'n' => self.word(4, Value::Nil),
            _ => self.number(),
        }
    }

    fn word(&mut self, length: usize, value: Value) -> Value {
        self.position += length;
        value
    }

    fn deeper(&mut self, body: fn(&mut Self) -> Value) -> Value {
        if self.depth >= MAX_DEPTH {
            self.problem.get_or_insert_with(|| format!("a value is nested deeper than {MAX_DEPTH} levels"));
            self.position = self.text.len();
            return Value::Nil;
        }
        self.depth += 1;
        self.position += 1;
        let value = nested(|| body(self));
        self.depth -= 1;
        value
    }

    fn list(&mut self) -> Value {
        let mut items = Vec::new();
        while self.position < self.text.len() && !self.takes(b']') {
            items.push(self.value());
            self.takes(b',');
        }
        Value::List(List::new(items))
    }

    fn object(&mut self) -> Value {
        let map = Map::new();
        while self.position < self.text.len() && !self.takes(b'}') {
            let key = self.string();
            self.takes(b':');
            map.insert(key, self.value());
            self.takes(b',');
        }
        Value::Map(map)
    }

    fn number(&mut self) -> Value {
        let rest = &self.text[self.position..];
        let length = rest.iter().take_while(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')).count();
        // Whatever it is, it is passed over.
        self.position += length.max(1);
        let digits = &rest[..length];
        number::parse_float(digits).map_or_else(
            || {
                let digits = String::from_utf8_lossy(digits);
                let problem = format!("json: cannot unmarshal number {digits} into Go value of type float64");
                self.problem.get_or_insert(problem);
                Value::Nil
            },
            Value::Float,
        )
    }

    fn string(&mut self) -> Text {
        self.position += 1;
        let rest = &self.text[self.position..];
        let plain = rest.iter().take_while(|&&byte| byte != b'"' && byte != b'\\' && byte.is_ascii()).count();
        if rest.get(plain) == Some(&b'"') {
            self.position += plain + 1;
            return Text::from(&rest[..plain]);
        }
        let mut output = String::new();
        loop {
            let rest = &self.text[self.position..];
            let literal = rest.iter().take_while(|&&byte| byte != b'"' && byte != b'\\').count();
            output.extend(runes::runes(&rest[..literal]).map(|(rune, _)| rune));
            self.position += literal;
            if self.peek() != b'\\' {
                self.position += 1;
                return Text::from(output);
            }
            output.push(self.escape());
        }
    }

    fn escape(&mut self) -> char {
        self.position += 1;
        let letter = self.peek();
        self.position += 1;
        match letter {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => self.unicode(),
            other => char::from(other),
        }
    }

    /// A code unit of UTF-16, with its second half where there is one; half a character is none.
    fn unicode(&mut self) -> char {
        let first = self.code_unit(self.position);
        self.position += 4;
        if let Some(rune) = char::from_u32(first) {
            return rune;
        }
        let rest = self.text.get(self.position..).unwrap_or_default();
        if first < 0xdc00 && rest.starts_with(b"\\u") {
            let second = self.code_unit(self.position + 2);
            if (0xdc00..0xe000).contains(&second) {
                self.position += 6;
                let rune = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return char::from_u32(rune).unwrap_or(char::REPLACEMENT_CHARACTER);
            }
        }
        char::REPLACEMENT_CHARACTER
    }

    fn code_unit(&self, position: usize) -> u32 {
        let digits = self.text.get(position..position + 4).and_then(|digits| std::str::from_utf8(digits).ok());
        digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or_default()
    }
}
