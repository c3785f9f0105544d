//! Values of v2 without the detour through nodes, for documents that hold nothing out of the ordinary.

use std::borrow::Cow;

use serde_json::Value;

use super::resolve::{Resolved, resolve};
use super::value::Floats;
use super::{Assembler, Dialect, Limits, Part, ScalarStyle, Span, YamlError, assemble_first, encoding, quick};

/// The value of the first document, null when there is none; at least the wanted part of it. `None` inside when only the nodes tell
/// what the value is.
///
/// # Errors
/// [`YamlError`], for what is no YAML.
pub(super) fn ordinary_value(text: &[u8], part: Part, floats: Floats) -> Result<Option<Value>, YamlError> {
    if let Ok(text) = encoding::check(text)
        && text.len() <= Limits::default().bytes
        && let Some(value) = quick::read(&text, part, floats)
    {
        return Ok(Some(value));
    }
    let mut values = Values { floats, ordinary: true };
    let value = assemble_first(text, Dialect::V2, &Limits::default(), &mut values)?;
    Ok(values.ordinary.then(|| value.unwrap_or_default()))
}

/// Makes values, in which the last of equal keys wins.
struct Values {
    floats: Floats,
    /// Whether there were neither tags, merges, keys that are no texts, nor numbers that JSON does not have.
    ordinary: bool,
}

impl Values {
    fn out_of_the_ordinary(&mut self) -> Value {
        self.ordinary = false;
        Value::Null
    }
}

impl Assembler for Values {
    type Node = Value;
    type Entry = (String, Value);

    fn scalar(&mut self, text: Cow<'_, str>, style: ScalarStyle, tag: Option<String>, _: Span) -> Value {
        if tag.is_some() {
            return self.out_of_the_ordinary();
        }
        if style != ScalarStyle::Plain {
            return Value::String(text.into_owned());
        }
        match resolve(&text, Dialect::V2) {
            Resolved::Null => Value::Null,
            Resolved::Bool(value) => Value::Bool(value),
            Resolved::Int(value) => Value::from(value),
            Resolved::UInt(value) => Value::from(value),
            Resolved::Float(value) => match self.floats.number(value) {
                Some(number) => Value::Number(number),
                None => self.out_of_the_ordinary(),
            },
            Resolved::Text if text == "<<" => self.out_of_the_ordinary(),
            Resolved::Time(_) | Resolved::Text => Value::String(text.into_owned()),
        }
    }

    fn sequence(&mut self, items: Vec<Value>, _: bool, tag: Option<String>, _: Span) -> Value {
        // A tag of a collection means nothing.
        drop(tag);
        Value::Array(items)
    }

    fn mapping(&mut self, entries: Vec<(String, Value)>, _: bool, tag: Option<String>, _: Span) -> Value {
        drop(tag);
        Value::Object(entries.into_iter().collect())
    }

    fn entry(&mut self, key: Value, value: Value) -> (String, Value) {
        match key {
            Value::String(key) => (key, value),
            Value::Bool(key) => (key.to_string(), value),
            _ => (String::new(), self.out_of_the_ordinary()),
        }
    }

    fn alias(&mut self, anchored: &Value, _: Span) -> Value {
        anchored.clone()
    }
}
