//! Scalars on one line: keys, plain and quoted ones.

use memchr::{memchr, memchr2};
use serde_json::Value;

use super::super::Dialect;
use super::super::resolve::{Resolved, resolve};
use super::Reader;

/// The parser's bound is a little higher.
pub(super) const LONGEST_KEY: usize = 1_000;

/// Whether nothing follows, or a comment. The caller sees to the space in front of it.
pub(super) fn is_comment_or_blank(text: &str) -> bool {
    text.is_empty() || text.starts_with('#')
}

/// Where a plain key ends: before the colon.
pub(super) fn key_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let begins_well = bytes[0].is_ascii_alphanumeric() || !bytes[0].is_ascii() || matches!(bytes[0], b'_' | b'.' | b'/' | b'$');
    if !begins_well {
        return None;
    }
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b':' if matches!(bytes.get(at + 1), None | Some(b' ')) => return (bytes[at - 1] != b' ').then_some(at),
            b'"' | b'\'' | b'{' | b'}' | b'[' | b']' | b'&' | b'*' | b'!' | b'|' | b'>' | b'%' | b'@' | b'`' | b',' | b'\t' => {
                return None;
            }
            b'#' if bytes[at - 1] == b' ' => return None,
            _ => {}
        }
    }
    None
}

/// Where a plain scalar ends: at the comment behind it, or with the line.
pub(super) fn plain_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let begins_well = match bytes[0] {
        b'-' | b':' => !matches!(bytes.get(1), None | Some(b' ')),
        b'_' | b'.' | b'/' | b'$' | b'(' | b'+' | b'~' | b'\\' | b'^' | b';' | b'<' => true,
        byte => byte.is_ascii_alphanumeric() || !byte.is_ascii(),
    };
    if !begins_well || memchr(b'\t', bytes).is_some() {
        return None;
    }
    let comment = memchr::memmem::find(bytes, b" #").unwrap_or(bytes.len());
    let text = text[..comment].trim_end_matches(' ');
    // A colon there makes a key of it.
    let is_key = text.ends_with(':') || memchr::memmem::find(text.as_bytes(), b": ").is_some();
    (!is_key).then_some(text.len())
}

/// The text in quotes at the beginning, and how long it is with them.
pub(super) fn quoted(text: &str) -> Option<(String, usize)> {
    let body = &text[1..];
    if memchr(b'\t', text.as_bytes()).is_some() {
        return None;
    }
    if text.starts_with('\'') {
        return single_quoted(body);
    }
    let mut unquoted = String::new();
    let mut at = 0;
    loop {
        let found = at + memchr2(b'"', b'\\', &body.as_bytes()[at..])?;
        unquoted.push_str(&body[at..found]);
        if body.as_bytes()[found] == b'"' {
            return Some((unquoted, found + 2));
        }
        unquoted.push(match body.as_bytes().get(found + 1)? {
            b'n' => '\n',
            b't' => '\t',
            b'"' => '"',
            b'\\' => '\\',
            _ => return None,
        });
        at = found + 2;
    }
}

fn single_quoted(body: &str) -> Option<(String, usize)> {
    let mut unquoted = String::new();
    let mut at = 0;
    loop {
        let found = at + memchr(b'\'', &body.as_bytes()[at..])?;
        unquoted.push_str(&body[at..found]);
        if body.as_bytes().get(found + 1) != Some(&b'\'') {
            return Some((unquoted, found + 2));
        }
        unquoted.push('\'');
        at = found + 2;
    }
}

impl Reader<'_> {
    /// What a plain scalar means.
    pub(super) fn plain(&self, text: &str) -> Option<Value> {
        Some(match resolve(text, Dialect::V2) {
            Resolved::Null => Value::Null,
            Resolved::Bool(value) => Value::Bool(value),
            Resolved::Int(value) => Value::from(value),
            Resolved::UInt(value) => Value::from(value),
            Resolved::Float(value) => Value::Number(self.floats.number(value)?),
            Resolved::Text if text == "<<" => return None,
            Resolved::Time(_) | Resolved::Text => Value::String(text.to_owned()),
        })
    }

    /// The key that a plain scalar is; numbers and null are rare there.
    pub(super) fn plain_key(&self, text: &str) -> Option<String> {
        match resolve(text, Dialect::V2) {
            Resolved::Bool(value) => Some(value.to_string()),
            Resolved::Time(_) | Resolved::Text => Some(text.to_owned()),
            _ => None,
        }
    }
}
