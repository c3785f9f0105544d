//! Whole numbers and floats; everything is cast first, and what is no number is zero.

use go_template::{Call, FunctionError, Functions, List, Signature, Type, Value};

use super::arguments::{Arguments, Outcome, give};
use super::cast::{to_float, to_int};
use crate::go::number::{NumberError, parse_int, power_of_ten};

/// `[]int`.
const INTS: Type = Type::List(&Type::Int);

/// Adds these functions.
pub(super) fn register(functions: &mut Functions) {
    const VALUE: Signature = Signature::fixed(&[Type::Any]);
    const TWO: Signature = Signature::fixed(&[Type::Any, Type::Any]);
    const MORE: Signature = Signature::variadic(&[Type::Any, Type::Any]);
    functions.insert_native("int", VALUE, |arguments, _| Ok(Value::Int(to_int(&Arguments::new(arguments).value()))));
    functions.insert_native("int64", VALUE, |arguments, _| Ok(Value::Int64(to_int(&Arguments::new(arguments).value()))));
    functions.insert_native("float64", VALUE, |arguments, _| Ok(Value::Float(to_float(&Arguments::new(arguments).value()))));
    functions.insert_native("atoi", Signature::fixed(&[Type::String]), |arguments, _| {
        Ok(Value::Int(nearest(parse_int(&Arguments::new(arguments).text(), 10))))
    });
    functions.insert_native("toDecimal", VALUE, |arguments, call| {
        let printed = call.sprint(&arguments)?;
        Ok(Value::Int64(parse_int(&printed, 8).unwrap_or_default()))
    });

    functions.insert_native("add", Signature::variadic(&[Type::Any]), |arguments, _| fold(arguments, Some(0), i64::wrapping_add));
    functions.insert_native("add1", VALUE, |arguments, _| fold(arguments, Some(1), i64::wrapping_add));
    functions.insert_native("sub", TWO, |arguments, _| fold(arguments, None, i64::wrapping_sub));
    functions.insert_native("mul", MORE, |arguments, _| fold(arguments, None, i64::wrapping_mul));
    functions.insert_native("div", TWO, |arguments, _| divide(arguments, i64::wrapping_div));
    functions.insert_native("mod", TWO, |arguments, _| divide(arguments, i64::wrapping_rem));
    functions.insert_native("max", MORE, |arguments, _| fold(arguments, None, i64::max));
    functions.insert_native("biggest", MORE, |arguments, _| fold(arguments, None, i64::max));
    functions.insert_native("min", MORE, |arguments, _| fold(arguments, None, i64::min));
    functions.insert_native("maxf", MORE, |arguments, _| Ok(fold_floats(&arguments, greater)));
    functions.insert_native("minf", MORE, |arguments, _| Ok(fold_floats(&arguments, |left, right| -greater(-left, -right))));
    functions
        .insert_native("floor", VALUE, |arguments, _| Ok(Value::Float(to_float(&Arguments::new(arguments).value()).floor())));
    functions.insert_native("ceil", VALUE, |arguments, _| Ok(Value::Float(to_float(&Arguments::new(arguments).value()).ceil())));
    functions.insert_native("round", Signature::variadic(&[Type::Any, Type::Int, Type::Float64]), round);

    functions.insert_native("until", Signature::fixed(&[Type::Int]), |arguments, call| {
        let count = Arguments::new(arguments).int();
        ints((0, count, if count < 0 { -1 } else { 1 }), call)
    });
    functions.insert_native("untilStep", Signature::fixed(&[Type::Int, Type::Int, Type::Int]), |arguments, call| {
        let mut arguments = Arguments::new(arguments);
        ints((arguments.int(), arguments.int(), arguments.int()), call)
    });
    functions.insert_native("seq", Signature::variadic(&[Type::Int]), seq);
}

/// A number that does not fit is the greatest or least that does; anything else that is wrong is zero.
fn nearest(parsed: Result<i64, NumberError>) -> i64 {
    match parsed {
        Ok(value) | Err(NumberError::Range(value)) => value,
        Err(NumberError::Syntax) => 0,
    }
}

fn fold(arguments: Vec<Value>, start: Option<i64>, operation: fn(i64, i64) -> i64) -> Outcome {
    let numbers = start.into_iter().chain(arguments.iter().map(to_int));
    Ok(Value::Int64(numbers.reduce(operation).unwrap_or_default()))
}

fn divide(arguments: Vec<Value>, operation: fn(i64, i64) -> i64) -> Outcome {
    let mut arguments = Arguments::new(arguments);
    let (dividend, divisor) = (to_int(&arguments.value()), to_int(&arguments.value()));
    if divisor == 0 {
        return Err(FunctionError::new("runtime error: integer divide by zero"));
    }
    Ok(Value::Int64(operation(dividend, divisor)))
}

fn fold_floats(arguments: &[Value], operation: fn(f64, f64) -> f64) -> Value {
    Value::Float(arguments.iter().map(to_float).reduce(operation).unwrap_or_default())
}

/// Go's `math.Max`: not-a-number wins over all but infinity, and zero over minus zero.
fn greater(left: f64, right: f64) -> f64 {
    if left == f64::INFINITY || right == f64::INFINITY {
        return f64::INFINITY;
    }
    if left.is_nan() || right.is_nan() {
        return f64::NAN;
    }
    if left == 0.0 && right == 0.0 {
        return if left.is_sign_negative() { right } else { left };
    }
    if left > right { left } else { right }
}

/// Rounds up where the part cut off is at least a half, or as much as the third argument says.
fn round(arguments: Vec<Value>, _: &mut Call<'_>) -> Outcome {
    let mut arguments = Arguments::new(arguments);
    let (value, places) = (to_float(&arguments.value()), arguments.int());
    let round_on = arguments.rest().first().map_or(0.5, to_float);
    let power = power_of_ten(places);
    let shifted = power * value;
    let rounded = if shifted.fract() >= round_on { shifted.ceil() } else { shifted.floor() };
    Ok(Value::Float(rounded / power))
}

/// The numbers from a start, in steps, up or down to before the end.
fn steps((start, stop, step): (i64, i64, i64), call: &mut Call<'_>) -> Result<Vec<i64>, FunctionError> {
    let up = stop >= start;
    let mut numbers = Vec::new();
    if (up && step <= 0) || (!up && step >= 0) {
        return Ok(numbers);
    }
    let mut next = start;
    while if up { next < stop } else { next > stop } {
        call.take_bytes(size_of::<Value>())?;
        numbers.push(next);
        next = next.wrapping_add(step);
    }
    Ok(numbers)
}

fn ints(range: (i64, i64, i64), call: &mut Call<'_>) -> Outcome {
    let numbers = steps(range, call)?;
    Ok(Value::List(List::with_type(numbers.into_iter().map(Value::Int).collect(), INTS)))
}

/// As the command of that name counts, with the end included. A step down that is not -1 may go one too far, as it does in sprig.
fn seq(arguments: Vec<Value>, call: &mut Call<'_>) -> Outcome {
    let numbers: Vec<i64> = arguments.iter().filter_map(Value::as_signed).collect();
    let (start, step, end) = match *numbers.as_slice() {
        [end] => (1, None, end),
        [start, end] => (start, None, end),
        [start, step, end] => (start, Some(step), end),
        _ => return Ok(Value::from("")),
    };
    let direction = if end < start { -1 } else { 1 };
    if direction < 0 && step.is_some_and(|step| step > 0) {
        return Ok(Value::from(""));
    }
    let numbers = steps((start, end.wrapping_add(direction), step.unwrap_or(direction)), call)?;
    give(call, numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(" "))
}
