//! What can be wrong with YAML text, in the words Go's libraries use where users know them.

use std::fmt;

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Bytes before this place.
    pub offset: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} column {}", self.line, self.column)
    }
}

/// Which bound of [`super::Limits`] a text exceeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// [`super::Limits::bytes`].
    Bytes,
    /// [`super::Limits::depth`].
    Depth,
    /// [`super::Limits::expanded_nodes`].
    ExpandedNodes,
    /// [`super::Limits::documents`].
    Documents,
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Bound::Bytes => "text is larger in bytes than",
            Bound::Depth => "exceeded max depth of",
            Bound::ExpandedNodes => "document contains excessive aliasing, the bound in nodes is",
            Bound::Documents => "stream holds more documents than",
        })
    }
}

/// Why YAML text has no value.
///
/// `Display` gives the text Go's library would give, including its `yaml: line N:` prefix; [`YamlError::position`] gives our own,
/// exact, place (Go's line is sometimes one too small or missing).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum YamlError {
    /// The text is not YAML.
    #[error("yaml: {}{problem}", LinePrefix(*go_line))]
    Syntax {
        /// What the scanner or parser found.
        problem: String,
        /// The line Go's library names; `None` where it names none.
        go_line: Option<usize>,
        /// Where it is.
        position: Position,
    },
    /// The text is not UTF-8, or holds a character YAML forbids.
    #[error("yaml: {problem}")]
    Encoding {
        /// What is wrong with the bytes.
        problem: &'static str,
        /// Where it is.
        position: Position,
    },
    /// `*name` without a preceding `&name`.
    #[error("yaml: unknown anchor '{name}' referenced")]
    UnknownAnchor {
        /// The anchor's name.
        name: String,
        /// Where the alias is.
        position: Position,
    },
    /// `&name` around `*name`.
    #[error("yaml: anchor '{name}' value contains itself")]
    RecursiveAnchor {
        /// The anchor's name.
        name: String,
        /// Where the alias is.
        position: Position,
    },
    /// A key is there twice (strict v2, and always in v3).
    #[error("yaml: unmarshal errors:\n  {}", .lines.join("\n  "))]
    DuplicateKeys {
        /// One line a duplicate, as Go words it.
        lines: Vec<String>,
        /// Where the first duplicate is.
        position: Position,
    },
    /// A scalar does not fit its explicit tag, or a tag's content is damaged.
    #[error("yaml: {problem}")]
    Tag {
        /// What does not fit.
        problem: String,
        /// Where the scalar is.
        position: Position,
    },
    /// `<<` with something else than a mapping, an alias of one, or a sequence of them.
    #[error("yaml: map merge requires map or sequence of maps as the value")]
    Merge {
        /// Where the value is.
        position: Position,
    },
    /// A mapping key that JSON cannot have.
    #[error("{problem}")]
    Key {
        /// What the key is.
        problem: String,
        /// Where the key is.
        position: Position,
    },
    /// A number that JSON cannot have: infinities and not-a-number.
    #[error("json: unsupported value: {value}")]
    Value {
        /// `+Inf`, `-Inf` or `NaN`.
        value: &'static str,
        /// Where the scalar is.
        position: Position,
    },
    /// The text exceeds a bound of [`super::Limits`].
    #[error("yaml: {bound} {allowed}")]
    Limit {
        /// Which bound.
        bound: Bound,
        /// Its value.
        allowed: usize,
        /// Where it was exceeded.
        position: Position,
    },
}

impl YamlError {
    /// The place in the text the error is about.
    pub fn position(&self) -> Position {
        match self {
            Self::Syntax { position, .. }
            | Self::Encoding { position, .. }
            | Self::UnknownAnchor { position, .. }
            | Self::RecursiveAnchor { position, .. }
            | Self::DuplicateKeys { position, .. }
            | Self::Tag { position, .. }
            | Self::Merge { position }
            | Self::Key { position, .. }
            | Self::Value { position, .. }
            | Self::Limit { position, .. } => *position,
        }
    }
}

struct LinePrefix(Option<usize>);

impl fmt::Display for LinePrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(line) => write!(f, "line {line}: "),
            None => Ok(()),
        }
    }
}
