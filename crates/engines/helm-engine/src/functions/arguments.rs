//! Takes the arguments of a call one by one, as what the signature says they are.

use go_template::{FunctionError, Text, Value};

/// What a function gives.
pub(super) type Outcome = Result<Value, FunctionError>;

/// The arguments that are still to be taken. Their number and types were checked against the signature; an argument that is
/// not there, or not of the type asked for, is that type's zero value.
pub(super) struct Arguments(std::vec::IntoIter<Value>);

impl Arguments {
    pub(super) fn new(arguments: Vec<Value>) -> Self {
        Self(arguments.into_iter())
    }

    /// The next argument, of any type.
    pub(super) fn value(&mut self) -> Value {
        self.0.next().unwrap_or_default()
    }

    /// The next argument, a `string`.
    pub(super) fn text(&mut self) -> Text {
        if let Value::String(text) = self.value() { text } else { Text::default() }
    }
}
