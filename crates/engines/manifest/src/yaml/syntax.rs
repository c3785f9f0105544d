//! Syntax errors in Go's words, with the line Go names.
//!
//! Go counts lines from zero inside and names the scanner's errors one line further than the parser's, and no line at all for the
//! first. v3 prefers the place where the broken construct began over the place where it broke. Kinds of errors that Go's libraries
//! do not have keep our parser's words.

use granit_parser::{ErrorKind, ScanError};

use super::parse::position;
use super::{Bound, Dialect, Position, YamlError};

/// The innermost collection that is still open.
#[derive(Debug, Clone, Copy)]
pub(super) struct Enclosing {
    /// The line it starts at, from 1.
    pub(super) line: usize,
    pub(super) kind: EnclosingKind,
}

/// What an open collection is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum EnclosingKind {
    BlockMapping,
    BlockSequence,
    FlowMapping,
    FlowSequence,
}

/// What else Go looks at to name a line.
pub(super) struct Surroundings<'a> {
    pub(super) text: &'a str,
    pub(super) dialect: Dialect,
    /// The bound of nesting.
    pub(super) depth: usize,
    pub(super) enclosing: Option<Enclosing>,
}

/// An error in Go's terms.
struct Fault {
    problem: String,
    /// Which of Go's stages finds it.
    stage: Stage,
    /// Where it breaks, from 1.
    line: usize,
    /// Where the broken construct began, from 1, if Go notes it.
    context: Option<usize>,
}

#[derive(PartialEq)]
enum Stage {
    Scanner,
    Parser,
}

/// Names a scanner's or parser's error as Go's libraries would.
pub(super) fn error(error: &ScanError, around: &Surroundings<'_>) -> YamlError {
    let position = position(*error.marker());
    if *error.kind() == ErrorKind::RecursionLimitExceeded {
        return YamlError::Limit { bound: Bound::Depth, allowed: around.depth, position };
    }
    let fault = scanner_fault(error.kind(), position, around.text).or_else(|| parser_fault(error.kind(), position, around));
    let fault = fault.unwrap_or_else(|| Fault {
        problem: error.kind().to_string(),
        stage: Stage::Scanner,
        line: position.line,
        context: None,
    });
    let go_line = go_line(&fault, around.dialect);
    YamlError::Syntax { problem: fault.problem, go_line, position }
}

fn go_line(fault: &Fault, dialect: Dialect) -> Option<usize> {
    let problem = fault.line - 1;
    let context = fault.context.map_or(problem, |line| line - 1);
    let (first, second) = match dialect {
        Dialect::V2 => (problem, context),
        Dialect::V3 => (context, problem),
    };
    let counted = |line: usize| if fault.stage == Stage::Scanner { line + 1 } else { line };
    match (first, second) {
        (0, 0) => None,
        // v2 gives only the preferred place the scanner's extra line.
        (0, second) if dialect == Dialect::V2 => Some(second),
        (0, second) => Some(counted(second)),
        (first, _) => Some(counted(first)),
    }
}

fn scanner_fault(kind: &ErrorKind, at: Position, text: &str) -> Option<Fault> {
    use ErrorKind as K;
    let problem = match kind {
        K::MappingValueNotAllowed => "mapping values are not allowed in this context",
        K::MappingKeyNotAllowed => "mapping keys are not allowed in this context",
        K::BlockSequenceEntryNotAllowed => "block sequence entries are not allowed in this context",
        K::SimpleKeyExpected => "could not find expected ':'",
        K::UnclosedQuotedScalar => "found unexpected end of stream",
        K::DocumentIndicatorInQuotedScalar => "found unexpected document indicator",
        K::InvalidBlockScalarHeader | K::InvalidDirectiveTerminator | K::CommentNotSeparated => {
            "did not find expected comment or line break"
        }
        K::ZeroBlockScalarIndent => "found an indentation indicator equal to 0",
        K::MissingAnchorOrAliasName => "did not find expected alphabetic or numeric character",
        K::TabAtBlockScalarStart => "found a tab character where an indentation space is expected",
        K::TabInPlainScalar => "found a tab character that violates indentation",
        K::UnknownQuotedScalarEscape => "found unknown escape character",
        K::InvalidQuotedScalarHexEscape => "did not find expected hexdecimal number",
        K::InvalidUnicodeEscape | K::UnpairedLowSurrogate | K::MissingLowSurrogate | K::InvalidLowSurrogate => {
            "found invalid Unicode character escape code"
        }
        K::InvalidTagTerminator | K::InvalidTagDirectiveTerminator => "did not find expected whitespace or line break",
        K::InvalidTagEscape => "did not find URI escaped octet",
        K::MissingTagUri => "did not find expected tag URI",
        K::ExpectedTagBang | K::ExpectedTagDirectiveBang => "did not find expected '!'",
        K::MissingDirectiveName => "could not find expected directive name",
        K::MissingYamlVersion => "did not find expected version number",
        K::MissingYamlVersionSeparator => "did not find expected digit or '.' character",
        K::UnexpectedCharacter { .. } | K::TabInBlockIndentation | K::TabInIndentation | K::TabNotAllowed => {
            "found character that cannot start any token"
        }
        _ => return None,
    };
    let line = match kind {
        K::SimpleKeyExpected => next_content_line(text, at),
        K::UnclosedQuotedScalar => 1 + text.matches('\n').count(),
        K::DocumentIndicatorInQuotedScalar => indicator_line(text, at),
        K::TabAtBlockScalarStart | K::TabInPlainScalar => at.line + 1,
        _ => at.line,
    };
    Some(Fault { problem: problem.to_owned(), stage: Stage::Scanner, line, context: Some(at.line) })
}

