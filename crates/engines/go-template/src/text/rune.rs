//! Runes: how Go walks over bytes that may not be UTF-8, and what it knows of a character.

use super::unicode_tables::{LETTERS_AND_DIGITS, PRINTABLE};

/// What an invalid byte decodes to.
pub(crate) const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// One step over a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Rune {
    /// The character, U+FFFD for an invalid byte.
    pub(crate) character: char,
    /// Bytes it takes; 0 at the end of the text, 1 for an invalid byte.
    pub(crate) width: usize,
}

impl Rune {
    /// Whether this stands for a byte that is not UTF-8.
    pub(crate) fn is_invalid(self) -> bool {
        self.character == REPLACEMENT && self.width == 1
    }
}

/// The first rune of a text.
pub(crate) fn decode(bytes: &[u8]) -> Rune {
    let Some(&first) = bytes.first() else { return Rune { character: REPLACEMENT, width: 0 } };
    if first < 0x80 {
        return Rune { character: char::from(first), width: 1 };
    }
    let width = match first {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 1,
    };
    let decoded = bytes.get(..width).and_then(|slice| std::str::from_utf8(slice).ok()).and_then(|text| text.chars().next());
    decoded.map_or(Rune { character: REPLACEMENT, width: 1 }, |character| Rune { character, width })
}

/// Every rune of a text with its offset.
pub(crate) fn runes(bytes: &[u8]) -> impl Iterator<Item = (usize, Rune)> + '_ {
    let mut offset = 0;
    std::iter::from_fn(move || {
        let rune = decode(bytes.get(offset..)?);
        if rune.width == 0 {
            return None;
        }
        let at = offset;
        offset += rune.width;
        Some((at, rune))
    })
}

/// Whether there is nothing but white space.
pub(crate) fn is_blank(bytes: &[u8]) -> bool {
    runes(bytes).all(|(_, rune)| rune.character.is_whitespace())
}

/// How many runes a text has, an invalid byte counting as one.
pub(crate) fn count(bytes: &[u8]) -> usize {
    if bytes.is_ascii() { bytes.len() } else { runes(bytes).count() }
}

/// Whether Go prints a character as it is.
pub fn is_printable(character: char) -> bool {
    if character.is_ascii() { (' '..='~').contains(&character) } else { is_in(PRINTABLE, character) }
}

/// Whether a character may stand in a name: a letter, a decimal digit or an underscore.
pub(crate) fn is_alphanumeric(character: char) -> bool {
    if character.is_ascii() {
        character.is_ascii_alphanumeric() || character == '_'
    } else {
        is_in(LETTERS_AND_DIGITS, character)
    }
}

fn is_in(edges: &[u32], character: char) -> bool {
    edges.partition_point(|&edge| edge <= u32::from(character)) % 2 == 1
}

/// Appends a character as UTF-8.
pub(crate) fn push(output: &mut Vec<u8>, character: char) {
    output.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}
