//! Go's string and character literals, written and read as `strconv` does.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

use super::rune::{decode, is_printable, push, runes};

/// Which characters stay as they are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Charset {
    /// Everything printable.
    Unicode,
    /// Printable ASCII only, for the `+` flag.
    Ascii,
}

/// A text as a double-quoted Go literal.
pub(crate) fn quote(bytes: &[u8], charset: Charset) -> Vec<u8> {
    let mut output = Vec::with_capacity(bytes.len() + 2);
    output.push(b'"');
    for (offset, rune) in runes(bytes) {
        if rune.is_invalid() {
            output.extend_from_slice(format!("\\x{:02x}", bytes[offset]).as_bytes());
        } else {
            push_escaped(&mut output, rune.character, '"', charset);
        }
    }
    output.push(b'"');
    output
}

/// A text as a double-quoted Go literal, for messages.
pub(crate) fn quoted(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&quote(bytes, Charset::Unicode)).into_owned()
}

/// A character as a single-quoted Go literal.
pub(crate) fn quote_character(character: char, charset: Charset) -> Vec<u8> {
    let mut output = vec![b'\''];
    push_escaped(&mut output, character, '\'', charset);
    output.push(b'\'');
    output
}

fn push_escaped(output: &mut Vec<u8>, character: char, delimiter: char, charset: Charset) {
    if character == delimiter || character == '\\' {
        output.push(b'\\');
        push(output, character);
        return;
    }
    if is_printable(character) && (charset == Charset::Unicode || character.is_ascii()) {
        push(output, character);
        return;
    }
    let escape = match character {
        '\x07' => "\\a".to_owned(),
        '\x08' => "\\b".to_owned(),
        '\x0c' => "\\f".to_owned(),
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        '\x0b' => "\\v".to_owned(),
        low if u32::from(low) < 0x20 || low == '\x7f' => format!("\\x{:02x}", u32::from(low)),
        basic if u32::from(basic) < 0x1_0000 => format!("\\u{:04x}", u32::from(basic)),
        other => format!("\\U{:08x}", u32::from(other)),
    };
    output.extend_from_slice(escape.as_bytes());
}

/// Whether a text can be written between back quotes: one line, no back quote, no control character but the tab.
pub(crate) fn can_backquote(bytes: &[u8]) -> bool {
    runes(bytes).all(|(_, rune)| {
        !rune.is_invalid()
            && rune.character != '\u{feff}'
            && rune.character != '`'
            && rune.character != '\x7f'
            && (rune.character >= ' ' || rune.character == '\t')
    })
}

/// The text of a quoted literal of either kind; `None` when it is not well formed.
pub(crate) fn unquote(literal: &[u8]) -> Option<Cow<'_, [u8]>> {
    let (&first, rest) = literal.split_first()?;
    let (&last, body) = rest.split_last()?;
    if first != last {
        return None;
    }
    if first == b'`' {
        let without_returns = || body.iter().copied().filter(|&byte| byte != b'\r').collect();
        let unquoted = || memchr(b'\r', body).map_or(Cow::Borrowed(body), |_| Cow::Owned(without_returns()));
        return memchr(b'`', body).is_none().then(unquoted);
    }
    if first != b'"' || memchr(b'\n', body).is_some() {
        return None;
    }
    if memchr2(b'"', b'\\', body).is_none() && body.is_ascii() {
        return Some(Cow::Borrowed(body));
    }
    let mut output = Vec::with_capacity(body.len());
    let mut rest = body;
    while !rest.is_empty() {
        let (unit, width) = unquote_unit(rest, b'"')?;
        match unit {
            Unit::Character(character) => push(&mut output, character),
            Unit::Byte(byte) => output.push(byte),
        }
        rest = &rest[width..];
    }
    Some(Cow::Owned(output))
}

/// The code of a character literal such as `'a'` or `'\x41'`; `None` when its beginning is not well formed.
/// The second value tells how many bytes of the literal were read, without the closing quote.
pub(crate) fn unquote_character(literal: &[u8]) -> Option<(u32, usize)> {
    let (unit, width) = unquote_unit(literal.get(1..)?, b'\'')?;
    let code = match unit {
        Unit::Character(character) => u32::from(character),
        Unit::Byte(byte) => u32::from(byte),
    };
    Some((code, width + 1))
}

/// What one step over the inside of a literal gives: `\x` and octal escapes stand for bytes, all else for characters.
enum Unit {
    Character(char),
    Byte(u8),
}

fn unquote_unit(bytes: &[u8], quote: u8) -> Option<(Unit, usize)> {
    match *bytes.first()? {
        byte if byte == quote => return None,
        b'\\' => {}
        byte if byte < 0x80 => return Some((Unit::Character(char::from(byte)), 1)),
        _ => {
            let rune = decode(bytes);
            return Some((Unit::Character(rune.character), rune.width));
        }
    }
    let simple = |character| Some((Unit::Character(character), 2));
    match *bytes.get(1)? {
        b'a' => simple('\x07'),
        b'b' => simple('\x08'),
        b'f' => simple('\x0c'),
        b'n' => simple('\n'),
        b'r' => simple('\r'),
        b't' => simple('\t'),
        b'v' => simple('\x0b'),
        b'\\' => simple('\\'),
        b'x' => Some((Unit::Byte(u8::try_from(digits(bytes.get(2..4)?, 16)?).ok()?), 4)),
        b'u' => Some((Unit::Character(char::from_u32(digits(bytes.get(2..6)?, 16)?)?), 6)),
        b'U' => Some((Unit::Character(char::from_u32(digits(bytes.get(2..10)?, 16)?)?), 10)),
        b'0'..=b'7' => Some((Unit::Byte(u8::try_from(digits(bytes.get(1..4)?, 8)?).ok()?), 4)),
        byte if byte == quote => simple(char::from(quote)),
        _ => None,
    }
}

fn digits(bytes: &[u8], base: u32) -> Option<u32> {
    bytes.iter().try_fold(0u32, |total, &byte| total.checked_mul(base)?.checked_add(char::from(byte).to_digit(base)?))
}
