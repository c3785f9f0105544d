//! Conversions as `spf13/cast` makes them: what cannot be converted is zero. And the text of any value.

use go_template::{Call, FunctionError, Shape, Text, Type, Value};

use crate::go::number;
use crate::go::reflect::bytes;

/// `cast.ToInt64`, and `cast.ToInt`, which is the same on 64-bit machines.
pub(super) fn to_int(value: &Value) -> i64 {
    match value {
        Value::Bool(value) => i64::from(*value),
        Value::Float(value) => number::float_to_int(*value),
        Value::String(text) => number::parse_int(without_zero_decimals(text), 0).unwrap_or_default(),
        Value::Object(_) => calendar_number(value).unwrap_or_default(),
        _ => value.as_signed().or(value.as_unsigned().map(u64::cast_signed)).unwrap_or_default(),
    }
}

/// `cast.ToFloat64`.
pub(super) fn to_float(value: &Value) -> f64 {
    match value {
        Value::Bool(value) => f64::from(u8::from(*value)),
        Value::Float(value) => *value,
        Value::String(text) => number::parse_float(text).unwrap_or_default(),
        Value::Object(_) => calendar_number(value).unwrap_or_default() as f64,
        _ => value.as_signed().map(|value| value as f64).or(value.as_unsigned().map(|value| value as f64)).unwrap_or_default(),
    }
}

/// Months and days of the week are the only types with a name that are numbers to `cast`.
fn calendar_number(value: &Value) -> Option<i64> {
    let Value::Object(object) = value else { return None };
    match (object.type_name(), object.shape()) {
        ("time.Month" | "time.Weekday", Shape::Scalar(number)) => number.as_signed(),
        _ => None,
    }
}

/// `1.00` without `.00`; a text that does not end so as it is. A point after the last zero is passed over.
fn without_zero_decimals(text: &[u8]) -> &[u8] {
    let mut zero_found = false;
    for (index, byte) in text.iter().enumerate().rev() {
        match byte {
            b'.' if zero_found => return &text[..index],
            b'.' => {}
            b'0' => zero_found = true,
            _ => return text,
        }
    }
    text
}

/// The text of a value as sprig's functions see it: strings and bytes as they are, the rest as `%v` prints it.
pub(super) fn to_text(value: &Value, call: &mut Call<'_>) -> Result<Text, FunctionError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::List(list) if matches!(list.kind(), Type::List(Type::Uint8)) => Ok(Text::from(bytes(list))),
        _ => Ok(call.sprintf("%v", std::slice::from_ref(value))?),
    }
}

/// The texts of a list's items without those that are nil; of anything else its own text, of nil none.
pub(super) fn to_texts(value: &Value, call: &mut Call<'_>) -> Result<Vec<Text>, FunctionError> {
    match value {
        Value::Nil => Ok(Vec::new()),
        Value::List(list) => {
            let items = list.items().iter().filter(|item| !matches!(item, Value::Nil));
            items.map(|item| to_text(item, call)).collect()
        }
        other => Ok(vec![to_text(other, call)?]),
    }
}
