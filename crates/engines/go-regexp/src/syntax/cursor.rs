//! A position in a pattern, and what can be read from there.

use crate::error::{CompileError, ErrorCode};

/// A position in a pattern. Errors quote the pattern from an earlier position up to this one.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'p> {
    pattern: &'p [u8],
    pub(super) at: usize,
}

impl<'p> Cursor<'p> {
    pub(super) fn new(pattern: &'p [u8]) -> Self {
        Self { pattern, at: 0 }
    }

    /// What has not been read yet.
    pub(super) fn rest(&self) -> &'p [u8] {
        &self.pattern[self.at..]
    }

    pub(super) fn starts_with(&self, text: &str) -> bool {
        self.rest().starts_with(text.as_bytes())
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.rest().first().copied()
    }

    /// Reads the text if it is next.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let found = self.starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    /// Reads one character.
    pub(super) fn next(&mut self) -> Result<Option<char>, CompileError> {
        let rest = self.rest();
        let window = &rest[..rest.len().min(4)];
        let valid = match std::str::from_utf8(window) {
            Ok(valid) => valid,
            Err(error) => std::str::from_utf8(&window[..error.valid_up_to()]).unwrap_or_default(),
        };
        match valid.chars().next() {
            Some(letter) => {
                self.at += letter.len_utf8();
                Ok(Some(letter))
            }
            None if rest.is_empty() => Ok(None),
            None => Err(self.rest_error(ErrorCode::Utf8)),
        }
    }

    /// Reads one character and gives its value as a hexadecimal digit; `None` for any other and at the end.
    pub(super) fn hexadecimal_digit(&mut self) -> Result<Option<u32>, CompileError> {
        Ok(self.next()?.and_then(|letter| letter.to_digit(16)))
    }

    /// Reads up to a text, which is read too. `None` if there is none.
    pub(super) fn until(&mut self, end: &str) -> Option<&'p [u8]> {
        let rest = self.rest();
        let length = rest.windows(end.len()).position(|window| window == end.as_bytes())?;
        self.at += length + end.len();
        Some(&rest[..length])
    }

    /// An error about the pattern from `start` up to here.
    pub(super) fn error(&self, code: ErrorCode, start: usize) -> CompileError {
        CompileError { code, expression: lossy(&self.pattern[start..self.at]) }
    }

    /// An error about everything from here on.
    pub(super) fn rest_error(&self, code: ErrorCode) -> CompileError {
        CompileError { code, expression: lossy(self.rest()) }
    }

    /// An error about the whole pattern.
    pub(super) fn whole_error(&self, code: ErrorCode) -> CompileError {
        CompileError { code, expression: lossy(self.pattern) }
    }
}

/// The text, if it is UTF-8.
pub(super) fn checked(text: &[u8]) -> Result<&str, CompileError> {
    std::str::from_utf8(text)
        .map_err(|error| CompileError { code: ErrorCode::Utf8, expression: lossy(&text[error.valid_up_to()..]) })
}

fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}
