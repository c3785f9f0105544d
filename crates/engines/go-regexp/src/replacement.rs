//! Replacements with references to groups: `$1`, `${1}`, `$name`, `${name}` and `$$`.

use crate::regexp::{Captures, Regexp};

/// Numbers from here on are taken for names, as Go does.
const NUMBER_LIMIT: usize = 100_000_000;

/// Adds the replacement for one match, as Go's `Regexp.Expand`.
pub(crate) fn expand(regexp: &Regexp, template: &[u8], captures: &Captures<'_>, output: &mut Vec<u8>) {
    let mut rest = template;
    while let Some(at) = rest.iter().position(|&byte| byte == b'$') {
        output.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix(b"$") {
            output.push(b'$');
            rest = after;
        } else if let Some((name, after)) = reference(rest) {
            output.extend_from_slice(group(regexp, name, captures));
            rest = after;
        } else {
            output.push(b'$');
        }
    }
    output.extend_from_slice(rest);
}

/// The name behind a `$` and what comes after it.
fn reference(text: &[u8]) -> Option<(&str, &[u8])> {
    let braced = text.strip_prefix(b"{");
    let body = braced.unwrap_or(text);
    let valid = match std::str::from_utf8(body) {
        Ok(valid) => valid,
        Err(error) => std::str::from_utf8(&body[..error.valid_up_to()]).unwrap_or_default(),
    };
    let is_name = |letter: char| letter == '_' || letter.is_alphabetic() || letter.is_numeric();
    let end = valid.find(|letter| !is_name(letter)).unwrap_or(valid.len());
    if end == 0 {
        return None;
    }
    let after = &body[end..];
    let after = if braced.is_some() { after.strip_prefix(b"}")? } else { after };
    Some((&valid[..end], after))
}

fn group<'t>(regexp: &Regexp, name: &str, captures: &Captures<'t>) -> &'t [u8] {
    let is_number = name.bytes().all(|byte| byte.is_ascii_digit()) && (name == "0" || !name.starts_with('0'));
    if is_number && let Some(index) = name.parse().ok().filter(|&index: &usize| index < NUMBER_LIMIT) {
        return captures.get(index).unwrap_or_default();
    }
    // Several groups may have the name: the first that took part counts.
    let named = regexp.group_names().iter().enumerate().filter(|(_, group)| group.as_deref() == Some(name));
    named.filter_map(|(index, _)| captures.get(index)).next().unwrap_or_default()
}
