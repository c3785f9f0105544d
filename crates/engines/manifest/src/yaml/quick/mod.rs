//! A quick reader of the YAML that nearly everybody writes: block mappings and sequences, scalars on one line, literal blocks.
//!
//! It gives v2 values and knows no errors: at anything that it is not made for, be it malformed or merely rare, it gives up
//! (`None`), and the proper parser reads the text from the start. What it does read, it reads as that one does.
//!
//! Of what is not wanted of a document it makes no values, but it looks through all of it.

mod flow;
mod literal;
mod scalar;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use serde_json::Value;

use super::Part;
use super::value::Floats;
use scalar::{is_comment_or_blank, plain_end, quoted};

/// Mappings and sequences within each other.
const DEPTH: usize = 100;

/// The wanted part of a text that is one document, if this reader is made for it.
pub(super) fn read(text: &str, part: Part, floats: Floats) -> Option<Value> {
    if text.contains('\r') || !text.is_ascii() && text.chars().any(breaks_lines) {
        return None;
    }
    let mut reader = Reader { text, at: 0, next: None, floats };
    reader.skip_document_start();
    let first = reader.peek()??;
    let value = reader.block(first, DEPTH, part)?;
    reader.peek()?.is_none().then_some(value)
}

/// Characters that end lines or texts for some parsers and not for others.
fn breaks_lines(character: char) -> bool {
    matches!(character, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// A line, or the part of one behind `- `.
#[derive(Clone, Copy)]
struct Line {
    /// The column of its first character, from 0.
    indent: usize,
    start: usize,
    /// Where its line break is.
    end: usize,
}

struct Reader<'t> {
    text: &'t str,
    /// Where the first line begins that was not looked at.
    at: usize,
    /// The line that was looked at and not taken.
    next: Option<Line>,
    floats: Floats,
}

impl<'t> Reader<'t> {
    fn slice(&self, line: Line) -> &'t str {
        &self.text[line.start..line.end]
    }

    /// The line at an offset, without the spaces in front of it.
    fn line_at(&self, at: usize) -> Line {
        let rest = &self.text.as_bytes()[at..];
        let indent = rest.iter().take_while(|byte| **byte == b' ').count();
        let end = memchr::memchr(b'\n', &rest[indent..]).map_or(self.text.len(), |found| at + indent + found);
        Line { indent, start: at + indent, end }
    }

    fn skip_document_start(&mut self) {
        while self.at < self.text.len() {
            let line = self.line_at(self.at);
            let is_start = line.indent == 0 && self.slice(line) == "---";
            if !is_start && !self.slice(line).is_empty() && !self.slice(line).starts_with('#') {
                break;
            }
            self.at = line.end + 1;
            if is_start {
                break;
            }
        }
    }

    /// The next line that is neither blank nor a comment; `Some(None)` at the end.
    fn peek(&mut self) -> Option<Option<Line>> {
        while self.next.is_none() && self.at < self.text.len() {
            let line = self.line_at(self.at);
            let text = self.slice(line);
            if matches!(text.as_bytes().first(), Some(b'\t' | b'%')) || line.indent == 0 && is_marker(text) {
                return None;
            }
            self.at = line.end + 1;
            if !text.is_empty() && !text.starts_with('#') {
                self.next = Some(line);
            }
        }
        Some(self.next)
    }

    /// The next line, if it is indented by `indent`. A deeper one has no place here.
    fn peek_at(&mut self, indent: usize) -> Option<Option<Line>> {
        match self.peek()? {
            Some(line) if line.indent > indent => None,
            line => Some(line.filter(|line| line.indent == indent)),
        }
    }

    /// The mapping or sequence that begins with the next line.
    fn block(&mut self, line: Line, depth: usize, part: Part) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        if is_item(self.slice(line)) { self.sequence(line.indent, depth, part) } else { self.mapping(line.indent, depth, part) }
    }

    fn mapping(&mut self, indent: usize, depth: usize, part: Part) -> Option<Value> {
        let mut entries = Vec::new();
        while let Some(line) = self.peek_at(indent)? {
            let (key, after) = self.key(line)?;
            self.next = None;
            let wanted = part.entry(&key);
            let value = self.value(Line { start: after, ..line }, depth, wanted)?;
            if wanted.is_any() {
                entries.push((key.into_owned(), value));
            }
        }
        Some(Value::Object(entries.into_iter().collect()))
    }

    fn sequence(&mut self, indent: usize, depth: usize, part: Part) -> Option<Value> {
        let wanted = part.items();
        let mut items = Vec::new();
        while let Some(line) = self.peek_at(indent)?.filter(|line| is_item(self.slice(*line))) {
            let spaces = self.spaces(line.start + 1, line.end);
            let rest = Line { indent: indent + 1 + spaces, start: line.start + 1 + spaces, end: line.end };
            self.next = None;
            let item = if is_comment_or_blank(self.slice(rest)) {
                self.below(indent, depth, wanted)?
            } else if is_item(self.slice(rest)) || self.key(rest).is_some() {
                self.next = Some(rest);
                self.block(rest, depth, wanted)?
            } else {
                self.inline(rest, indent, depth, wanted)?
            };
            if wanted.is_any() {
                items.push(item);
            }
        }
        Some(Value::Array(items))
    }

    /// What stands behind the colon of an entry. The line's indentation is that of the mapping.
    fn value(&mut self, line: Line, depth: usize, part: Part) -> Option<Value> {
        let spaces = self.spaces(line.start, line.end);
        let rest = Line { start: line.start + spaces, ..line };
        if !is_comment_or_blank(self.slice(rest)) {
            return self.inline(rest, line.indent, depth, part);
        }
        match self.peek()? {
            Some(next) if next.indent == line.indent && is_item(self.slice(next)) => self.sequence(line.indent, depth, part),
            _ => self.below(line.indent, depth, part),
        }
    }

    /// What stands on the lines that are deeper than `indent`; null if there are none.
    fn below(&mut self, indent: usize, depth: usize, part: Part) -> Option<Value> {
        match self.peek()? {
            // What programs write of empty maps and lists.
            Some(line) if line.indent > indent && self.slice(line).starts_with(['{', '[']) => {
                self.next = None;
                self.inline(line, indent, depth, part)
            }
            Some(line) if line.indent > indent => self.block(line, depth, part),
            _ => Some(Value::Null),
        }
    }

    /// A scalar or a flow collection that begins on this line, in a block with that indentation.
    fn inline(&mut self, line: Line, indent: usize, depth: usize, part: Part) -> Option<Value> {
        let text = self.slice(line);
        let (value, length) = match text.as_bytes().first()? {
            b'|' => return self.literal(text, indent, part),
            b'"' | b'\'' => quoted(text).map(|(text, length)| (part.text(text), length))?,
            b'[' | b'{' => self.flow(text, depth, part)?,
            _ => {
                let length = plain_end(text)?;
                (self.plain(&text[..length], part)?, length)
            }
        };
        let after = &text[length..];
        let is_separated = after.is_empty() || after.starts_with(' ');
        // A deeper line would go on with the scalar, or be a fault.
        let ends_here = self.peek()?.is_none_or(|next| next.indent <= indent);
        (is_separated && is_comment_or_blank(after.trim_start_matches(' ')) && ends_here).then_some(value)
    }

    /// The key at the beginning of a line, and where its value begins.
    fn key(&self, line: Line) -> Option<(Cow<'t, str>, usize)> {
        let text = self.slice(line);
        let (key, length) = match text.as_bytes().first()? {
            b'"' | b'\'' => quoted(text)?,
            _ => {
                let length = scalar::key_end(text)?;
                (self.plain_key(&text[..length])?, length)
            }
        };
        let after = text[length..].strip_prefix(':')?;
        (length <= scalar::LONGEST_KEY && (after.is_empty() || after.starts_with(' '))).then_some((key, line.start + length + 1))
    }

    fn spaces(&self, from: usize, to: usize) -> usize {
        self.text.as_bytes()[from..to].iter().take_while(|byte| **byte == b' ').count()
    }
}

/// Whether a line that is not indented begins or ends a document.
fn is_marker(line: &str) -> bool {
    line.starts_with("---") || line.starts_with("...")
}

/// Whether a line is an item of a sequence.
fn is_item(line: &str) -> bool {
    line.strip_prefix('-').is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}
