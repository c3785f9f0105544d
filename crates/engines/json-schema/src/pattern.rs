//! Regular expressions of schemas, which are Go's.

use go_regexp::{CompileError, Regexp};

/// An expression that is looked for anywhere in a string.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    source: String,
    regexp: Regexp,
}

impl Pattern {
    /// # Errors
    /// Go's message about what is wrong with the expression.
    pub(crate) fn compile(source: &str) -> Result<Pattern, CompileError> {
        Ok(Pattern { source: source.to_owned(), regexp: Regexp::compile(source.as_bytes())? })
    }

    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.regexp.is_match(text.as_bytes())
    }
}
