//! Reads TOML rune by rune, and says where something is wrong as `BurntSushi/toml` counts lines.

/// What is wrong, and on which line.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) line: usize,
    pub(super) message: String,
}

/// A text and how far it was read.
pub(super) struct Lexer<'t> {
    pub(super) text: &'t [u8],
    pub(super) position: usize,
    pub(super) line: usize,
    /// Whether something was asked for beyond the end.
    at_end: bool,
}

/// Nothing at the end of the text, which messages show as this character.
pub(super) const END: char = '\0';

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t [u8]) -> Self {
        Self { text, position: 0, line: 1, at_end: false }
    }

    /// The next rune without taking it; `None` at the end.
    pub(super) fn peek(&self) -> Result<Option<char>, Fault> {
        Ok(self.decode()?.map(|(rune, _)| rune))
    }

    /// Takes the next rune; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<char>, Fault> {
        let Some((rune, width)) = self.decode()? else {
            self.at_end = true;
            return Ok(None);
        };
        self.line += usize::from(rune == '\n');
        self.position += width;
        Ok(Some(rune))
    }

    /// Takes the next rune if it is this one.
    pub(super) fn accept(&mut self, wanted: char) -> Result<bool, Fault> {
        let found = self.peek()? == Some(wanted);
        if found {
            self.next()?;
        }
        Ok(found)
    }

    /// Takes all runes of a kind.
    pub(super) fn skip(&mut self, belongs: impl Fn(char) -> bool) -> Result<(), Fault> {
        while self.peek()?.is_some_and(&belongs) {
            self.next()?;
        }
        Ok(())
    }

    fn decode(&self) -> Result<Option<(char, usize)>, Fault> {
        let rest = &self.text[self.position..];
        let Some(&first) = rest.first() else { return Ok(None) };
        let rune = rest.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
        let Some(rune) = rune else {
            return Err(Fault { line: self.line, message: format!("invalid UTF-8 byte: 0x{first:02x}") });
        };
        let lonely_return = rune == '\r' && rest.get(1) != Some(&b'\n');
        if lonely_return || (rune.is_ascii_control() && !matches!(rune, '\t' | '\r' | '\n')) {
            let code = u32::from(rune);
            let message = format!("TOML files cannot contain control characters: '0x{code:02x}'");
            return Err(Fault { line: self.line, message });
        }
        Ok(Some((rune, rune.len_utf8())))
    }

    /// A fault here, or on the line that the end of the text is on.
    pub(super) fn fault(&self, message: impl Into<String>) -> Fault {
        let after_break = self.at_end && self.text.last() == Some(&b'\n');
        Fault { line: self.line - usize::from(after_break && self.line > 1), message: message.into() }
    }

    /// A fault on the line before, because a line break was taken.
    pub(super) fn fault_before(&self, message: impl Into<String>) -> Fault {
        Fault { line: self.line.saturating_sub(1), message: message.into() }
    }
}

/// A rune in single quotes, as Go's `%q` prints it.
pub(super) fn quoted_rune(rune: Option<char>) -> String {
    match rune.unwrap_or(END) {
        '\0' => "'\\x00'".to_owned(),
        '\n' => "'\\n'".to_owned(),
        '\r' => "'\\r'".to_owned(),
        '\t' => "'\\t'".to_owned(),
        '\'' => "'\\''".to_owned(),
        '\\' => "'\\\\'".to_owned(),
        rune => format!("'{rune}'"),
    }
}

pub(super) fn is_space(rune: char) -> bool {
    rune == '\t' || rune == ' '
}

pub(super) fn is_break(rune: char) -> bool {
    rune == '\n' || rune == '\r'
}
