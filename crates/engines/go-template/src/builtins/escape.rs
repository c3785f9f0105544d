//! `html`, `js` and `urlquery`.

use crate::text::rune::{decode, is_printable};

/// Safe in HTML text and attributes.
pub(super) fn html(text: &[u8]) -> Vec<u8> {
    let mut output = Vec::with_capacity(text.len());
    for &byte in text {
        match byte {
            0 => output.extend_from_slice("\u{fffd}".as_bytes()),
            b'"' => output.extend_from_slice(b"&#34;"),
            b'\'' => output.extend_from_slice(b"&#39;"),
            b'&' => output.extend_from_slice(b"&amp;"),
            b'<' => output.extend_from_slice(b"&lt;"),
            b'>' => output.extend_from_slice(b"&gt;"),
            other => output.push(other),
        }
    }
    output
}

/// Safe in a JavaScript string.
pub(super) fn javascript(text: &[u8]) -> Vec<u8> {
    let mut output = Vec::with_capacity(text.len());
    let mut offset = 0;
    while offset < text.len() {
        let rune = decode(&text[offset..]);
        let bytes = &text[offset..offset + rune.width];
        offset += rune.width;
        match rune.character {
            '\\' => output.extend_from_slice(br"\\"),
            '\'' => output.extend_from_slice(br"\'"),
            '"' => output.extend_from_slice(br#"\""#),
            '<' | '>' | '&' | '=' | '\0'..='\x1f' => {
                output.extend_from_slice(format!("\\u{:04X}", u32::from(rune.character)).as_bytes());
            }
            character if character.is_ascii() || is_printable(character) => output.extend_from_slice(bytes),
            character => output.extend_from_slice(format!("\\u{:04X}", u32::from(character)).as_bytes()),
        }
    }
    output
}

/// Safe as a value in the query of a URL.
pub(super) fn url_query(text: &[u8]) -> Vec<u8> {
    let mut output = Vec::with_capacity(text.len());
    for &byte in text {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => output.push(byte),
            b' ' => output.push(b'+'),
            other => output.extend_from_slice(format!("%{other:02X}").as_bytes()),
        }
    }
    output
}
