//! Is the text UTF-8, and does it hold only characters YAML 1.1 allows?

use super::{Position, YamlError};

/// The text without a leading byte order mark.
pub(super) fn check(bytes: &[u8]) -> Result<&str, YamlError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        let problem = match bytes.get(error.valid_up_to()) {
            Some(0x80..=0xbf | 0xf8..) => "invalid leading UTF-8 octet",
            _ if error.error_len().is_none() => "incomplete UTF-8 octet sequence",
            _ => "invalid trailing UTF-8 octet",
        };
        YamlError::Encoding { problem, position: place(&before) }
    })?;
    if bytes.chunks(CHUNK).all(is_plain_ascii) {
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
