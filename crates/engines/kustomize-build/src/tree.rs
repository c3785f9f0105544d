//! The tree in which objects are changed: ordered mappings, sequences and scalars that remember their tag and quoting.
//!
//! What a scalar means depends on the text, the tag and the quotes together, and kustomize changes them apart: a name set on a
//! quoted field stays a string even when it looks like a number. [`crate::scalar`] knows the meaning. Texts are shared, so that
//! copying an object for a patch is cheap. What this is not: a YAML reader or printer; see [`crate::yaml`].

use std::sync::Arc;

/// How deep trees may nest; they are walked recursively.
pub(crate) const MAX_DEPTH: usize = 300;

/// A shared text.
pub(crate) type Text = Arc<str>;

/// What is wrong with a node where an operation needs another one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// A mapping, sequence or scalar is needed and something else is there.
    #[error("expected a {expected} but found a {found}")]
    Kind {
        /// What is needed.
        expected: Kind,
        /// What is there.
        found: Kind,
    },
    /// A path leads through a scalar.
    #[error("expected a sequence or mapping, not a scalar")]
    Leaf,
    /// A path part is not one.
    #[error("{0}")]
    Path(String),
    /// Anything that is specific to one operation, in words.
    #[error("{0}")]
    Other(String),
}

/// The kind of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing at all: the null that is not written.
    Nothing,
    /// A scalar.
    Scalar,
    /// A mapping.
    Mapping,
    /// A sequence.
    Sequence,
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Kind::Nothing => "null",
            Kind::Scalar => "scalar",
            Kind::Mapping => "mapping",
            Kind::Sequence => "sequence",
        })
    }
}

/// A tag in YAML's core schema. `Unset` is that of nodes made here: the text and the quotes decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Tag {
    #[default]
    Unset,
    Str,
    Int,
    Float,
    Bool,
    Null,
    Timestamp,
    Binary,
    Merge,
    Map,
    Seq,
    /// Any other: its scalars are texts.
    Other,
}

/// How a node is written. It matters for the meaning of a scalar, and where a text inside of an object is printed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Style {
    #[default]
    Plain,
    /// Plain under a tag that is written out.
    Tagged,
    /// In quotes or as a block under a tag that is written out.
    TaggedQuoted,
    /// `'…'`.
    SingleQuoted,
    /// `"…"`.
    DoubleQuoted,
    /// `|`.
    Literal,
    /// `>`.
    Folded,
    /// A mapping or sequence in brackets.
    Flow,
}

impl Style {
    /// Whether a scalar written so is a string whatever its text.
    pub(crate) fn is_quoted(self) -> bool {
        matches!(self, Style::SingleQuoted | Style::DoubleQuoted | Style::Literal | Style::Folded)
    }
}

/// A node.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Node {
    pub(crate) body: Body,
    pub(crate) tag: Tag,
    pub(crate) style: Style,
    /// Nodes of one object under the same number other than 0 change together; see [`crate::links`].
    pub(crate) link: u32,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) enum Body {
    #[default]
    Nothing,
    Scalar(Text),
    Mapping(Vec<Entry>),
    Sequence(Vec<Node>),
}

/// One entry of a mapping.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: Key,
    pub(crate) value: Node,
}

/// A key: always a scalar. One that is a number or the like, by its tag or made here under such a text, cannot be printed in the end
/// unless it stands at the top.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Key {
    pub(crate) text: Text,
    pub(crate) tag: Tag,
    pub(crate) style: Style,
}

impl Key {
    pub(crate) fn new(text: impl Into<Text>) -> Self {
        Self { text: text.into(), tag: Tag::Unset, style: Style::Plain }
    }

    /// A key that is a string whatever its text.
    pub(crate) fn string(text: impl Into<Text>) -> Self {
        Self { tag: Tag::Str, ..Self::new(text) }
    }
}

impl Node {
    /// A scalar whose meaning is what its text says.
    pub(crate) fn plain(text: impl Into<Text>) -> Self {
        Self::tagged(text, Tag::Unset)
    }

