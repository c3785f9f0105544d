//! Scalars on one line: keys, plain and quoted ones.

use std::borrow::Cow;

use memchr::{memchr, memchr2};
use serde_json::Value;

use super::super::resolve::{Resolved, resolve};
use super::super::{Dialect, Part};
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
pub(super) fn quoted(text: &str) -> Option<(Cow<'_, str>, usize)> {
    let body = &text[1..];
    let (unquoted, length) = if text.starts_with('"') { double_quoted(body)? } else { single_quoted(body)? };
    // Only what was read is looked through: a long line may hold many such texts.
    memchr(b'\t', &text.as_bytes()[..length]).is_none().then_some((unquoted, length))
}

fn double_quoted(body: &str) -> Option<(Cow<'_, str>, usize)> {
    let mut unquoted = String::new();
    let mut at = 0;
    loop {
        let found = at + memchr2(b'"', b'\\', &body.as_bytes()[at..])?;
        if body.as_bytes()[found] == b'"' {
            return Some((joined(unquoted, &body[at..found]), found + 2));
        }
        unquoted.push_str(&body[at..found]);
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

fn single_quoted(body: &str) -> Option<(Cow<'_, str>, usize)> {
    let mut unquoted = String::new();
    let mut at = 0;
    loop {
        let found = at + memchr(b'\'', &body.as_bytes()[at..])?;
        if body.as_bytes().get(found + 1) != Some(&b'\'') {
            return Some((joined(unquoted, &body[at..found]), found + 2));
        }
        unquoted.push_str(&body[at..found]);
        unquoted.push('\'');
        at = found + 2;
    }
}

/// What was unquoted before, and the rest: most often there was nothing before.
fn joined(mut before: String, rest: &str) -> Cow<'_, str> {
    if before.is_empty() {
        return Cow::Borrowed(rest);
    }
    before.push_str(rest);
    Cow::Owned(before)
}

impl<'t> Reader<'t> {
    /// What a plain scalar means.
    pub(super) fn plain(&self, text: &str, part: Part) -> Option<Value> {
        Some(match resolve(text, Dialect::V2) {
            Resolved::Null => Value::Null,
            Resolved::Bool(value) => Value::Bool(value),
            Resolved::Int(value) => Value::from(value),
            Resolved::UInt(value) => Value::from(value),
            Resolved::Float(value) => Value::Number(self.floats.number(value)?),
            Resolved::Text if text == "<<" => return None,
            Resolved::Time(_) | Resolved::Text => part.text(Cow::Borrowed(text)),
        })
    }

    /// The key that a plain scalar is; numbers and null are rare there.
    pub(super) fn plain_key(&self, text: &'t str) -> Option<Cow<'t, str>> {
        match resolve(text, Dialect::V2) {
            Resolved::Bool(value) => Some(Cow::Borrowed(if value { "true" } else { "false" })),
            Resolved::Time(_) | Resolved::Text => Some(Cow::Borrowed(text)),
            _ => None,
        }
    }
}
