//! Regular expressions. The only place that knows which engine runs them.

use regex::{Regex, RegexBuilder};

/// The most memory that a compiled expression may take, in bytes.
const SIZE_LIMIT: usize = 4 << 20;

/// An expression that is looked for anywhere in a string.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    source: String,
    regex: Regex,
}

impl Pattern {
    /// Compiles an expression.
    ///
    /// # Errors
    /// A message about what is wrong with it.
    pub(crate) fn compile(source: &str) -> Result<Pattern, String> {
        match RegexBuilder::new(source).size_limit(SIZE_LIMIT).build() {
            Ok(regex) => Ok(Pattern { source: source.to_owned(), regex }),
            Err(error) => Err(error.to_string()),
        }
    }

    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}
