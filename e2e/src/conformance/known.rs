//! The differences that are meant, with their reasons: `e2e/conformance/recorded.json`. COMPATIBILITY.md explains them to users.

use anyhow::Context;
use serde::Deserialize;
use test_support::workspace;

/// One difference that is meant.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Known {
    /// Scenarios, `*` standing for any text.
    scenario: String,
    /// The differing line as it is printed, `*` standing for any text.
    line: String,
    /// Why it is meant.
    pub(super) reason: String,
}

impl Known {
    /// Whether this is why the line differs.
    pub(super) fn explains(&self, scenario: &str, line: &str) -> bool {
        matches(&self.scenario, scenario) && matches(&self.line, line)
    }

    /// What the entry is about, for a message.
    pub(super) fn describe(&self) -> String {
        format!("{}: {}", self.scenario, self.line)
    }
}

/// Reads all of them.
pub(super) fn read() -> anyhow::Result<Vec<Known>> {
    let path = workspace::root().join("e2e/conformance/recorded.json");
    let text = std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("read {}", path.display()))
}

/// Whether `text` is `pattern`, where each `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(start) => rest = &rest[start + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text, expected) in [
            ("ks-*", "ks-plain", true),
            ("ks-*", "git-tag", false),
            ("ks-plain", "ks-plain", true),
            ("ks-plain", "ks-plainer", false),
            ("*a*b*", "xaxbx", true),
            ("*a*b", "xaxbx", false),
            ("a*a", "a", false),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn the_list_is_readable_and_gives_reasons() {
        assert!(read().unwrap().iter().all(|known| known.reason.len() > 10));
    }
}
