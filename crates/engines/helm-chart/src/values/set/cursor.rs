//! Reading a line character by character.

/// A place in a line.
pub(super) struct Cursor<'l> {
    rest: &'l str,
    escapes: bool,
}

impl<'l> Cursor<'l> {
    /// At the beginning of a line, in which a backslash may take the meaning of the next character away.
    pub(super) fn new(line: &'l str, escapes: bool) -> Self {
        Self { rest: line, escapes }
    }

    /// What has not been read yet.
    pub(super) fn rest(&self) -> &'l str {
        self.rest
    }

    /// Passes over bytes that end where a character ends.
    pub(super) fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let mut characters = self.rest.chars();
        let next = characters.next()?;
        self.rest = characters.as_str();
        Some(next)
    }

    /// Passes over the next character if it is this one.
    pub(super) fn eat(&mut self, wanted: char) -> bool {
        let rest = self.rest.strip_prefix(wanted);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// What stands before the next of these characters, and which it is; `None` at the end.
    pub(super) fn until(&mut self, stops: &[char]) -> (String, Option<char>) {
        let mut text = String::new();
        while let Some(character) = self.next() {
            if stops.contains(&character) {
                return (text, Some(character));
            }
            match character {
                '\\' if self.escapes => text.extend(self.next()),
                character => text.push(character),
            }
        }
        (text, None)
    }
}
