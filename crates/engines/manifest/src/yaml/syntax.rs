//! Syntax errors in Go's words.

use granit_parser::{ErrorKind, ScanError};

use super::parse::position;
use super::{Bound, Dialect, YamlError};

/// Names a scanner's or parser's error as Go's libraries would.
pub(super) fn error(error: &ScanError, text: &str, dialect: Dialect, depth: usize) -> YamlError {
    let position = position(*error.marker());
    if *error.kind() == ErrorKind::RecursionLimitExceeded {
        return YamlError::Limit { bound: Bound::Depth, allowed: depth, position };
    }
    let _ = (text, dialect);
    YamlError::Syntax { problem: error.kind().to_string(), go_line: Some(position.line), position }
}
