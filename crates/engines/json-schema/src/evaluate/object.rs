//! Rules for objects.

use super::Checker;
use super::place::Token;
use crate::draft::Draft;
use crate::json::{Json, Object};
use crate::node::{Additional, Dependency};
use crate::text::{integer, quote, quote_all};

impl<'v> Checker<'_, 'v, '_> {
    pub(super) fn check_object(&mut self, members: &'v Object) {
        let rules = &self.node.rules.object;
        let count = members.len();
        if let Some(least) = rules.min_properties.filter(|least| count < *least) {
            self.fail(|| format!("minProperties: got {}, want {}", integer(count), integer(least)));
        }
        if let Some(most) = rules.max_properties.filter(|most| count > *most) {
            self.fail(|| format!("maxProperties: got {}, want {}", integer(count), integer(most)));
        }
        match missing(members, &rules.required).as_slice() {
            [] => {}
            [name] => self.fail(|| format!("missing property {}", quote(name))),
            names => self.fail(|| format!("missing properties {}", quote_all(names.iter().copied()))),
        }
        if self.is_decided() {
            return;
        }
        for (property, dependency) in &rules.dependencies {
            if !members.contains_key(property) {
                continue;
            }
            match dependency {
                Dependency::Properties(names) => self.require_with(members, property, names),
                Dependency::Schema(node) => {
                    let result = self.check_also(*node, "", false);
                    self.absorb(result);
                }
            }
        }
        self.check_members(members);
        if self.node.draft >= Draft::Draft6 {
            self.check_names(members);
        }
        for (property, node) in &rules.dependent_schemas {
            if members.contains_key(property) {
                let result = self.check_also(*node, "", false);
                self.absorb(result);
            }
        }
        for (property, names) in &rules.dependent_required {
            if members.contains_key(property) {
                self.require_with(members, property, names);
            }
        }
    }

    fn require_with(&mut self, members: &Object, property: &str, names: &[String]) {
        let missing = missing(members, names);
        if !missing.is_empty() {
            self.fail(|| format!("properties {} required, if {} exists", quote_all(missing), quote(property)));
        }
    }

    fn check_members(&mut self, members: &'v Object) {
        let rules = &self.node.rules.object;
        let mut unexpected = Vec::new();
        for (name, value) in members.iter() {
            if self.is_decided() {
                return;
            }
            let mut is_evaluated = false;
            let patterns =
                rules.patterns.iter().filter(|(pattern, _)| self.evaluation.spend(name.len()) && pattern.is_match(name));
            let by_pattern: Vec<_> = patterns.map(|(_, node)| *node).collect();
            for node in rules.properties.get(name).copied().into_iter().chain(by_pattern) {
                is_evaluated = true;
                self.absorb(self.check_part(node, value, Token::Name(name)));
            }
            match rules.additional.filter(|_| !is_evaluated) {
                None => {}
                Some(Additional::Allowed(is_allowed)) => {
                    is_evaluated = true;
                    if !is_allowed {
                        unexpected.push(name.as_str());
                    }
                }
                Some(Additional::Schema(node)) => {
                    is_evaluated = true;
                    self.absorb(self.check_part(node, value, Token::Name(name)));
                }
            }
            if is_evaluated {
                self.unevaluated.properties.remove(name.as_str());
            }
        }
        if !unexpected.is_empty() {
            self.fail(|| format!("additional properties {} not allowed", quote_all(unexpected)));
        }
    }

    /// Names are values of their own: places in them begin anew.
    fn check_names(&mut self, members: &Object) {
        let Some(node) = self.node.rules.object.names else { return };
        for name in members.keys() {
            if let Err(causes) = self.evaluation.check_alone(node, &Json::String(name.clone()), self.place.metaschema) {
                self.fail_because(|| format!("invalid propertyName {}", quote(name)), causes);
            }
        }
    }
}

fn missing<'a>(members: &Object, names: &'a [String]) -> Vec<&'a str> {
    names.iter().filter(|name| !members.contains_key(name)).map(String::as_str).collect()
}
