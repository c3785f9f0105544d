//! A broken rule and the broken rules below it.

use std::fmt::{Formatter, Result};

use crate::text::quote;

/// What a failure is to the list that is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// The heading of a report; it has no place in the value.
    Heading,
    /// A broken rule.
    Rule,
    /// Several broken rules of one schema. Whatever refers to the schema takes their place.
    Group,
    /// A reference whose target failed. With one cause it is not printed.
    Reference,
}

/// A broken rule: where in the value, what is wrong there, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) shape: Shape,
    /// A JSON pointer into the value.
    pub(crate) place: String,
    pub(crate) message: String,
    pub(crate) causes: Vec<Failure>,
}

impl Failure {
    /// A failure that nobody will read: only that there is one counts.
    pub(crate) fn silent() -> Failure {
        Failure { shape: Shape::Rule, place: String::new(), message: String::new(), causes: Vec::new() }
    }

    /// The failures that another one takes as causes in place of this one.
    pub(crate) fn into_causes(self) -> Vec<Failure> {
        if self.shape == Shape::Group { self.causes } else { vec![self] }
    }

    /// Prints the failure and its causes; each level is indented by two more spaces.
    pub(crate) fn write(&self, f: &mut Formatter<'_>, level: usize) -> Result {
        let is_transparent = self.shape == Shape::Reference && self.causes.len() == 1;
        let mut below = level;
        if !is_transparent {
            if level > 0 {
                write!(f, "\n{}- ", "  ".repeat(level - 1))?;
            }
            if self.shape != Shape::Heading {
                write!(f, "at {}: ", quote(&self.place))?;
            }
            f.write_str(&self.message)?;
            below += 1;
        }
        self.causes.iter().try_for_each(|cause| crate::with_stack(|| cause.write(f, below)))
    }
}
