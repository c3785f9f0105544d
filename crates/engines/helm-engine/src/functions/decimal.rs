//! Arithmetic on floats without rounding on the way: `addf` and its like compute in decimals, as `shopspring/decimal` does.

use go_template::{Call, FunctionError, Functions, Signature, Type, Value};
use num_bigint::BigInt;

use super::arguments::Outcome;
use super::cast::to_float;

/// Adds these functions.
pub(super) fn register(functions: &mut Functions) {
    const MORE: Signature = Signature::variadic(&[Type::Any, Type::Any]);
    functions.insert_native("addf", Signature::variadic(&[Type::Any]), |arguments, call| fold(Some(0.0), &arguments, add, call));
    functions
        .insert_native("add1f", Signature::fixed(&[Type::Any]), |arguments, call| fold(None, &with_one(arguments), add, call));
    functions.insert_native("subf", MORE, |arguments, call| {
        fold(None, &arguments, |left, right| add(left, Decimal { digits: -right.digits, ..right }), call)
    });
    functions.insert_native("mulf", MORE, |arguments, call| fold(None, &arguments, multiply, call));
    functions.insert_native("divf", MORE, |arguments, call| fold(None, &arguments, divide, call));
}

fn with_one(mut arguments: Vec<Value>) -> Vec<Value> {
    arguments.push(Value::Int(1));
    arguments
}

/// `digits` times ten to the power of `exponent`.
struct Decimal {
    digits: BigInt,
    exponent: i32,
}

/// Decimals after the point of a quotient.
const DIVISION_PRECISION: i32 = 16;

/// The longest number that is computed with, in decimal digits.
const MAX_DIGITS: usize = 100_000;

type Operation = fn(Decimal, Decimal) -> Result<Decimal, FunctionError>;

fn fold(start: Option<f64>, arguments: &[Value], operation: Operation, call: &mut Call<'_>) -> Outcome {
    let mut numbers = start.into_iter().chain(arguments.iter().map(to_float));
    let Some(first) = numbers.next() else { return Ok(Value::Float(0.0)) };
    let mut result = from_float(first)?;
    for number in numbers {
        result = operation(result, from_float(number)?)?;
        let digits = usize::try_from(result.digits.bits() / 3).unwrap_or(usize::MAX);
        if digits > MAX_DIGITS {
            return Err(FunctionError::new(format!("a number of more than {MAX_DIGITS} digits")));
        }
        call.take_steps(u64::try_from(1 + digits / 16).unwrap_or(u64::MAX))?;
    }
    // The nearest float, as reading the digits finds it.
    let text = format!("{}e{}", result.digits, result.exponent);
    Ok(Value::Float(text.parse().unwrap_or_default()))
}

/// The shortest digits that are read back as the same float.
fn from_float(value: f64) -> Result<Decimal, FunctionError> {
    if !value.is_finite() {
        let name = match value {
            _ if value.is_nan() => "NaN",
            _ if value > 0.0 => "+Inf",
            _ => "-Inf",
        };
        return Err(FunctionError::new(format!("Cannot create a Decimal from {name}")));
    }
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}").parse().unwrap_or_default();
    let decimals = i32::try_from(fraction.len()).unwrap_or_default();
    Ok(Decimal { digits, exponent: exponent.parse::<i32>().unwrap_or_default() - decimals })
}

fn power_of_ten(exponent: i32) -> BigInt {
    BigInt::from(10).pow(exponent.unsigned_abs())
}

fn add(left: Decimal, right: Decimal) -> Result<Decimal, FunctionError> {
    let exponent = left.exponent.min(right.exponent);
    let at_exponent = |number: Decimal| number.digits * power_of_ten(number.exponent - exponent);
    Ok(Decimal { digits: at_exponent(left) + at_exponent(right), exponent })
}

fn multiply(left: Decimal, right: Decimal) -> Result<Decimal, FunctionError> {
    Ok(Decimal { digits: left.digits * right.digits, exponent: left.exponent.saturating_add(right.exponent) })
}

/// Rounded half away from zero.
fn divide(left: Decimal, right: Decimal) -> Result<Decimal, FunctionError> {
    if right.digits == BigInt::ZERO {
        return Err(FunctionError::new("decimal division by 0"));
    }
    let shift = left.exponent - right.exponent + DIVISION_PRECISION;
    let (dividend, divisor) = if shift < 0 {
        (left.digits, right.digits * power_of_ten(shift))
    } else {
        (left.digits * power_of_ten(shift), right.digits)
    };
    let (quotient, remainder) = (&dividend / &divisor, &dividend % &divisor);
    let rounds = (remainder.magnitude() * 2u32) >= *divisor.magnitude();
    let away = if dividend.sign() == divisor.sign() { 1 } else { -1 };
    let digits = if rounds { quotient + away } else { quotient };
    Ok(Decimal { digits, exponent: -DIVISION_PRECISION })
}
