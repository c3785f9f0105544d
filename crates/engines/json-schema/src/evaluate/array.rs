//! Rules for arrays.

use std::collections::BTreeMap;

use super::Checker;
use super::place::Token;
use crate::draft::Draft;
use crate::json::Json;
use crate::node::Additional;
use crate::text::integer;
use crate::types::canonical;

impl<'v> Checker<'_, 'v, '_> {
    pub(super) fn check_array(&mut self, items: &'v [Json]) {
        let rules = &self.node.rules.array;
        let count = items.len();
        if let Some(least) = rules.min_items.filter(|least| count < *least) {
            self.fail(|| format!("minItems: got {}, want {}", integer(count), integer(least)));
        }
        if let Some(most) = rules.max_items.filter(|most| count > *most) {
            self.fail(|| format!("maxItems: got {}, want {}", integer(count), integer(most)));
        }
        if let Some((first, second)) = self.duplicates(items) {
            self.fail(|| format!("items at {} and {} are equal", integer(first), integer(second)));
        }
        for (index, (item, node)) in items.iter().zip(&rules.prefix).enumerate() {
            self.absorb(self.check_part(*node, item, Token::Index(index)));
        }
        let rest = items.get(rules.prefix.len()..).unwrap_or_default();
        match rules.rest {
            Some(Additional::Allowed(false)) if !rest.is_empty() => {
                self.fail(|| format!("last {} additionalItem(s) not allowed", integer(rest.len())));
            }
            Some(Additional::Allowed(_)) | None => {}
            Some(Additional::Schema(node)) => {
                for (index, item) in rest.iter().enumerate() {
                    self.absorb(self.check_part(node, item, Token::Index(rules.prefix.len() + index)));
                }
            }
        }
        self.check_contains(items);
    }

    fn check_contains(&mut self, items: &'v [Json]) {
        let rules = &self.node.rules.array;
        let Some(node) = rules.contains else { return };
        let (mut matches, mut failures) = (Vec::new(), Vec::new());
        for (index, item) in items.iter().enumerate() {
            match self.check_part(node, item, Token::Index(index)) {
                Ok(()) => {
                    matches.push(index);
                    if self.node.draft >= Draft::Draft2020 {
                        self.unevaluated.items.remove(&index);
                    }
                }
                Err(failure) => failures.push(failure),
            }
        }
        let matched = || {
            let indexes: Vec<String> = matches.iter().map(usize::to_string).collect();
            format!("matched {} items at {}", integer(matches.len()), indexes.join(" "))
        };
        match rules.min_contains {
            None if matches.is_empty() => self.fail_because(|| "no items match contains schema".to_owned(), failures),
            Some(least) if matches.len() < least => {
                let found = if matches.is_empty() { "none matched".to_owned() } else { matched() };
                let message = || format!("min {} items required to match contains schema, but {found}", integer(least));
                self.fail_because(message, failures);
            }
            _ => {}
        }
        if let Some(most) = rules.max_contains.filter(|most| matches.len() > *most) {
            self.fail(|| format!("max {} items required to match contains schema, but {}", integer(most), matched()));
        }
    }

    /// The first item that an earlier one equals, behind that one.
    fn duplicates(&self, items: &[Json]) -> Option<(usize, usize)> {
        let mut seen = BTreeMap::new();
        let items = items.iter().filter(|_| self.node.rules.array.unique);
        for (index, item) in items.enumerate() {
            let item = canonical(item);
            if !self.evaluation.spend(item.len()) {
                return None;
            }
            if let Some(first) = seen.insert(item, index) {
                return Some((first, index));
            }
        }
        None
    }
}
