//! Why a text is not a pattern, in Go's words.

/// A text that is not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("error parsing regexp: {code}: `{expression}`")]
pub struct CompileError {
    /// What is wrong.
    pub code: ErrorCode,
    /// The part of the pattern that is wrong; bytes that are not UTF-8 are replaced.
    pub expression: String,
}

/// What is wrong with a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ErrorCode {
    /// A range such as `z-a`, or a class that does not exist.
    #[error("invalid character class range")]
    CharacterRange,
    /// `\` before something that it has no meaning for.
    #[error("invalid escape sequence")]
    Escape,
    /// A name of a group that is not made of letters, digits and underscores.
    #[error("invalid named capture")]
    NamedCapture,
    /// `(?` before something that Go does not support.
    #[error("invalid or unsupported Perl syntax")]
    PerlSyntax,
    /// Two repetitions in a row.
    #[error("invalid nested repetition operator")]
    NestedRepetition,
    /// A count above 1000, or counts that multiply to more.
    #[error("invalid repeat count")]
    RepeatCount,
    /// Bytes that are not UTF-8.
    #[error("invalid UTF-8")]
    Utf8,
    /// `[` without `]`.
    #[error("missing closing ]")]
    MissingBracket,
    /// `(` without `)`.
    #[error("missing closing )")]
    MissingParenthesis,
    /// A repetition of nothing.
    #[error("missing argument to repetition operator")]
    MissingRepeatArgument,
    /// `\` at the end.
    #[error("trailing backslash at end of expression")]
    TrailingBackslash,
    /// `)` without `(`.
    #[error("unexpected )")]
    UnexpectedParenthesis,
    /// More than 1000 levels.
    #[error("expression nests too deeply")]
    NestingDepth,
    /// The compiled form takes more memory than allowed.
    #[error("expression too large")]
    TooLarge,
}
