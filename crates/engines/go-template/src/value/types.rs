//! Go's types, as far as templates can tell them apart: in error messages, in `%T`, and when arguments are checked.

use std::fmt;
use std::rc::Rc;

use super::Value;
use crate::function::Function;

/// A Go type. Everything a template sees has one; parameters of functions have one.
#[derive(Clone, Copy, Debug)]
pub enum Type {
    /// `interface {}`: a parameter that takes anything.
    Any,
    /// `bool`.
    Bool,
    /// `int`.
    Int,
    /// `int32`, also called rune.
    Int32,
    /// `int64`.
    Int64,
    /// `uint`.
    Uint,
    /// `uint8`, also called byte.
    Uint8,
    /// `uint32`.
    Uint32,
    /// `uint64`.
    Uint64,
    /// `float64`.
    Float64,
    /// `complex128`.
    Complex128,
    /// `string`.
    String,
    /// A slice.
    List(&'static Self),
    /// A map with string keys.
    Map(&'static Self),
    /// A function; holds its type as Go prints it.
    Function(&'static str),
    /// A map or slice type with a name and perhaps methods.
    Named(&'static NamedType),
    /// A struct, a pointer to one, or a scalar type with a name: whatever [`super::Object`] stands for.
    Object(&'static str),
}

/// `[]interface {}`.
pub const ANY_LIST: Type = Type::List(&Type::Any);
/// `map[string]interface {}`.
pub const ANY_MAP: Type = Type::Map(&Type::Any);
/// `[]string`.
pub const STRING_LIST: Type = Type::List(&Type::String);
/// `map[string]string`.
pub const STRING_MAP: Type = Type::Map(&Type::String);
/// `[]uint8`.
pub const BYTES: Type = Type::List(&Type::Uint8);

/// Finds a method of a value by its name; the function it gives has the receiver bound.
pub type MethodLookup = fn(receiver: &Value, name: &str) -> Option<Rc<dyn Function>>;

/// A map or slice type with a name, such as Helm's `common.Values`.
#[derive(Debug)]
pub struct NamedType {
    /// The name with its package, as `%T` prints it.
    pub name: &'static str,
    /// What it is made of: a list or a map.
    pub underlying: Type,
    /// Its methods.
    pub method: MethodLookup,
}

impl Type {
    /// The type without its name.
    pub fn underlying(self) -> Self {
        match self {
            Self::Named(named) => named.underlying,
            other => other,
        }
    }

    /// The type of the elements of a list or map.
    pub(crate) fn element(self) -> Option<Self> {
        match self.underlying() {
            Self::List(element) | Self::Map(element) => Some(*element),
            _ => None,
        }
    }

    /// Whether a value of this type may be given where `target` is wanted, by Go's rules.
    pub(crate) fn is_assignable_to(self, target: Self) -> bool {
        match (self, target) {
            (_, Self::Any) => true,
            (Self::Named(left), Self::Named(right)) => std::ptr::eq(left, right) || left.name == right.name,
            (Self::Named(named), other) | (other, Self::Named(named)) => named.underlying.is_identical(other),
            (left, right) => left.is_identical(right),
        }
    }

    pub(crate) fn is_identical(self, other: Self) -> bool {
        match (self, other) {
            (Self::List(left), Self::List(right)) | (Self::Map(left), Self::Map(right)) => left.is_identical(*right),
            (Self::Named(left), Self::Named(right)) => left.name == right.name,
            (Self::Object(left), Self::Object(right)) | (Self::Function(left), Self::Function(right)) => left == right,
            _ => std::mem::discriminant(&self) == std::mem::discriminant(&other),
        }
    }

    /// Whether `nil` is a value of this type.
    pub(crate) fn can_be_nil(self) -> bool {
        match self {
            Self::Any | Self::List(_) | Self::Map(_) | Self::Function(_) | Self::Named(_) => true,
            Self::Object(name) => name.starts_with('*'),
            _ => false,
        }
    }

    /// The zero value of this type. A pointer's is the untyped nil.
    pub(crate) fn zero(self) -> Value {
        match self {
            Self::Any | Self::Function(_) | Self::Object(_) => Value::Nil,
            Self::Bool => Value::Bool(false),
            Self::Int => Value::Int(0),
            Self::Int32 => Value::Int32(0),
            Self::Int64 => Value::Int64(0),
            Self::Uint => Value::Uint(0),
            Self::Uint8 => Value::Uint8(0),
            Self::Uint32 => Value::Uint32(0),
            Self::Uint64 => Value::Uint64(0),
            Self::Float64 => Value::Float(0.0),
            Self::Complex128 => Value::Complex(0.0, 0.0),
            Self::String => Value::from(""),
            Self::List(_) => Value::List(super::List::nil(self)),
            Self::Map(_) => Value::Map(super::Map::nil(self)),
            Self::Named(named) => match named.underlying {
                Self::Map(_) => Value::Map(super::Map::nil(self)),
                _ => Value::List(super::List::nil(self)),
            },
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => formatter.write_str("interface {}"),
            Self::Bool => formatter.write_str("bool"),
            Self::Int => formatter.write_str("int"),
            Self::Int32 => formatter.write_str("int32"),
            Self::Int64 => formatter.write_str("int64"),
            Self::Uint => formatter.write_str("uint"),
            Self::Uint8 => formatter.write_str("uint8"),
            Self::Uint32 => formatter.write_str("uint32"),
            Self::Uint64 => formatter.write_str("uint64"),
            Self::Float64 => formatter.write_str("float64"),
            Self::Complex128 => formatter.write_str("complex128"),
            Self::String => formatter.write_str("string"),
            Self::List(element) => write!(formatter, "[]{element}"),
            Self::Map(element) => write!(formatter, "map[string]{element}"),
            Self::Function(name) | Self::Object(name) => formatter.write_str(name),
            Self::Named(named) => formatter.write_str(named.name),
        }
    }
}
