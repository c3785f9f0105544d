//! One version.

use std::{cmp::Ordering, fmt, str::FromStr};

/// The longest text that is read as a version, in bytes.
const LENGTH_LIMIT: usize = 256;

/// A version: three numbers, an optional pre-release, optional metadata, and the text they were read from.
///
/// Order and equality are those of semver: metadata do not count.
#[derive(Debug, Clone)]
pub struct Version {
    numbers: [u64; 3],
    prerelease: String,
    metadata: String,
    original: String,
}

/// Why a text is not a version; worded as Masterminds/semver.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    /// The text has another form.
    #[error("invalid semantic version")]
    Invalid,
    /// The text is longer than a version may be.
    #[error("version string is too long (max {LENGTH_LIMIT} bytes)")]
    TooLong,
    /// A number does not fit.
    #[error("error parsing version segment: strconv.ParseUint: parsing {0:?}: value out of range")]
    OutOfRange(String),
    /// A number of a pre-release has a zero in front.
    #[error("version segment starts with 0")]
    LeadingZero,
    /// A text that cannot be a pre-release was given as one.
    #[error("invalid prerelease string")]
    Prerelease,
    /// A text that cannot be metadata was given as such.
    #[error("invalid metadata string")]
    Metadata,
}

impl Version {
    /// The first number.
    pub fn major(&self) -> u64 {
        self.numbers[0]
    }

    /// The second number.
    pub fn minor(&self) -> u64 {
        self.numbers[1]
    }

    /// The third number.
    pub fn patch(&self) -> u64 {
        self.numbers[2]
    }

    /// What stands between `-` and `+`; empty for a release.
    pub fn prerelease(&self) -> &str {
        &self.prerelease
    }

    /// What stands behind `+`.
    pub fn metadata(&self) -> &str {
        &self.metadata
    }

    /// The text as it was read.
    pub fn original(&self) -> &str {
        &self.original
    }

    /// The release of the next major number; `None` if there is no higher number.
    pub fn next_major(&self) -> Option<Self> {
        Some(self.with([self.numbers[0].checked_add(1)?, 0, 0], "", ""))
    }

    /// The release of the next minor number; `None` if there is no higher number.
    pub fn next_minor(&self) -> Option<Self> {
        Some(self.with([self.numbers[0], self.numbers[1].checked_add(1)?, 0], "", ""))
    }

    /// The next release with the same major and minor numbers: of a pre-release, the release it leads to.
    /// `None` if there is no higher number.
    pub fn next_patch(&self) -> Option<Self> {
        let [major, minor, patch] = self.numbers;
        let patch = if self.prerelease.is_empty() { patch.checked_add(1)? } else { patch };
        Some(self.with([major, minor, patch], "", ""))
    }

    /// The version with another pre-release; an empty one makes it a release.
    ///
    /// # Errors
    /// When the text cannot be a pre-release.
    pub fn with_prerelease(&self, prerelease: &str) -> Result<Self, VersionError> {
        if !prerelease.is_empty() && !are_identifiers(prerelease) {
            return Err(VersionError::Prerelease);
        }
        if has_leading_zero(prerelease) {
            return Err(VersionError::LeadingZero);
        }
        Ok(self.with(self.numbers, prerelease, &self.metadata))
    }

    /// The version with other metadata.
    ///
    /// # Errors
    /// When the text cannot be metadata.
    pub fn with_metadata(&self, metadata: &str) -> Result<Self, VersionError> {
        if !metadata.is_empty() && !are_identifiers(metadata) {
            return Err(VersionError::Metadata);
        }
        Ok(self.with(self.numbers, &self.prerelease, metadata))
    }

    /// Another version, written with a `v` if this one is.
    fn with(&self, numbers: [u64; 3], prerelease: &str, metadata: &str) -> Self {
        let (prerelease, metadata) = (prerelease.to_owned(), metadata.to_owned());
        let changed = Self { numbers, prerelease, metadata, original: String::new() };
        let prefix = if self.original.starts_with('v') { "v" } else { "" };
        Self { original: format!("{prefix}{changed}"), ..changed }
    }

    /// Reads a version that has three segments, as Flux demands of tags: `v1` and `1.2` are none, `v2025.02.03` is.
    pub fn parse_three_segments(text: &str) -> Result<Self, VersionError> {
        if text.splitn(3, '.').count() < 3 {
            return Err(VersionError::Invalid);
        }
        text.parse()
    }
}

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        if text.len() > LENGTH_LIMIT {
            return Err(VersionError::TooLong);
        }
        let rest = text.strip_prefix('v').unwrap_or(text);
        let (rest, metadata) = match rest.split_once('+') {
            Some((rest, metadata)) => (rest, Some(metadata)),
            None => (rest, None),
        };
        let (core, prerelease) = match rest.split_once('-') {
            Some((core, prerelease)) => (core, Some(prerelease)),
            None => (rest, None),
        };
        if ![prerelease, metadata].into_iter().flatten().all(are_identifiers) {
            return Err(VersionError::Invalid);
        }
        let numbers = numbers(core)?;
        let prerelease = prerelease.unwrap_or("");
        if has_leading_zero(prerelease) {
            return Err(VersionError::LeadingZero);
        }
        Ok(Self {
            numbers,
            prerelease: prerelease.to_owned(),
            metadata: metadata.unwrap_or("").to_owned(),
            original: text.to_owned(),
        })
    }
}

fn numbers(core: &str) -> Result<[u64; 3], VersionError> {
    let mut numbers = [0; 3];
    let parts: Vec<&str> = core.split('.').collect();
    if parts.len() > 3 || !parts.iter().copied().all(is_number) {
        return Err(VersionError::Invalid);
    }
    for (number, part) in numbers.iter_mut().zip(parts) {
        *number = part.parse().map_err(|_| VersionError::OutOfRange(part.to_owned()))?;
    }
    Ok(numbers)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a number in a pre-release has a zero in front.
fn has_leading_zero(prerelease: &str) -> bool {
    prerelease.split('.').any(|part| part.len() > 1 && part.starts_with('0') && is_number(part))
}

/// Whether a text consists of identifiers with dots between them.
fn are_identifiers(text: &str) -> bool {
    text.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let prerelease = || match (self.prerelease.is_empty(), other.prerelease.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => compare_prereleases(&self.prerelease, &other.prerelease),
        };
        self.numbers.cmp(&other.numbers).then_with(prerelease)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version {}

/// Compares pre-releases part by part: a missing part comes first, then numbers by value, then texts by bytes.
pub(crate) fn compare_prereleases(left: &str, right: &str) -> Ordering {
    fn rank(part: &str) -> (u8, u64, &str) {
        match part.parse::<u64>() {
            _ if part.is_empty() => (0, 0, ""),
            Ok(number) => (1, number, ""),
            Err(_) => (2, 0, part),
        }
    }
    let mut left = left.split('.');
    let mut right = right.split('.');
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (left, right) => rank(left.unwrap_or("")).cmp(&rank(right.unwrap_or(""))),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

impl fmt::Display for Version {
    /// The canonical form: three numbers, no `v`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(f, "{major}.{minor}.{patch}")?;
        if !self.prerelease.is_empty() {
            write!(f, "-{}", self.prerelease)?;
        }
        if !self.metadata.is_empty() {
            write!(f, "+{}", self.metadata)?;
        }
        Ok(())
    }
}
