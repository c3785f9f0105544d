//! Parts of a value that no rule has looked at yet.

use std::collections::BTreeSet;

use super::Checker;
use super::place::Token;
use crate::draft::Draft;
use crate::json::Json;
use crate::node::Node;

/// Names and indexes of such parts. Empty, too, where nobody asks.
#[derive(Debug, Default)]
pub(super) struct Unevaluated<'v> {
    pub(super) properties: BTreeSet<&'v str>,
    pub(super) items: BTreeSet<usize>,
}

impl<'v> Unevaluated<'v> {
    /// What is left of `value` before the rules of `node` are checked.
    pub(super) fn of(value: &'v Json, node: &Node, is_asked: bool) -> Unevaluated<'v> {
        let mut unevaluated = Unevaluated::default();
        match value {
            Json::Object(members)
                if node.rules.object.additional.is_none() && (is_asked || node.rules.object.unevaluated.is_some()) =>
            {
                unevaluated.properties = members.keys().map(String::as_str).collect();
            }
            Json::Array(items) if node.rules.array.rest.is_none() && (is_asked || node.rules.array.unevaluated.is_some()) => {
                unevaluated.items = (node.rules.array.prefix.len()..items.len()).collect();
            }
            _ => {}
        }
        unevaluated
    }

    pub(super) fn is_empty(&self) -> bool {
        self.properties.is_empty() && self.items.is_empty()
    }

    /// Keeps what is left here and there.
    pub(super) fn intersect(&mut self, other: &Unevaluated<'v>) {
        self.properties.retain(|name| other.properties.contains(name));
        self.items.retain(|index| other.items.contains(index));
    }
}

impl Checker<'_, '_, '_> {
    pub(super) fn check_unevaluated(&mut self) {
        if self.node.draft < Draft::Draft2019 {
            return;
        }
        match self.place.value {
            Json::Object(members) => {
                let Some(node) = self.node.rules.object.unevaluated else { return };
                for name in std::mem::take(&mut self.unevaluated.properties) {
                    if let Some(value) = members.get(name) {
                        self.absorb(self.check_part(node, value, Token::Name(name)));
                    }
                }
            }
            Json::Array(items) => {
                let Some(node) = self.node.rules.array.unevaluated else { return };
                for index in std::mem::take(&mut self.unevaluated.items) {
                    self.absorb(self.check_part(node, &items[index], Token::Index(index)));
                }
            }
            _ => {}
        }
    }
}
