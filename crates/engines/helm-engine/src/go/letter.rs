//! What Go's `unicode` says of a character. Case is mapped character by character, never to several.

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

pub(crate) fn is_space(rune: char) -> bool {
    rune.is_whitespace()
}

pub(crate) fn is_upper(rune: char) -> bool {
    if rune.is_ascii() { rune.is_ascii_uppercase() } else { rune.general_category() == GeneralCategory::UppercaseLetter }
}

pub(crate) fn is_lower(rune: char) -> bool {
    if rune.is_ascii() { rune.is_ascii_lowercase() } else { rune.general_category() == GeneralCategory::LowercaseLetter }
}

pub(crate) fn is_title(rune: char) -> bool {
    rune.general_category() == GeneralCategory::TitlecaseLetter
}

pub(crate) fn is_letter(rune: char) -> bool {
    if rune.is_ascii() { rune.is_ascii_alphabetic() } else { rune.general_category_group() == GeneralCategoryGroup::Letter }
}

pub(crate) fn is_digit(rune: char) -> bool {
    if rune.is_ascii() { rune.is_ascii_digit() } else { rune.general_category() == GeneralCategory::DecimalNumber }
}

pub(crate) fn is_number(rune: char) -> bool {
    if rune.is_ascii() { rune.is_ascii_digit() } else { rune.general_category_group() == GeneralCategoryGroup::Number }
}

pub(crate) fn is_punctuation(rune: char) -> bool {
    rune.general_category_group() == GeneralCategoryGroup::Punctuation
}

pub(crate) fn to_upper(rune: char) -> char {
    single(rune.to_uppercase()).unwrap_or_else(|| greek_title(rune))
}

pub(crate) fn to_lower(rune: char) -> char {
    // The only letter whose lower case is two characters is İ, of which Go takes the first.
    rune.to_lowercase().next().unwrap_or(rune)
}

pub(crate) fn to_title(rune: char) -> char {
    match rune {
        'Ǆ'..='ǆ' => 'ǅ',
        'Ǉ'..='ǉ' => 'ǈ',
        'Ǌ'..='ǌ' => 'ǋ',
        'Ǳ'..='ǳ' => 'ǲ',
        // Georgian letters have upper case, but none for titles.
        'ა'..='ჺ' | 'ჽ'..='ჿ' => rune,
        _ => to_upper(rune),
    }
}

fn single(mut mapped: impl ExactSizeIterator<Item = char>) -> Option<char> {
    if mapped.len() == 1 { mapped.next() } else { None }
}

/// Letters that have a title case but are several characters in upper case: all of them Greek with iota subscript.
fn greek_title(rune: char) -> char {
    let offset = match rune {
        '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => 8,
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => 9,
        _ => 0,
    };
    char::from_u32(u32::from(rune) + offset).unwrap_or(rune)
}
