//! The tags of a repository that count.

use go_regexp::{CompileError, Regexp};

/// The longest tag, in bytes, by the specification of OCI registries.
pub const LONGEST_TAG: usize = 128;
/// How many of the tags go into a status.
const LATEST: usize = 10;

/// Tags without duplicates, the last in the order of bytes first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tags(Vec<String>);

/// Regular expressions of tags that do not count; none by default.
#[derive(Debug, Clone, Default)]
pub struct Exclusion(Vec<Regexp>);

/// A pattern is no regular expression of Go; worded as Flux.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("failed to compile regex {pattern}")]
pub struct ExclusionError {
    /// The pattern.
    pub pattern: String,
    /// What is wrong with it.
    #[source]
    pub source: CompileError,
}

impl Exclusion {
    /// Compiles the patterns.
    ///
    /// # Errors
    /// [`ExclusionError`] for the first that cannot be.
    pub fn compile<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Result<Self, ExclusionError> {
        let compile = |pattern: &str| {
            Regexp::compile(pattern.as_bytes()).map_err(|source| ExclusionError { pattern: pattern.to_owned(), source })
        };
        patterns.into_iter().map(compile).collect::<Result<_, _>>().map(Self)
    }

    fn excludes(&self, tag: &str) -> bool {
        self.0.iter().any(|pattern| pattern.is_match(tag.as_bytes()))
    }
}

impl Tags {
    /// Those of `listed` that are tags and are not excluded. What a registry lists and cannot be a tag (characters, length) is
    /// dropped: tags go into files, messages and commits.
    pub fn new(listed: impl IntoIterator<Item = String>, exclusion: &Exclusion) -> Self {
        let mut tags: Vec<String> = listed.into_iter().filter(|tag| is_tag(tag) && !exclusion.excludes(tag)).collect();
        tags.sort_unstable_by(|left, right| right.cmp(left));
        tags.dedup();
        Self(tags)
    }

    /// All of them.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The ten that are last in the order of bytes.
    pub fn latest(&self) -> Vec<String> {
        self.0.iter().take(LATEST).cloned().collect()
    }

    /// A text that differs when the tags do: as in Flux, the Adler-32 of their JSON, in decimal.
    pub fn revision(&self) -> String {
        // Texts always serialise.
        adler32(&serde_json::to_vec(&self.0).unwrap_or_default()).to_string()
    }
}

/// Whether a text can be a tag.
fn is_tag(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.len() <= LONGEST_TAG
        && text.bytes().next().is_some_and(is_word)
        && text.bytes().all(|byte| is_word(byte) || byte == b'.' || byte == b'-')
}

/// RFC 1950, section 8.2.
fn adler32(bytes: &[u8]) -> u32 {
    const MODULUS: u32 = 65_521;
    let (a, b) = bytes.iter().fold((1, 0), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % MODULUS;
        (a, (a + b) % MODULUS)
    });
    b << 16 | a
}
