//! What a reader makes nodes of: [`Node`] here, or a caller's own tree without the detour.

use std::borrow::Cow;

use super::{Content, Entry, Node, ScalarStyle, Span};

/// Makes the nodes of a document, children before their parents. Tags are in Go's short form, as in [`Node::tag`].
pub trait Assembler {
    /// A node; copied for every alias of it.
    type Node: Clone;
    /// An entry of a mapping.
    type Entry;

    /// A scalar: its text after unquoting, how it was written, its explicit tag.
    fn scalar(&mut self, text: Cow<'_, str>, style: ScalarStyle, tag: Option<String>, span: Span) -> Self::Node;
    /// A sequence of finished items; `flow` if it was written in brackets.
    fn sequence(&mut self, items: Vec<Self::Node>, flow: bool, tag: Option<String>, span: Span) -> Self::Node;
    /// A mapping of finished entries; `flow` if it was written in braces.
    fn mapping(&mut self, entries: Vec<Self::Entry>, flow: bool, tag: Option<String>, span: Span) -> Self::Node;
    /// An entry of a finished key and a finished value.
    fn entry(&mut self, key: Self::Node, value: Self::Node) -> Self::Entry;
    /// What stands for `anchored` where an alias of it is written.
    fn alias(&mut self, anchored: &Self::Node, span: Span) -> Self::Node;
}

/// Makes [`Node`]s.
pub(super) struct Nodes;

impl Assembler for Nodes {
    type Node = Node;
    type Entry = Entry;

    fn scalar(&mut self, text: Cow<'_, str>, style: ScalarStyle, tag: Option<String>, span: Span) -> Node {
        Node { span, tag, alias: false, content: Content::Scalar { text: text.into_owned(), style } }
    }

    fn sequence(&mut self, items: Vec<Node>, flow: bool, tag: Option<String>, span: Span) -> Node {
        Node { span, tag, alias: false, content: Content::Sequence { items, flow } }
    }

    fn mapping(&mut self, entries: Vec<Entry>, flow: bool, tag: Option<String>, span: Span) -> Node {
        Node { span, tag, alias: false, content: Content::Mapping { entries, flow } }
    }

    fn entry(&mut self, key: Node, value: Node) -> Entry {
        Entry { key, value }
    }

    fn alias(&mut self, anchored: &Node, span: Span) -> Node {
        Node { span, alias: true, ..anchored.clone() }
    }
}
