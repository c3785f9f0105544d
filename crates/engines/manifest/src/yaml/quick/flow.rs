//! Collections in brackets, on one line and of simple scalars.

use std::borrow::Cow;

use serde_json::Value;

use super::super::Part;
use super::Reader;
use super::scalar::quoted;

impl<'t> Reader<'t> {
    /// The collection at the beginning of the text, and how long it is.
    pub(super) fn flow(&self, text: &'t str, depth: usize, part: Part) -> Option<(Value, usize)> {
        let depth = depth.checked_sub(1)?;
        let is_mapping = text.starts_with('{');
        let close = if is_mapping { '}' } else { ']' };
        let (mut items, mut entries) = (Vec::new(), Vec::new());
        let mut rest = text[1..].trim_start_matches(' ');
        let mut is_first = true;
        while !rest.starts_with(close) {
            if !is_first {
                rest = rest.strip_prefix(',')?.trim_start_matches(' ');
            }
            is_first = false;
            if is_mapping {
                let (key, length) = self.flow_key(rest)?;
                rest = rest[length..].strip_prefix(": ")?.trim_start_matches(' ');
                let wanted = part.entry(&key);
                let (value, length) = self.flow_item(rest, depth, wanted)?;
                if wanted.is_any() {
                    entries.push((key.into_owned(), value));
                }
                rest = rest[length..].trim_start_matches(' ');
            } else {
                let wanted = part.items();
                let (item, length) = self.flow_item(rest, depth, wanted)?;
                if wanted.is_any() {
                    items.push(item);
                }
                rest = rest[length..].trim_start_matches(' ');
            }
        }
        let value = if is_mapping { Value::Object(entries.into_iter().collect()) } else { Value::Array(items) };
        Some((value, text.len() - rest.len() + 1))
    }

    fn flow_item(&self, text: &'t str, depth: usize, part: Part) -> Option<(Value, usize)> {
        if text.starts_with(['[', '{']) {
            return self.flow(text, depth, part);
        }
        if text.starts_with(['"', '\'']) {
            return quoted(text).map(|(text, length)| (part.text(text), length));
        }
        let length = plain_length(text)?;
        Some((self.plain(&text[..length], part)?, length))
    }

    fn flow_key(&self, text: &'t str) -> Option<(Cow<'t, str>, usize)> {
        if text.starts_with(['"', '\'']) {
            return quoted(text);
        }
        let length = plain_length(text)?;
        Some((self.plain_key(&text[..length])?, length))
    }
}

/// How long the plain scalar at the beginning is: letters and digits, and little else.
fn plain_length(text: &str) -> Option<usize> {
    let is_simple = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/' | b'-');
    let begins_well = text.as_bytes().first().is_some_and(|byte| is_simple(byte) && *byte != b'-');
    begins_well.then(|| text.as_bytes().iter().take_while(|byte| is_simple(byte)).count())
}
