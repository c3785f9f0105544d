//! The functions about durations: sprig's, which take seconds or texts, and Helm's, which take anything.

use go_template::{Call, FunctionError, Functions, Shape, Signature, Text, Type, Value};

use super::duration::{Duration, HOUR, MICROSECOND, MILLISECOND, MINUTE, SECOND};
use super::{Time, now};
use crate::functions::arguments::Arguments;
use crate::functions::object::{object, value_of};

const ANY: Type = Type::Any;

/// Brings a duration to a multiple of another one.
type Step = fn(Duration, Duration) -> Duration;

/// Adds these functions.
pub(super) fn register(functions: &mut Functions) {
    functions.insert_native("duration", Signature::fixed(&[ANY]), |arguments, _| {
        let seconds = match &Arguments::new(arguments).value() {
            Value::String(text) => whole_number(text),
            Value::Int64(seconds) => *seconds,
            _ => 0,
        };
        Ok(Value::from(Duration(seconds.wrapping_mul(SECOND)).to_string()))
    });
    functions.insert_native("durationRound", Signature::fixed(&[ANY]), |arguments, call| {
        let duration = match &Arguments::new(arguments).value() {
            Value::String(text) => Duration::parse(text).unwrap_or(Duration(0)),
            Value::Int64(nanoseconds) => Duration(*nanoseconds),
            other => match object::<Time>(other) {
                Some(time) => now(call)?.since(time),
                None => Duration(0),
            },
        };
        Ok(Value::from(coarse(duration)))
    });
    functions.insert_native("mustToDuration", Signature::fixed(&[ANY]), |arguments, call| {
        duration_of(&Arguments::new(arguments).value(), call).map(value_of)
    });
    for (name, unit, scale) in [
        ("durationSeconds", SECOND, &[][..]),
        ("durationMinutes", MINUTE, &[]),
        ("durationHours", HOUR, &[]),
        ("durationDays", HOUR, &[24.0]),
        ("durationWeeks", HOUR, &[24.0, 7.0]),
    ] {
        functions.insert_native(name, Signature::fixed(&[ANY]), move |arguments, call| {
            let duration = duration_of(&Arguments::new(arguments).value(), call).unwrap_or(Duration(0));
            Ok(Value::Float(scale.iter().fold(duration.in_units(unit), |number, divisor| number / divisor)))
        });
    }
    for (name, unit) in [("durationMilliseconds", MILLISECOND), ("durationMicroseconds", MICROSECOND), ("durationNanoseconds", 1)]
    {
        functions.insert_native(name, Signature::fixed(&[ANY]), move |arguments, call| {
            let duration = duration_of(&Arguments::new(arguments).value(), call).unwrap_or(Duration(0));
            Ok(Value::Int64(duration.0 / unit))
        });
    }
    let steps: [(&str, Step); 2] = [("durationRoundTo", Duration::round), ("durationTruncateTo", Duration::truncate)];
    for (name, change) in steps {
        functions.insert_native(name, Signature::fixed(&[ANY, ANY]), move |arguments, call| {
            let mut arguments = Arguments::new(arguments);
            let Ok(duration) = duration_of(&arguments.value(), call) else { return Ok(value_of(Duration(0))) };
            let step = duration_of(&arguments.value(), call);
            Ok(value_of(step.map_or(duration, |step| change(duration, step))))
        });
    }
}

/// A number as Go's `strconv.ParseInt` gives it without looking at its error: 0 for other texts, the utmost one beyond it.
fn whole_number(text: &[u8]) -> i64 {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if !digits.iter().all(u8::is_ascii_digit) {
        return 0;
    }
    digits.iter().fold(0i64, |number, digit| {
        let (tens, digit) = (number.saturating_mul(10), i64::from(digit - b'0'));
        if negative { tens.saturating_sub(digit) } else { tens.saturating_add(digit) }
    })
}

/// A duration in the largest unit that it is longer than.
fn coarse(duration: Duration) -> String {
    const DAY: i64 = 24 * HOUR;
    let units = [("y", 365 * DAY), ("mo", 30 * DAY), ("d", DAY), ("h", HOUR), ("m", MINUTE), ("s", SECOND)];
    let nanoseconds = duration.0.unsigned_abs();
    let unit = units.into_iter().find(|(_, unit)| nanoseconds > unit.unsigned_abs());
    unit.map_or_else(|| "0s".to_owned(), |(name, unit)| format!("{}{name}", nanoseconds / unit.unsigned_abs()))
}

/// A duration from anything: a text such as `1h30m`, or a number of seconds, in text or not.
fn duration_of(value: &Value, call: &mut Call<'_>) -> Result<Duration, FunctionError> {
    let scalar = match value {
        Value::Object(object) => match object.shape() {
            _ if object.as_any().is::<Duration>() => {
                return Ok(object.as_any().downcast_ref().copied().unwrap_or(Duration(0)));
            }
            Shape::Scalar(scalar) if !matches!(scalar, Value::String(_)) => scalar,
            _ => value.clone(),
        },
        other => other.clone(),
    };
    match &scalar {
        Value::Nil => Err(FunctionError::new("invalid duration")),
        Value::String(text) => from_text(text, call),
        Value::Float(seconds) => from_float(*seconds, call),
        number => {
            let signed = number.as_signed().map(i128::from);
            let Some(seconds) = signed.or_else(|| number.as_unsigned().map(i128::from)) else {
                return Err(FunctionError::new(format!("unsupported duration type {}", value.type_name())));
            };
            let nanoseconds = i64::try_from(seconds).ok().and_then(|seconds| seconds.checked_mul(SECOND));
            nanoseconds.map(Duration).ok_or_else(|| FunctionError::new(format!("duration seconds overflow: {seconds}")))
        }
    }
}

fn from_text(text: &Text, call: &mut Call<'_>) -> Result<Duration, FunctionError> {
    let lossy = text.to_string_lossy();
    let trimmed = lossy.trim();
    if trimmed.is_empty() {
        return Err(FunctionError::new("empty duration"));
    }
    if let Ok(duration) = Duration::parse(trimmed.as_bytes()) {
        return Ok(duration);
    }
    // A number too large for a float is not one to Go, but infinity is.
    let is_number = |seconds: &f64| seconds.is_finite() || !trimmed.bytes().any(|byte| byte.is_ascii_digit());
    match trimmed.parse::<f64>().ok().filter(is_number) {
        Some(seconds) => from_float(seconds, call),
        None => Err(FunctionError::new(
            call.sprintf("could not parse duration %q", &[Value::String(text.clone())])?.to_string_lossy(),
        )),
    }
}

fn from_float(seconds: f64, call: &mut Call<'_>) -> Result<Duration, FunctionError> {
    let limit = i64::MAX as f64 / SECOND as f64;
    let mut error = |text: &str, number: f64| -> FunctionError {
        match call.sprintf("%s: %v", &[Value::from(text), Value::Float(number)]) {
            Ok(text) => FunctionError::new(text.to_string_lossy()),
            Err(limit) => limit.into(),
        }
    };
    if !seconds.is_finite() {
        return Err(error("invalid duration seconds", seconds));
    }
    if seconds.abs() > limit {
        return Err(error("duration seconds overflow", seconds));
    }
    let nanoseconds = seconds * SECOND as f64;
    if nanoseconds.abs() > i64::MAX as f64 {
        return Err(error("duration nanoseconds overflow", nanoseconds));
    }
    Ok(Duration(nanoseconds as i64))
}
