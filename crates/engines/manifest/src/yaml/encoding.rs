//! Is the text UTF-8 or UTF-16, and does it hold only characters YAML 1.1 allows?

use std::borrow::Cow;

use super::{Position, YamlError};

/// The text. Of UTF-16, which a byte order mark announces, it is a copy without the mark.
pub(super) fn check(bytes: &[u8]) -> Result<Cow<'_, str>, YamlError> {
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => Cow::Owned(utf16(rest, u16::from_le_bytes)?),
        [0xfe, 0xff, rest @ ..] => Cow::Owned(utf16(rest, u16::from_be_bytes)?),
        _ => Cow::Borrowed(utf8(bytes)?),
    };
    if text.as_bytes().chunks(CHUNK).all(is_plain_ascii) {
        return Ok(text);
    }
    match text.char_indices().find(|&(_, character)| !is_allowed(character)) {
        Some((index, _)) => {
            let problem = "control characters are not allowed";
            Err(YamlError::Encoding { problem, position: place(&text[..index]) })
        }
        None => Ok(text),
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, YamlError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        let problem = match bytes.get(error.valid_up_to()) {
            Some(0x80..=0xbf | 0xf8..) => "invalid leading UTF-8 octet",
            _ if error.error_len().is_none() => "incomplete UTF-8 octet sequence",
            _ => "invalid trailing UTF-8 octet",
        };
        YamlError::Encoding { problem, position: place(&before) }
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, YamlError> {
    let mut text = String::with_capacity(bytes.len() / 2);
    let (pairs, rest) = bytes.as_chunks();
    let refused = |problem, text: &str| Err(YamlError::Encoding { problem, position: place(text) });
    let mut units = pairs.iter().map(|pair| unit(*pair));
    while let Some(first) = units.next() {
        let code = match (first, (0xd800..0xdc00).contains(&first).then(|| units.next())) {
            (0xdc00..0xe000, _) => return refused("unexpected low surrogate area", &text),
            (_, None) => u32::from(first),
            (_, Some(None)) => return refused("incomplete UTF-16 surrogate pair", &text),
            (high, Some(Some(low @ 0xdc00..0xe000))) => 0x1_0000 + ((u32::from(high) & 0x3ff) << 10 | u32::from(low) & 0x3ff),
            (_, Some(Some(_))) => return refused("expected low surrogate area", &text),
        };
        text.extend(char::from_u32(code));
    }
    if rest.is_empty() { Ok(text) } else { refused("incomplete UTF-16 character", &text) }
}

/// Bytes that are looked at without a branch between them.
const CHUNK: usize = 256;

/// Whether all bytes are printable ASCII, tabs or line breaks, as nearly all are.
fn is_plain_ascii(bytes: &[u8]) -> bool {
    bytes.iter().fold(true, |plain, &byte| plain & (matches!(byte, b' '..=b'~') | matches!(byte, b'\t' | b'\n' | b'\r')))
}

/// The reader's set: tab, line breaks, printable characters. The byte order mark is among them.
pub(super) fn is_allowed(character: char) -> bool {
    matches!(
        character,
        '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..
    )
}

fn place(before: &str) -> Position {
    let line = before.matches('\n').count() + 1;
    let last = before.rsplit('\n').next().unwrap_or_default();
    Position { line, column: last.chars().count() + 1, offset: before.len() }
}
