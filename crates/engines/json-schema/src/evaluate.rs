//! Checking a value against a compiled schema.
//!
//! Rules are checked in the order of the Go library, as far as it has one: where it walks a map in random order, this goes by name.

use std::cell::Cell;
use std::collections::BTreeMap;

use crate::error::{Invalid, Limit, Report};
use crate::failure::{Failure, Shape};
use crate::json::Json;
use crate::node::{Node, NodeId};
use crate::text;
use crate::types::{canonical, type_name};

mod array;
mod logic;
mod object;
mod place;
mod references;
mod scalar;
mod unevaluated;

use place::{Path, Place, Scope, Token};
use unevaluated::Unevaluated;

/// How many schemas can lead to each other before this gives up. Go's stack is the original's bound.
const MAX_DEPTH: usize = 1_500;
/// How much work a check may take: a step is a schema applied to a value, or 64 bytes of text looked at or written.
const MAX_STEPS: usize = 1_000_000;
/// One check of one value.
pub(crate) struct Evaluation<'n> {
    pub(crate) nodes: &'n [Node],
    /// Of a document of schemas: the metaschemas of the resources in it, by pointer.
    pub(crate) metaschemas: BTreeMap<String, NodeId>,
    steps: Cell<usize>,
    limit: Cell<Option<Limit>>,
}

impl<'n> Evaluation<'n> {
    pub(crate) fn new(nodes: &'n [Node]) -> Evaluation<'n> {
        Evaluation { nodes, metaschemas: BTreeMap::new(), steps: Cell::new(0), limit: Cell::new(None) }
    }

    /// Checks `value` against the schema `node`.
    pub(crate) fn run(&self, node: NodeId, value: &Json) -> Result<(), Invalid> {
        let metaschema = (!self.metaschemas.is_empty()).then_some(node);
        let result = self.check_alone(node, value, metaschema);
        match (self.limit.get(), result) {
            (Some(limit), _) => Err(Invalid::Limit(limit)),
            (None, Ok(())) => Ok(()),
            (None, Err(causes)) => {
                let message = format!("jsonschema validation failed with {}", text::quote(&self.nodes[node].location()));
                Err(Invalid::Broken(Report(Failure { shape: Shape::Heading, place: String::new(), message, causes })))
            }
        }
    }

    /// Checks a value that is not part of another.
    fn check_alone(&self, node: NodeId, value: &Json, metaschema: Option<NodeId>) -> Result<(), Vec<Failure>> {
        let scope = Scope::root(node);
        let place = Place { node, value, path: &Path::Root, scope: &scope, metaschema, is_silent: false };
        self.check(place, false).map(|_| ()).map_err(Failure::into_causes)
    }

    /// Takes steps for that many bytes of text, one at least. `false` if there are none left.
    fn spend(&self, bytes: usize) -> bool {
        let steps = self.steps.get().saturating_add(1 + bytes / 64);
        self.steps.set(steps);
        if steps > MAX_STEPS && self.limit.get().is_none() {
            self.limit.set(Some(Limit::Steps(MAX_STEPS)));
        }
        self.limit.get().is_none()
    }

    /// Checks a value and says which parts of it no rule looked at, if the schema or its user (`is_asked`) wants to know.
    fn check<'v>(&self, place: Place<'v, '_>, is_asked: bool) -> Result<Unevaluated<'v>, Failure> {
        if place.scope.depth > MAX_DEPTH {
            self.limit.set(self.limit.get().or(Some(Limit::Depth(MAX_DEPTH))));
        }
        if !self.spend(0) {
            return Err(Failure::silent());
        }
        crate::with_stack(|| {
            let unevaluated = Unevaluated::of(place.value, &self.nodes[place.node], is_asked);
            let place = place.in_own_metaschema(&self.metaschemas);
            Checker { evaluation: self, node: &self.nodes[place.node], place, failures: Vec::new(), unevaluated }.check()
        })
    }
}

/// The check of one value against one schema.
struct Checker<'e, 'v, 's> {
    evaluation: &'e Evaluation<'e>,
    node: &'e Node,
    place: Place<'v, 's>,
    failures: Vec<Failure>,
    unevaluated: Unevaluated<'v>,
}

