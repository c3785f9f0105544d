//! Takes the arguments of a call one by one, as what the signature says they are.

use go_template::{Call, FunctionError, Map, Text, Value};

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

    /// The next argument, an `int`.
    pub(super) fn int(&mut self) -> i64 {
        self.value().as_signed().unwrap_or_default()
    }

    /// The next argument, a `bool`.
    pub(super) fn boolean(&mut self) -> bool {
        matches!(self.value(), Value::Bool(true))
    }

    /// The next argument, a `map[string]interface {}`.
    pub(super) fn map(&mut self) -> Map {
        if let Value::Map(map) = self.value() { map } else { Map::nil(go_template::ANY_MAP) }
    }

    /// The arguments that are left.
    pub(super) fn rest(self) -> Vec<Value> {
        self.0.collect()
    }
}

/// A text that a function made, charged to the limits of the execution.
pub(super) fn give(call: &mut Call<'_>, text: impl AsRef<[u8]>) -> Outcome {
    let text = text.as_ref();
    call.take_bytes(text.len())?;
    Ok(Value::String(Text::from(text)))
}
