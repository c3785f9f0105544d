//! Bounds on one execution, so that a hostile template ends with an error.

use crate::error::Limit;

/// What one execution, with all templates it calls, may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Evaluations of nodes, turns of loops and formatted elements.
    pub steps: u64,
    /// Bytes of text written or computed.
    pub bytes: u64,
    /// Levels of nested evaluation: templates in templates, blocks in blocks, parentheses, lists in lists.
    pub depth: usize,
    /// Templates within templates.
    pub template_depth: usize,
}

impl Default for Limits {
    /// Far beyond any real chart: 50 million steps, 1 GiB of text, 250,000 levels, and Go's 100,000 templates within
    /// templates, which take some 130 MB of stack.
    fn default() -> Self {
        Self { steps: 50_000_000, bytes: 1 << 30, depth: 250_000, template_depth: 100_000 }
    }
}

/// What is left of the limits.
#[derive(Debug)]
pub(crate) struct Budget {
    limits: Limits,
    steps_left: u64,
    bytes_left: u64,
    depth: usize,
    pub(crate) template_depth: usize,
}

impl Budget {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, steps_left: limits.steps, bytes_left: limits.bytes, depth: 0, template_depth: 0 }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn take_steps(&mut self, steps: u64) -> Result<(), Limit> {
        self.steps_left = self.steps_left.checked_sub(steps).ok_or(Limit::Steps(self.limits.steps))?;
        Ok(())
    }

    pub(crate) fn take_bytes(&mut self, bytes: usize) -> Result<(), Limit> {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.bytes_left = self.bytes_left.checked_sub(bytes).ok_or(Limit::Bytes(self.limits.bytes))?;
        Ok(())
    }

    /// Goes one level down. Whoever succeeds calls [`Budget::leave`] afterwards.
    pub(crate) fn enter(&mut self) -> Result<(), Limit> {
        if self.depth >= self.limits.depth {
            return Err(Limit::Depth(self.limits.depth));
        }
        self.depth += 1;
        Ok(())
    }

    pub(crate) fn leave(&mut self) {
        self.depth -= 1;
    }
}
