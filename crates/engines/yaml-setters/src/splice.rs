//! Pieces of a text exchanged for others.

use std::ops::Range;

/// What stands at `range` becomes `text`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Splice {
    pub(crate) range: Range<usize>,
    pub(crate) text: String,
}

/// The text with all splices made. They are in any order; one that overlaps an earlier one is left out.
pub(crate) fn apply(text: &str, mut splices: Vec<Splice>) -> String {
    splices.sort_by_key(|splice| splice.range.start);
    let mut result = String::with_capacity(text.len() + splices.iter().map(|splice| splice.text.len()).sum::<usize>());
    let mut kept = 0;
    for Splice { range, text: new } in splices {
        if let Some(between) = text.get(kept..range.start) {
            result.push_str(between);
            result.push_str(&new);
            kept = range.end;
        }
    }
    result.push_str(text.get(kept..).unwrap_or_default());
    result
}
