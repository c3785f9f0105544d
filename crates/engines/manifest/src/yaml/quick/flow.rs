//! Collections in brackets, on one line and of simple scalars.

use serde_json::Value;

use super::Reader;
use super::scalar::quoted;

impl Reader<'_> {
    /// The collection at the beginning of the text, and how long it is.
    pub(super) fn flow(&self, text: &str, depth: usize) -> Option<(Value, usize)> {
        let depth = depth.checked_sub(1)?;
        let is_mapping = text.starts_with('{');
        let close = if is_mapping { '}' } else { ']' };
        let (mut items, mut entries) = (Vec::new(), Vec::new());
        let mut rest = text[1..].trim_start_matches(' ');
        while !rest.starts_with(close) {
            if !items.is_empty() || !entries.is_empty() {
                rest = rest.strip_prefix(',')?.trim_start_matches(' ');
            }
            if is_mapping {
                let (key, length) = self.flow_scalar(rest)?;
                let Value::String(key) = key else { return None };
                rest = rest[length..].strip_prefix(": ")?.trim_start_matches(' ');
                let (value, length) = self.flow_item(rest, depth)?;
                entries.push((key, value));
                rest = rest[length..].trim_start_matches(' ');
            } else {
                let (item, length) = self.flow_item(rest, depth)?;
                items.push(item);
                rest = rest[length..].trim_start_matches(' ');
            }
        }
        let value = if is_mapping { Value::Object(entries.into_iter().collect()) } else { Value::Array(items) };
        Some((value, text.len() - rest.len() + 1))
    }

    fn flow_item(&self, text: &str, depth: usize) -> Option<(Value, usize)> {
        if text.starts_with(['[', '{']) { self.flow(text, depth) } else { self.flow_scalar(text) }
    }

    fn flow_scalar(&self, text: &str) -> Option<(Value, usize)> {
        if text.starts_with(['"', '\'']) {
            return quoted(text).map(|(text, length)| (Value::String(text), length));
        }
        let is_simple = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/' | b'-');
        let length = text.as_bytes().iter().take_while(|byte| is_simple(byte)).count();
        let begins_well = text.as_bytes().first().is_some_and(|byte| is_simple(byte) && *byte != b'-');
        if begins_well { Some((self.plain(&text[..length])?, length)) } else { None }
    }
}
