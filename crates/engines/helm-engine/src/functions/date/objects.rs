//! Times and durations as templates see them: Go's `time.Time`, `time.Duration`, `time.Month`, `time.Weekday` and
//! `*time.Location`.
//!
//! Methods with several results, such as `Time.Date`, cannot be called from templates, so they are not here.

use std::any::Any;
use std::rc::Rc;

use go_template::{BYTES, Function, FunctionError, List, Object, Shape, Signature, Text, Type, Value};

use super::calendar::{Civil, MONTHS, WEEKDAYS};
use super::duration::{Duration, HOUR, MICROSECOND, MILLISECOND, MINUTE, SECOND, quoted};
use super::time::Time;
use super::zone::Zone;
use crate::functions::object::{getter, method, object_of, value_of};
use crate::ports::ports;

/// The type of [`Time`].
pub(super) const TIME: Type = Type::Object("time.Time");
/// The type of [`Duration`].
pub(super) const DURATION: Type = Type::Object("time.Duration");
const LOCATION: Type = Type::Object("*time.Location");

impl Object for Time {
    fn type_name(&self) -> &'static str {
        "time.Time"
    }

    fn field(&self, _: &str) -> Option<Value> {
        None
    }

    fn method(&self, name: &str) -> Option<Rc<dyn Function>> {
        self.number(name)
            .and_then(getter)
            .or_else(|| self.shown(name))
            .or_else(|| self.compared(name))
            .or_else(|| self.moved(name))
    }

    fn string(&self) -> Option<Text> {
        Some(Text::from(self.to_string()))
    }

    fn go_string(&self) -> Option<Text> {
        let Civil { year, month, day, second_of_day } = self.civil();
        let [hour, minute, second] = [second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60];
        let nanosecond = self.nanoseconds;
        let zone = match &self.zone {
            Zone::Utc => "time.UTC".to_owned(),
            zone if zone.name() == "Local" => "time.Local".to_owned(),
            zone => format!("time.Location({})", quoted(zone.name().as_bytes())),
        };
        let month = Month(month);
        Some(Text::from(format!("time.Date({year}, time.{month}, {day}, {hour}, {minute}, {second}, {nanosecond}, {zone})")))
    }

    fn shape(&self) -> Shape {
        Shape::Struct(vec![
            ("wall", Value::Uint64(self.nanoseconds.into())),
            ("ext", Value::Int64(self.seconds_of_era())),
            ("loc", value_of(LocationField(self.zone.clone()))),
        ])
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref() == Some(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Time {
    /// Methods without parameters.
    fn number(&self, name: &str) -> Option<Value> {
        let civil = self.civil();
        let nanoseconds = self.nanoseconds_of_unix();
        Some(match name {
            "Year" => Value::Int(civil.year),
            "Month" => value_of(Month(civil.month)),
            "Day" => Value::Int(civil.day),
            "Weekday" => value_of(Weekday(civil.weekday())),
            "YearDay" => Value::Int(civil.day_of_year()),
            "Hour" => Value::Int(civil.second_of_day / 3600),
            "Minute" => Value::Int(civil.second_of_day / 60 % 60),
            "Second" => Value::Int(civil.second_of_day % 60),
            "Nanosecond" => Value::Int(self.nanoseconds.into()),
            "Unix" => Value::Int64(self.seconds),
            "UnixMilli" => Value::Int64(nanoseconds.div_euclid(1_000_000) as i64),
            "UnixMicro" => Value::Int64(nanoseconds.div_euclid(1_000) as i64),
            "UnixNano" => Value::Int64(nanoseconds as i64),
            "IsZero" => Value::Bool(self.seconds_of_era() == 0 && self.nanoseconds == 0),
            "IsDST" => Value::Bool(self.validity().is_summer),
            "String" => Value::from(self.to_string()),
            "Location" => value_of(self.zone.clone()),
            "UTC" => value_of(self.in_zone(Zone::Utc)),
            _ => return None,
        })
    }

    /// Methods that give texts.
    fn shown(&self, name: &str) -> Option<Rc<dyn Function>> {
        let time = self.clone();
        match name {
            "Format" => method(Signature::fixed(&[Type::String]), move |mut arguments, _| {
                Ok(Value::String(Text::from(time.format(&arguments.text()))))
            }),
            "MarshalJSON" => method(Signature::fixed(&[]), move |_, _| time.strict("MarshalJSON", "\"").map(bytes)),
            "MarshalText" => method(Signature::fixed(&[]), move |_, _| time.strict("MarshalText", "").map(bytes)),
            _ => None,
        }
    }

    /// The time by RFC 3339, which knows four digits for years.
    fn strict(&self, method: &str, quote: &str) -> Result<String, FunctionError> {
        let text = String::from_utf8_lossy(&self.format(b"2006-01-02T15:04:05.999999999Z07:00")).into_owned();
        if !(0..=9999).contains(&self.civil().year) {
            return Err(FunctionError::new(format!("Time.{method}: year outside of range [0,9999]")));
        }
        if self.validity().offset.unsigned_abs() >= 24 * 3600 {
            return Err(FunctionError::new(format!("Time.{method}: timezone hour outside of range [0,23]")));
        }
        Ok(format!("{quote}{text}{quote}"))
    }

    /// Methods that take another time.
    fn compared(&self, name: &str) -> Option<Rc<dyn Function>> {
        let compare: fn(i128, i128) -> Value = match name {
            "After" => |this, other| Value::Bool(this > other),
            "Before" => |this, other| Value::Bool(this < other),
            "Equal" => |this, other| Value::Bool(this == other),
            "Compare" => |this, other| Value::Int(this.cmp(&other) as i64),
            _ => return None,
        };
        let this = self.nanoseconds_of_unix();
        method(Signature::fixed(&[TIME]), move |mut arguments, _| {
            Ok(compare(this, object_of::<Self>(&mut arguments)?.nanoseconds_of_unix()))
        })
    }

    /// Methods that give other times.
    fn moved(&self, name: &str) -> Option<Rc<dyn Function>> {
        let time = self.clone();
        let by_duration = |change: fn(&Self, Duration) -> Self| {
            let time = time.clone();
            method(Signature::fixed(&[DURATION]), move |mut arguments, _| Ok(value_of(change(&time, object_of(&mut arguments)?))))
        };
        match name {
            "Add" => by_duration(Self::add),
            "Round" => by_duration(Self::round),
            "Truncate" => by_duration(Self::truncate),
            "Sub" => {
                method(Signature::fixed(&[TIME]), move |mut arguments, _| Ok(value_of(time.since(&object_of(&mut arguments)?))))
            }
            "AddDate" => method(Signature::fixed(&[Type::Int, Type::Int, Type::Int]), move |mut arguments, _| {
                Ok(value_of(time.add_date(arguments.int(), arguments.int(), arguments.int())))
            }),
            "In" => method(Signature::fixed(&[LOCATION]), move |mut arguments, _| {
                Ok(value_of(time.in_zone(object_of(&mut arguments)?)))
            }),
            "Local" => {
                method(Signature::fixed(&[]), move |_, call| Ok(value_of(time.in_zone(Zone::local(ports(call)?.local_zone())))))
            }
            _ => None,
        }
    }
}

fn bytes(text: String) -> Value {
    Value::List(List::with_type(text.into_bytes().into_iter().map(Value::Uint8).collect(), BYTES))
}

/// Implements [`Object`] for a type that is a number with a name and a text.
macro_rules! named_number {
    ($type:ty, $name:literal, $number:expr) => {
        impl Object for $type {
            fn type_name(&self) -> &'static str {
                $name
            }

            fn field(&self, _: &str) -> Option<Value> {
                None
            }

            fn method(&self, name: &str) -> Option<Rc<dyn Function>> {
                if name == "String" { getter(Value::from(self.to_string())) } else { self.other_method(name) }
            }

            fn string(&self) -> Option<Text> {
                Some(Text::from(self.to_string()))
            }

            fn shape(&self) -> Shape {
                Shape::Scalar($number(self.0))
            }

            fn equals(&self, other: &dyn Object) -> bool {
                other.as_any().downcast_ref::<Self>().is_some_and(|other| other.0 == self.0)
            }

            fn as_any(&self) -> &dyn Any {
                self
            }
        }
    };
}

/// A month, from 1.
#[derive(Debug)]
struct Month(i64);

/// A day of the week; Sunday is 0.
#[derive(Debug)]
struct Weekday(i64);

named_number!(Month, "time.Month", Value::Int);
named_number!(Weekday, "time.Weekday", Value::Int);
named_number!(Duration, "time.Duration", Value::Int64);

impl Month {
    fn other_method(&self, _: &str) -> Option<Rc<dyn Function>> {
        None
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(usize::try_from(self.0 - 1).ok().and_then(|index| MONTHS.get(index)).copied().unwrap_or_default())
    }
}

impl Weekday {
    fn other_method(&self, _: &str) -> Option<Rc<dyn Function>> {
        None
    }
}

impl std::fmt::Display for Weekday {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(usize::try_from(self.0).ok().and_then(|index| WEEKDAYS.get(index)).copied().unwrap_or_default())
    }
}

