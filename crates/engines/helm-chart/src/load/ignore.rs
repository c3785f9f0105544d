//! The rules of `.helmignore`. They resemble those of Git, but the first rule that decides counts, and a rule with `!` ignores
//! whatever does not match it.

use super::file_match::{self, Pattern, PatternError};
use crate::file::base_name;

/// Why a rule is none; worded as Helm.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IgnoreError {
    /// A rule holds `**`.
    #[error("double-star (**) syntax is not supported")]
    DoubleStar,
    /// A rule is malformed.
    #[error(transparent)]
    Pattern(#[from] PatternError),
}

/// What a path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    Directory,
    File,
}

/// The rules in order.
#[derive(Debug)]
pub(super) struct Rules(Vec<Rule>);

#[derive(Debug)]
struct Rule {
    pattern: Pattern,
    negated: bool,
    directories_only: bool,
    /// Whether the pattern is for the last component of a path.
    base_only: bool,
}

/// Files in `templates/` whose name begins with a dot are always ignored.
const DEFAULT_RULE: &str = "templates/.?*";

impl Default for Rules {
    fn default() -> Self {
        let mut rules = Self(Vec::new());
        rules.push(DEFAULT_RULE);
        rules
    }
}

impl Rules {
    /// Reads a file of rules; the default one comes last.
    pub(super) fn parse(text: &[u8]) -> Result<Self, IgnoreError> {
        let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
        let mut rules = Self(Vec::new());
        for line in String::from_utf8_lossy(text).lines().map(str::trim) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if line.contains("**") {
                return Err(IgnoreError::DoubleStar);
            }
            // Helm tries each rule on this name, and so finds faults only as far as the name matches.
            file_match::matches(line, "abc")?;
            rules.push(line);
        }
        rules.push(DEFAULT_RULE);
        Ok(rules)
    }

    fn push(&mut self, line: &str) {
        let (negated, pattern) = line.strip_prefix('!').map_or((false, line), |rest| (true, rest));
        let (directories_only, pattern) = pattern.strip_suffix('/').map_or((false, pattern), |rest| (true, rest));
        let (rooted, pattern) = pattern.strip_prefix('/').map_or((false, pattern), |rest| (true, rest));
        let base_only = !rooted && !pattern.contains('/');
        self.0.push(Rule { pattern: Pattern::new(pattern), negated, directories_only, base_only });
    }

    /// Whether a path below the chart's root is left out.
    pub(super) fn ignore(&self, path: &str, entry: Entry) -> bool {
        let base = base_name(path);
        self.0.iter().any(|rule| {
            let fits = entry == Entry::Directory || !rule.directories_only;
            let name = if rule.base_only { base } else { path };
            (fits && rule.pattern.matches(name)) != rule.negated
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cases are those of Helm's documentation of the format.
    fn check(rules: &str, path: &str, entry: Entry, expect: bool) {
        let parsed = Rules::parse(rules.as_bytes()).expect("the rules are well formed");
        assert_eq!(parsed.ignore(path, entry), expect, "{rules:?} on {path}");
    }

    #[test]
    fn rules_match_as_in_helm() {
        check("helm.txt", "helm.txt", Entry::File, true);
        check("helm.*", "a/helm.txt", Entry::File, true);
        check("/helm.*", "a/helm.txt", Entry::File, false);
        check("cargo/*.txt", "cargo/a.txt", Entry::File, true);
        check("cargo/", "cargo", Entry::Directory, true);
        check("cargo/", "cargo", Entry::File, false);
        check("!helm.txt", "tiller.txt", Entry::File, true);
        check("!helm.txt", "helm.txt", Entry::File, false);
        check("a*c", "abbc", Entry::File, true);
        check("[a-c].txt", "b.txt", Entry::File, true);
        check("", "templates/.dotfile", Entry::File, true);
        check("", "templates/sub/.dotfile", Entry::File, false);
        check("", ".joonix", Entry::File, false);
    }

    #[test]
    fn a_double_star_is_refused() {
        assert_eq!(Rules::parse(b"a/**\n").unwrap_err(), IgnoreError::DoubleStar);
        assert_eq!(Rules::parse(b"a[\n").unwrap_err().to_string(), "syntax error in pattern");
    }
}
