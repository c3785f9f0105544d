//! What can go wrong, in Flux's words.

/// Why the text of an object could not be substituted. Flux puts `envsubst error: ` before it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubstitutionError {
    /// A variable was given whose name no expression could use.
    #[error("'{name}' var name is invalid, must match '^[_[:alpha:]][_[:alpha:][:digit:]]*$'")]
    InvalidName {
        /// The name as given.
        name: String,
    },
    /// The text does not parse or does not evaluate.
    #[error("variable substitution failed")]
    Template {
        /// What exactly.
        source: TemplateError,
    },
}

/// Why an expression failed. The first five and `VariableNotSet` are worded as Flux words them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// An operator is incomplete or followed by something other than its end.
    #[error("bad substitution")]
    BadSubstitution,
    /// A name is followed by something that is neither `}` nor a known operator.
    #[error("missing closing brace")]
    MissingClosingBrace,
    /// `${` is not followed by a name.
    #[error("unable to parse variable name")]
    VariableName,
    /// An operator lacks its argument, or the text ends inside of it.
    #[error("unable to parse substitution within function")]
    FunctionArgument,
    /// `:` is followed by a default operator that cannot be read.
    #[error("unable to parse default function")]
    DefaultFunction,
    /// Strict mode, no value, no default.
    #[error("variable not set (strict mode): {name:?}")]
    VariableNotSet {
        /// The variable's name.
        name: String,
    },
    /// `${name:position:length}` with a length that ends before it starts; Flux panics.
    #[error("substring of {name:?} has a negative length")]
    NegativeLength {
        /// The variable's name.
        name: String,
    },
    /// A substring or pattern cut a character in two.
    #[error("result is not valid UTF-8")]
    NotUtf8,
    /// Expressions are nested more deeply than this crate allows.
    #[error("expressions are nested more than {limit} deep")]
    TooDeep {
        /// The bound.
        limit: usize,
    },
    /// The result, or a value on the way to it, would be larger than this crate allows.
    #[error("result is larger than {limit} bytes")]
    TooLarge {
        /// The bound in bytes.
        limit: usize,
    },
    /// Matching patterns takes more steps than this crate allows.
    #[error("patterns take more than {limit} steps to match")]
    TooExpensive {
        /// The bound in single character comparisons.
        limit: u64,
    },
}
