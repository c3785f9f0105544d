//! YAML as a tree that keeps order, style and positions.

use super::Position;

/// One YAML node. Aliases are already replaced by what they stand for; merge keys (`<<`) are still there.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where it is written; of an alias, where the alias is.
    pub span: Span,
    /// The explicit tag in Go's short form: `!!str`, `!custom`; `None` where none is written.
    pub tag: Option<String>,
    /// Whether an alias (`*name`) stood here.
    pub alias: bool,
    /// What it holds.
    pub content: Content,
}

/// From where to where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// The first character.
    pub start: Position,
    /// After the last character.
    pub end: Position,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// A scalar: its text after unquoting, and how it was written.
    Scalar {
        /// The text.
        text: String,
        /// How it was written.
        style: ScalarStyle,
    },
    /// A sequence.
    Sequence {
        /// Its items in order.
        items: Vec<Node>,
        /// Whether it was written `[a, b]`.
        flow: bool,
    },
    /// A mapping.
    Mapping {
        /// Its entries in order, duplicates included.
        entries: Vec<Entry>,
        /// Whether it was written `{a: b}`.
        flow: bool,
    },
}

/// One entry of a mapping.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key; any node may be one.
    pub key: Node,
    /// The value.
    pub value: Node,
}

/// How a scalar was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScalarStyle {
    /// Without quotes.
    Plain,
    /// `'…'`.
    SingleQuoted,
    /// `"…"`.
    DoubleQuoted,
    /// `|`.
    Literal,
    /// `>`.
    Folded,
}

impl Node {
    /// The text of a scalar.
    pub fn as_text(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The entries of a mapping.
    pub fn entries(&self) -> Option<&[Entry]> {
        match &self.content {
            Content::Mapping { entries, .. } => Some(entries),
            _ => None,
        }
    }

    /// The items of a sequence.
    pub fn items(&self) -> Option<&[Node]> {
        match &self.content {
            Content::Sequence { items, .. } => Some(items),
            _ => None,
        }
    }

    /// The value of the last entry whose key is the scalar `key`.
    pub fn get(&self, key: &str) -> Option<&Node> {
        let entry = self.entries()?.iter().rev().find(|entry| entry.key.as_text() == Some(key))?;
        Some(&entry.value)
    }
}