    /// A scalar that is a string whatever its text.
    pub(crate) fn string(text: impl Into<Text>) -> Self {
        let text = text.into();
        let style = if text.contains('\n') { Style::Literal } else { Style::Plain };
        Self { body: Body::Scalar(text), tag: Tag::Str, style, link: 0 }
    }

    /// A scalar of a given tag.
    pub(crate) fn tagged(text: impl Into<Text>, tag: Tag) -> Self {
        Self { body: Body::Scalar(text.into()), tag, style: Style::Plain, link: 0 }
    }

    /// An empty mapping.
    pub(crate) fn mapping() -> Self {
        Self { body: Body::Mapping(Vec::new()), tag: Tag::Unset, style: Style::Plain, link: 0 }
    }

    /// An empty node of a kind.
    pub(crate) fn empty(kind: Kind) -> Self {
        let body = match kind {
            Kind::Nothing => Body::Nothing,
            Kind::Scalar => Body::Scalar(Text::from("")),
            Kind::Mapping => Body::Mapping(Vec::new()),
            Kind::Sequence => Body::Sequence(Vec::new()),
        };
        Self { body, tag: Tag::Unset, style: Style::Plain, link: 0 }
    }

    pub(crate) fn kind(&self) -> Kind {
        match &self.body {
            Body::Nothing => Kind::Nothing,
            Body::Scalar(_) => Kind::Scalar,
            Body::Mapping(_) => Kind::Mapping,
            Body::Sequence(_) => Kind::Sequence,
        }
    }

    /// Whether this is a null, written or not.
    pub(crate) fn is_null(&self) -> bool {
        self.tag == Tag::Null
    }

    /// Whether this is nothing that an object could consist of: null, an empty mapping or sequence.
    pub(crate) fn is_nil_or_empty(&self) -> bool {
        self.is_null()
            || match &self.body {
                Body::Nothing => true,
                Body::Scalar(_) => false,
                Body::Mapping(entries) => entries.is_empty(),
                Body::Sequence(items) => items.is_empty(),
            }
    }

    /// Whether this is a string, or a scalar made here.
    pub(crate) fn is_string(&self) -> bool {
        matches!(self.body, Body::Scalar(_)) && matches!(self.tag, Tag::Str | Tag::Unset)
    }

    /// The text of a scalar; empty for everything else.
    pub(crate) fn text(&self) -> &str {
        match &self.body {
            Body::Scalar(text) => text,
            _ => "",
        }
    }

    /// The text of a scalar that is not null; empty for everything else.
    pub(crate) fn value_text(&self) -> &str {
        if self.is_null() { "" } else { self.text() }
    }

