//! Letters as Go sees them: classes for names, and case mappings that keep the number of characters.

use std::sync::LazyLock;

use regex::Regex;

/// Letters and decimal digits outside ASCII; they may be in an expression's name, though never in a variable's.
static LETTER_OR_DIGIT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[\p{L}\p{Nd}]$").ok());

/// Whether `character` may be part of a name.
pub(crate) fn is_identifier(character: char) -> bool {
    if character.is_ascii() {
        return character == '_' || character.is_ascii_alphanumeric();
    }
    let mut buffer = [0; 4];
    LETTER_OR_DIGIT.as_ref().is_some_and(|class| class.is_match(character.encode_utf8(&mut buffer)))
}

/// The character's simple upper case, as Go's `unicode.ToUpper`: always one character (`ß` stays).
pub(crate) fn to_upper(character: char) -> char {
    let mut mapped = character.to_uppercase();
    if mapped.len() == 1 {
        return mapped.next().unwrap_or(character);
    }
    // Full mappings of more than one character whose simple mapping differs from the character are Greek only.
    let code = match u32::from(character) {
        code @ (0x1F80..=0x1F87 | 0x1F90..=0x1F97 | 0x1FA0..=0x1FA7) => code + 8,
        code @ (0x1FB3 | 0x1FC3 | 0x1FF3) => code + 9,
        code => code,
    };
    char::from_u32(code).unwrap_or(character)
}

/// The character's simple lower case, as Go's `unicode.ToLower`.
pub(crate) fn to_lower(character: char) -> char {
    // The one full mapping of two characters is `İ`; its simple mapping is `i`, the first of them.
    character.to_lowercase().next().unwrap_or(character)
}

/// The first character of `bytes` and its length; the replacement character and 1 where they are not UTF-8, as Go decodes.
pub(crate) fn decode(bytes: &[u8]) -> (char, usize) {
    let Some(&first) = bytes.first() else {
        return (char::REPLACEMENT_CHARACTER, 0);
    };
    let length = match first {
        0x00..=0x7F => return (char::from(first), 1),
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => return (char::REPLACEMENT_CHARACTER, 1),
    };
    let decoded = bytes.get(..length).and_then(|part| std::str::from_utf8(part).ok()).and_then(|part| part.chars().next());
    decoded.map_or((char::REPLACEMENT_CHARACTER, 1), |character| (character, length))
}
