//! Which values are wanted of a document.

use std::borrow::Cow;

use serde_json::Value;

/// What a reader makes values of. The rest of the document is looked through all the same: it must be well formed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// The entries of a mapping with these keys, in any case, and a part of each. Of another value its kind is told.
    Entries(&'static [(&'static str, Part)]),
    /// Nothing.
    Nothing,
}

impl Part {
    /// Whether anything is wanted.
    pub(super) fn is_any(self) -> bool {
        !matches!(self, Self::Nothing)
    }

    /// What is wanted of the entry with that key.
    pub(super) fn entry(self, key: &str) -> Self {
        match self {
            Self::Entries(entries) => {
                let found = entries.iter().find(|(wanted, _)| wanted.eq_ignore_ascii_case(key));
                found.map_or(Self::Nothing, |(_, part)| *part)
            }
            whole_or_nothing => whole_or_nothing,
        }
    }

    /// What is wanted of the items of a sequence.
    pub(super) fn items(self) -> Self {
        if matches!(self, Self::Whole) { Self::Whole } else { Self::Nothing }
    }

    /// A text, if it is wanted.
    pub(super) fn text(self, text: Cow<'_, str>) -> Value {
        if self.is_any() { Value::String(text.into_owned()) } else { Value::Null }
    }
}
