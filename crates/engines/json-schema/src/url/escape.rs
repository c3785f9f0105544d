//! Percent escapes of addresses.

use std::fmt::Write as _;

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte)
}

fn escape_unless(text: &str, keep: impl Fn(u8) -> bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if keep(byte) {
            escaped.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

/// Escapes one segment of a path.
pub(crate) fn escape_path_segment(text: &str) -> String {
    escape_unless(text, |byte| is_unreserved(byte) || b"$&+:=@".contains(&byte))
}

/// Escapes a host.
pub(super) fn escape_host(text: &str) -> String {
    escape_unless(text, |byte| is_host(byte) || byte >= 0x80)
}

pub(super) fn is_host(byte: u8) -> bool {
    is_unreserved(byte) || b"!$&'()*+,;=:[]<>\"".contains(&byte)
}

/// Resolves the escapes of a segment of a path; what is not UTF-8 then becomes U+FFFD.
///
/// # Errors
/// Go's message for the first percent sign that begins no escape.
pub(crate) fn unescape_path_segment(text: &str) -> Result<String, String> {
    check(text)?;
    Ok(String::from_utf8_lossy(&unescape(text)).into_owned())
}

/// # Errors
/// Go's message for the first percent sign that begins no escape.
pub(super) fn check(text: &str) -> Result<(), String> {
    for (position, _) in text.match_indices('%') {
        let bytes = &text.as_bytes()[position..];
        if bytes.len() < 3 || !bytes[1..3].iter().all(u8::is_ascii_hexdigit) {
            return Err(invalid_escape(bytes));
        }
    }
    Ok(())
}

/// The message for bytes that begin with a percent sign that begins no escape.
pub(super) fn invalid_escape(bytes: &[u8]) -> String {
    let piece = String::from_utf8_lossy(&bytes[..bytes.len().min(3)]);
    format!("invalid URL escape {}", crate::text::go_quote(&piece))
}

/// Resolves checked escapes.
pub(super) fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = if *first == b'%' { after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok()) } else { None };
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    bytes
}

/// The decoded path, escaped again.
pub(super) fn escaped_path(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in unescape(text) {
        if is_unreserved(byte) || b"$&+,/:;=@".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

/// A path as it is printed: as written if that is valid, else escaped.
pub(super) fn normalize_path(text: &str) -> String {
    if text.bytes().all(|byte| is_unreserved(byte) || b"!$&'()*+,;=:@[]%/".contains(&byte)) {
        return text.to_owned();
    }
    escaped_path(text)
}
