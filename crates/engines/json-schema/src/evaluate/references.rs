//! `$ref`, `$recursiveRef` and `$dynamicRef`.

use super::place::Scope;
use super::{Checker, Failure, Shape};
use crate::node::{Node, NodeId};
use crate::pointer;
use crate::text::go_quote;

impl Checker<'_, '_, '_> {
    /// Schemas that lead to themselves without looking at a part of the value would never end.
    pub(super) fn check_cycle(&self) -> Result<(), Failure> {
        let scope = self.place.scope;
        match scope.cycle() {
            None => Ok(()),
            Some(earlier) => {
                let keywords = |scope| keyword_location(scope, self.evaluation.nodes);
                let message = || {
                    let target = go_quote(&self.node.location());
                    format!("both {} and {} resolve to {target} causing reference cycle", keywords(scope), keywords(earlier))
                };
                Err(self.failure(message, Vec::new()))
            }
        }
    }

    pub(super) fn reference(&mut self, target: NodeId, keyword: &'static str) -> Result<(), Failure> {
        self.check_also(target, keyword, false).map_err(|failure| {
            let reference = self.failure(|| "validation failed".to_owned(), failure.into_causes());
            Failure { shape: Shape::Reference, ..reference }
        })
    }

    /// The references of drafts 2019-09 and 2020-12, which depend on the way to here.
    pub(super) fn check_references(&mut self) {
        let nodes = self.evaluation.nodes;
        let references = &self.node.rules.references;
        if let Some(mut target) = references.recursive {
            if nodes[target].rules.references.recursive_anchor {
                // The outermost schema on the way whose resource takes part.
                let takes_part = |scope: &&Scope<'_>| nodes[nodes[scope.node].resource].rules.references.recursive_anchor;
                target = self.place.scope.chain().filter(takes_part).last().map_or(target, |scope| scope.node);
            }
            let result = self.reference(target, "$recursiveRef");
            self.absorb(result);
        }
        if let Some(dynamic) = &references.dynamic {
            let mut target = dynamic.target;
            if let Some(anchor) =
                dynamic.anchor.as_ref().filter(|anchor| nodes[target].rules.references.dynamic_anchor.as_ref() == Some(*anchor))
            {
                // The outermost resource on the way that has the anchor.
                let anchored = |scope: &Scope<'_>| nodes[nodes[scope.node].resource].dynamic_anchors.get(anchor).copied();
                target = self.place.scope.chain().filter_map(anchored).last().unwrap_or(target);
            }
            let result = self.reference(target, "$dynamicRef");
            self.absorb(result);
        }
    }
}

/// The keywords on the way to a scope, as a pointer that goes through references.
fn keyword_location(scope: &Scope<'_>, nodes: &[Node]) -> String {
    let mut parts = Vec::new();
    for scope in scope.chain() {
        let Some(parent) = scope.parent else { break };
        parts.push(if scope.keyword.is_empty() {
            let (here, above) = (nodes[scope.node].location(), nodes[parent.node].location());
            here.get(above.len()..).unwrap_or_default().to_owned()
        } else {
            pointer::append("", scope.keyword)
        });
    }
    parts.reverse();
    parts.concat()
}
