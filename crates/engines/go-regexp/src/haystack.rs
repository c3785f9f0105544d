//! Texts as Go reads them: a byte that is not UTF-8 is the character U+FFFD of width one.

use std::borrow::Cow;

/// A text made valid, and the way back to its own offsets.
pub(crate) struct Haystack<'t> {
    valid: Cow<'t, str>,
    /// Where replacements end in the valid text, in order. Each is two bytes longer than what it stands for.
    replaced: Vec<usize>,
}

const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

impl<'t> Haystack<'t> {
    pub(crate) fn new(text: &'t [u8]) -> Self {
        if let Ok(valid) = std::str::from_utf8(text) {
            return Self { valid: Cow::Borrowed(valid), replaced: Vec::new() };
        }
        let (mut valid, mut replaced) = (String::with_capacity(text.len()), Vec::new());
        for chunk in text.utf8_chunks() {
            valid.push_str(chunk.valid());
            for _ in chunk.invalid() {
                valid.push(REPLACEMENT);
                replaced.push(valid.len());
            }
        }
        Self { valid: Cow::Owned(valid), replaced }
    }

    /// The text to search.
    pub(crate) fn valid(&self) -> &str {
        &self.valid
    }

    /// An offset of the valid text as one of the text itself.
    pub(crate) fn original(&self, offset: usize) -> usize {
        let before = self.replaced.partition_point(|&end| end <= offset);
        offset - before * (REPLACEMENT.len_utf8() - 1)
    }
}
