//! What a template computes with: Go values of the kinds that charts and JSON can hold.
//!
//! Values belong to one thread; a program, which holds only constants, to all of them.

mod entries;
mod list;
mod map;
mod object;
mod scope;
pub(crate) mod types;

use std::borrow::Cow;
use std::rc::Rc;

pub use list::List;
pub use map::Map;
pub use object::{Object, Shape};
pub use scope::Scope;
pub use types::{NamedType, Type};

use crate::function::Function;
use crate::text::Text;

/// A Go value. Cloning is cheap; maps are shared by their clones.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// The untyped nil, and what a missing key gives.
    #[default]
    Nil,
    /// `bool`.
    Bool(bool),
    /// `int`: number literals without a point or exponent, and most results of functions.
    Int(i64),
    /// `int32`.
    Int32(i32),
    /// `int64`.
    Int64(i64),
    /// `uint`.
    Uint(u64),
    /// `uint8`: the bytes of a string.
    Uint8(u8),
    /// `uint32`.
    Uint32(u32),
    /// `uint64`.
    Uint64(u64),
    /// `float64`: every number that comes from JSON or YAML.
    Float(f64),
    /// `complex128`: only from literals such as `1i`.
    Complex(f64, f64),
    /// `string`.
    String(Text),
    /// A slice.
    List(List),
    /// A map with string keys.
    Map(Map),
    /// A function, called by `call`.
    Function(Rc<dyn Function>),
    /// Anything with fields or methods of its own.
    Object(Rc<dyn Object>),
}

impl Value {
    /// The Go type; `None` for the untyped nil.
    pub fn kind(&self) -> Option<Type> {
        Some(match self {
            Self::Nil => return None,
            Self::Bool(_) => Type::Bool,
            Self::Int(_) => Type::Int,
            Self::Int32(_) => Type::Int32,
            Self::Int64(_) => Type::Int64,
            Self::Uint(_) => Type::Uint,
            Self::Uint8(_) => Type::Uint8,
            Self::Uint32(_) => Type::Uint32,
            Self::Uint64(_) => Type::Uint64,
            Self::Float(_) => Type::Float64,
            Self::Complex(..) => Type::Complex128,
            Self::String(_) => Type::String,
            Self::List(list) => list.kind(),
            Self::Map(map) => map.kind(),
            Self::Function(function) => Type::Function(function.signature().go_type),
            Self::Object(object) => Type::Object(object.type_name()),
        })
    }

    /// The name of the type as `%T` prints it, `<nil>` for the untyped nil.
    pub fn type_name(&self) -> String {
        self.kind().map_or_else(|| "<nil>".to_owned(), |kind| kind.to_string())
    }

    /// The name of the type; of a pointer, that of the type it points to.
    pub(crate) fn indirect_type_name(&self) -> String {
        let name = self.type_name();
        let is_pointer = matches!(self, Self::Object(object) if matches!(object.shape(), Shape::Pointer(_)));
        name.strip_prefix('*').filter(|_| is_pointer).map_or_else(|| name.clone(), ToOwned::to_owned)
    }

    /// Whether Go counts the value as true: not the zero value of its type, not empty.
    pub fn is_true(&self) -> bool {
        match self {
            Self::Nil => false,
            Self::Bool(value) => *value,
            Self::Float(value) => *value != 0.0,
            Self::Complex(real, imaginary) => *real != 0.0 || *imaginary != 0.0,
            Self::String(text) => !text.is_empty(),
            Self::List(list) => !list.is_empty(),
            Self::Map(map) => !map.is_empty(),
            Self::Function(_) => true,
            Self::Object(object) => match object.shape() {
                Shape::Scalar(value) => value.is_true(),
                Shape::Struct(_) | Shape::Pointer(_) => !object.is_nil(),
                Shape::Map(entries) => !entries.is_empty(),
            },
            _ => self.as_signed() != Some(0) && self.as_unsigned() != Some(0),
        }
    }

    /// The number, if the type is a signed integer.
    pub fn as_signed(&self) -> Option<i64> {
        match self {
            Self::Int(value) | Self::Int64(value) => Some(*value),
            Self::Int32(value) => Some(i64::from(*value)),
            _ => None,
        }
    }

    /// The number, if the type is an unsigned integer.
    pub fn as_unsigned(&self) -> Option<u64> {
        match self {
            Self::Uint(value) | Self::Uint64(value) => Some(*value),
            Self::Uint8(value) => Some(u64::from(*value)),
            Self::Uint32(value) => Some(u64::from(*value)),
            _ => None,
        }
    }

    /// Whether this is nil: the untyped one, or a nil map or slice.
    pub(crate) fn is_nil(&self) -> bool {
        match self {
            Self::Nil => true,
            Self::List(list) => list.is_nil(),
            Self::Map(map) => map.is_nil(),
            _ => false,
        }
    }

    /// A scalar with a named type seen as its underlying kind; any other value as itself.
    pub(crate) fn underlying(&self) -> Cow<'_, Self> {
        if let Self::Object(object) = self
            && let Shape::Scalar(value) = object.shape()
        {
            return Cow::Owned(value);
        }
        Cow::Borrowed(self)
    }

    /// Whether the kind, with or without a named type, is that of strings.
    pub(crate) fn is_string(&self) -> bool {
        matches!(*self.underlying(), Self::String(_))
    }

    fn holds_values(&self) -> bool {
        matches!(self, Self::List(_) | Self::Map(_))
    }

    fn may_hold_maps(&self) -> bool {
        self.holds_values() || matches!(self, Self::Function(_) | Self::Object(_))
    }
}

/// Drops values without recursion: a template can nest lists deeper than the stack reaches.
fn release(items: Vec<Value>) {
    if !items.iter().any(Value::holds_values) {
        return;
    }
    let mut pending = items;
    while let Some(value) = pending.pop() {
        let children = match value {
            Value::List(list) => list.into_sole_items(),
            Value::Map(map) => map.into_sole_values(),
            _ => None,
        };
        pending.extend(children.unwrap_or_default());
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(Text::from(text))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(Text::from(text))
    }
}

impl From<Text> for Value {
    fn from(text: Text) -> Self {
        Self::String(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<&serde_json::Value> for Value {
    /// As Go's `encoding/json` decodes into `interface {}`: every number becomes a `float64`.
    fn from(json: &serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Nil,
            serde_json::Value::Bool(value) => Self::Bool(*value),
            serde_json::Value::Number(number) => Self::Float(number.as_f64().unwrap_or_default()),
            serde_json::Value::String(text) => Self::from(text.as_str()),
            serde_json::Value::Array(items) => Self::List(List::new(items.iter().map(Self::from).collect())),
            serde_json::Value::Object(fields) => {
                Self::Map(fields.iter().map(|(key, value)| (Text::from(key.as_str()), Self::from(value))).collect())
            }
        }
    }
}
