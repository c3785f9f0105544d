//! TOML as `BurntSushi/toml` reads and writes it.

mod document;
mod encode;
mod lexer;
mod parse;
mod string;
mod value;

pub(crate) use encode::encode;
pub(crate) use parse::{Problem, parse};

/// A key in parts, outermost first.
type Key = Vec<Vec<u8>>;

/// The parts with points between them, in quotes where they need them.
fn key_text(key: &[Vec<u8>]) -> Vec<u8> {
    key.iter().map(|part| key_part_text(part)).collect::<Vec<_>>().join(&b'.')
}

fn key_part_text(part: &[u8]) -> Vec<u8> {
    if !part.is_empty() && part.iter().all(|&byte| is_bare(byte)) { part.to_vec() } else { quoted(part) }
}

/// Whether a byte may stand in a key without quotes.
fn is_bare(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// The text in quotes.
fn quoted(text: &[u8]) -> Vec<u8> {
    let mut output = vec![b'"'];
    for &byte in text {
        match byte {
            b'"' => output.extend_from_slice(b"\\\""),
            b'\\' => output.extend_from_slice(b"\\\\"),
            b'\n' => output.extend_from_slice(b"\\n"),
            b'\r' => output.extend_from_slice(b"\\r"),
            b'\t' => output.extend_from_slice(b"\\t"),
            8 => output.extend_from_slice(b"\\b"),
            12 => output.extend_from_slice(b"\\f"),
            ..b' ' | 127 => output.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => output.push(byte),
        }
    }
    output.push(b'"');
    output
}
