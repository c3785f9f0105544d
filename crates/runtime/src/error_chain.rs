//! Errors as one line, and texts without secrets.
//!
//! Every message that leaves the process (condition, event, log) passes [`sanitize`]. Conditions and events take their text
//! from [`error_chain`], so that no error type needs to print its own cause.

use std::borrow::Cow;
use std::error::Error;

/// Prints an error and its causes as `outer: middle: inner`, without secrets. A cause that the text before it already ends
/// with is not repeated.
pub fn error_chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let message = next.to_string();
        if !message.is_empty() && !text.ends_with(&message) {
            text.push_str(": ");
            text.push_str(&message);
        }
        cause = next.source();
    }
    sanitize(&text).into_owned()
}

/// Removes from a text what may be a secret: user information and queries of URLs, and the credentials of `Authorization`
/// headers; and what would do something to a terminal: control characters but for tabs and ends of lines, and marks that turn the direction
/// of writing, each becomes U+FFFD. Text without any of these is returned as it is.
///
/// The user name of an SSH URL stays, as `ssh://git@host/…` is how such a repository is called; its password does not.
pub fn sanitize(text: &str) -> Cow<'_, str> {
    let without_urls = match text.contains("://") {
        true => Cow::Owned(sanitize_urls(text)),
        false => Cow::Borrowed(text),
    };
    let hidden = match hide_credentials(&without_urls) {
        Some(hidden) => Cow::Owned(hidden),
        None => without_urls,
    };
    match hidden.contains(acts_on_terminals) {
        true => Cow::Owned(hidden.replace(acts_on_terminals, "\u{fffd}")),
        false => hidden,
    }
}

/// Whether a character moves the cursor, begins an escape sequence, or turns the direction of writing.
fn acts_on_terminals(character: char) -> bool {
    let turns = matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || (character.is_control() && !matches!(character, '\n' | '\t'))
}

/// Values that must never be printed. Values shorter than four bytes are not looked for, they would blank out common words.
#[derive(Clone, Default)]
pub struct Secrets(Vec<String>);

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}

impl Secrets {
    /// Adds a value, and its forms in a URL.
    pub fn add(&mut self, value: &str) {
        let value = value.trim();
        if value.len() < 4 {
            return;
        }
        let mut forms = vec![value.to_owned(), percent_encode(value)];
        forms.dedup();
        self.0.extend(forms);
        // The longest first, so that a value which contains another is hidden as a whole.
        self.0.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    }

    /// Does what [`sanitize`] does, and replaces the known values by `***`.
    pub fn sanitize(&self, text: &str) -> String {
        let mut text = sanitize(text).into_owned();
        for secret in &self.0 {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), "***");
            }
        }
        text
    }
}

fn percent_encode(value: &str) -> String {
    let mut encoded = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

fn sanitize_urls(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(separator) = rest.find("://") {
        let after = separator + 3;
        let end = after + rest[after..].find(ends_url).unwrap_or(rest.len() - after);
        let scheme_start = rest[..separator].rfind(|c: char| !is_scheme(c)).map_or(0, |at| at + char_length(rest, at));
        let scheme = &rest[scheme_start..separator];
        clean.push_str(&rest[..after]);
        clean.push_str(&sanitize_after_scheme(scheme, &rest[after..end]));
        rest = &rest[end..];
    }
    clean.push_str(rest);
    clean
}

fn char_length(text: &str, at: usize) -> usize {
    text[at..].chars().next().map_or(1, char::len_utf8)
}

fn is_scheme(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '+' | '-' | '.')
}

fn ends_url(character: char) -> bool {
    character.is_whitespace() || matches!(character, '"' | '\'' | '<' | '>' | '`' | '\\' | '{' | '}' | '|' | '^')
}

/// `authority/path?query#fragment` without user information, query and fragment. Punctuation of the sentence stays.
fn sanitize_after_scheme(scheme: &str, url: &str) -> String {
    let body = url.trim_end_matches([':', ',', ';', ')', ']', '.', '!']);
    let punctuation = &url[body.len()..];
    let body = body.split(['?', '#']).next().unwrap_or_default();
    // A password may hold an unescaped slash, so the last @ before the query decides, not the first slash. An @ in the path
    // (`main@sha1:…`) has the host in front of it and no colon before the first slash.
    let (authority, path) = body.split_at(body.find('/').unwrap_or(body.len()));
    if let Some((user, host)) = authority.rsplit_once('@') {
        let name = user.split(':').next().unwrap_or_default();
        let kept = if scheme.ends_with("ssh") && !name.is_empty() { format!("{name}@") } else { String::new() };
        return format!("{kept}{host}{path}{punctuation}");
    }
    let has_password = authority.split_once(':').is_some_and(|(_, port)| !port.is_empty() && port.parse::<u16>().is_err());
    match (has_password, path.rsplit_once('@')) {
        (true, Some((_, host_and_path))) => format!("{host_and_path}{punctuation}"),
        _ => format!("{authority}{path}{punctuation}"),
    }
}

/// Replaces the credentials in `Authorization: <scheme> <credentials>`. `None` where there is nothing to hide.
fn hide_credentials(text: &str) -> Option<String> {
    const HEADER: &str = "authorization: ";
    let lower = text.to_ascii_lowercase();
    let mut hidden = String::new();
    let mut done = 0;
    for (at, _) in lower.match_indices(HEADER) {
        let scheme = at + HEADER.len();
        let Some(space) = text[scheme..].find(' ') else { continue };
        let start = scheme + space + 1;
        let length = text[start..].find(|c: char| c.is_whitespace() || matches!(c, '"' | '\''));
        hidden.push_str(&text[done..start]);
        hidden.push_str("***");
        done = length.map_or(text.len(), |length| start + length);
    }
    if done == 0 {
        return None;
    }
    hidden.push_str(&text[done..]);
    Some(hidden)
}

#[cfg(test)]
mod tests;
