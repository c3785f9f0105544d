//! What stands after `=`.

use serde_json::{Number, Value};

use super::{Halt, Parser, ReadFile, SetError};
use crate::values::use_floats;

/// How values are read.
pub(super) enum Kind<'k, 'r> {
    Typed,
    Text,
    Json,
    File(&'k mut ReadFile<'r>),
    Literal,
}

impl Kind<'_, '_> {
    fn read(&mut self, text: String) -> Result<Value, SetError> {
        match self {
            Self::Typed => Ok(typed(text)),
            Self::File(read) => read(&text).map(Value::String).map_err(SetError::File),
            _ => Ok(Value::String(text)),
        }
    }
}

/// Only whole numbers without leading zeros are numbers; they are integers, unlike those of files.
fn typed(text: String) -> Value {
    for (word, value) in [("true", Value::Bool(true)), ("false", Value::Bool(false)), ("null", Value::Null)] {
        if text.eq_ignore_ascii_case(word) {
            return value;
        }
    }
    let is_number = text == "0" || !text.starts_with('0');
    match text.parse::<i64>() {
        Ok(number) if is_number => Value::Number(Number::from(number)),
        _ => Value::String(text),
    }
}

impl Parser<'_, '_, '_> {
    /// Reads a value. At the end of the line it is the empty text.
    pub(super) fn value(&mut self) -> (Option<Value>, Result<(), Halt>) {
        match self.kind {
            Kind::Json => self.json(),
            Kind::Literal => {
                let rest = self.cursor.rest();
                self.cursor.skip(rest.len());
                (Some(Value::from(rest)), Ok(()))
            }
            _ if self.cursor.rest().is_empty() => (Some(Value::from("")), Err(Halt::End)),
            _ if self.cursor.eat('{') => self.list(),
            _ => {
                let (text, _) = self.cursor.until(&[',']);
                match self.kind.read(text) {
                    Ok(value) => (Some(value), Ok(())),
                    Err(fault) => (None, Err(fault.into())),
                }
            }
        }
    }

    fn list(&mut self) -> (Option<Value>, Result<(), Halt>) {
        let mut items = Vec::new();
        loop {
            let (text, stop) = self.cursor.until(&[',', '}']);
            if stop.is_none() {
                return (None, Err(SetError::UnterminatedList.into()));
            }
            match self.kind.read(text) {
                Ok(item) => items.push(item),
                Err(fault) => return (None, Err(fault.into())),
            }
            if stop == Some('}') {
                self.cursor.eat(',');
                return (Some(Value::Array(items)), Ok(()));
            }
        }
    }

    fn json(&mut self) -> (Option<Value>, Result<(), Halt>) {
        if self.is_blank() {
            return (Some(Value::Null), Ok(()));
        }
        let mut stream = serde_json::Deserializer::from_str(self.cursor.rest()).into_iter::<Value>();
        match stream.next() {
            Some(Ok(mut value)) => {
                self.cursor.skip(stream.byte_offset());
                self.is_blank();
                use_floats(&mut value);
                (Some(value), Ok(()))
            }
            Some(Err(error)) => (None, Err(SetError::Json(error.to_string()).into())),
            None => (None, Err(Halt::End)),
        }
    }

    /// Passes over spaces, and a comma after them. Whether nothing else stands there.
    fn is_blank(&mut self) -> bool {
        let rest = self.cursor.rest().trim_start();
        self.cursor.skip(self.cursor.rest().len() - rest.len());
        self.cursor.eat(',') || rest.is_empty()
    }
}

/// Go's name of the type of a value.
pub(super) fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "nil",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}