impl<'e, 'v> Checker<'e, 'v, '_> {
    fn check(mut self) -> Result<Unevaluated<'v>, Failure> {
        match self.node.always {
            Some(true) => return Ok(self.unevaluated),
            Some(false) => return Err(self.failure(|| "false schema".to_owned(), Vec::new())),
            None => {}
        }
        self.check_cycle()?;
        self.check_any_type()?;
        if let Some(target) = self.node.rules.references.plain {
            let result = self.reference(target, "$ref");
            if !self.node.draft.has_rules_beside_references() {
                return result.map(|()| self.unevaluated);
            }
            self.absorb(result);
        }
        match self.place.value {
            Json::Object(members) => self.check_object(members),
            Json::Array(items) => self.check_array(items),
            Json::String(text) => self.check_string(text),
            Json::Number(text) => self.check_number(text),
            Json::Null | Json::Bool(_) => {}
        }
        if !self.is_decided() {
            self.check_references();
            self.check_logic();
            self.check_unevaluated();
        }
        let mut failures = std::mem::take(&mut self.failures);
        match failures.len() {
            0 => Ok(self.unevaluated),
            1 => Err(failures.remove(0)),
            _ => {
                let group = self.failure(|| "validation failed".to_owned(), failures);
                Err(Failure { shape: Shape::Group, ..group })
            }
        }
    }

    /// Type, constant, choices and format: the first that is broken is the only one that is told.
    fn check_any_type(&self) -> Result<(), Failure> {
        let value = self.place.value;
        let fail = |message: &dyn Fn() -> String| Err(self.failure(message, Vec::new()));
        if let Some(types) = self.node.types.filter(|types| !types.contain(value)) {
            return fail(&|| format!("got {}, want {}", type_name(value), types.describe()));
        }
        for choice in [&self.node.rules.constant, &self.node.rules.choices].into_iter().flatten() {
            let value = canonical(value);
            self.evaluation.spend(value.len());
            if !choice.values.contains(&value) {
                return fail(&|| choice.message.clone());
            }
        }
        if let Some(format) = self.node.rules.format
            && let Err(error) = format.check(value)
        {
            return fail(&|| format!("{} is not valid {}: {error}", text::display(value), format.name));
        }
        Ok(())
    }

    /// Whether only the outcome counts, and it is known.
    fn is_decided(&self) -> bool {
        self.place.is_silent && !self.failures.is_empty()
    }

    fn failure(&self, message: impl FnOnce() -> String, causes: Vec<Failure>) -> Failure {
        if self.place.is_silent {
            return Failure::silent();
        }
        let (place, message) = (self.place.path.to_string(), message());
        self.evaluation.spend(place.len() + message.len());
        Failure { shape: Shape::Rule, place, message, causes }
    }

    fn fail(&mut self, message: impl FnOnce() -> String) {
        self.fail_because(message, Vec::new());
    }

    fn fail_because(&mut self, message: impl FnOnce() -> String, causes: Vec<Failure>) {
        let failure = self.failure(message, causes);
        self.failures.push(failure);
    }

    fn absorb(&mut self, result: Result<(), Failure>) {
        self.failures.extend(result.err());
    }

    /// Checks a member or an item of the value.
    fn check_part(&self, node: NodeId, value: &'v Json, token: Token<'v>) -> Result<(), Failure> {
        let scope = self.place.scope.below(node);
        let path = Path::Below(self.place.path, token);
        self.evaluation.check(Place { node, value, path: &path, scope: &scope, ..self.place }, false).map(|_| ())
    }

    /// Checks the same value against another schema, and takes over which parts that one looked at.
    fn check_also(&mut self, node: NodeId, keyword: &'static str, is_silent: bool) -> Result<(), Failure> {
        let scope = self.place.scope.beside(node, keyword);
        let is_silent = self.place.is_silent || is_silent;
        let place = Place { node, scope: &scope, is_silent, ..self.place };
        let unevaluated = self.evaluation.check(place, !self.unevaluated.is_empty())?;
        self.unevaluated.intersect(&unevaluated);
        Ok(())
    }
}
