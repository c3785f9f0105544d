//! What all templates of one execution share.

use super::operand::Operand;
use crate::budget::{Budget, Limits};

/// What an execution has once, however many templates call each other.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) budget: Budget,
    /// What is written so far. Texts in the making lie at the end until they are taken away.
    pub(crate) output: Vec<u8>,
    /// The variables of all templates under way, the innermost last, by their numbers.
    pub(super) variables: Vec<(u32, Operand)>,
    /// The arguments of all builtins under way, the innermost last.
    pub(super) operands: Vec<Operand>,
}

impl Run {
    pub(super) fn new(limits: Limits) -> Self {
        Self { budget: Budget::new(limits), output: Vec::new(), variables: Vec::new(), operands: Vec::new() }
    }
}
