//! PEM as Go writes and reads it.

use super::base64;

/// A block of PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    /// What stands behind `BEGIN`.
    pub(super) label: String,
    /// What is inside.
    pub(super) content: Vec<u8>,
}

impl Block {
    pub(super) fn new(label: &str, content: Vec<u8>) -> Self {
        Self { label: label.to_owned(), content }
    }

    /// The block in lines of 64 digits.
    pub(super) fn encode(&self) -> String {
        let label = &self.label;
        let digits = base64::encode(&self.content);
        let mut lines = format!("-----BEGIN {label}-----\n");
        for (index, digit) in digits.chars().enumerate() {
            lines.push(digit);
            if index % 64 == 63 {
                lines.push('\n');
            }
        }
        if !digits.len().is_multiple_of(64) {
            lines.push('\n');
        }
        lines.push_str(&format!("-----END {label}-----\n"));
        lines
    }

    /// The first block in a text that is whole; text around it does not matter.
    pub(super) fn find(text: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(text);
        let lines: Vec<&str> = text.split('\n').map(str::trim_ascii_end).collect();
        let ends = lines.iter().enumerate().filter(|(_, line)| line.starts_with("-----END "));
        let mut after_last = 0;
        for (end, line) in ends {
            let label = line.strip_prefix("-----END ").and_then(|line| line.strip_suffix("-----"));
            let begin = lines[after_last..end].iter().rposition(|line| line.starts_with("-----BEGIN "));
            let body = begin.map(|begin| &lines[after_last + begin..end]);
            after_last = end + 1;
            if let (Some(label), Some([first, body @ ..])) = (label, body)
                && first.strip_prefix("-----BEGIN ").and_then(|line| line.strip_suffix("-----")) == Some(label)
                && let Some(content) = content(body)
            {
                return Some(Self::new(label, content));
            }
        }
        None
    }
}

/// The bytes in the lines behind the headers.
fn content(lines: &[&str]) -> Option<Vec<u8>> {
    let headers = lines.iter().take_while(|line| line.contains(':')).count();
    let digits: String = lines[headers..].concat().split([' ', '\t']).collect();
    base64::decode(digits.as_bytes()).ok()
}
