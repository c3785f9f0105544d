//! Sets of characters: `[…]`, `\d`, `[[:alpha:]]`, `\pL`.

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

use super::cursor::{Cursor, checked};
use super::unicode;
use crate::error::{CompileError, ErrorCode};

/// A character as Go counts it: surrogates are characters in patterns, though no text has them.
type Rune = u32;

/// Where characters continue behind the surrogates, and where they end before them.
const SURROGATES: (Rune, Rune) = (0xD800, 0xDFFF);

/// The class of a range of characters, with all that differ in case only if `fold` is set.
pub(super) fn range(low: Rune, high: Rune, fold: bool) -> ClassUnicode {
    let low = if (SURROGATES.0..=SURROGATES.1).contains(&low) { SURROGATES.1 + 1 } else { low };
    let high = if (SURROGATES.0..=SURROGATES.1).contains(&high) { SURROGATES.0 - 1 } else { high };
    let mut class = ClassUnicode::empty();
    if let (Some(low), Some(high)) = (char::from_u32(low), char::from_u32(high))
        && low <= high
    {
        class.push(ClassUnicodeRange::new(low, high));
    }
    if fold {
        class.case_fold_simple();
    }
    class
}

/// Reads `[…]` from its bracket on.
pub(super) fn bracketed(cursor: &mut Cursor<'_>, fold: bool) -> Result<ClassUnicode, CompileError> {
    let start = *cursor;
    cursor.at += 1;
    let negated = cursor.take("^");
    let mut class = ClassUnicode::empty();
    let mut first = true;
    while first || cursor.peek() != Some(b']') {
        first = false;
        let part = match named(cursor, fold)? {
            Some(part) => part,
            None => match escaped(cursor, fold)? {
                Some(part) => part,
                None => single_range(cursor, start, fold)?,
            },
        };
        class.union(&part);
    }
    cursor.at += 1;
    if negated {
        class.negate();
    }
    Ok(class)
}

/// One character, or a range of them.
fn single_range(cursor: &mut Cursor<'_>, class: Cursor<'_>, fold: bool) -> Result<ClassUnicode, CompileError> {
    let start = cursor.at;
    let low = member(cursor, class)?;
    let rest = cursor.rest();
    let is_range = rest.len() >= 2 && rest[0] == b'-' && rest[1] != b']';
    if !is_range {
        return Ok(range(low, low, fold));
    }
    cursor.at += 1;
    let high = member(cursor, class)?;
    if high < low {
        return Err(cursor.error(ErrorCode::CharacterRange, start));
    }
    Ok(range(low, high, fold))
}

fn member(cursor: &mut Cursor<'_>, class: Cursor<'_>) -> Result<Rune, CompileError> {
    if cursor.peek() == Some(b'\\') {
        return escape(cursor);
    }
    let letter = cursor.next()?.ok_or_else(|| class.rest_error(ErrorCode::MissingBracket))?;
    Ok(letter.into())
}

/// Reads `\pL`, `\p{Greek}`, `\d` and their like. `None` if something else is next.
pub(super) fn escaped(cursor: &mut Cursor<'_>, fold: bool) -> Result<Option<ClassUnicode>, CompileError> {
    let [b'\\', letter, ..] = *cursor.rest() else { return Ok(None) };
    if matches!(letter, b'p' | b'P') {
        return property(cursor, fold).map(Some);
    }
    let ranges: &[(char, char)] = match letter.to_ascii_lowercase() {
        b'd' => &[('0', '9')],
        b's' => &[('\t', '\n'), ('\x0c', '\r'), (' ', ' ')],
        b'w' => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        _ => return Ok(None),
    };
    cursor.at += 2;
    Ok(Some(ascii(ranges, letter.is_ascii_uppercase(), fold)))
}

fn property(cursor: &mut Cursor<'_>, fold: bool) -> Result<ClassUnicode, CompileError> {
    let start = *cursor;
    let mut negated = cursor.starts_with("\\P");
    cursor.at += 2;
    let mut letter = [0; 4];
    let name = match cursor.next()? {
        Some('{') => {
            let Some(name) = cursor.until("}") else {
                checked(start.rest())?;
                return Err(start.rest_error(ErrorCode::CharacterRange));
            };
            checked(name)?
        }
        Some(name) => &*name.encode_utf8(&mut letter),
        None => "",
    };
    let name = name.strip_prefix('^').inspect(|_| negated = !negated).unwrap_or(name);
    let mut class = unicode::named(name).ok_or_else(|| cursor.error(ErrorCode::CharacterRange, start.at))?;
    if fold {
        class.case_fold_simple();
    }
    if negated {
        class.negate();
    }
    Ok(class)
}

