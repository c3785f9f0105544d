//! Values as JSON text, and as the JSON values that the YAML printer takes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use go_template::{Call, FunctionError, List, Object, Shape, Type, Value};
use serde_json::Number;

use crate::go::MAX_DEPTH;
use crate::go::reflect::too_deep;
use crate::go::runes;

/// Why a value has no JSON.
#[derive(Debug)]
pub(crate) enum EncodeError {
    /// Go has no JSON for it either; its text.
    Unsupported(String),
    /// A limit of the execution, or one of ours.
    Refused(FunctionError),
}

impl From<go_template::Limit> for EncodeError {
    fn from(limit: go_template::Limit) -> Self {
        Self::Refused(limit.into())
    }
}

impl From<EncodeError> for FunctionError {
    fn from(error: EncodeError) -> Self {
        match error {
            EncodeError::Unsupported(message) => Self::new(message),
            EncodeError::Refused(error) => error,
        }
    }
}

/// How the text is set.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// On one line, with `<`, `>` and `&` escaped.
    Compact,
    /// On one line, with only those characters escaped that must be.
    Raw,
    /// On many lines, indented by two spaces, escaped as [`Style::Compact`].
    Pretty,
}

/// The text of a value.
///
/// # Errors
/// [`EncodeError`], for the first part that cannot be encoded.
pub(crate) fn encode(value: &Value, style: Style, call: &mut Call<'_>) -> Result<Vec<u8>, EncodeError> {
    let mut encoder = Encoder { output: Vec::new(), style, charged: 0, depth: 0, call };
    encoder.value(value)?;
    encoder.charge()?;
    Ok(encoder.output)
}

struct Encoder<'c, 'e> {
    output: Vec<u8>,
    style: Style,
    /// Bytes of the output that the limits were charged for.
    charged: usize,
    depth: usize,
    call: &'c mut Call<'e>,
}

impl Encoder<'_, '_> {
    fn charge(&mut self) -> Result<(), EncodeError> {
        let written = self.output.len() - self.charged;
        self.charged = self.output.len();
        Ok(self.call.take_bytes(written)?)
    }

    fn value(&mut self, value: &Value) -> Result<(), EncodeError> {
        match value {
            Value::Nil => self.output.extend_from_slice(b"null"),
            Value::Bool(value) => self.output.extend_from_slice(if *value { b"true" } else { b"false" }),
            Value::Float(value) => self.float(*value)?,
            Value::String(text) => self.string(text),
            Value::List(list) if list.is_nil() => self.output.extend_from_slice(b"null"),
            Value::List(list) => match bytes_of(list) {
                Some(bytes) => self.string(STANDARD.encode(bytes).as_bytes()),
                None => self.list(list.items())?,
            },
            Value::Map(map) if map.is_nil() => self.output.extend_from_slice(b"null"),
            Value::Map(map) => self.members(map.entries().iter().map(|(key, value)| (&**key, value)))?,
            Value::Object(object) => self.object(object.as_ref())?,
            Value::Complex(..) | Value::Function(_) => return Err(unsupported_type(value)),
            _ => match (value.as_signed(), value.as_unsigned()) {
                (Some(value), _) => self.output.extend_from_slice(value.to_string().as_bytes()),
                (_, value) => self.output.extend_from_slice(value.unwrap_or_default().to_string().as_bytes()),
            },
        }
        self.charge()
    }

    fn float(&mut self, value: f64) -> Result<(), EncodeError> {
        let number = Number::from_f64(value).ok_or_else(|| unsupported_float(value))?;
        self.output.extend_from_slice(manifest::json::to_json(&serde_json::Value::Number(number)).as_bytes());
        Ok(())
    }

    fn object(&mut self, object: &dyn Object) -> Result<(), EncodeError> {
        match object.shape() {
            Shape::Scalar(value) => self.value(&value),
            Shape::Struct(fields) | Shape::Pointer(fields) => {
                self.members(exported(&fields).map(|(name, value)| (name.as_bytes(), value)))
            }
        }
    }

    fn list(&mut self, items: &[Value]) -> Result<(), EncodeError> {
        self.nested((b'[', b']'), items.iter(), |encoder, item| encoder.value(item))
    }

