//! The operations on a variable's value. Positions and lengths are bytes, as in Flux.

use crate::error::TemplateError;
use crate::evaluate::{Budget, check_size};
use crate::glob;
use crate::letters;

/// An operation with its evaluated arguments.
#[derive(Debug)]
pub(crate) enum Operation {
    Value,
    Length,
    Case(Case),
    Default { words: Vec<Vec<u8>> },
    Substring { position: Vec<u8>, length: Option<Vec<u8>> },
    Trim { end: End, extent: Extent, pattern: Vec<u8> },
    Replace { place: Place, old: Vec<u8>, new: Option<Vec<u8>> },
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Case {
    FirstUpper,
    Upper,
    FirstLower,
    Lower,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Prefix,
    Suffix,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    Shortest,
    Longest,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    First,
    All,
    Prefix,
    Suffix,
}

impl Operation {
    /// The operation an operator stands for. `:?` and `:+` give defaults too, and `^,` is the plain value: so does Flux.
    pub(crate) fn of(operator: &str, arguments: Vec<Vec<u8>>) -> Self {
        use {End::*, Extent::*};
        let mut arguments = arguments.into_iter();
        let mut next = || arguments.next();
        let mut trim = |end, extent| Self::Trim { end, extent, pattern: next().unwrap_or_default() };
        match operator {
            "#" => match arguments.next() {
                None => Self::Length,
                Some(pattern) => Self::Trim { end: Prefix, extent: Shortest, pattern },
            },
            "##" => trim(Prefix, Longest),
            "%" => trim(Suffix, Shortest),
            "%%" => trim(Suffix, Longest),
            "^" => Self::Case(Case::FirstUpper),
            "^^" => Self::Case(Case::Upper),
            "," => Self::Case(Case::FirstLower),
            ",," => Self::Case(Case::Lower),
            ":" => Self::Substring { position: next().unwrap_or_default(), length: next() },
            "/" => Self::Replace { place: Place::First, old: next().unwrap_or_default(), new: next() },
            "//" => Self::Replace { place: Place::All, old: next().unwrap_or_default(), new: next() },
            "/#" => Self::Replace { place: Place::Prefix, old: next().unwrap_or_default(), new: next() },
            "/%" => Self::Replace { place: Place::Suffix, old: next().unwrap_or_default(), new: next() },
            "=" | ":=" | ":-" | ":?" | ":+" => Self::Default { words: arguments.collect() },
            _ => Self::Value,
        }
    }
}

/// What the operation makes of `value`.
pub(crate) fn apply(operation: &Operation, name: &str, value: &str, budget: &mut Budget) -> Result<Vec<u8>, TemplateError> {
    match operation {
        Operation::Value => Ok(value.into()),
        Operation::Length => Ok(value.len().to_string().into_bytes()),
        Operation::Case(case) => Ok(change_case(*case, value).into_bytes()),
        Operation::Default { words } if value.is_empty() => Ok(words.concat()),
        Operation::Default { .. } => Ok(value.into()),
        Operation::Substring { position, length } => substring(value, position, length.as_deref())
            .map(<[u8]>::to_vec)
            .ok_or_else(|| TemplateError::NegativeLength { name: name.to_owned() }),
        Operation::Trim { end: End::Prefix, extent, pattern } => {
            trim(value.as_bytes(), pattern, *extent, budget).map(<[u8]>::to_vec)
        }
        Operation::Trim { end: End::Suffix, extent, pattern } => {
            let (value, pattern) = (reverse(value.as_bytes()), reverse(pattern));
            trim(&value, &pattern, *extent, budget).map(reverse)
        }
        Operation::Replace { place, old, new } => replace(value, *place, old, new.as_deref()),
    }
}

fn change_case(case: Case, value: &str) -> String {
    let first = |change: fn(char) -> char| {
        let mut rest = value.chars();
        rest.next().map(change).into_iter().collect::<String>() + rest.as_str()
    };
    match case {
        Case::FirstUpper => first(letters::to_upper),
        Case::FirstLower => first(letters::to_lower),
        Case::Upper => value.chars().map(letters::to_upper).collect(),
        Case::Lower => value.chars().map(letters::to_lower).collect(),
    }
}

/// `None` when the end lies before the start. What is not a number leaves the value as it is.
fn substring<'value>(value: &'value str, position: &[u8], length: Option<&[u8]>) -> Option<&'value [u8]> {
    let bytes = value.as_bytes();
    let Some(position) = integer(position) else {
        return Some(bytes);
    };
    let total = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    let start = if position < 0 { (total + position).max(0) } else { position };
    let end = match length.map(integer) {
        None => total,
        Some(None) => return Some(bytes),
        Some(Some(length)) => start.saturating_add(length).min(total),
    };
    if start >= total && end >= total {
        return Some(&[]);
    }
    bytes.get(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
}

fn integer(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Cuts the shortest or longest non-empty start of `value` that matches.
fn trim<'value>(value: &'value [u8], pattern: &[u8], extent: Extent, budget: &mut Budget) -> Result<&'value [u8], TemplateError> {
    let mut found = 0;
    for end in (1..=value.len()).rev() {
        match glob::matches(pattern, value.get(..end).unwrap_or_default(), budget)? {
            glob::Verdict::BadPattern => return Ok(value),
            glob::Verdict::NoMatch => {}
            glob::Verdict::Match => {
                found = end;
                if extent == Extent::Longest {
                    break;
                }
            }
        }
    }
    Ok(value.get(found..).unwrap_or_default())
}

fn reverse(text: &[u8]) -> Vec<u8> {
    let (mut characters, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let (character, width) = letters::decode(rest);
        characters.push(character);
        rest = rest.get(width..).unwrap_or_default();
    }
    characters.iter().rev().collect::<String>().into_bytes()
}

fn replace(value: &str, place: Place, old: &[u8], new: Option<&[u8]>) -> Result<Vec<u8>, TemplateError> {
    let bytes = value.as_bytes();
    match (place, new) {
        (Place::First, _) => replace_times(value, old, new.unwrap_or_default(), Some(1)),
        (Place::All, _) => replace_times(value, old, new.unwrap_or_default(), None),
        // Without a second slash's text, a prefix or suffix is left alone.
        (Place::Prefix, Some(new)) if bytes.starts_with(old) => replace_times(value, old, new, Some(1)),
        (Place::Suffix, Some(new)) if bytes.ends_with(old) => {
            let kept = bytes.get(..bytes.len() - old.len()).unwrap_or_default();
            Ok([kept, new].concat())
        }
        (Place::Prefix | Place::Suffix, _) => Ok(bytes.into()),
    }
}

/// Go's `strings.Replace`: an empty `old` matches before each character and at the end.
fn replace_times(value: &str, old: &[u8], new: &[u8], times: Option<usize>) -> Result<Vec<u8>, TemplateError> {
    let Ok(old) = std::str::from_utf8(old) else {
        return Ok(value.into()); // What is not UTF-8 is not in the value either, but for a cut character; Flux's result is not UTF-8 then.
    };
    let (mut output, mut copied) = (Vec::new(), 0);
    for (start, found) in value.match_indices(old).take(times.unwrap_or(usize::MAX)) {
        output.extend_from_slice(value.get(copied..start).unwrap_or_default().as_bytes());
        output.extend_from_slice(new);
        copied = start + found.len();
        check_size(output.len())?;
    }
    output.extend_from_slice(value.get(copied..).unwrap_or_default().as_bytes());
    Ok(output)
}
