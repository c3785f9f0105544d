//! Bytes that must not be printed.

use std::fmt;

/// A password, token or key. It has no `Display`, its `Debug` shows nothing of the content, and nothing here serialises it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Wraps `content`, which is bytes or text.
    pub fn new(content: impl Into<Vec<u8>>) -> Self {
        Self(content.into())
    }

    /// The content, for the one place that sends it.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The content as text; `None` where it is not UTF-8.
    pub fn expose_text(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// Whether there is no content.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// Removes secrets and control characters from text that a server sent, before it becomes part of an error.
#[derive(Debug, Clone, Default)]
pub struct Redactor {
    secrets: Vec<Secret>,
}

/// The longest piece of a server's text that an error quotes, in characters.
const LONGEST_QUOTE: usize = 500;

impl Redactor {
    /// Remembers `secret`, and each of its lines, as text that must not appear.
    pub fn add(&mut self, secret: &[u8]) {
        for line in secret.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii) {
            if !line.is_empty() {
                self.secrets.push(Secret::new(line));
            }
        }
        self.secrets.sort_by_key(|secret| std::cmp::Reverse(secret.expose().len()));
    }

    /// `text` without secrets, on one line, of bounded length.
    pub fn clean(&self, text: &str) -> String {
        let mut clean = text.to_owned();
        for secret in self.secrets.iter().filter_map(Secret::expose_text) {
            clean = clean.replace(secret, "***");
        }
        let printable: String = clean.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let mut words = printable.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some((end, _)) = words.char_indices().nth(LONGEST_QUOTE) {
            words.truncate(end);
            words.push('…');
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_nothing_of_its_content() {
        assert_eq!(format!("{:?}", Secret::new("S3NTINEL")), "Secret(***)");
    }

    #[test]
    fn a_server_text_loses_secrets_and_control_characters() {
        let mut redactor = Redactor::default();
        redactor.add(b"S3NTINEL");
        assert_eq!(redactor.clean("denied\x1b[31m for\n S3NTINEL!"), "denied [31m for ***!");
        assert_eq!(redactor.clean(&"x".repeat(2_000)).chars().count(), LONGEST_QUOTE + 1);
    }
}
