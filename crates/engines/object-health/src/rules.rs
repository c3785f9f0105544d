//! Rules that an owner gives for kinds of objects (`healthCheckExprs`), and the choice of the rule for an object.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use crate::access;
use crate::expression::{Expression, ExpressionError};
use crate::job;
use crate::kstatus::{self, Assessment, Status};

/// A rule as its owner wrote it. Empty expressions are absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HealthRule {
    /// Group and version; the version does not matter.
    pub api_version: String,
    /// The kind; empty for all kinds of the group that have no rule of their own.
    pub kind: String,
    /// When the object is there.
    pub current: String,
    /// When it is on its way.
    pub in_progress: String,
    /// When it has failed.
    pub failed: String,
}

/// Rules that do not compile. The wording is Flux's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRules {
    /// Two rules for the same kind.
    #[error("duplicate custom health check for GroupKind {group_kind} at healthchecks[{index}]")]
    Duplicate {
        /// `Kind.group`.
        group_kind: String,
        /// The position of the second.
        index: usize,
    },
    /// An expression that does not parse, or that is missing.
    #[error("failed to create custom status evaluator for healthchecks[{index}]")]
    Rule {
        /// The rule's position.
        index: usize,
        /// What is wrong with it.
        source: InvalidRule,
    },
}

/// A rule that does not compile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRule {
    /// There is no expression for "current".
    #[error("expression Current not specified")]
    NoCurrent,
    /// An expression does not parse.
    #[error("failed to parse the expression {field}")]
    Expression {
        /// Which of the three.
        field: &'static str,
        /// Why.
        source: ExpressionError,
    },
}

/// Compiled rules, by group and kind.
#[derive(Debug, Default)]
pub struct HealthRules {
    rules: BTreeMap<(String, String), Evaluator>,
}

/// Expressions in the order in which they are asked.
#[derive(Debug)]
struct Evaluator {
    expressions: Vec<(Status, Expression)>,
}

impl HealthRules {
    /// Compiles rules.
    ///
    /// # Errors
    /// [`InvalidRules`] for the first rule that is wrong.
    pub fn compile(rules: &[HealthRule]) -> Result<Self, InvalidRules> {
        let mut compiled = BTreeMap::new();
        for (index, rule) in rules.iter().enumerate() {
            let group = rule.api_version.split_once('/').map_or("", |(group, _)| group);
            let key = (group.to_owned(), rule.kind.clone());
            if compiled.contains_key(&key) {
                return Err(InvalidRules::Duplicate { group_kind: shown(group, &rule.kind), index });
            }
            compiled.insert(key, Evaluator::compile(rule).map_err(|source| InvalidRules::Rule { index, source })?);
        }
        Ok(Self { rules: compiled })
    }

    /// Assesses a live object by the rule of its kind or of its group; `None` where there is none.
    #[must_use]
    pub fn assess_by_rule(&self, object: &Value) -> Option<Assessment> {
        let (group, kind) = access::group_and_kind(object);
        let rule = |kind: &str| self.rules.get(&(group.to_owned(), kind.to_owned()));
        let evaluated = rule(kind).or_else(|| rule(""))?.evaluate(object);
        Some(evaluated.unwrap_or_else(|error| Assessment::unknown(error.to_string())))
    }

    /// Assesses a live object: by the rule of its kind, else by the rule of its group, else as Flux does without rules.
    /// What cannot be assessed is [`Status::Unknown`].
    #[must_use]
    pub fn assess(&self, object: &Value, now: Timestamp) -> Assessment {
        let assessed = match self.assess_by_rule(object) {
            Some(assessment) => return assessment,
            None if job::is_job(object) => job::compute(object),
            None => kstatus::compute(object, now),
        };
        assessed.unwrap_or_else(|error| Assessment::unknown(error.to_string()))
    }
}

/// As Go prints a kind of a group.
fn shown(group: &str, kind: &str) -> String {
    if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") }
}

impl Evaluator {
    fn compile(rule: &HealthRule) -> Result<Self, InvalidRule> {
        if rule.current.is_empty() {
            return Err(InvalidRule::NoCurrent);
        }
        let parse = |status, field: &'static str, source: &str| {
            let parsed = (!source.is_empty()).then(|| Expression::parse(source)).transpose();
            parsed
                .map(|parsed| parsed.map(|expression| (status, expression)))
                .map_err(|source| InvalidRule::Expression { field, source })
        };
        // In the order of Flux's messages; they are asked in another.
        let current = parse(Status::Current, "Current", &rule.current)?;
        let failed = parse(Status::Failed, "Failed", &rule.failed)?;
        let in_progress = parse(Status::InProgress, "InProgress", &rule.in_progress)?;
        Ok(Self { expressions: [in_progress, failed, current].into_iter().flatten().collect() })
    }

    /// The first expression that holds decides; none is "in progress", and so is a spec the controller has not seen yet.
    fn evaluate(&self, object: &Value) -> Result<Assessment, ExpressionError> {
        let observed = object.pointer("/status/observedGeneration").and_then(Value::as_i64);
        let generation = object.pointer("/metadata/generation").and_then(Value::as_i64);
        if observed.is_some_and(|observed| generation.is_some_and(|generation| generation != observed)) {
            return Ok(Assessment::new(Status::InProgress, ""));
        }
        for (status, expression) in &self.expressions {
            let fields = object.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value));
            if expression.evaluate(fields)? {
                return Ok(Assessment::new(*status, ""));
            }
        }
        Ok(Assessment::new(Status::InProgress, ""))
    }
}
