//! Turns segments into bytes. Bytes, because a substring may cut a character that a later piece completes.

use crate::Strictness;
use crate::error::TemplateError;
use crate::operation::{self, Operation};
use crate::template::{Expression, Segment};

/// The largest result, and the largest value on the way. The API server takes objects of at most 1.5 MiB.
const SIZE_LIMIT: usize = 16 << 20;

/// How many character comparisons all patterns of one text may take: a fraction of a second.
const STEP_LIMIT: u64 = 20_000_000;

/// What is left of the work a text may cause.
#[derive(Debug)]
pub(crate) struct Budget {
    steps: u64,
}

impl Budget {
    /// Pays for `steps` comparisons.
    pub(crate) fn spend(&mut self, steps: u64) -> Result<(), TemplateError> {
        self.steps = self.steps.checked_sub(steps).ok_or(TemplateError::TooExpensive { limit: STEP_LIMIT })?;
        Ok(())
    }
}

/// Fails when a value of `length` bytes is too large.
pub(crate) fn check_size(length: usize) -> Result<(), TemplateError> {
    if length > SIZE_LIMIT { Err(TemplateError::TooLarge { limit: SIZE_LIMIT }) } else { Ok(()) }
}

/// Evaluates a template.
pub(crate) fn render<'values>(
    segments: &[Segment],
    lookup: &dyn Fn(&str) -> Option<&'values str>,
    strictness: Strictness,
) -> Result<String, TemplateError> {
    let mut evaluation = Evaluation { lookup, strictness, budget: Budget { steps: STEP_LIMIT } };
    let mut output = Vec::new();
    for segment in segments {
        evaluation.append(segment, &mut output)?;
    }
    String::from_utf8(output).map_err(|_| TemplateError::NotUtf8)
}

struct Evaluation<'lookup, 'values> {
    lookup: &'lookup dyn Fn(&str) -> Option<&'values str>,
    strictness: Strictness,
    budget: Budget,
}

impl Evaluation<'_, '_> {
    fn append(&mut self, segment: &Segment, output: &mut Vec<u8>) -> Result<(), TemplateError> {
        match segment {
            Segment::Text(text) => output.extend_from_slice(text.as_bytes()),
            Segment::Expression(expression) => {
                let value = self.value(expression)?;
                output.extend_from_slice(&value);
            }
        }
        check_size(output.len())
    }

    fn value(&mut self, expression: &Expression) -> Result<Vec<u8>, TemplateError> {
        let mut arguments = Vec::with_capacity(expression.arguments.len());
        for argument in &expression.arguments {
            let mut value = Vec::new();
            self.append(argument, &mut value)?;
            arguments.push(value);
        }
        let operation = Operation::of(&expression.operator, arguments);
        let name = expression.name.as_str();
        let value = match ((self.lookup)(name), &operation) {
            (Some(value), _) => value,
            (None, Operation::Default { .. }) => "",
            (None, _) if self.strictness == Strictness::Lenient => "",
            (None, _) => return Err(TemplateError::VariableNotSet { name: name.to_owned() }),
        };
        operation::apply(&operation, name, value, &mut self.budget)
    }
}
