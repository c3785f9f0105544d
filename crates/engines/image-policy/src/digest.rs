//! Whether the digest of the wanted image has to be looked up.

/// How the digest of the wanted image is followed: `spec.digestReflectionPolicy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reflection {
    /// It is looked up each time: a tag may move.
    Always,
    /// It is looked up once for an image.
    IfNotPresent,
    /// It is not looked up.
    #[default]
    Never,
}

/// An image as it was last known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known<'a> {
    /// The repository.
    pub name: &'a str,
    /// The tag.
    pub tag: &'a str,
    /// The digest; empty where it was not looked up.
    pub digest: &'a str,
}

/// What to do about a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DigestPlan {
    /// There is none.
    Omit,
    /// It is known.
    Keep(String),
    /// The registry has to be asked.
    Fetch,
}

/// What to do about the digest of `name:tag`, given what was last known.
pub fn plan_digest(reflection: Reflection, known: Option<Known<'_>>, name: &str, tag: &str) -> DigestPlan {
    match (reflection, known) {
        (Reflection::Never, _) => DigestPlan::Omit,
        (Reflection::IfNotPresent, Some(known)) if known.name == name && known.tag == tag && !known.digest.is_empty() => {
            DigestPlan::Keep(known.digest.to_owned())
        }
        (Reflection::IfNotPresent | Reflection::Always, _) => DigestPlan::Fetch,
    }
}