/// Reads `[:alpha:]` and its like inside of brackets. `None` if something else is next.
fn named(cursor: &mut Cursor<'_>, fold: bool) -> Result<Option<ClassUnicode>, CompileError> {
    if !cursor.starts_with("[:") || cursor.rest().len() < 3 {
        return Ok(None);
    }
    let (start, mut after) = (cursor.at, *cursor);
    after.at += 2;
    let Some(name) = after.until(":]") else { return Ok(None) };
    *cursor = after;
    let (name, negated) = name.strip_prefix(b"^").map_or((name, false), |name| (name, true));
    let ranges: &[(char, char)] = match name {
        b"alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        b"alpha" => &[('A', 'Z'), ('a', 'z')],
        b"ascii" => &[('\0', '\x7f')],
        b"blank" => &[('\t', '\t'), (' ', ' ')],
        b"cntrl" => &[('\0', '\x1f'), ('\x7f', '\x7f')],
        b"digit" => &[('0', '9')],
        b"graph" => &[('!', '~')],
        b"lower" => &[('a', 'z')],
        b"print" => &[(' ', '~')],
        b"punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        b"space" => &[('\t', '\r'), (' ', ' ')],
        b"upper" => &[('A', 'Z')],
        b"word" => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        b"xdigit" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
        _ => return Err(cursor.error(ErrorCode::CharacterRange, start)),
    };
    Ok(Some(ascii(ranges, negated, fold)))
}

fn ascii(ranges: &[(char, char)], negated: bool, fold: bool) -> ClassUnicode {
    let mut class = ClassUnicode::new(ranges.iter().map(|&(low, high)| ClassUnicodeRange::new(low, high)));
    if fold {
        class.case_fold_simple();
    }
    if negated {
        class.negate();
    }
    class
}

/// Reads a backslash and the one character that it and what follows stand for.
pub(super) fn escape(cursor: &mut Cursor<'_>) -> Result<Rune, CompileError> {
    let start = cursor.at;
    cursor.at += 1;
    let Some(letter) = cursor.next()? else {
        return Err(cursor.rest_error(ErrorCode::TrailingBackslash));
    };
    let is_octal = |byte: Option<u8>| byte.is_some_and(|byte| (b'0'..=b'7').contains(&byte));
    let rune = match letter {
        // A single digit would be a reference to a group, which this language has not.
        '0'..='7' if letter == '0' || is_octal(cursor.peek()) => {
            let mut rune = Rune::from(letter) - Rune::from('0');
            for _ in 0..2 {
                let Some(digit) = cursor.peek().filter(|&digit| is_octal(Some(digit))) else { break };
                rune = rune * 8 + Rune::from(digit - b'0');
                cursor.at += 1;
            }
            Some(rune)
        }
        'x' => hexadecimal(cursor)?,
        'a' => Some(0x07),
        'f' => Some(0x0c),
        'n' => Some(0x0a),
        'r' => Some(0x0d),
        't' => Some(0x09),
        'v' => Some(0x0b),
        other => (other.is_ascii() && !other.is_ascii_alphanumeric()).then_some(other.into()),
    };
    rune.ok_or_else(|| cursor.error(ErrorCode::Escape, start))
}

/// The two digits, or the digits in braces, behind `\x`.
fn hexadecimal(cursor: &mut Cursor<'_>) -> Result<Option<Rune>, CompileError> {
    if cursor.rest().is_empty() {
        return Ok(None);
    }
    if !cursor.take("{") {
        let (high, low) = (cursor.hexadecimal_digit()?, cursor.hexadecimal_digit()?);
        return Ok(high.zip(low).map(|(high, low)| high * 16 + low));
    }
    let (mut rune, mut digits) = (0, 0);
    loop {
        if cursor.take("}") {
            return Ok((digits > 0).then_some(rune));
        }
        let Some(digit) = cursor.hexadecimal_digit()? else { return Ok(None) };
        rune = rune * 16 + digit;
        digits += 1;
        if rune > Rune::from(char::MAX) {
            return Ok(None);
        }
    }
}
