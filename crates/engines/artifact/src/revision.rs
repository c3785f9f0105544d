//! What an artifact's content is in the origin's terms.

use std::fmt;

/// A revision as status carries it: `main@sha1:<hex>`, `refs/pull/1/head@sha1:<hex>`, `v1@sha256:<hex>`, `sha256:<hex>`, a chart's
/// version, or one of the forms from before 2023, `main/<hex>` and `<hex>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(String);

impl Revision {
    /// Takes a revision as it is.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The revision of a named state: `<name>@<digest>`, or the digest alone where there is no name. `digest` is
    /// `<algorithm>:<hex>`.
    pub fn of(name: Option<&str>, digest: &str) -> Self {
        match name.filter(|name| !name.is_empty()) {
            Some(name) => Self(format!("{name}@{digest}")),
            None => Self(digest.to_owned()),
        }
    }

    /// The revision as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name in front of the checksum, such as a branch or tag; `None` where there is none, or no checksum.
    pub fn name(&self) -> Option<&str> {
        let (name, _) = self.split();
        name
    }

    /// The bare checksum in hexadecimal digits; `None` where the revision has none, as charts' versions.
    pub fn hex(&self) -> Option<&str> {
        let (_, digest) = self.split();
        let hex = digest.rsplit_once(':').map_or(digest, |(_, hex)| hex);
        is_hex(hex).then_some(hex)
    }

    /// The algorithm of the checksum. For forms without one it follows from the length: 40 digits are SHA-1.
    pub fn algorithm(&self) -> Option<&str> {
        let (_, digest) = self.split();
        match digest.split_once(':') {
            Some((algorithm, hex)) => is_hex(hex).then_some(algorithm),
            None if is_hex(digest) => Some(if digest.len() == 40 { "sha1" } else { "sha256" }),
            None => None,
        }
    }

    /// Whether two revisions name the same state, whichever form each of them has.
    pub fn same_as(&self, other: &Self) -> bool {
        if self.hex().is_none() || other.hex().is_none() {
            return self == other;
        }
        (self.name(), self.algorithm(), self.hex()) == (other.name(), other.algorithm(), other.hex())
    }

    fn split(&self) -> (Option<&str>, &str) {
        // A branch may hold an `@`, a digest may not.
        if let Some((name, digest)) = self.0.rsplit_once('@') {
            return (Some(name), digest);
        }
        match self.0.rsplit_once('/') {
            Some((name, digest)) if is_hex(digest) || digest.contains(':') => (Some(name), digest),
            _ => (None, &self.0),
        }
    }
}

fn is_hex(text: &str) -> bool {
    text.len() >= 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_revision_is_understood() {
        let sha1 = "20f22736e85dcc71fde2cf5abf410eb74e3e5a4a";
        let sha256 = "1d5f4a983459b66a1e7a9d96e94b2fbc25ad84642790599897bba9d49b1cbff5";
        let table = [
            (format!("main@sha1:{sha1}"), Some("main"), Some("sha1"), Some(sha1)),
            (format!("feature/a@b@sha1:{sha1}"), Some("feature/a@b"), Some("sha1"), Some(sha1)),
            (format!("refs/pull/1/head@sha1:{sha1}"), Some("refs/pull/1/head"), Some("sha1"), Some(sha1)),
            (format!("sha1:{sha1}"), None, Some("sha1"), Some(sha1)),
            (format!("main/{sha1}"), Some("main"), Some("sha1"), Some(sha1)),
            (format!("feature/x/{sha1}"), Some("feature/x"), Some("sha1"), Some(sha1)),
            (format!("HEAD/{sha1}"), Some("HEAD"), Some("sha1"), Some(sha1)),
            (sha1.to_owned(), None, Some("sha1"), Some(sha1)),
            (format!("6.3.5@sha256:{sha256}"), Some("6.3.5"), Some("sha256"), Some(sha256)),
            (format!("latest/{sha256}"), Some("latest"), Some("sha256"), Some(sha256)),
            (format!("sha256:{sha256}"), None, Some("sha256"), Some(sha256)),
            ("6.3.5+abcdef012345.1".to_owned(), None, None, None),
        ];
        for (text, name, algorithm, hex) in table {
            let revision = Revision::new(text.clone());
            assert_eq!((revision.name(), revision.algorithm(), revision.hex()), (name, algorithm, hex), "{text}");
        }
        let old = Revision::new(format!("main/{sha1}"));
        assert!(old.same_as(&Revision::of(Some("main"), &format!("sha1:{sha1}"))));
        assert!(!old.same_as(&Revision::of(Some("dev"), &format!("sha1:{sha1}"))));
    }
}
