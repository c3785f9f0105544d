//! What a printer needs to know of a tree, so that trees other than [`Value`] are printed without becoming one.

use std::borrow::Cow;

use serde_json::{Number, Value};

/// A node of a tree that can be printed; as cheap to copy as a reference.
pub trait View<'v>: Copy {
    /// What the node holds.
    fn shape(self) -> Shape<'v, Self>;
}

/// What a node holds.
#[derive(Debug, Clone)]
pub enum Shape<'v, V> {
    /// A null.
    Null,
    /// A truth value.
    Bool(bool),
    /// A number.
    Number(Cow<'v, Number>),
    /// A string.
    Text(Cow<'v, str>),
    /// The items of a sequence.
    Sequence(Vec<V>),
    /// The entries of a mapping: every key once, sorted bytewise.
    Mapping(Vec<(&'v str, V)>),
}

impl<'v> View<'v> for &'v Value {
    fn shape(self) -> Shape<'v, Self> {
        match self {
            Value::Null => Shape::Null,
            Value::Bool(value) => Shape::Bool(*value),
            Value::Number(number) => Shape::Number(Cow::Borrowed(number)),
            Value::String(text) => Shape::Text(Cow::Borrowed(text)),
            Value::Array(items) => Shape::Sequence(items.iter().collect()),
            Value::Object(entries) => Shape::Mapping(entries.iter().map(|(key, value)| (key.as_str(), value)).collect()),
        }
    }
}
