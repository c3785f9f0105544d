//! Dates, durations and Go's layouts.

mod calendar;
mod duration;
mod duration_functions;
mod format;
mod layout;
mod objects;
mod parse;
mod time;
mod zone;

use go_template::{Call, FunctionError, Functions, Signature, Text, Type, Value};

use super::arguments::{Arguments, Outcome};
use super::object::{object, object_of, value_of};
use crate::ports::ports;
use objects::TIME;
use zone::Zone;

pub(super) use duration::Duration;
pub(super) use time::Time;

const STRING: Type = Type::String;
const ANY: Type = Type::Any;

/// What `htmlDate` writes, the form of HTML's date fields.
const HTML_DATE: &[u8] = b"2006-01-02";

/// Adds these functions.
pub(super) fn register(functions: &mut Functions) {
    functions.insert_native("now", Signature::fixed(&[]), |_, call| Ok(value_of(now(call)?)));
    functions.insert_native("date", Signature::fixed(&[STRING, ANY]), |arguments, call| {
        let mut arguments = Arguments::new(arguments);
        show(&arguments.text(), &arguments.value(), "Local", call)
    });
    functions.insert_native("htmlDate", Signature::fixed(&[ANY]), |arguments, call| {
        show(HTML_DATE, &Arguments::new(arguments).value(), "Local", call)
    });
    functions.insert_native("htmlDateInZone", Signature::fixed(&[ANY, STRING]), |arguments, call| {
        let mut arguments = Arguments::new(arguments);
        show(HTML_DATE, &arguments.value(), &arguments.text().to_string_lossy(), call)
    });
    for name in ["dateInZone", "date_in_zone"] {
        functions.insert_native(name, Signature::fixed(&[STRING, ANY, STRING]), |arguments, call| {
            let mut arguments = Arguments::new(arguments);
            show(&arguments.text(), &arguments.value(), &arguments.text().to_string_lossy(), call)
        });
    }
    for name in ["dateModify", "date_modify"] {
        functions.insert_native(name, Signature::fixed(&[STRING, TIME]), |arguments, _| {
            let unchanged = arguments.last().cloned().unwrap_or_default();
            moved(Arguments::new(arguments)).or(Ok(unchanged))
        });
    }
    for name in ["mustDateModify", "must_date_modify"] {
        functions.insert_native(name, Signature::fixed(&[STRING, TIME]), |arguments, _| moved(Arguments::new(arguments)));
    }
    functions.insert_native("toDate", Signature::fixed(&[STRING, STRING]), |arguments, call| {
        Ok(read(Arguments::new(arguments), call).unwrap_or_else(|_| value_of(Time::zero())))
    });
    functions.insert_native("mustToDate", Signature::fixed(&[STRING, STRING]), |arguments, call| {
        read(Arguments::new(arguments), call)
    });
    functions.insert_native("unixEpoch", Signature::fixed(&[TIME]), |arguments, _| {
        Ok(Value::from(object_of::<Time>(&mut Arguments::new(arguments))?.seconds.to_string()))
    });
    functions.insert_native("ago", Signature::fixed(&[ANY]), ago);
    duration_functions::register(functions);
}

/// The beginning of 2020, for comparisons.
pub(crate) fn fixed_time() -> Value {
    const BEGINNING_OF_2020: i64 = 1_577_836_800;
    value_of(Time::from_seconds(BEGINNING_OF_2020, Zone::Utc))
}

/// A date, a time of day or both, as TOML writes them. Without an offset they are in the local zone, whose name says what is missing.
pub(super) fn toml_time(text: &[u8], call: &Call<'_>) -> Result<Option<Value>, FunctionError> {
    let local = Zone::local(ports(call)?.local_zone());
    let nameless = |name: &str| Zone::Fixed { name: name.to_owned(), offset: local.at(0).offset };
    let (date_and_time, date, time) = (nameless("datetime-local"), nameless("date-local"), nameless("time-local"));
    let layouts: [(&[u8], &Zone); 7] = [
        (b"2006-01-02T15:04:05.999999999Z07:00", &local),
        (b"2006-01-02T15:04:05.999999999", &date_and_time),
        (b"2006-01-02", &date),
        (b"15:04:05.999999999", &time),
        (b"2006-01-02T15:04Z07:00", &local),
        (b"2006-01-02T15:04", &date_and_time),
        (b"15:04", &time),
    ];
    let text: Vec<u8> = text.iter().map(|byte| if b"t ".contains(byte) { b'T' } else { byte.to_ascii_uppercase() }).collect();
    let read = layouts.iter().find_map(|(layout, zone)| Some((layout, parse::parse(layout, &text, zone).ok()?)));
    // Numbers of fewer digits than the layout has are read, but not TOML.
    let same_signs = |layout: &[u8]| {
        let until = layout.iter().take_while(|byte| !b".Z".contains(byte)).zip(&text);
        until.into_iter().all(|(wanted, found)| wanted.is_ascii_digit() || wanted == found)
    };
    Ok(read.filter(|(layout, _)| same_signs(layout)).map(|(_, time)| value_of(time)))
}

/// What the clock of the host shows.
fn now(call: &Call<'_>) -> Result<Time, FunctionError> {
    let ports = ports(call)?;
    Ok(Time::from_timestamp(ports.now(), ports.local_zone()))
}

/// A time in a layout and a zone. What is no time is now; an unknown zone is UTC.
fn show(layout: &[u8], date: &Value, zone: &str, call: &Call<'_>) -> Outcome {
    let time = match date {
        Value::Int(seconds) | Value::Int64(seconds) => Time::from_seconds(*seconds, Zone::Utc),
        Value::Int32(seconds) => Time::from_seconds(i64::from(*seconds), Zone::Utc),
        other => match object::<Time>(other) {
            Some(time) => time.clone(),
            None => now(call)?,
        },
    };
    let zone = match zone {
        "Local" => Zone::local(ports(call)?.local_zone()),
        name => Zone::named(name).unwrap_or(Zone::Utc),
    };
    Ok(Value::String(Text::from(time.in_zone(zone).format(layout))))
}

fn moved(mut arguments: Arguments) -> Outcome {
    let duration = Duration::parse(&arguments.text()).map_err(|error| FunctionError::new(error.to_string()))?;
    Ok(value_of(object_of::<Time>(&mut arguments)?.add(duration)))
}

fn read(mut arguments: Arguments, call: &Call<'_>) -> Outcome {
    let local = Zone::local(ports(call)?.local_zone());
    let time = parse::parse(&arguments.text(), &arguments.text(), &local);
    time.map(value_of).map_err(|error| FunctionError::new(error.to_string()))
}

/// How long ago a time was, in whole seconds. What is no time is now.
fn ago(arguments: Vec<Value>, call: &mut Call<'_>) -> Outcome {
    let now = now(call)?;
    let elapsed = match &Arguments::new(arguments).value() {
        Value::Int(seconds) | Value::Int64(seconds) => now.since(&Time::from_seconds(*seconds, Zone::Utc)),
        other => object::<Time>(other).map_or(Duration(0), |time| now.since(time)),
    };
    Ok(Value::from(elapsed.round(Duration(duration::SECOND)).to_string()))
}
