//! JSON pointers, UUIDs and semantic versions.

use super::{count_digits, ensure};
use crate::text::quote_char;

/// RFC 6901.
pub(super) fn json_pointer(text: &str) -> Result<(), String> {
    ensure(text.is_empty() || text.starts_with('/'), "not starting with /")?;
    let well_escaped = text.split('~').skip(1).all(|after| after.starts_with(['0', '1']));
    ensure(well_escaped, "~ must be followed by 0 or 1")
}

/// The draft of relative JSON pointers: how many levels up, then a pointer or `#`.
pub(super) fn relative_json_pointer(text: &str) -> Result<(), String> {
    let digits = count_digits(text);
    ensure(digits > 0, "must start with non-negative integer")?;
    ensure(digits == 1 || !text.starts_with('0'), "starts with zero")?;
    match &text[digits..] {
        "#" => Ok(()),
        pointer => json_pointer(pointer),
    }
}

/// RFC 4122: five groups of hexadecimal digits.
pub(super) fn uuid(text: &str) -> Result<(), String> {
    let lengths = [8, 4, 4, 4, 12];
    let groups: Vec<&str> = text.split('-').collect();
    ensure(groups.len() == lengths.len(), "must have 5 elements")?;
    for (index, (group, length)) in groups.iter().zip(lengths).enumerate() {
        ensure(group.len() == length, format!("element {} must be {length} characters long", index + 1))?;
        if let Some(character) = group.chars().find(|character| !character.is_ascii_hexdigit()) {
            return Err(format!("non-hex character {}", quote_char(character)));
        }
    }
    Ok(())
}

/// Semantic Versioning 2.0.
pub(super) fn semantic_version(text: &str) -> Result<(), String> {
    let (text, build) = match text.split_once('+') {
        Some((text, build)) => (text, Some(build)),
        None => (text, None),
    };
    if let Some(build) = build {
        ensure(!build.is_empty(), "build is empty")?;
        build.split('.').try_for_each(|identifier| check_identifier(identifier, "build"))?;
    }
    let (core, pre_release) = match text.split_once('-') {
        Some((core, pre_release)) => (core, Some(pre_release)),
        None => (text, None),
    };
    for identifier in pre_release.iter().flat_map(|identifiers| identifiers.split('.')) {
        check_identifier(identifier, "pre-release")?;
        let has_leading_zero = identifier.len() > 1 && identifier.starts_with('0');
        let is_number = identifier.bytes().all(|byte| byte.is_ascii_digit());
        ensure(!(is_number && has_leading_zero), "pre-release numeric identifier starts with zero")?;
    }
    let numbers: Vec<&str> = core.split('.').collect();
    ensure(numbers.len() == 3, "versionCore must have 3 numbers separated by dot")?;
    for (number, name) in numbers.iter().zip(["major", "minor", "patch"]) {
        ensure(!number.is_empty(), format!("{name} is empty"))?;
        ensure(number.len() == 1 || !number.starts_with('0'), format!("{name} starts with zero"))?;
        ensure(count_digits(number) == number.len(), format!("{name} contains non-digit"))?;
    }
    Ok(())
}

fn check_identifier(identifier: &str, kind: &str) -> Result<(), String> {
    ensure(!identifier.is_empty(), format!("{kind} identifier is empty"))?;
    match identifier.chars().find(|character| !character.is_ascii_alphanumeric() && *character != '-') {
        Some(character) => Err(format!("invalid character {} in {kind} identifier", quote_char(character))),
        None => Ok(()),
    }
}
