//! Types of expressions, as far as they are known before evaluation.

use std::fmt;

/// The type of an expression's values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Anything: known only when evaluated.
    Dyn,
    Bool,
    Int,
    Uint,
    Double,
    String,
    Bytes,
    Null,
    Duration,
    Timestamp,
    Type,
    Struct,
    List(Box<Kind>),
    Map(Box<Kind>, Box<Kind>),
    Optional(Box<Kind>),
}

impl Kind {
    /// A list of anything.
    pub(crate) fn any_list() -> Self {
        Self::List(Box::new(Self::Dyn))
    }

    /// Whether a value may be of either.
    pub(crate) fn fits(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Dyn, _) | (_, Self::Dyn) => true,
            (Self::List(left), Self::List(right)) | (Self::Optional(left), Self::Optional(right)) => left.fits(right),
            (Self::Map(left_key, left), Self::Map(right_key, right)) => left_key.fits(right_key) && left.fits(right),
            (Self::Map(..), Self::Struct) | (Self::Struct, Self::Map(..)) => true,
            (Self::Null, other) | (other, Self::Null) => {
                matches!(other, Self::Null | Self::Duration | Self::Timestamp | Self::Struct | Self::Optional(_))
            }
            (left, right) => left == right,
        }
    }

    /// The type of an optional's value; anything, if it is none.
    pub(crate) fn inner(self) -> Self {
        match self {
            Self::Optional(value) => *value,
            _ => Self::Dyn,
        }
    }

    /// Whether it is a number.
    pub(crate) fn is_number(&self) -> bool {
        matches!(self, Self::Int | Self::Uint | Self::Double)
    }

    /// The one type of both, anything where they differ in part.
    pub(crate) fn join(self, other: Self) -> Self {
        if self == other { self } else { Self::Dyn }
    }
}

/// As cel-go prints types.
impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dyn => formatter.write_str("dyn"),
            Self::Bool => formatter.write_str("bool"),
            Self::Int => formatter.write_str("int"),
            Self::Uint => formatter.write_str("uint"),
            Self::Double => formatter.write_str("double"),
            Self::String => formatter.write_str("string"),
            Self::Bytes => formatter.write_str("bytes"),
            Self::Null => formatter.write_str("null_type"),
            Self::Duration => formatter.write_str("duration"),
            Self::Timestamp => formatter.write_str("timestamp"),
            Self::Type => formatter.write_str("type"),
            Self::Struct => formatter.write_str("map(string, dyn)"),
            Self::List(item) => write!(formatter, "list({item})"),
            Self::Map(key, value) => write!(formatter, "map({key}, {value})"),
            Self::Optional(value) => write!(formatter, "optional_type({value})"),
        }
    }
}
