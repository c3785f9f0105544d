//! TOML text as values: strings, on one line or on several, with escapes or without.

use go_template::Text;

use super::lexer::{END, Fault, is_break};
use super::parse::Parser;

impl Parser<'_> {
    /// After a quote: whether two more follow, which are taken.
    pub(super) fn opens_lines(&mut self, quote: char) -> Result<bool, Fault> {
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

    pub(super) fn lines(&mut self) -> Result<Text, Fault> {
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

    pub(super) fn raw_lines(&mut self) -> Result<Text, Fault> {
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
