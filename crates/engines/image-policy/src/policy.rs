//! Which tag is wanted.

use crate::Tags;
use go_regexp::{CompileError, Regexp};
use std::collections::BTreeMap;
use version_select::{Constraint, Order, alphabetical, highest, numerical};

/// The most bytes that an extraction may make of one tag.
const LONGEST_EXTRACT: usize = 4096;

/// How tags are compared.
#[derive(Debug, Clone)]
pub enum Choice {
    /// The highest version in a range.
    SemVer(Constraint),
    /// The last in the order of bytes.
    Alphabetical(Order),
    /// The last in the order of numbers.
    Numerical(Order),
}

/// Which tags are compared, and by what of them.
#[derive(Debug, Clone)]
pub struct Filter {
    pattern: Regexp,
    extract: Vec<u8>,
}

/// A pattern is no regular expression of Go; worded as Flux.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid regular expression pattern '{pattern}'")]
pub struct FilterError {
    /// The pattern.
    pub pattern: String,
    /// What is wrong with it.
    #[source]
    pub source: CompileError,
}

/// Why no tag is wanted; worded as Flux.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// None of the tags counts, or one of them cannot be compared.
    #[error(transparent)]
    Choice(#[from] version_select::PolicyError),
    /// No tag is a version in the range.
    #[error("unable to determine latest version from provided list")]
    NoVersion,
    /// An extraction makes too much of a tag.
    #[error("filterTags.extract makes more than {LONGEST_EXTRACT} bytes of tag '{0}'")]
    Extract(String),
}

/// A rule that chooses one tag.
#[derive(Debug, Clone)]
pub struct Policy {
    /// How tags are compared.
    pub choice: Choice,
    /// Which are; all where absent.
    pub filter: Option<Filter>,
}

impl Filter {
    /// A pattern that is looked for anywhere in a tag, and a replacement with groups of it such as `$1` or `${name}`. Without a
    /// replacement the tag itself is compared.
    ///
    /// # Errors
    /// [`FilterError`].
    pub fn compile(pattern: &str, extract: &str) -> Result<Self, FilterError> {
        let compiled = Regexp::compile(pattern.as_bytes());
        let pattern = compiled.map_err(|source| FilterError { pattern: pattern.to_owned(), source })?;
        Ok(Self { pattern, extract: extract.as_bytes().to_vec() })
    }

    /// What is compared of a tag; `None` where it does not count.
    fn extract(&self, tag: &str) -> Result<Option<String>, PolicyError> {
        let Some(captures) = self.pattern.captures(tag.as_bytes()) else { return Ok(None) };
        if self.extract.is_empty() {
            return Ok(Some(tag.to_owned()));
        }
        let extracted = self.pattern.expand(&self.extract, &captures);
        if extracted.len() > LONGEST_EXTRACT {
            return Err(PolicyError::Extract(tag.to_owned()));
        }
        Ok(Some(String::from_utf8_lossy(&extracted).into_owned()))
    }

    /// Tags by what is compared of them; of several with the same, the last one in the order of `tags`.
    fn apply<'t>(&self, tags: &'t Tags) -> Result<BTreeMap<String, &'t str>, PolicyError> {
        let mut extracted = BTreeMap::new();
        for tag in tags.iter() {
            if let Some(compared) = self.extract(tag)? {
                extracted.insert(compared, tag);
            }
        }
        Ok(extracted)
    }
}

impl Policy {
    /// The wanted one of `tags`.
    ///
    /// # Errors
    /// [`PolicyError`].
    pub fn latest(&self, tags: &Tags) -> Result<String, PolicyError> {
        let Some(filter) = &self.filter else {
            return self.choice.latest(tags.iter()).map(str::to_owned);
        };
        let extracted = filter.apply(tags)?;
        let latest = self.choice.latest(extracted.keys().rev().map(String::as_str))?;
        Ok(extracted.get(latest).copied().unwrap_or_default().to_owned())
    }
}

impl Choice {
    fn latest<'t>(&self, tags: impl Iterator<Item = &'t str>) -> Result<&'t str, PolicyError> {
        let mut tags = tags.peekable();
        if tags.peek().is_none() {
            return Err(version_select::PolicyError::Empty.into());
        }
        match self {
            Self::SemVer(range) => highest(range, tags).ok_or(PolicyError::NoVersion),
            Self::Alphabetical(order) => Ok(alphabetical(tags, *order)?),
            Self::Numerical(order) => Ok(numerical(tags, *order)?),
        }
    }
}
