//! Rules that combine schemas.

use super::Checker;
use crate::text::integer;

impl Checker<'_, '_, '_> {
    pub(super) fn check_logic(&mut self) {
        let rules = &self.node.rules.logic;
        if let Some(node) = rules.not
            && self.check_also(node, "", true).is_ok()
        {
            self.fail(|| "'not' failed".to_owned());
        }
        self.check_all_of();
        self.check_any_of();
        self.check_one_of();
        if let Some(condition) = rules.condition {
            let branch = if self.check_also(condition, "", true).is_ok() { rules.then } else { rules.otherwise };
            if let Some(node) = branch {
                let result = self.check_also(node, "", false);
                self.absorb(result);
            }
        }
    }

    fn check_all_of(&mut self) {
        let mut failures = Vec::new();
        for node in &self.node.rules.logic.all_of {
            if let Err(failure) = self.check_also(*node, "", false) {
                failures.push(failure);
                if self.place.is_silent {
                    break;
                }
            }
        }
        if !failures.is_empty() {
            self.fail_because(|| "'allOf' failed".to_owned(), failures);
        }
    }

    fn check_any_of(&mut self) {
        let mut failures = Vec::new();
        let mut is_matched = self.node.rules.logic.any_of.is_empty();
        for node in &self.node.rules.logic.any_of {
            match self.check_also(*node, "", false) {
                Ok(()) => {
                    is_matched = true;
                    // Each schema that matches can look at other parts of the value.
                    if self.unevaluated.is_empty() {
                        break;
                    }
                }
                Err(failure) => failures.push(failure),
            }
        }
        if !is_matched {
            self.fail_because(|| "'anyOf' failed".to_owned(), failures);
        }
    }

    fn check_one_of(&mut self) {
        let mut failures = Vec::new();
        let mut matched = None;
        for (index, node) in self.node.rules.logic.one_of.iter().enumerate() {
            match (self.check_also(*node, "", matched.is_some()), matched) {
                (Ok(()), None) => matched = Some(index),
                (Ok(()), Some(first)) => {
                    self.fail(|| format!("'oneOf' failed, subschemas {}, {} matched", integer(first), integer(index)));
                    break;
                }
                (Err(failure), None) => failures.push(failure),
                (Err(_), Some(_)) => {}
            }
        }
        if matched.is_none() && !self.node.rules.logic.one_of.is_empty() {
            self.fail_because(|| "'oneOf' failed, none matched".to_owned(), failures);
        }
    }
}
