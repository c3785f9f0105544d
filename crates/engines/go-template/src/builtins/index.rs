//! `index`, `slice` and `len`.

use super::Outcome;
use crate::budget::Budget;
use crate::execute::operand::Operand;
use crate::function::FunctionError;
use crate::text::Text;
use crate::value::{Shape, Type, Value};

fn fail<T>(message: impl Into<String>) -> Outcome<T> {
    Err(FunctionError::new(message))
}

/// A value as it may be given where `wanted` is: nil for what can be nil, integers among each other.
pub(crate) fn prepare(value: &Value, wanted: Type) -> Outcome<Value> {
    let Some(kind) = value.kind() else {
        return if wanted.can_be_nil() { Ok(wanted.zero()) } else { fail(format!("value is nil; should be of type {wanted}")) };
    };
    if kind.is_assignable_to(wanted) {
        return Ok(value.clone());
    }
    let bits = value.as_signed().or_else(|| value.as_unsigned().map(u64::cast_signed));
    match (bits, wanted) {
        (Some(bits), Type::Int) => Ok(Value::Int(bits)),
        (Some(bits), Type::Int64) => Ok(Value::Int64(bits)),
        (Some(bits), Type::Int32) => Ok(Value::Int32(bits as i32)),
        (Some(bits), Type::Uint) => Ok(Value::Uint(bits.cast_unsigned())),
        (Some(bits), Type::Uint64) => Ok(Value::Uint64(bits.cast_unsigned())),
        (Some(bits), Type::Uint32) => Ok(Value::Uint32(bits as u32)),
        (Some(bits), Type::Uint8) => Ok(Value::Uint8(bits as u8)),
        _ => fail(format!("value has type {kind}; should be {wanted}")),
    }
}

/// A value as an offset up to and including `most`.
fn offset(value: &Value, most: usize) -> Outcome<usize> {
    let number = match (value.as_signed(), value.as_unsigned()) {
        (Some(number), _) => number,
        (_, Some(number)) => number.cast_signed(),
        _ if matches!(value, Value::Nil) => return fail("cannot index slice/array with nil"),
        _ => return fail(format!("cannot index slice/array with type {}", value.type_name())),
    };
    match usize::try_from(number) {
        Ok(number) if number <= most => Ok(number),
        _ => fail(format!("index out of range: {number}")),
    }
}

/// `index x 1 2` is Go's `x[1][2]`.
pub(super) fn index(item: &Operand, indexes: &[Operand]) -> Outcome<Operand> {
    if item.is_nil() {
        return fail("index of untyped nil");
    }
    let mut item = Operand::plain(item.value.clone());
    for index in indexes {
        item = match &item.value {
            Value::Nil => return fail("index of nil pointer"),
            Value::String(text) => match text.get(offset(&index.value, text.len())?) {
                Some(&byte) => Operand::plain(Value::Uint8(byte)),
                None => return fail("reflect: string index out of range"),
            },
            Value::List(list) => match list.items().get(offset(&index.value, list.len())?) {
                Some(element) => Operand::element(element.clone(), list.kind().element()),
                None => return fail("reflect: slice index out of range"),
            },
            Value::Map(map) => {
                let Value::String(key) = prepare(&index.value, Type::String)? else { return Ok(Operand::default()) };
                let element = map.kind().element();
                let value = map.get(&key).unwrap_or_else(|| element.map_or(Value::Nil, Type::zero));
                Operand::element(value, element)
            }
            other => return fail(format!("can't index item of type {}", other.indirect_type_name())),
        };
    }
    Ok(item)
}

/// `slice x 1 2` is Go's `x[1:2]`.
pub(super) fn slice(item: &Operand, indexes: &[Operand], budget: &mut Budget) -> Outcome<Value> {
    if indexes.len() > 3 && !item.is_nil() {
        return fail(format!("too many slice indexes: {}", indexes.len()));
    }
    let (length, capacity) = match &item.value {
        Value::Nil => return fail("slice of untyped nil"),
        Value::String(_) if indexes.len() == 3 => return fail("cannot 3-index slice a string"),
        Value::String(text) => (text.len(), text.len()),
        Value::List(list) => (list.len(), list.capacity()),
        other => return fail(format!("can't slice item of type {}", other.type_name())),
    };
    let mut bounds = [0, length, capacity];
    for (bound, index) in bounds.iter_mut().zip(indexes) {
        // Unlike `index`, this one does not look into the box.
        if index.is_boxed() {
            return fail(format!("cannot index slice/array with type {}", Type::Any));
        }
        *bound = offset(&index.value, capacity)?;
    }
    let [start, end, most] = bounds;
    if start > end {
        return fail(format!("invalid slice index: {start} > {end}"));
    }
    if end > most {
        return fail(format!("invalid slice index: {end} > {most}"));
    }
    match &item.value {
        Value::String(text) => {
            budget.take_bytes(end - start)?;
            Ok(Value::String(Text::from(&text[start..end])))
        }
        Value::List(list) => match list.slice(start, end) {
            Some(window) => Ok(Value::List(window)),
            None => fail("reflect.Value.Slice: slice index out of bounds"),
        },
        _ => Ok(Value::Nil),
    }
}

/// The length of what has one.
pub(super) fn length(item: &Operand) -> Outcome<Value> {
    let length = match &item.value {
        Value::Nil if item.is_boxed() => return fail("len of nil pointer"),
        Value::Nil => return fail("reflect: call of reflect.Value.Type on zero Value"),
        Value::String(text) => text.len(),
        Value::List(list) => list.len(),
        Value::Map(map) => map.len(),
        Value::Object(object) if let Shape::Map(entries) = object.shape() => entries.len(),
        other => return fail(format!("len of type {}", other.indirect_type_name())),
    };
    Ok(Value::Int(i64::try_from(length).unwrap_or(i64::MAX)))
}
