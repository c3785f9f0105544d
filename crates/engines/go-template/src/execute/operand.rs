//! A value with the one bit more that Go's reflection knows: whether it still sits in an `interface {}`.

use std::borrow::Borrow;

use crate::value::{Type, Value};

/// A value on its way through an evaluation.
///
/// Elements of maps and lists of `interface {}` come boxed; a pipeline's end takes the box away. It makes no difference to
/// what a value is, only to messages, and to nil: a boxed nil has a type, an unboxed one has none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Operand {
    pub(crate) value: Value,
    place: Place,
}

/// Where a value sits. A word wide, because operands are moved all the time and padding would be moved in pieces.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(usize)]
enum Place {
    #[default]
    Plain,
    Boxed,
}

impl Operand {
    pub(crate) fn plain(value: Value) -> Self {
        Self { value, place: Place::Plain }
    }

    /// The same value, taken out of its box.
    pub(crate) fn unboxed(self) -> Self {
        Self::plain(self.value)
    }

    pub(crate) fn is_boxed(&self) -> bool {
        self.place == Place::Boxed
    }

    /// An element of a container whose elements have type `element`.
    pub(crate) fn element(value: Value, element: Option<Type>) -> Self {
        let place = if matches!(element, Some(Type::Any)) { Place::Boxed } else { Place::Plain };
        Self { value, place }
    }

    /// Whether this is the untyped nil, in a box or not.
    pub(crate) fn is_nil(&self) -> bool {
        matches!(self.value, Value::Nil)
    }

    /// Whether there is no value at all, not even a nil with a type.
    pub(crate) fn is_invalid(&self) -> bool {
        !self.is_boxed() && self.is_nil()
    }

    /// Whether this is a nil in a box.
    pub(crate) fn is_boxed_nil(&self) -> bool {
        self.is_boxed() && self.is_nil()
    }

    /// The type that Go sees without looking into the box.
    pub(crate) fn static_type(&self) -> String {
        if self.is_boxed() { Type::Any.to_string() } else { self.value.type_name() }
    }
}

impl Borrow<Value> for Operand {
    fn borrow(&self) -> &Value {
        &self.value
    }
}
