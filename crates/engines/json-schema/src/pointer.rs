//! JSON pointers: as paths below a document and as what stands behind `#`.

use std::borrow::Cow;

use crate::json::Json;
use crate::url;

/// `pointer` with one more token.
pub(crate) fn append(pointer: &str, token: &str) -> String {
    let mut longer = String::with_capacity(pointer.len() + 1 + token.len());
    longer.push_str(pointer);
    push(&mut longer, token);
    longer
}

/// Adds a token to a pointer.
pub(crate) fn push(pointer: &mut String, token: &str) {
    pointer.push('/');
    pointer.push_str(&escape(token));
}

/// A token as it stands in a pointer.
pub(crate) fn escape(token: &str) -> Cow<'_, str> {
    if token.contains(['~', '/']) { token.replace('~', "~0").replace('/', "~1").into() } else { token.into() }
}

/// A token without its escapes, or `None` if a tilde is not part of one.
fn unescape(token: &str) -> Option<Cow<'_, str>> {
    if !token.contains('~') {
        return Some(token.into());
    }
    let mut parts = token.split('~');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.as_bytes().first() {
            Some(b'0') => text.push('~'),
            Some(b'1') => text.push('/'),
            _ => return None,
        }
        text.push_str(&part[1..]);
    }
    Some(text.into())
}

/// `#` and the pointer, each token escaped for an address.
pub(crate) fn fragment(pointer: &str) -> String {
    let tokens: Vec<String> = pointer.split('/').map(url::escape_path_segment).collect();
    format!("#{}", tokens.join("/"))
}

/// Why a pointer leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lost {
    /// A tilde is not followed by 0 or 1.
    Invalid,
    /// There is nothing at the place.
    NotFound,
}

/// What `pointer` leads to.
pub(crate) fn lookup<'a>(document: &'a Json, pointer: &str) -> Result<&'a Json, Lost> {
    let mut found = document;
    for token in pointer.split('/').skip(1) {
        let token = unescape(token).ok_or(Lost::Invalid)?;
        found = step(found, &token).ok_or(Lost::NotFound)?;
    }
    Ok(found)
}

/// What one token, without its escapes, leads to.
pub(crate) fn step<'a>(value: &'a Json, token: &str) -> Option<&'a Json> {
    match value {
        Json::Object(members) => members.get(token),
        Json::Array(items) => items.get(index(token)?),
        _ => None,
    }
}

/// A token as an index, as Go reads integers: with a sign and leading zeros.
fn index(token: &str) -> Option<usize> {
    let digits = token.strip_prefix(['+', '-']).unwrap_or(token);
    let value = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<usize>().ok())??;
    (value == 0 || !token.starts_with('-')).then_some(value)
}