impl Duration {
    fn other_method(&self, name: &str) -> Option<Rc<dyn Function>> {
        let duration = *self;
        let by_step = |change: fn(Self, Self) -> Self| {
            method(Signature::fixed(&[DURATION]), move |mut arguments, _| {
                Ok(value_of(change(duration, object_of(&mut arguments)?)))
            })
        };
        match name {
            "Nanoseconds" => getter(Value::Int64(self.0)),
            "Microseconds" => getter(Value::Int64(self.0 / MICROSECOND)),
            "Milliseconds" => getter(Value::Int64(self.0 / MILLISECOND)),
            "Seconds" => getter(Value::Float(self.in_units(SECOND))),
            "Minutes" => getter(Value::Float(self.in_units(MINUTE))),
            "Hours" => getter(Value::Float(self.in_units(HOUR))),
            "Abs" => getter(value_of(Self(self.0.saturating_abs()))),
            "Round" => by_step(Self::round),
            "Truncate" => by_step(Self::truncate),
            _ => None,
        }
    }
}

/// The zone as a field of a time, where Go has a nil pointer for UTC. Its methods cannot be seen from there.
#[derive(Debug)]
struct LocationField(Zone);

impl Object for LocationField {
    fn type_name(&self) -> &'static str {
        "*time.Location"
    }

    fn field(&self, _: &str) -> Option<Value> {
        None
    }

    fn method(&self, _: &str) -> Option<Rc<dyn Function>> {
        None
    }

    fn string(&self) -> Option<Text> {
        None
    }

    fn is_nil(&self) -> bool {
        self.0 == Zone::Utc
    }

    fn shape(&self) -> Shape {
        Shape::Pointer(Vec::new())
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref::<Self>().is_some_and(|other| other.0 == self.0)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Object for Zone {
    fn type_name(&self) -> &'static str {
        "*time.Location"
    }

    fn field(&self, _: &str) -> Option<Value> {
        None
    }

    fn method(&self, name: &str) -> Option<Rc<dyn Function>> {
        if name == "String" { getter(Value::from(self.name())) } else { None }
    }

    fn string(&self) -> Option<Text> {
        Some(Text::from(self.name()))
    }

    fn shape(&self) -> Shape {
        Shape::Pointer(Vec::new())
    }

    fn equals(&self, other: &dyn Object) -> bool {
        other.as_any().downcast_ref() == Some(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
