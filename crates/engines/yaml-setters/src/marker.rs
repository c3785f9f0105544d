//! Which scalar a marker belongs to.
//!
//! kyaml, which Flux uses, gives a scalar the comment behind it, and where there is none the comment above it if the scalar begins
//! its line or item. A comment counts only if all of it is one JSON object.

use crate::{
    Fault,
    scalar::{Role, Scalar},
    setters::is_well_formed,
    text,
};
use memchr::memmem;
use std::{collections::BTreeMap, ops::Range};

/// What every file with a marker holds, quotes included.
pub(crate) const TOKEN: &str = r#""$imagepolicy""#;

/// A comment that holds [`TOKEN`].
#[derive(Debug)]
pub(crate) struct Marker {
    /// Where the comment's `#` is.
    at: usize,
    /// The line that it is on.
    line: Range<usize>,
    /// The number of that line, from 1.
    pub(crate) line_number: usize,
    /// What it names.
    pub(crate) named: Result<String, Fault>,
}

/// All markers of a text, in order. `scalars` are its scalars, in order.
pub(crate) fn find(text: &str, scalars: &[Scalar]) -> Vec<Marker> {
    let mut markers: Vec<Marker> = Vec::new();
    let (mut line, mut line_number) = (0..0, 1);
    for token in memmem::find_iter(text.as_bytes(), TOKEN) {
        if token >= line.end {
            let next = text::line_at(text, token);
            line_number += text[line.start..next.start].bytes().filter(|byte| *byte == b'\n').count();
            line = next;
        } else if markers.last().is_some_and(|last| last.line == line) {
            continue;
        }
        if let Some(at) = comment_before(text, &line, token, scalars) {
            markers.push(Marker { at, named: name(&text[at..line.end]), line: line.clone(), line_number });
        }
    }
    markers
}

/// Where the comment begins that holds `token`; `None` where the token is content.
fn comment_before(text: &str, line: &Range<usize>, token: usize, scalars: &[Scalar]) -> Option<usize> {
    let before = &scalars[..scalars.partition_point(|scalar| scalar.range.start <= token)];
    let mut from = line.start;
    if let Some(last) = before.last() {
        match last.is_block() && text::line_at(text, last.range.start) == *line {
            true => from = last.range.start,
            false if token < last.range.end => return None,
            false => from = from.max(last.range.end),
        }
    }
    text[from..token].find('#').map(|hash| from + hash)
}

/// Reads a comment. The object may hold more strings than the name; of equal keys the last counts.
fn name(comment: &str) -> Result<String, Fault> {
    let object = comment.trim_start_matches('#');
    let malformed = || Fault::Malformed(comment.trim().chars().take(120).collect());
    let members: BTreeMap<String, Option<String>> = serde_json::from_str(object).map_err(|_| malformed())?;
    let name = members.get("$imagepolicy").cloned().flatten().ok_or_else(malformed)?;
    if is_well_formed(&name) { Ok(name) } else { Err(Fault::Name(name)) }
}

impl Marker {
    /// The scalar that this marker sets.
    pub(crate) fn target<'a>(&self, text: &str, scalars: &'a [Scalar]) -> Option<&'a Scalar> {
        let target = match text[self.line.start..self.at].trim() {
            "" | "-" => self.below(text, scalars),
            _ => self.beside(text, scalars),
        };
        target.filter(|scalar| scalar.role == Role::Value)
    }

    /// The last scalar before the comment, if nothing closes or follows it but a comma.
    fn beside<'a>(&self, text: &str, scalars: &'a [Scalar]) -> Option<&'a Scalar> {
        let scalar = scalars[..scalars.partition_point(|scalar| scalar.range.start < self.at)].last()?;
        if scalar.is_block() {
            return (text::line_at(text, scalar.range.start) == self.line).then_some(scalar);
        }
        let between = text.get(scalar.range.end..self.at)?.trim();
        (scalar.range.end > self.line.start && matches!(between, "" | ",")).then_some(scalar)
    }

    /// The scalar that begins the next item or line, if this comment is the only one between it and what comes before, and it has
    /// no comment of its own.
    fn below<'a>(&self, text: &str, scalars: &'a [Scalar]) -> Option<&'a Scalar> {
        let next = scalars.partition_point(|scalar| scalar.range.start < self.at);
        let scalar = scalars.get(next)?;
        let its_line = text::line_at(text, scalar.range.start);
        if !matches!(without_properties(&text[its_line.start..scalar.range.start]), "" | "-") || scalar.is_block() {
            return None;
        }
        let behind = text::line_at(text, scalar.range.end);
        if text[scalar.range.end..behind.end].contains('#') {
            return None;
        }
        let after = text.get(text::next_line(text, self.at)..its_line.start)?;
        let previous_end = next.checked_sub(1).and_then(|previous| scalars.get(previous)).map_or(0, |last| last.range.end);
        let before = text.get(text::next_line(text, previous_end).min(self.line.start)..self.line.start)?;
        let is_alone = !after.contains('#') && !before.contains('#');
        // A comment that follows closely and is followed by an empty line belongs to what is above it.
        let is_foot = next > 0 && before.is_empty() && !after.is_empty();
        (is_alone && !is_foot).then_some(scalar)
    }
}

/// What stands before a scalar on its line, without its anchor and tag.
fn without_properties(before: &str) -> &str {
    let mut rest = before.trim();
    while let Some(last) = rest.rsplit([' ', '\t']).next().filter(|last| last.starts_with(['&', '!'])) {
        rest = rest[..rest.len() - last.len()].trim_end();
    }
    rest
}
