//! CEL expressions as Flux configures them: standard library, strings, sets, encoders, optional values, numbers compare across
//! types, UTC.
//!
//! An expression is parsed once and evaluated often. Parsing and evaluation are bounded: by the length of the source, by steps of
//! comprehensions, by the size of texts and lists that are made. Messages never show values, which may come from a Secret.

mod budget;
mod check;
mod constant;
mod depth;
mod environment;
mod function;
mod kind;

use std::fmt;

use cel::{Context, ExecutionError, IdedExpr};
use serde_json::Value;

use budget::Budget;

/// The longest source. Real expressions have a few hundred characters.
const SOURCE_LIMIT: usize = 8 << 10;

/// How many brackets may be open at once. The parser recurses, and its frames are large.
const BRACKET_LIMIT: usize = 32;

/// How deep an expression may be, as cel-go limits it. `a.b.c` is three deep.
const DEPTH_LIMIT: usize = 250;

/// A parsed expression.
pub struct Expression {
    source: String,
    root: IdedExpr,
}

/// What is wrong with an expression itself, or with the values it met. The wording is Flux's where Flux has one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    /// It does not parse, or names something that does not exist, or is of the wrong type.
    #[error("failed to parse the CEL expression '{source_text}': {issues}")]
    Parse {
        /// The expression.
        source_text: String,
        /// What is wrong and where, a line each.
        issues: String,
    },
    /// It is nested more deeply than this crate allows.
    #[error("the CEL expression is nested too deeply")]
    TooDeep,
    /// A part of it can only fail.
    #[error("failed to create CEL program: {reason}")]
    Hopeless {
        /// Why.
        reason: String,
    },
    /// It can give something else than what is wanted.
    #[error("CEL expression output type mismatch: expected {expected}, got {found}")]
    OutputType {
        /// The wanted type.
        expected: String,
        /// The expression's type.
        found: String,
    },
    /// It is longer than this crate allows.
    #[error("the CEL expression is longer than {limit} bytes")]
    TooLong {
        /// The bound in bytes.
        limit: usize,
    },
    /// It met a value it cannot work on.
    #[error("failed to evaluate the CEL expression '{source_text}': {reason}")]
    Evaluate {
        /// The expression.
        source_text: String,
        /// Why, without values.
        reason: String,
    },
    /// It gave something else than a truth value.
    #[error("failed to evaluate CEL expression as boolean: '{source_text}'")]
    NotBoolean {
        /// The expression.
        source_text: String,
    },
}

impl Expression {
    /// Parses an expression whose variables and types are known only when it is evaluated.
    ///
    /// # Errors
    /// [`ExpressionError::Parse`], [`ExpressionError::Hopeless`], [`ExpressionError::TooDeep`] and [`ExpressionError::TooLong`].
    pub fn parse(source: &str) -> Result<Self, ExpressionError> {
        Self::build(source, |_, _| Ok(()))
    }

    /// Parses an expression over `variables`, each a map, that gives a truth value.
    ///
    /// # Errors
    /// As [`Expression::parse`]; also for unknown variables and functions and for operands that never fit
    /// ([`ExpressionError::Parse`]), and for another result ([`ExpressionError::OutputType`]).
    pub fn compile(source: &str, variables: &[&str]) -> Result<Self, ExpressionError> {
        Self::build(source, |root, positions| {
            let kind = check::kind_of(root, variables, positions)
                .map_err(|issues| ExpressionError::Parse { source_text: source.to_owned(), issues })?;
            if kind == kind::Kind::Bool {
                return Ok(());
            }
            Err(ExpressionError::OutputType { expected: kind::Kind::Bool.to_string(), found: kind.to_string() })
        })
    }

    fn build(
        source: &str,
        check: impl FnOnce(&IdedExpr, &cel::common::ast::SourceInfo) -> Result<(), ExpressionError>,
    ) -> Result<Self, ExpressionError> {
        if source.len() > SOURCE_LIMIT {
            return Err(ExpressionError::TooLong { limit: SOURCE_LIMIT });
        }
        if depth::of_brackets(source) > BRACKET_LIMIT {
            return Err(ExpressionError::TooDeep);
        }
        let program = environment::shared().compile(source).map_err(|errors| ExpressionError::Parse {
            source_text: source.to_owned(),
            // Issues are indented in cel-go.
            issues: errors.to_string().replace("\n|", "\n |"),
        })?;
        if depth::of_expression(program.expression(), DEPTH_LIMIT) > DEPTH_LIMIT {
            return Err(ExpressionError::TooDeep);
        }
        check(program.expression(), program.source_info())?;
        if let Some(reason) = constant::hopeless_call(program.expression(), &environment::shared()) {
            return Err(ExpressionError::Hopeless { reason });
        }
        let mut root = program.expression().clone();
        budget::meter(&mut root);
        Ok(Self { source: source.to_owned(), root })
    }

    /// Evaluates with the given variables.
    ///
    /// # Errors
    /// [`ExpressionError::Evaluate`] and [`ExpressionError::NotBoolean`].
    pub fn evaluate<'value>(
        &self,
        variables: impl IntoIterator<Item = (&'value str, &'value Value)>,
    ) -> Result<bool, ExpressionError> {
        let mut context = Context::with_env(environment::shared());
        let references = self.root.references();
        for (name, value) in variables {
            if references.has_variable(name) {
                context.add_variable_from_value(name, environment::convert(value));
            }
        }
        let failed = |reason: String| ExpressionError::Evaluate { source_text: self.source.clone(), reason };
        Budget::default().register(&mut context).map_err(|error| failed(error.to_string()))?;
        match cel::Value::resolve(&self.root, &context) {
            Ok(cel::Value::Bool(value)) => Ok(value),
            Ok(_) => Err(ExpressionError::NotBoolean { source_text: self.source.clone() }),
            Err(error) => Err(failed(describe(&error, &self.source))),
        }
    }
}

/// The source.
impl fmt::Display for Expression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.source)
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Expression").field(&self.source).finish()
    }
}

/// The error in cel-go's words, without the values that the crate's own words show.
fn describe(error: &ExecutionError, source: &str) -> String {
    match error {
        // A key that is not in the source came from a value.
        ExecutionError::NoSuchKey(key) if source.contains(key.as_str()) => format!("no such key: {key}"),
        ExecutionError::NoSuchKey(_) => "no such key".to_owned(),
        ExecutionError::UndeclaredReference(name) => format!("no such attribute(s): {name}"),
        ExecutionError::DivisionByZero(_) => "division by zero".to_owned(),
        ExecutionError::RemainderByZero(_) => "modulus by zero".to_owned(),
        ExecutionError::Overflow(..) => "integer overflow".to_owned(),
        ExecutionError::IndexOutOfBounds(_) => "index out of bounds".to_owned(),
        ExecutionError::FunctionError { function, message } if function == budget::STEP || function == budget::BOUNDED => {
            message.clone()
        }
        ExecutionError::FunctionError { function, .. } => format!("invalid argument to function '{function}'"),
        ExecutionError::DuplicateKey(_) => "map literal repeats a key".to_owned(),
        _ => "no such overload".to_owned(),
    }
}
