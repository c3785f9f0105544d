//! What stands behind `(`: names and flags.

use super::cursor::{Cursor, checked};
use crate::error::{CompileError, ErrorCode};

/// The flags that `(?…)` switches.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flags {
    /// `i`: case does not matter.
    pub(super) fold: bool,
    /// `m`: `^` and `$` match at lines too.
    pub(super) lines: bool,
    /// `s`: `.` matches a line end.
    pub(super) dot_all: bool,
    /// `U`: repetitions prefer less.
    pub(super) lazy: bool,
}

/// What an opening parenthesis begins.
pub(super) enum Opening {
    /// A group whose match is kept.
    Capture(Option<String>),
    /// A group for its own sake, with the flags inside of it.
    Plain(Flags),
    /// No group: flags from here to the end of the group around.
    Flags(Flags),
}

/// Reads `(` and what belongs to it.
pub(super) fn opening(cursor: &mut Cursor<'_>, flags: Flags) -> Result<Opening, CompileError> {
    let start = *cursor;
    if !cursor.take("(?") {
        cursor.at += 1;
        return Ok(Opening::Capture(None));
    }
    // Something must follow the `<`.
    let named = ["(?P<", "(?<"].into_iter().find(|prefix| start.starts_with(prefix) && start.rest().len() > prefix.len());
    match named {
        Some(prefix) => name(cursor, start, prefix),
        None => switched(cursor, start, flags),
    }
}

fn name(cursor: &mut Cursor<'_>, start: Cursor<'_>, prefix: &str) -> Result<Opening, CompileError> {
    cursor.at = start.at + prefix.len();
    let Some(name) = cursor.until(">") else {
        checked(start.rest())?;
        return Err(start.rest_error(ErrorCode::NamedCapture));
    };
    let name = checked(name)?;
    if name.is_empty() || !name.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric()) {
        return Err(cursor.error(ErrorCode::NamedCapture, start.at));
    }
    Ok(Opening::Capture(Some(name.to_owned())))
}

fn switched(cursor: &mut Cursor<'_>, start: Cursor<'_>, mut flags: Flags) -> Result<Opening, CompileError> {
    let (mut on, mut any) = (true, false);
    while let Some(letter) = cursor.next()? {
        let flag = match letter {
            'i' => &mut flags.fold,
            'm' => &mut flags.lines,
            's' => &mut flags.dot_all,
            'U' => &mut flags.lazy,
            '-' if on => {
                (on, any) = (false, false);
                continue;
            }
            ':' if on || any => return Ok(Opening::Plain(flags)),
            ')' if on || any => return Ok(Opening::Flags(flags)),
            _ => break,
        };
        *flag = on;
        any = true;
    }
    Err(cursor.error(ErrorCode::PerlSyntax, start.at))
}
