//! Where a check is: in the value, in the schemas, and how it came there.

use std::collections::BTreeMap;
use std::fmt::{Display, Formatter, Result};

use crate::json::Json;
use crate::node::NodeId;
use crate::pointer;

/// A value, a schema, and the way to them.
#[derive(Clone, Copy)]
pub(super) struct Place<'v, 's> {
    pub(super) node: NodeId,
    pub(super) value: &'v Json<'v>,
    pub(super) path: &'s Path<'s>,
    pub(super) scope: &'s Scope<'s>,
    /// Where schemas are checked: the metaschema of the resource around the value.
    pub(super) metaschema: Option<NodeId>,
    /// Nobody will read what fails.
    pub(super) is_silent: bool,
}

impl Place<'_, '_> {
    /// A schema inside of another can be a resource with a metaschema of its own.
    pub(super) fn in_own_metaschema(self, metaschemas: &BTreeMap<String, NodeId>) -> Self {
        if metaschemas.len() < 2 || self.metaschema != Some(self.node) {
            return self;
        }
        match metaschemas.get(&self.path.to_string()) {
            Some(node) => Place { node: *node, metaschema: Some(*node), ..self },
            None => self,
        }
    }
}

/// A step from a value to a part of it.
#[derive(Clone, Copy)]
pub(super) enum Token<'v> {
    Name(&'v str),
    Index(usize),
}

/// The way from the outermost value to a part of it. Prints as a JSON pointer.
pub(super) enum Path<'s> {
    Root,
    Below(&'s Path<'s>, Token<'s>),
}

impl Display for Path<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let mut tokens = Vec::new();
        let mut path = self;
        while let Path::Below(parent, token) = path {
            tokens.push(*token);
            path = parent;
        }
        tokens.iter().rev().try_for_each(|token| match token {
            Token::Name(name) => write!(f, "/{}", pointer::escape(name)),
            Token::Index(index) => write!(f, "/{index}"),
        })
    }
}

/// The schemas that lead to the one at hand.
pub(super) struct Scope<'s> {
    pub(super) node: NodeId,
    /// The keyword of the reference that led here, or empty.
    pub(super) keyword: &'static str,
    /// How deep in the outermost value the value is.
    level: usize,
    pub(super) depth: usize,
    pub(super) parent: Option<&'s Scope<'s>>,
}

impl<'s> Scope<'s> {
    pub(super) fn root(node: NodeId) -> Scope<'s> {
        Scope { node, keyword: "", level: 0, depth: 0, parent: None }
    }

    /// For a part of the value.
    pub(super) fn below(&'s self, node: NodeId) -> Scope<'s> {
        Scope { node, keyword: "", level: self.level + 1, depth: self.depth + 1, parent: Some(self) }
    }

    /// For the same value.
    pub(super) fn beside(&'s self, node: NodeId, keyword: &'static str) -> Scope<'s> {
        Scope { node, keyword, level: self.level, depth: self.depth + 1, parent: Some(self) }
    }

    /// This scope and those that led to it, the last one first.
    pub(super) fn chain(&'s self) -> impl Iterator<Item = &'s Scope<'s>> {
        std::iter::successors(Some(self), |scope| scope.parent)
    }

    /// The earlier scope in which the same value meets the same schema.
    pub(super) fn cycle(&'s self) -> Option<&'s Scope<'s>> {
        let same_value = self.chain().skip(1).take_while(|scope| scope.level == self.level);
        same_value.into_iter().find(|scope| scope.node == self.node)
    }
}
