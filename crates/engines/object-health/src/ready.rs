//! Is a dependency ready? The other use of expressions: `dependsOn[].readyExpr` over `self` and `dep`.

use serde_json::Value;

use crate::expression::{Expression, ExpressionError};

/// A compiled `readyExpr`.
#[derive(Debug)]
pub struct ReadyExpression {
    expression: Expression,
}

impl ReadyExpression {
    /// Compiles the source. Flux puts `failed to evaluate dependency <name>: ` before an error, and does not try again.
    ///
    /// # Errors
    /// [`ExpressionError`] for a source that does not parse, knows other variables, or does not give a truth value.
    pub fn compile(source: &str) -> Result<Self, ExpressionError> {
        Expression::compile(source, &["self", "dep"]).map(|expression| Self { expression })
    }

    /// Whether `dependency` is ready for `dependent`, both whole objects. Flux's message for "no" is
    /// `dependency '<namespace>/<name>' is not ready according to readyExpr eval`.
    ///
    /// # Errors
    /// [`ExpressionError`] for values the expression cannot work on.
    pub fn evaluate(&self, dependent: &Value, dependency: &Value) -> Result<bool, ExpressionError> {
        self.expression.evaluate([("self", dependent), ("dep", dependency)])
    }
}
