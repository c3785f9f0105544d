//! Go strings: bytes that are usually, but not always, UTF-8.
//!
//! Cheap to clone, because templates pass them around all the time. What Go's `strconv` and `unicode` say about them is in
//! the modules below; formatting is in [`crate::format`].

pub(crate) mod quote;
pub(crate) mod rune;
mod unicode_tables;

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

/// The longest text that is held without an allocation: with its length and the kind it makes three words, as the longer one.
const INLINE: usize = 22;

/// A Go string: immutable bytes, compared and ordered bytewise.
#[derive(Clone)]
pub struct Text(Bytes);

/// Most texts of a chart are keys, names and numbers, short enough to lie in the value itself.
#[derive(Clone)]
enum Bytes {
    Inline { length: u8, bytes: [u8; INLINE] },
    Shared(Arc<[u8]>),
}

impl Text {
    /// The empty text.
    pub const EMPTY: Self = Self(Bytes::Inline { length: 0, bytes: [0; INLINE] });

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Bytes::Inline { length, bytes } => &bytes[..usize::from(*length)],
            Bytes::Shared(bytes) => bytes,
        }
    }

    /// The text with each invalid byte replaced by U+FFFD.
    pub fn to_string_lossy(&self) -> String {
        String::from_utf8_lossy(self).into_owned()
    }

    /// The text, if it is UTF-8.
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(self).ok()
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Text {}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl Deref for Text {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl Borrow<[u8]> for Text {
    fn borrow(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl Default for Text {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl From<&[u8]> for Text {
    fn from(bytes: &[u8]) -> Self {
        match u8::try_from(bytes.len()) {
            Ok(length) if bytes.len() <= INLINE => {
                let mut inline = [0; INLINE];
                inline[..bytes.len()].copy_from_slice(bytes);
                Self(Bytes::Inline { length, bytes: inline })
            }
            _ => Self(Bytes::Shared(Arc::from(bytes))),
        }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::from(text.as_bytes())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::from(text.as_bytes())
    }
}

impl From<Vec<u8>> for Text {
    fn from(bytes: Vec<u8>) -> Self {
        Self::from(&bytes[..])
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}", String::from_utf8_lossy(self))
    }
}

impl fmt::Display for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&String::from_utf8_lossy(self))
    }
}

#[cfg(test)]
mod tests {
    use super::{INLINE, Text};
    use crate::value::Value;

    #[test]
    fn texts_are_what_they_were_made_of_on_both_sides_of_the_inline_length() {
        for length in [0, 1, INLINE - 1, INLINE, INLINE + 1, 300] {
            let bytes = vec![b'x'; length];
            let text = Text::from(&bytes[..]);
            assert_eq!(text.as_bytes(), bytes);
            assert_eq!(text, Text::from(bytes.clone()));
            assert!(text < Text::from([&bytes[..], b"a"].concat()));
        }
    }

    #[test]
    fn a_value_is_three_words() {
        assert_eq!((size_of::<Text>(), size_of::<Value>()), (24, 24));
    }
}
