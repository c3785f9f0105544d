//! Checks a JSON text before anything of it is decoded, and says in Go's words what is wrong with it.

/// How deep lists and objects may be within each other, in Go.
pub(super) const MAX_NESTING: usize = 10_000;

/// Checks that a text is one JSON value.
///
/// # Errors
/// Go's text for the first thing that is wrong.
pub(super) fn check(text: &[u8]) -> Result<(), String> {
    let mut scanner = Scanner { text, position: 0 };
    scanner.value()?;
    match scanner.next_after_space() {
        None => Ok(()),
        Some(byte) => Err(invalid(byte, "after top-level value")),
    }
}

struct Scanner<'t> {
    text: &'t [u8],
    position: usize,
}

/// Where a byte is not what must be there.
fn invalid(byte: u8, place: &str) -> String {
    let quoted = match byte {
        b'\'' => r"'\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        _ => {
            // Go takes the byte for a character of Latin-1.
            let rune = char::from(byte);
            match rune {
                '\\' => r"'\\'".to_owned(),
                '\u{7}' => r"'\a'".to_owned(),
                '\u{8}' => r"'\b'".to_owned(),
                '\u{c}' => r"'\f'".to_owned(),
                '\n' => r"'\n'".to_owned(),
                '\r' => r"'\r'".to_owned(),
                '\t' => r"'\t'".to_owned(),
                '\u{b}' => r"'\v'".to_owned(),
                '\0'..='\u{1f}' | '\u{7f}' => format!(r"'\x{:02x}'", u32::from(rune)),
                '\u{80}'..='\u{a0}' | '\u{ad}' => format!(r"'\u{:04x}'", u32::from(rune)),
                _ => format!("'{rune}'"),
            }
        }
    };
    format!("invalid character {quoted} {place}")
}

const END: &str = "unexpected end of JSON input";

impl Scanner<'_> {
    fn next(&mut self) -> Option<u8> {
        let byte = self.text.get(self.position).copied();
        self.position += usize::from(byte.is_some());
        byte
    }

    fn next_after_space(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.text.get(self.position) {
            self.position += 1;
        }
        self.next()
    }

    fn required(&mut self) -> Result<u8, String> {
        self.next_after_space().ok_or_else(|| END.to_owned())
    }

    /// One value with all in it. The closing brackets that are still to come stand for the way back.
    fn value(&mut self) -> Result<(), String> {
        let mut open = Vec::new();
        loop {
            let first = self.required()?;
            match first {
                b'{' | b'[' => {
                    let close = first + 2;
                    open.push(close);
                    if open.len() > MAX_NESTING {
                        return Err("exceeded max depth".to_owned());
                    }
                    if !self.begins_empty(close)? {
                        continue;
                    }
                    open.pop();
                }
                b'"' => self.string()?,
                b'-' | b'0'..=b'9' => self.number(first)?,
                b't' => self.word("true")?,
                b'f' => self.word("false")?,
                b'n' => self.word("null")?,
                _ => return Err(invalid(first, "looking for beginning of value")),
            }
            if !self.goes_on(&mut open)? {
                return Ok(());
            }
        }
    }

    /// After an opening bracket: whether the closing one follows. If not, an object's first key has been read.
    fn begins_empty(&mut self, close: u8) -> Result<bool, String> {
        let next = self.required()?;
        if next == close {
            return Ok(true);
        }
        if close == b'}' {
            self.key(next)?;
        } else {
            self.position -= 1;
        }
        Ok(false)
    }

    /// After a value: whether another one follows.
    fn goes_on(&mut self, open: &mut Vec<u8>) -> Result<bool, String> {
        while let Some(&close) = open.last() {
            let next = self.required()?;
            match next {
                b',' if close == b'}' => {
                    let first = self.required()?;
                    self.key(first)?;
                    return Ok(true);
                }
                b',' => return Ok(true),
                _ if next == close => drop(open.pop()),
                _ if close == b'}' => return Err(invalid(next, "after object key:value pair")),
                _ => return Err(invalid(next, "after array element")),
            }
        }
        Ok(false)
    }

    fn key(&mut self, first: u8) -> Result<(), String> {
        if first != b'"' {
            return Err(invalid(first, "looking for beginning of object key string"));
        }
        self.string()?;
        match self.required()? {
            b':' => Ok(()),
            other => Err(invalid(other, "after object key")),
        }
    }

    fn string(&mut self) -> Result<(), String> {
        loop {
            match self.next().ok_or(END)? {
                b'"' => return Ok(()),
                b'\\' => match self.next().ok_or(END)? {
                    b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"' => {}
                    b'u' => {
                        for _ in 0..4 {
                            let digit = self.next().ok_or(END)?;
                            if !digit.is_ascii_hexdigit() {
                                return Err(invalid(digit, "in \\u hexadecimal character escape"));
                            }
                        }
                    }
                    other => return Err(invalid(other, "in string escape code")),
                },
                control @ ..b' ' => return Err(invalid(control, "in string literal")),
                _ => {}
            }
        }
    }

    fn number(&mut self, first: u8) -> Result<(), String> {
        let first = if first == b'-' { self.next().ok_or(END)? } else { first };
        match first {
            b'0' => {}
            b'1'..=b'9' => self.digits(),
            other => return Err(invalid(other, "in numeric literal")),
        }
        if self.text.get(self.position) == Some(&b'.') {
            self.position += 1;
            self.digit("after decimal point in numeric literal")?;
            self.digits();
        }
        if let Some(b'e' | b'E') = self.text.get(self.position) {
            self.position += 1;
            if let Some(b'+' | b'-') = self.text.get(self.position) {
                self.position += 1;
            }
            self.digit("in exponent of numeric literal")?;
            self.digits();
        }
        Ok(())
    }

    fn digit(&mut self, place: &str) -> Result<(), String> {
        let byte = self.next().ok_or(END)?;
        if byte.is_ascii_digit() { Ok(()) } else { Err(invalid(byte, place)) }
    }

    fn digits(&mut self) {
        while self.text.get(self.position).is_some_and(u8::is_ascii_digit) {
            self.position += 1;
        }
    }

    fn word(&mut self, word: &str) -> Result<(), String> {
        for expected in word.chars().skip(1) {
            let byte = self.next().ok_or(END)?;
            if char::from(byte) != expected {
                return Err(invalid(byte, &format!("in literal {word} (expecting '{expected}')")));
            }
        }
        Ok(())
    }
}
