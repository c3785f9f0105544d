//! Values as TOML text.

use go_template::{Call, List, Map, Object, Shape, Text, Value};

use super::{Key, key_part_text, key_text, quoted};
use crate::go::json::EncodeError;
use crate::go::reflect::{NIL_TYPE, kind_name, marshaled, too_deep};
use crate::go::{MAX_DEPTH, nested};

/// The text of a value: of a map a document, of anything else only the value.
///
/// # Errors
/// [`EncodeError`], for the first part that cannot be encoded.
pub(crate) fn encode(value: &Value, call: &mut Call<'_>) -> Result<Vec<u8>, EncodeError> {
    if matches!(value, Value::Nil) {
        return Err(unsupported(NIL_TYPE.to_owned()));
    }
    let mut encoder = Encoder { output: Vec::new(), depth: 0, call };
    encoder.entry(&Key::new(), value)?;
    Ok(encoder.output)
}

/// What a value is in TOML, as far as it matters for where it goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Nil,
    Table,
    Tables,
    Other,
}

struct Encoder<'c, 'e> {
    output: Vec<u8>,
    depth: usize,
    call: &'c mut Call<'e>,
}

fn unsupported(message: String) -> EncodeError {
    EncodeError::Unsupported(message)
}

fn kind(value: &Value, depth: usize) -> Result<Kind, EncodeError> {
    Ok(match value {
        Value::Nil => Kind::Nil,
        Value::Map(map) if map.is_nil() => Kind::Nil,
        Value::List(list) if list.is_nil() => Kind::Nil,
        Value::Map(_) => Kind::Table,
        Value::List(list) if holds_only_tables(list, depth)? => Kind::Tables,
        Value::Object(object) if is_table(object.as_ref()) => Kind::Table,
        Value::Function(_) | Value::Complex(..) => return Err(unsupported(format!("unsupported type: {}", kind_name(value)))),
        _ => Kind::Other,
    })
}

/// Whether an object has no text of its own, so that its fields are what is written.
fn is_table(object: &dyn Object) -> bool {
    !matches!(object.shape(), Shape::Scalar(_)) && object.method("MarshalText").is_none()
}

fn holds_only_tables(list: &List, depth: usize) -> Result<bool, EncodeError> {
    if depth > MAX_DEPTH {
        return Err(EncodeError::Refused(too_deep()));
    }
    let mut only_tables = !list.is_empty();
    for item in list.items() {
        match nested(|| kind(item, depth + 1))? {
            Kind::Nil => return Err(unsupported("toml: cannot encode array with nil element".to_owned())),
            Kind::Table => {}
            Kind::Tables | Kind::Other => only_tables = false,
        }
    }
    Ok(only_tables)
}

impl Encoder<'_, '_> {
    fn write(&mut self, text: &[u8]) -> Result<(), EncodeError> {
        self.call.take_bytes(text.len())?;
        self.output.extend_from_slice(text);
        Ok(())
    }

    fn start_line(&mut self) -> Result<(), EncodeError> {
        if self.output.is_empty() { Ok(()) } else { self.write(b"\n") }
    }

    fn indent(&mut self, key: &Key) -> Result<(), EncodeError> {
        self.write("  ".repeat(key.len().saturating_sub(1)).as_bytes())
    }

    fn entry(&mut self, key: &Key, value: &Value) -> Result<(), EncodeError> {
        match (value, kind(value, 0)) {
            (Value::Function(_) | Value::Complex(..), _) => {
                let key = String::from_utf8_lossy(&key_text(key)).into_owned();
                Err(unsupported(format!("unsupported type for key '{key}': {}", kind_name(value))))
            }
            (Value::List(list), Ok(Kind::Tables)) => self.tables(key, list),
            (Value::Map(map), Ok(Kind::Table)) => self.table(key, &map.entries()),
            (Value::Object(object), Ok(Kind::Table)) => self.table(key, &fields(object.as_ref())),
            (Value::Map(_), Ok(_)) => Ok(()),
            (_, Ok(_)) => {
                if key.is_empty() {
                    return self.element(value);
                }
                self.indent(key)?;
                self.key_and_value(key.last().map_or(&[][..], Vec::as_slice), value)?;
                self.start_line()
            }
            (_, Err(error)) => Err(error),
        }
    }

    fn key_and_value(&mut self, key: &[u8], value: &Value) -> Result<(), EncodeError> {
        self.write(&key_part_text(key))?;
        self.write(b" = ")?;
        self.element(value)
    }

    fn tables(&mut self, key: &Key, list: &List) -> Result<(), EncodeError> {
        if key.is_empty() {
            return Err(unsupported("toml: top-level values must be Go maps or structs".to_owned()));
        }
        for item in list.items() {
            self.start_line()?;
            self.indent(key)?;
            self.write(&[b"[[", key_text(key).as_slice(), b"]]"].concat())?;
            self.start_line()?;
            match item {
                Value::Map(map) => self.members(key, &map.entries())?,
                Value::Object(object) => self.members(key, &fields(object.as_ref()))?,
                _ => {}
            }
        }
        Ok(())
    }

