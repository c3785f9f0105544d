//! Structs, pointers to structs and scalars with a named type: what the host shows a template beyond plain data.

use std::any::Any;
use std::fmt::Debug;
use std::rc::Rc;

use super::{Text, Value};
use crate::function::Function;

/// A Go value with fields or methods, such as a `time.Time` or Helm's `.Capabilities`.
pub trait Object: Debug {
    /// The type as `%T` prints it; a pointer's begins with `*`.
    fn type_name(&self) -> &'static str;

    /// An exported field.
    fn field(&self, name: &str) -> Option<Value>;

    /// A method with its receiver bound.
    fn method(&self, name: &str) -> Option<Rc<dyn Function>>;

    /// What `String()` or `Error()` gives, when the type has one of them.
    fn string(&self) -> Option<Text>;

    /// What an action writes for the value when `String()` belongs to a pointer to it only: as an argument of a function the value
    /// has no such method.
    fn displayed(&self) -> Option<Text> {
        None
    }

    /// What `GoString()` gives, which `%#v` prints, when the type has it.
    fn go_string(&self) -> Option<Text> {
        None
    }

    /// Whether this is a nil pointer, as a field of a struct may be.
    fn is_nil(&self) -> bool {
        false
    }

    /// What the value is made of, for printing and comparing.
    fn shape(&self) -> Shape;

    /// Whether `==` holds for two values of the same type.
    fn equals(&self, other: &dyn Object) -> bool;

    /// Whether Go can compare two such values at all.
    fn is_comparable(&self) -> bool {
        true
    }

    /// The object itself, for functions that know its Rust type.
    fn as_any(&self) -> &dyn Any;
}

/// What an [`Object`] is made of.
#[derive(Debug, Clone)]
pub enum Shape {
    /// A struct and all its fields in order.
    Struct(Vec<(&'static str, Value)>),
    /// A pointer to a struct with these fields.
    Pointer(Vec<(&'static str, Value)>),
    /// A number, string or bool whose type has a name.
    Scalar(Value),
    /// A map whose keys are not strings, in the order in which Go ranges over it.
    Map(Vec<(Value, Value)>),
}
