//! What Go's `reflect` says of a value: its kind, whether it is empty, whether two are deeply equal.

use go_template::{Call, FunctionError, List, Object, Shape, Type, Value};

use super::{MAX_DEPTH, nested};

/// The text with which Go panics when a function looks into an untyped nil.
pub(crate) const NIL_DEREFERENCE: &str = "runtime error: invalid memory address or nil pointer dereference";

/// The text with which Go panics when a function asks for the type of an untyped nil.
pub(crate) const NIL_TYPE: &str = "reflect: call of reflect.Value.Type on zero Value";

/// The name of the value's kind, `invalid` for the untyped nil.
pub(crate) fn kind_name(value: &Value) -> &'static str {
    match value {
        Value::Nil => "invalid",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int",
        Value::Int32(_) => "int32",
        Value::Int64(_) => "int64",
        Value::Uint(_) => "uint",
        Value::Uint8(_) => "uint8",
        Value::Uint32(_) => "uint32",
        Value::Uint64(_) => "uint64",
        Value::Float(_) => "float64",
        Value::Complex(..) => "complex128",
        Value::String(_) => "string",
        Value::List(_) => "slice",
        Value::Map(_) => "map",
        Value::Function(_) => "func",
        Value::Object(object) => match object.shape() {
            Shape::Struct(_) => "struct",
            Shape::Pointer(_) => "ptr",
            Shape::Scalar(scalar) => kind_name(&scalar),
            Shape::Map(_) => "map",
        },
    }
}

/// Whether sprig counts a value as empty: nothing, zero, false or of no length. A struct never is.
pub(crate) fn is_empty(value: &Value) -> bool {
    !value.is_true()
}

/// The list, or the error with which sprig's list functions refuse anything else.
pub(crate) fn list_or<'v>(value: &'v Value, refusal: &str) -> Result<&'v List, FunctionError> {
    match value {
        Value::List(list) => Ok(list),
        Value::Nil => Err(FunctionError::new(NIL_DEREFERENCE)),
        other => Err(FunctionError::new(format!("{refusal} {}", kind_name(other)))),
    }
}

/// What a method such as `MarshalText` gives, when the type has it.
///
/// # Errors
/// As the method.
pub(crate) fn marshaled(object: &dyn Object, method: &str, call: &mut Call<'_>) -> Result<Option<Vec<u8>>, FunctionError> {
    let Some(method) = object.method(method) else { return Ok(None) };
    match method.call(Vec::new(), call)? {
        Value::List(list) => Ok(Some(bytes(&list))),
        _ => Ok(None),
    }
}

/// The bytes of a `[]uint8`.
pub(crate) fn bytes(list: &List) -> Vec<u8> {
    list.items().iter().map(|item| if let Value::Uint8(byte) = item { *byte } else { 0 }).collect()
}

/// `reflect.DeepEqual`: the same types all the way down, and the same contents.
///
/// # Errors
/// When a limit is run into, or the values are nested too deeply.
pub(crate) fn deep_equal(left: &Value, right: &Value, call: &mut Call<'_>) -> Result<bool, FunctionError> {
    Comparison { call, depth: 0 }.equal(left, right)
}

struct Comparison<'c, 'e> {
    call: &'c mut Call<'e>,
    depth: usize,
}

impl Comparison<'_, '_> {
    fn equal(&mut self, left: &Value, right: &Value) -> Result<bool, FunctionError> {
        self.call.take_steps(1)?;
        Ok(match (left, right) {
            (Value::Nil, Value::Nil) => true,
            (Value::Bool(left), Value::Bool(right)) => left == right,
            (Value::Int(left), Value::Int(right)) | (Value::Int64(left), Value::Int64(right)) => left == right,
            (Value::Int32(left), Value::Int32(right)) => left == right,
            (Value::Uint(left), Value::Uint(right)) | (Value::Uint64(left), Value::Uint64(right)) => left == right,
            (Value::Uint8(left), Value::Uint8(right)) => left == right,
            (Value::Uint32(left), Value::Uint32(right)) => left == right,
            (Value::Float(left), Value::Float(right)) => left == right,
            (Value::Complex(..), Value::Complex(..)) => {
                matches!((left, right), (Value::Complex(a, b), Value::Complex(c, d)) if a == c && b == d)
            }
            (Value::String(left), Value::String(right)) => left == right,
            (Value::Object(left), Value::Object(right)) => left.type_name() == right.type_name() && left.equals(right.as_ref()),
            (Value::List(left), Value::List(right)) => {
                let same = same_type(left.kind(), right.kind()) && left.is_nil() == right.is_nil() && left.len() == right.len();
                same && (left.items().as_ptr() == right.items().as_ptr()
                    || self.deeper(|comparison| comparison.all_equal(left.items().iter().zip(right.items())))?)
            }
            (Value::Map(left), Value::Map(right)) => {
                let same = same_type(left.kind(), right.kind()) && left.is_nil() == right.is_nil() && left.len() == right.len();
                if !same || left.address() == right.address() {
                    return Ok(same);
                }
                let (left, right) = (left.entries(), right.entries());
                let keys = left.iter().zip(&right).all(|((left, _), (right, _))| left == right);
                let values = left.iter().zip(&right).map(|((_, left), (_, right))| (left, right));
                keys && self.deeper(|comparison| comparison.all_equal(values))?
            }
            _ => false,
        })
    }

    fn all_equal<'v>(&mut self, pairs: impl Iterator<Item = (&'v Value, &'v Value)>) -> Result<bool, FunctionError> {
        for (left, right) in pairs {
            if !self.equal(left, right)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn deeper<T>(&mut self, body: impl FnOnce(&mut Self) -> Result<T, FunctionError>) -> Result<T, FunctionError> {
        if self.depth >= MAX_DEPTH {
            return Err(too_deep());
        }
        self.depth += 1;
        let result = nested(|| body(self));
        self.depth -= 1;
        result
    }
}

/// The error of a function that would have to look deeper into a value than it may.
pub(crate) fn too_deep() -> FunctionError {
    FunctionError::new(format!("a value is nested deeper than {MAX_DEPTH} levels"))
}

fn same_type(left: Type, right: Type) -> bool {
    match (left, right) {
        (Type::List(left), Type::List(right)) | (Type::Map(left), Type::Map(right)) => same_type(*left, *right),
        (Type::Named(left), Type::Named(right)) => left.name == right.name,
        (Type::Object(left), Type::Object(right)) | (Type::Function(left), Type::Function(right)) => left == right,
        _ => std::mem::discriminant(&left) == std::mem::discriminant(&right),
    }
}