    fn members<'v>(&mut self, members: impl Iterator<Item = (&'v [u8], &'v Value)>) -> Result<(), EncodeError> {
        self.nested((b'{', b'}'), members, |encoder, (key, value)| {
            encoder.string(key);
            encoder.output.extend_from_slice(if encoder.style == Style::Pretty { b": " } else { b":" });
            encoder.value(value)
        })
    }

    fn nested<T>(
        &mut self,
        (open, close): (u8, u8),
        parts: impl Iterator<Item = T>,
        mut write: impl FnMut(&mut Self, T) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        if self.depth >= MAX_DEPTH {
            return Err(EncodeError::Refused(too_deep()));
        }
        self.output.push(open);
        self.depth += 1;
        let mut any = false;
        for part in parts {
            if std::mem::replace(&mut any, true) {
                self.output.push(b',');
            }
            self.start_line();
            write(self, part)?;
        }
        self.depth -= 1;
        if any {
            self.start_line();
        }
        self.output.push(close);
        Ok(())
    }

    fn start_line(&mut self) {
        if self.style == Style::Pretty {
            self.output.push(b'\n');
            self.output.extend(std::iter::repeat_n(b' ', 2 * self.depth));
        }
    }

    fn string(&mut self, text: &[u8]) {
        self.output.push(b'"');
        if text.iter().all(|&byte| matches!(byte, b' '..=b'~') && !b"\"\\<>&".contains(&byte)) {
            self.output.extend_from_slice(text);
        } else {
            self.escaped(text);
        }
        self.output.push(b'"');
    }

    fn escaped(&mut self, text: &[u8]) {
        for (rune, bytes) in runes::runes(text) {
            let escape: &[u8] = match rune {
                '"' => b"\\\"",
                '\\' => b"\\\\",
                '\n' => b"\\n",
                '\r' => b"\\r",
                '\t' => b"\\t",
                '\u{8}' => b"\\b",
                '\u{c}' => b"\\f",
                '\0'..='\u{1f}' | '\u{2028}' | '\u{2029}' => &code(rune),
                '<' | '>' | '&' if self.style != Style::Raw => &code(rune),
                // A byte that is not UTF-8.
                char::REPLACEMENT_CHARACTER if bytes.len() == 1 => b"\\ufffd",
                _ => bytes,
            };
            self.output.extend_from_slice(escape);
        }
    }
}

fn code(rune: char) -> Vec<u8> {
    format!("\\u{:04x}", u32::from(rune)).into_bytes()
}

fn exported<'f>(fields: &'f [(&'static str, Value)]) -> impl Iterator<Item = (&'static str, &'f Value)> {
    let exported = fields.iter().filter(|(name, _)| name.starts_with(char::is_uppercase));
    exported.map(|(name, value)| (*name, value))
}

/// The bytes of a `[]uint8`, which JSON has as base 64.
fn bytes_of(list: &List) -> Option<Vec<u8>> {
    let Type::List(Type::Uint8) = list.kind().underlying() else { return None };
    Some(list.items().iter().map(|item| if let Value::Uint8(byte) = item { *byte } else { 0 }).collect())
}

fn unsupported_type(value: &Value) -> EncodeError {
    EncodeError::Unsupported(format!("json: unsupported type: {}", value.type_name()))
}

fn unsupported_float(value: f64) -> EncodeError {
    let name = match value {
        _ if value.is_nan() => "NaN",
        _ if value > 0.0 => "+Inf",
        _ => "-Inf",
    };
    EncodeError::Unsupported(format!("json: unsupported value: {name}"))
}

/// The value that the JSON text of a value stands for.
///
/// # Errors
/// As [`encode`].
pub(crate) fn to_json_value(value: &Value, call: &mut Call<'_>) -> Result<serde_json::Value, EncodeError> {
    convert(value, 0, call)
}

fn convert(value: &Value, depth: usize, call: &mut Call<'_>) -> Result<serde_json::Value, EncodeError> {
    if depth > MAX_DEPTH - 2 {
        return Err(EncodeError::Refused(too_deep()));
    }
    call.take_steps(1)?;
    Ok(match value {
        Value::Nil => serde_json::Value::Null,
        Value::Bool(value) => serde_json::Value::Bool(*value),
        Value::Float(value) => serde_json::Value::Number(Number::from_f64(*value).ok_or_else(|| unsupported_float(*value))?),
        Value::String(text) => serde_json::Value::String(string(text)),
        Value::List(list) if list.is_nil() => serde_json::Value::Null,
        Value::List(list) => match bytes_of(list) {
            Some(bytes) => serde_json::Value::String(STANDARD.encode(bytes)),
            None => {
                let items = list.items().iter().map(|item| convert(item, depth + 1, call));
                serde_json::Value::Array(items.collect::<Result<_, _>>()?)
            }
        },
        Value::Map(map) if map.is_nil() => serde_json::Value::Null,
        Value::Map(map) => {
            let members = map.entries().into_iter().map(|(key, value)| Ok((string(&key), convert(&value, depth + 1, call)?)));
            serde_json::Value::Object(members.collect::<Result<_, EncodeError>>()?)
        }
        Value::Object(object) => match object.shape() {
            Shape::Scalar(value) => convert(&value, depth + 1, call)?,
            Shape::Struct(fields) | Shape::Pointer(fields) => {
                let members = exported(&fields).map(|(name, value)| Ok((name.to_owned(), convert(value, depth + 1, call)?)));
                serde_json::Value::Object(members.collect::<Result<_, EncodeError>>()?)
            }
        },
        Value::Complex(..) | Value::Function(_) => return Err(unsupported_type(value)),
        _ => match (value.as_signed(), value.as_unsigned()) {
            (Some(value), _) => serde_json::Value::from(value),
            (_, value) => serde_json::Value::from(value.unwrap_or_default()),
        },
    })
}

fn string(text: &[u8]) -> String {
    std::str::from_utf8(text).map_or_else(|_| runes::lossy(text), str::to_owned)
}
