//! `eq`, `lt` and their kin: only values of one basic kind compare, but integers whatever their sign and size.

use super::Outcome;
use crate::budget::Budget;
use crate::error::Limit;
use crate::execute::operand::Operand;
use crate::format;
use crate::function::FunctionError;
use crate::value::{Type, Value};

const BAD_TYPE: &str = "invalid type for comparison";

/// A value by its basic kind.
enum Basic<'v> {
    Bool(bool),
    Complex(f64, f64),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    String(&'v [u8]),
}

impl<'v> Basic<'v> {
    fn of(underlying: &'v Value) -> Option<Self> {
        Some(match underlying {
            Value::Bool(value) => Self::Bool(*value),
            Value::Complex(real, imaginary) => Self::Complex(*real, *imaginary),
            Value::Float(value) => Self::Float(*value),
            Value::String(text) => Self::String(text),
            other => match (other.as_signed(), other.as_unsigned()) {
                (Some(value), _) => Self::Signed(value),
                (_, Some(value)) => Self::Unsigned(value),
                _ => return None,
            },
        })
    }
}

fn incompatible(left: &Value, right: &Value) -> FunctionError {
    FunctionError::new(format!("incompatible types for comparison: {} and {}", left.type_name(), right.type_name()))
}

/// Whether the first equals one of the others.
pub(super) fn equal(first: &Operand, others: &[Operand], budget: &mut Budget) -> Outcome<bool> {
    if others.is_empty() {
        return Err(FunctionError::new("missing argument for comparison"));
    }
    for other in others {
        if equal_pair(&first.value, &other.value, budget)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn equal_pair(left: &Value, right: &Value, budget: &mut Budget) -> Outcome<bool> {
    match (Basic::of(&left.underlying()), Basic::of(&right.underlying())) {
        (Some(Basic::Bool(left)), Some(Basic::Bool(right))) => Ok(left == right),
        (Some(Basic::Complex(real, imaginary)), Some(Basic::Complex(other_real, other_imaginary))) => {
            Ok(real == other_real && imaginary == other_imaginary)
        }
        (Some(Basic::Float(left)), Some(Basic::Float(right))) => Ok(left == right),
        (Some(Basic::String(left)), Some(Basic::String(right))) => {
            charge(left, right, budget)?;
            Ok(left == right)
        }
        (Some(Basic::Signed(left)), Some(Basic::Signed(right))) => Ok(left == right),
        (Some(Basic::Unsigned(left)), Some(Basic::Unsigned(right))) => Ok(left == right),
        (Some(Basic::Signed(signed)), Some(Basic::Unsigned(unsigned)))
        | (Some(Basic::Unsigned(unsigned)), Some(Basic::Signed(signed))) => Ok(u64::try_from(signed) == Ok(unsigned)),
        (None, None) => equal_composite(left, right, budget),
        _ if matches!(left, Value::Nil) || matches!(right, Value::Nil) => Ok(false),
        _ => Err(incompatible(left, right)),
    }
}

/// Long texts cost more than one step.
fn charge(left: &[u8], right: &[u8], budget: &mut Budget) -> Result<(), Limit> {
    let compared = left.len().min(right.len());
    budget.take_steps(u64::try_from(compared / 1024).unwrap_or(u64::MAX))
}

/// Lists, maps, functions and objects: comparable with nil, and objects with their like.
fn equal_composite(left: &Value, right: &Value, budget: &mut Budget) -> Outcome<bool> {
    let one_is_nil = matches!(left, Value::Nil) || matches!(right, Value::Nil);
    if !one_is_nil && !same_kind(left, right) {
        let (first, second) = (format::display_verb(left, 's', budget)?, format::display_verb(right, 'v', budget)?);
        let message = format!("non-comparable types {first}: {}, {}: {second}", left.type_name(), right.type_name());
        return Err(FunctionError::new(message));
    }
    if left.is_nil() || right.is_nil() {
        return Ok(left.is_nil() == right.is_nil());
    }
    match (left, right) {
        (Value::Object(first), Value::Object(second)) if second.is_comparable() => {
            Ok(first.type_name() == second.type_name() && first.equals(second.as_ref()))
        }
        _ => {
            let printed = format::display_verb(right, 's', budget)?;
            Err(FunctionError::new(format!("non-comparable type {printed}: {}", right.type_name())))
        }
    }
}

fn same_kind(left: &Value, right: &Value) -> bool {
    let underlying = |value: &Value| value.kind().map(Type::underlying);
    match (underlying(left), underlying(right)) {
        (Some(left), Some(right)) => std::mem::discriminant(&left) == std::mem::discriminant(&right),
        _ => false,
    }
}

/// Whether the first is less than the second.
pub(super) fn less(first: &Operand, second: &Operand, budget: &mut Budget) -> Outcome<bool> {
    let (left, right) = (&first.value, &second.value);
    let (left_underlying, right_underlying) = (left.underlying(), right.underlying());
    let (Some(left_basic), Some(right_basic)) = (Basic::of(&left_underlying), Basic::of(&right_underlying)) else {
        return Err(FunctionError::new(BAD_TYPE));
    };
    match (left_basic, right_basic) {
        (Basic::Float(left), Basic::Float(right)) => Ok(left < right),
        (Basic::String(left), Basic::String(right)) => {
            charge(left, right, budget)?;
            Ok(left < right)
        }
        (Basic::Signed(left), Basic::Signed(right)) => Ok(left < right),
        (Basic::Unsigned(left), Basic::Unsigned(right)) => Ok(left < right),
        (Basic::Signed(signed), Basic::Unsigned(unsigned)) => Ok(i128::from(signed) < i128::from(unsigned)),
        (Basic::Unsigned(unsigned), Basic::Signed(signed)) => Ok(i128::from(unsigned) < i128::from(signed)),
        (Basic::Bool(_), Basic::Bool(_)) | (Basic::Complex(..), Basic::Complex(..)) => Err(FunctionError::new(BAD_TYPE)),
        _ => Err(incompatible(left, right)),
    }
}

/// Less, and if not, equal: so that a NaN is neither, as in Go.
pub(super) fn less_or_equal(first: &Operand, rest: &[Operand], budget: &mut Budget) -> Outcome<bool> {
    Ok(less(first, super::second(rest), budget)? || equal(first, rest, budget)?)
}