    /// The entries of a mapping; empty for everything else.
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.body {
            Body::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a sequence; empty for everything else.
    pub(crate) fn items(&self) -> &[Node] {
        match &self.body {
            Body::Sequence(items) => items,
            _ => &[],
        }
    }

    /// The value of a key, where this is a mapping that has it.
    pub(crate) fn field(&self, name: &str) -> Option<&Node> {
        self.entries().iter().find(|entry| &*entry.key.text == name).map(|entry| &entry.value)
    }

    /// As [`Node::field`].
    pub(crate) fn field_mut(&mut self, name: &str) -> Option<&mut Node> {
        match &mut self.body {
            Body::Mapping(entries) => entries.iter_mut().find(|entry| &*entry.key.text == name).map(|entry| &mut entry.value),
            _ => None,
        }
    }

    /// A fault unless this is null or of the kind.
    pub(crate) fn demand(&self, expected: Kind) -> Result<(), Fault> {
        let found = self.kind();
        if self.is_null() || found == expected { Ok(()) } else { Err(Fault::Kind { expected, found }) }
    }

    /// The value of a key: nothing under a null, a fault under a scalar or sequence.
    pub(crate) fn get(&self, name: &str) -> Result<Option<&Node>, Fault> {
        if self.is_null() {
            return Ok(None);
        }
        self.demand(Kind::Mapping)?;
        Ok(self.field(name))
    }

    /// As [`Node::get`].
    pub(crate) fn get_mut(&mut self, name: &str) -> Result<Option<&mut Node>, Fault> {
        if self.is_null() {
            return Ok(None);
        }
        self.demand(Kind::Mapping)?;
        Ok(self.field_mut(name))
    }

    /// Removes a key.
    pub(crate) fn clear(&mut self, name: &str) -> Option<Node> {
        let Body::Mapping(entries) = &mut self.body else { return None };
        let at = entries.iter().position(|entry| &*entry.key.text == name)?;
        Some(entries.remove(at).value)
    }

    /// Sets a key; the quotes of a value that is already there stay. A null removes the key.
    pub(crate) fn set_field(&mut self, name: &str, value: Node) -> Result<(), Fault> {
        if value.is_null() {
            self.demand(Kind::Mapping)?;
            self.clear(name);
            return Ok(());
        }
        self.put_field(name, value)
    }

    /// As [`Node::set_field`], but a null is kept.
    pub(crate) fn put_field(&mut self, name: &str, mut value: Node) -> Result<(), Fault> {
        value.keep_string();
        if self.is_null() && !matches!(self.body, Body::Mapping(_)) {
            return Ok(());
        }
        self.demand(Kind::Mapping)?;
        if let Some(field) = self.field_mut(name) {
            value.style = field.style;
            value.link = field.link;
            *field = value;
            return Ok(());
        }
        if let Body::Mapping(entries) = &mut self.body {
            entries.push(Entry { key: Key::new(name), value });
        }
        Ok(())
    }

    /// Puts quotes around a string that would be read as something else.
    pub(crate) fn keep_string(&mut self) {
        if self.style == Style::Plain && self.is_string() && crate::scalar::is_other_than_string(self.text()) {
            self.style = Style::DoubleQuoted;
        }
    }

    /// Replaces this scalar; its quotes stay.
    pub(crate) fn set_scalar(&mut self, mut value: Node) -> Result<(), Fault> {
        self.demand(Kind::Scalar)?;
        if value.is_null() {
            return Ok(());
        }
        value.style = self.style;
        value.link = self.link;
        *self = value;
        Ok(())
    }

    /// The value of a key, made with the kind where it is missing; nothing under a null.
    pub(crate) fn get_or_create(&mut self, name: &str, kind: Kind) -> Result<Option<&mut Node>, Fault> {
        if self.is_null() {
            return Ok(None);
        }
        self.demand(Kind::Mapping)?;
        let Body::Mapping(entries) = &mut self.body else { return Ok(None) };
        let at = match entries.iter().position(|entry| &*entry.key.text == name) {
            Some(at) => at,
            None => {
                entries.push(Entry { key: Key::new(name), value: Node::empty(kind) });
                entries.len() - 1
            }
        };
        Ok(entries.get_mut(at).map(|entry| &mut entry.value))
    }

    /// The node at a path of keys, without faults: nothing where a part is missing or of another kind.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, name| node.field(name))
    }

    /// Whether nodes nest deeper than a limit.
    pub(crate) fn is_deeper_than(&self, limit: usize) -> bool {
        let Some(below) = limit.checked_sub(1) else { return true };
        match &self.body {
            Body::Nothing | Body::Scalar(_) => false,
            Body::Mapping(entries) => entries.iter().any(|entry| entry.value.is_deeper_than(below)),
            Body::Sequence(items) => items.iter().any(|item| item.is_deeper_than(below)),
        }
    }

    /// The number of nodes here and below, keys not counted.
    pub(crate) fn size(&self) -> usize {
        match &self.body {
            Body::Nothing | Body::Scalar(_) => 1,
            Body::Mapping(entries) => 1 + entries.iter().map(|entry| entry.value.size()).sum::<usize>(),
            Body::Sequence(items) => 1 + items.iter().map(Node::size).sum::<usize>(),
        }
    }
}
