//! Values as JSON text, and as the JSON values that the YAML printer takes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use go_template::{Call, FunctionError, List, Object, Shape, Type, Value};
use serde_json::Number;

use crate::go::reflect::{bytes, marshaled, too_deep};
use crate::go::runes;
use crate::go::{MAX_DEPTH, nested};

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
        match parts(object, self.call)? {
            Parts::Json(text) => self.output.extend_from_slice(&text),
            Parts::Text(text) => self.string(&text),
            Parts::Value(value) => return self.value(&value),
            Parts::Fields(fields) => return self.members(fields.iter().map(|(name, value)| (name.as_bytes(), value))),
        }
        Ok(())
    }

    fn list(&mut self, items: &[Value]) -> Result<(), EncodeError> {
        self.deeper((b'[', b']'), items.iter(), |encoder, item| encoder.value(item))
    }

    fn members<'v>(&mut self, members: impl Iterator<Item = (&'v [u8], &'v Value)>) -> Result<(), EncodeError> {
        self.deeper((b'{', b'}'), members, |encoder, (key, value)| {
            encoder.string(key);
            encoder.output.extend_from_slice(if encoder.style == Style::Pretty { b": " } else { b":" });
            encoder.value(value)
        })
    }

    fn deeper<T>(
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
            nested(|| write(self, part))?;
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

/// What stands for an object in JSON.
enum Parts {
    /// JSON text of its own.
    Json(Vec<u8>),
    /// A text of its own.
    Text(Vec<u8>),
    /// The value under its type's name.
    Value(Value),
    /// Its exported fields.
    Fields(Vec<(&'static str, Value)>),
}

fn parts(object: &dyn Object, call: &mut Call<'_>) -> Result<Parts, EncodeError> {
    for (method, wrap) in [("MarshalJSON", Parts::Json as fn(_) -> _), ("MarshalText", Parts::Text)] {
        let name = object.type_name();
        let failed = |error| EncodeError::Unsupported(format!("json: error calling {method} for type {name}: {error}"));
        if let Some(text) = marshaled(object, method, call).map_err(failed)? {
            return Ok(wrap(text));
        }
    }
    if object.is_nil() {
        return Ok(Parts::Value(Value::Nil));
    }
    Ok(match object.shape() {
        Shape::Scalar(value) => Parts::Value(value),
        Shape::Struct(mut fields) | Shape::Pointer(mut fields) => {
            fields.retain(|(name, _)| name.starts_with(char::is_uppercase));
            Parts::Fields(fields)
        }
        // JSON has strings as keys, and Go does not make them of structs.
        Shape::Map(_) => {
            return Err(EncodeError::Unsupported(format!("json: unsupported type: {}", object.type_name())));
        }
    })
}

/// The bytes of a `[]uint8`, which JSON has as base 64.
fn bytes_of(list: &List) -> Option<Vec<u8>> {
    let Type::List(Type::Uint8) = list.kind().underlying() else { return None };
    Some(bytes(list))
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

/// What a value is converted for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// JSON, and YAML by way of it.
    Json,
    /// YAML alone: nil lists and maps are empty ones, durations are texts.
    Yaml,
}

/// The value that the JSON text of a value stands for.
///
/// # Errors
/// As [`encode`].
pub(crate) fn to_json_value(value: &Value, form: Form, call: &mut Call<'_>) -> Result<serde_json::Value, EncodeError> {
    Conversion { form, depth: 0, call }.value(value)
}

struct Conversion<'c, 'e> {
    form: Form,
    depth: usize,
    call: &'c mut Call<'e>,
}

impl Conversion<'_, '_> {
    fn value(&mut self, value: &Value) -> Result<serde_json::Value, EncodeError> {
        self.call.take_steps(1)?;
        Ok(match value {
            Value::Nil => serde_json::Value::Null,
            Value::Bool(value) => serde_json::Value::Bool(*value),
            Value::Float(value) => serde_json::Value::Number(Number::from_f64(*value).ok_or_else(|| unsupported_float(*value))?),
            Value::String(text) => serde_json::Value::String(string(text)),
            Value::List(list) if list.is_nil() && self.form == Form::Json => serde_json::Value::Null,
            Value::Map(map) if map.is_nil() && self.form == Form::Json => serde_json::Value::Null,
            Value::List(list) => match bytes_of(list) {
                Some(bytes) => serde_json::Value::String(STANDARD.encode(bytes)),
                None => serde_json::Value::Array(
                    self.deeper(|conversion| list.items().iter().map(|item| conversion.value(item)).collect())?,
                ),
            },
            Value::Map(map) => self.members(map.entries().iter().map(|(key, value)| (&**key, value)))?,
            Value::Object(object) if self.form == Form::Yaml && object.type_name() == "time.Duration" => {
                serde_json::Value::String(object.string().map(|text| string(&text)).unwrap_or_default())
            }
            Value::Object(object) => match parts(object.as_ref(), self.call)? {
                Parts::Json(text) => {
                    serde_json::from_slice(&text).map_err(|error| EncodeError::Unsupported(error.to_string()))?
                }
                Parts::Text(text) => serde_json::Value::String(string(&text)),
                Parts::Value(value) => self.value(&value)?,
                Parts::Fields(fields) => self.members(fields.iter().map(|(name, value)| (name.as_bytes(), value)))?,
            },
            Value::Complex(..) | Value::Function(_) => return Err(unsupported_type(value)),
            _ => match (value.as_signed(), value.as_unsigned()) {
                (Some(value), _) => serde_json::Value::from(value),
                (_, value) => serde_json::Value::from(value.unwrap_or_default()),
            },
        })
    }

    fn members<'v>(&mut self, members: impl Iterator<Item = (&'v [u8], &'v Value)>) -> Result<serde_json::Value, EncodeError> {
        self.deeper(|conversion| members.map(|(key, value)| Ok((string(key), conversion.value(value)?))).collect())
    }

    fn deeper<T>(&mut self, body: impl FnOnce(&mut Self) -> Result<T, EncodeError>) -> Result<T, EncodeError> {
        // The printers recurse as deep as this.
        if self.depth >= manifest::yaml::MAX_DEPTH {
            return Err(EncodeError::Refused(too_deep()));
        }
        self.depth += 1;
        let result = nested(|| body(self));
        self.depth -= 1;
        result
    }
}

fn string(text: &[u8]) -> String {
    std::str::from_utf8(text).map_or_else(|_| runes::lossy(text), str::to_owned)
}
