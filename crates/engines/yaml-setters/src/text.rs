//! Lines of a text by byte offsets.

use std::ops::Range;

/// The line that holds `offset`, without its end.
pub(crate) fn line_at(text: &str, offset: usize) -> Range<usize> {
    let (before, after) = text.split_at(offset);
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let end = offset + after.find('\n').unwrap_or(after.len());
    start..end - usize::from(text[start..end].ends_with('\r'))
}

/// Where the line after `offset` begins: the end of the text where there is none.
pub(crate) fn next_line(text: &str, offset: usize) -> usize {
    text[offset..].find('\n').map_or(text.len(), |newline| offset + newline + 1)
}

/// The end of line that the text uses.
pub(crate) fn line_end(text: &str) -> &'static str {
    match text.find('\n') {
        Some(newline) if text[..newline].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// The text without the byte order mark, and how many bytes that is.
pub(crate) fn without_mark(text: &str) -> (&str, usize) {
    const MARK: char = '\u{feff}';
    match text.strip_prefix(MARK) {
        Some(rest) => (rest, MARK.len_utf8()),
        None => (text, 0),
    }
}