    fn table(&mut self, key: &Key, entries: &[(Text, Value)]) -> Result<(), EncodeError> {
        if key.len() == 1 {
            self.start_line()?;
        }
        if !key.is_empty() {
            self.indent(key)?;
            self.write(&[b"[", key_text(key).as_slice(), b"]"].concat())?;
            self.start_line()?;
        }
        self.members(key, entries)
    }

    /// The entries of a table: those that are tables themselves come last.
    fn members(&mut self, key: &Key, entries: &[(Text, Value)]) -> Result<(), EncodeError> {
        self.deeper(|encoder| {
            let (direct, tables) = sorted(entries)?;
            for (name, value) in direct.into_iter().chain(tables) {
                if kind(value, 0)? != Kind::Nil {
                    let mut inner = key.clone();
                    inner.push(name.to_vec());
                    encoder.entry(&inner, value)?;
                }
            }
            Ok(())
        })
    }

    fn deeper<T>(&mut self, body: impl FnOnce(&mut Self) -> Result<T, EncodeError>) -> Result<T, EncodeError> {
        if self.depth >= MAX_DEPTH {
            return Err(EncodeError::Refused(too_deep()));
        }
        self.depth += 1;
        let result = nested(|| body(self));
        self.depth -= 1;
        result
    }

    /// A value after its key, or in a list.
    fn element(&mut self, value: &Value) -> Result<(), EncodeError> {
        match value {
            Value::String(text) => self.write(&quoted(text)),
            Value::Float(number) => self.float(*number),
            Value::List(list) => self.deeper(|encoder| {
                encoder.write(b"[")?;
                for (index, item) in list.items().iter().enumerate() {
                    if index > 0 {
                        encoder.write(b", ")?;
                    }
                    encoder.element(item)?;
                }
                encoder.write(b"]")
            }),
            Value::Map(map) => self.inline_table(map),
            Value::Object(object) => self.object(object.as_ref()),
            _ => {
                let text = self.call.sprintf("%v", std::slice::from_ref(value))?;
                self.output.extend_from_slice(&text);
                Ok(())
            }
        }
    }

    fn object(&mut self, object: &dyn Object) -> Result<(), EncodeError> {
        if let Some(text) = marshaled(object, "MarshalText", self.call).map_err(EncodeError::Refused)? {
            // Times are written as they are.
            return if object.type_name() == "time.Time" { self.write(&text) } else { self.write(&quoted(&text)) };
        }
        match (object.shape(), object.string()) {
            (Shape::Scalar(_), Some(text)) if object.type_name() == "time.Duration" => self.write(&quoted(&text)),
            (Shape::Scalar(value), _) => self.element(&value),
            _ => self.inline_table(&fields(object).into_iter().collect()),
        }
    }

    fn float(&mut self, number: f64) -> Result<(), EncodeError> {
        let text = if number.is_nan() {
            "nan".to_owned()
        } else if number.is_infinite() {
            if number > 0.0 { "inf" } else { "-inf" }.to_owned()
        } else {
            let text = self.call.sprintf("%v", &[Value::Float(number)])?.to_string_lossy();
            if text.contains(['.', 'e']) { text } else { text + ".0" }
        };
        self.write(text.as_bytes())
    }

    /// A comma follows each entry but the last of all, even if that is nil and not written.
    fn inline_table(&mut self, map: &Map) -> Result<(), EncodeError> {
        self.deeper(|encoder| {
            encoder.write(b"{")?;
            let entries = map.entries();
            let (direct, tables) = sorted(&entries)?;
            let count = direct.len() + tables.len();
            for (index, (name, value)) in direct.into_iter().chain(tables).enumerate() {
                if kind(value, 0)? == Kind::Nil {
                    continue;
                }
                encoder.key_and_value(name, value)?;
                if index + 1 < count {
                    encoder.write(b", ")?;
                }
            }
            encoder.write(b"}")
        })
    }
}

type Entries<'v> = Vec<(&'v Text, &'v Value)>;

/// First the entries that are no tables, then those that are.
fn sorted(entries: &[(Text, Value)]) -> Result<(Entries<'_>, Entries<'_>), EncodeError> {
    let (mut direct, mut tables) = (Entries::new(), Entries::new());
    for (name, value) in entries {
        match kind(value, 0)? {
            Kind::Table | Kind::Tables => tables.push((name, value)),
            Kind::Nil | Kind::Other => direct.push((name, value)),
        }
    }
    Ok((direct, tables))
}

fn fields(object: &dyn Object) -> Vec<(Text, Value)> {
    let (Shape::Struct(fields) | Shape::Pointer(fields)) = object.shape() else { return Vec::new() };
    let exported = fields.into_iter().filter(|(name, _)| name.starts_with(char::is_uppercase));
    exported.map(|(name, value)| (Text::from(name), value)).collect()
}