fn parser_fault(kind: &ErrorKind, at: Position, around: &Surroundings<'_>) -> Option<Fault> {
    use ErrorKind as K;
    let content = || ("did not find expected node content", at.line, None);
    let (problem, line, context) = match kind {
        K::MisplacedFlowCollectionEnd
        | K::UnexpectedEofFlowSequence
        | K::UnexpectedEofFlowMapping
        | K::UnexpectedEofImplicitFlowMapping
        | K::UnexpectedEofBlockSequence
        | K::UnexpectedEofBlockMapping
        | K::UnexpectedEof
        | K::BlockEntryInFlowCollection
        | K::ExpectedNodeContent => content(),
        K::UnclosedFlowCollection { open } => {
            // The scanner puts the end of the stream on a line of its own.
            let last_line = 1 + around.text.lines().count();
            if around.text.trim_end().ends_with(['[', '{', ',', ':', '?']) {
                ("did not find expected node content", last_line, None)
            } else {
                (separator(*open), last_line, Some(at.line))
            }
        }
        K::ExpectedDocumentStart => ("did not find expected <document start>", at.line, None),
        K::UndeclaredTagHandle => ("found undefined tag handle", at.line, None),
        K::ExpectedBlockMappingKey
        | K::ExpectedBlockSequenceEntry
        | K::InvalidIndentation
        | K::InvalidBlockScalarIndent
        | K::CommentInterceptedScalar
        | K::InvalidTrailingSingleQuotedScalar
        | K::InvalidTrailingDoubleQuotedScalar
        | K::ExpectedFlowMappingSeparator
        | K::ExpectedFlowSequenceSeparator
        | K::InvalidColonPlacement
        | K::FlowMappingValueAdjacentCollection
        | K::MismatchedFlowCollectionEnd { .. } => expected_next(kind, at, around.enclosing),
        _ => return None,
    };
    Some(Fault { problem: problem.to_owned(), stage: Stage::Parser, line, context })
}

/// A mapping entry that starts with its colon: our parser reads an empty key, Go's do not.
pub(super) fn missing_key(at: Position, enclosing: Option<Enclosing>, dialect: Dialect) -> YamlError {
    let flow = enclosing.is_some_and(|enclosing| enclosing.kind == EnclosingKind::FlowMapping);
    let (problem, context) = if flow {
        ("did not find expected node content", None)
    } else {
        ("did not find expected key", enclosing.map(|enclosing| enclosing.line))
    };
    let fault = Fault { problem: problem.to_owned(), stage: Stage::Parser, line: at.line, context };
    YamlError::Syntax { go_line: go_line(&fault, dialect), problem: fault.problem, position: at }
}

/// A tab before the first thing on a line that may begin a key: our parser and Go's v3 pass over it where the
/// stream begins, Go's v2 does not.
pub(super) fn refuse_tab_before_content(text: &str) -> Result<(), YamlError> {
    let mut offset = 0;
    for (index, line) in text.split('\n').enumerate() {
        let content = line.trim_start_matches(' ');
        if content.starts_with('\t') {
            let column = line.len() - content.len();
            let at = Position { line: index + 1, column: column + 1, offset: offset + column };
            let problem = "found character that cannot start any token".to_owned();
            let fault = Fault { problem, stage: Stage::Scanner, line: at.line, context: Some(at.line) };
            return Err(YamlError::Syntax { go_line: go_line(&fault, Dialect::V2), problem: fault.problem, position: at });
        }
        if !(content.is_empty() || content.starts_with('#') || line.trim_end() == "---") {
            break;
        }
        offset += line.len() + 1;
    }
    Ok(())
}

/// What may follow in the innermost collection.
fn expected_next(kind: &ErrorKind, at: Position, enclosing: Option<Enclosing>) -> (&'static str, usize, Option<usize>) {
    let problem = match (enclosing.map(|enclosing| enclosing.kind), kind) {
        (Some(EnclosingKind::FlowMapping), _) => separator('{'),
        (Some(EnclosingKind::FlowSequence), _) => separator('['),
        (_, ErrorKind::ExpectedBlockMappingKey) | (Some(EnclosingKind::BlockMapping), _) => "did not find expected key",
        (_, ErrorKind::ExpectedBlockSequenceEntry) | (Some(EnclosingKind::BlockSequence), _) => {
            "did not find expected '-' indicator"
        }
        (None, _) => "did not find expected <document start>",
    };
    (problem, at.line, enclosing.map(|enclosing| enclosing.line))
}

fn separator(open: char) -> &'static str {
    if open == '{' { "did not find expected ',' or '}'" } else { "did not find expected ',' or ']'" }
}

/// The first line after the one at `at` that holds more than a comment; the last line if none does.
fn next_content_line(text: &str, at: Position) -> usize {
    let after = text.get(at.offset..).unwrap_or_default();
    let mut lines = after.split('\n').enumerate().skip(1);
    let content = lines.find(|(_, line)| {
        let line = line.trim_start();
        !line.is_empty() && !line.starts_with('#')
    });
    at.line + content.map_or_else(|| after.matches('\n').count(), |(index, _)| index)
}

/// The first line after the one at `at` that starts with `---` or `...`.
fn indicator_line(text: &str, at: Position) -> usize {
    let after = text.get(at.offset..).unwrap_or_default();
    let mut lines = after.split('\n').enumerate().skip(1);
    let found = lines.find(|(_, line)| line.starts_with("---") || line.starts_with("..."));
    at.line + found.map_or(0, |(index, _)| index)
}
