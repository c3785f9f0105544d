//! Choosing one tag of many.

use crate::{Constraint, Version};

/// Which end of the sorted tags is taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// Sorted upward; the last, thus the greatest, is taken.
    #[default]
    Ascending,
    /// Sorted downward; the last, thus the least, is taken.
    Descending,
}

/// Why no tag can be chosen; worded as Flux.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// There are no tags.
    #[error("version list argument cannot be empty")]
    Empty,
    /// A tag is not a number.
    #[error("failed to parse invalid numeric value '{0}'")]
    NotNumeric(String),
}

/// The highest version in a range, the first of equal ones. Tags that are not versions of three segments do not count.
pub fn highest<'a>(constraint: &Constraint, tags: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    highest_tags(constraint, tags).into_iter().next()
}

/// All tags whose version is the highest in a range; they differ in metadata or spelling only.
pub fn highest_tags<'a>(constraint: &Constraint, tags: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut best: Option<Version> = None;
    let mut chosen = Vec::new();
    for tag in tags {
        let Ok(version) = Version::parse_three_segments(tag) else { continue };
        if !constraint.allows(&version) || best.as_ref().is_some_and(|best| version < *best) {
            continue;
        }
        if best.as_ref().is_none_or(|best| version > *best) {
            chosen.clear();
            best = Some(version);
        }
        chosen.push(tag);
    }
    chosen
}

/// The last tag in the order of bytes.
pub fn alphabetical<'a>(tags: impl IntoIterator<Item = &'a str>, order: Order) -> Result<&'a str, PolicyError> {
    let tags = tags.into_iter();
    let found = match order {
        Order::Ascending => tags.max(),
        Order::Descending => tags.min(),
    };
    found.ok_or(PolicyError::Empty)
}

/// The last tag in the order of numbers, the later of equal ones. One tag that is not a number fails them all.
pub fn numerical<'a>(tags: impl IntoIterator<Item = &'a str>, order: Order) -> Result<&'a str, PolicyError> {
    let mut best: Option<(&str, f64)> = None;
    for tag in tags {
        let value = number(tag).ok_or_else(|| PolicyError::NotNumeric(tag.to_owned()))?;
        let worse = best.is_some_and(|(_, best)| match order {
            Order::Ascending => value < best,
            Order::Descending => value > best,
        });
        if !worse {
            best = Some((tag, value));
        }
    }
    best.map(|(tag, _)| tag).ok_or(PolicyError::Empty)
}

/// Reads a decimal number; `None` where the text is none or too large. Words for infinity are numbers, as in Go.
fn number(text: &str) -> Option<f64> {
    let value: f64 = text.parse().ok()?;
    let in_words = text.bytes().any(|byte| byte.eq_ignore_ascii_case(&b'n'));
    (value.is_finite() || in_words).then_some(value)
}
