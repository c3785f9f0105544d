//! Dates, times and durations of RFC 3339.

use super::{count_digits, ensure};
use crate::text::quote_char;

/// A calendar date, with the messages of Go's `time.Parse`.
pub(super) fn date(text: &str) -> Result<(), String> {
    let cannot_parse = |rest: &str, element: &str| {
        Err(format!("parsing time {} as \"2006-01-02\": cannot parse {} as \"{element}\"", quote(text), quote(rest)))
    };
    let has_digits = |rest: &str, count: usize| rest.len() >= count && rest.bytes().take(count).all(|byte| byte.is_ascii_digit());
    if !has_digits(text, 4) {
        return cannot_parse(text, "2006");
    }
    let number = |digits: &str| digits.parse::<u32>().unwrap_or_default();
    let year = number(&text[..4]);
    let mut rest = &text[4..];
    let mut parts = [0; 2];
    for (part, element) in parts.iter_mut().zip(["01", "02"]) {
        let Some(after) = rest.strip_prefix('-') else {
            return cannot_parse(rest, "-");
        };
        if !has_digits(after, 2) {
            return cannot_parse(after, element);
        }
        *part = number(&after[..2]);
        rest = &after[2..];
        ensure(element != "01" || (1..=12).contains(part), format!("parsing time {}: month out of range", quote(text)))?;
    }
    let [month, day] = parts;
    ensure(rest.is_empty(), format!("parsing time {}: extra text: {}", quote(text), quote(rest)))?;
    ensure((1..=days_of(year, month)).contains(&day), format!("parsing time {}: day out of range", quote(text)))
}

fn days_of(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Go's `time` package quotes in its own way: what is not printable ASCII is escaped byte by byte.
fn quote(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'"' | b'\\' => format!("\\{}", char::from(byte)),
        b' '..=b'~' => char::from(byte).to_string(),
        _ => format!("\\x{byte:02x}"),
    };
    format!("\"{}\"", text.bytes().map(escape).collect::<String>())
}

/// A time of day with its offset. Second 60 is allowed where a leap second can be.
pub(super) fn time(text: &str) -> Result<(), String> {
    let bytes = text.as_bytes();
    ensure(bytes.len() >= 9, "less than 9 characters long")?;
    ensure(bytes[2] == b':' && bytes[5] == b':', "missing colon in correct place")?;
    let clock = two_digit_numbers(&[&bytes[..2], &bytes[3..5], &bytes[6..8]], "hour/min/sec")?;
    let (hour, minute, second) = (clock[0], clock[1], clock[2]);
    ensure(hour <= 23 && minute <= 59 && second <= 60, "hour/min/sec out of range")?;
    let mut rest = &bytes[8..];
    if let Some(fraction) = rest.strip_prefix(b".") {
        let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
        ensure(digits > 0, "no digits in second fraction")?;
        rest = &fraction[digits..];
    }
    let mut minutes = hour * 60 + minute;
    if !matches!(rest, b"z" | b"Z") {
        minutes = (minutes - offset(rest)?).rem_euclid(24 * 60);
    }
    ensure(second < 60 || minutes == 24 * 60 - 1, "invalid leap second")
}

/// An offset such as `+01:30`, in minutes.
fn offset(text: &[u8]) -> Result<i64, String> {
    ensure(text.len() == 6, "offset must be 6 characters long")?;
    let sign = match text[0] {
        b'+' => 1,
        b'-' => -1,
        _ => return Err("offset must begin with plus/minus".to_owned()),
    };
    ensure(text[3] == b':', "missing colon in offset in correct place")?;
    let parts = two_digit_numbers(&[&text[1..3], &text[4..6]], "hour/min in offset")?;
    ensure(parts[0] <= 23 && parts[1] <= 59, "hour/min in offset out of range")?;
    Ok(sign * (parts[0] * 60 + parts[1]))
}

/// Numbers of two characters, the first of which can be a sign.
fn two_digit_numbers(parts: &[&[u8]], what: &str) -> Result<Vec<i64>, String> {
    let number = |part: &&[u8]| {
        let number = std::str::from_utf8(part).ok().and_then(|part| part.parse::<i64>().ok());
        let number = number.ok_or_else(|| format!("invalid {what}"))?;
        ensure(number >= 0, format!("non-positive {what}")).map(|()| number)
    };
    parts.iter().map(number).collect()
}

/// A date, `T` and a time.
pub(super) fn date_time(text: &str) -> Result<(), String> {
    ensure(text.len() >= 20, "less than 20 characters long")?;
    ensure(matches!(text.as_bytes()[10], b't' | b'T'), "11th character must be t or T")?;
    date(&text[..10]).map_err(|error| format!("invalid date element: {error}"))?;
    time(&text[11..]).map_err(|error| format!("invalid time element: {error}"))
}

/// `P`, then weeks, or years to days and, behind `T`, hours to seconds.
pub(super) fn duration(text: &str) -> Result<(), String> {
    let text = text.strip_prefix('P').ok_or("must start with P")?;
    ensure(!text.is_empty(), "nothing after P")?;
    if let Some(weeks) = text.strip_suffix('W') {
        ensure(!weeks.is_empty(), "no number in week")?;
        return ensure(count_digits(weeks) == weeks.len(), "invalid week");
    }
    for (index, part) in text.split('T').enumerate() {
        ensure(index == 0 || !part.is_empty(), "no time elements")?;
        let all_units = *["YMD", "HMS"].get(index).ok_or("more than one T")?;
        check_elements(part, all_units)?;
    }
    Ok(())
}

/// Numbers with units, each of which comes once at most and in order.
fn check_elements(mut part: &str, all_units: &str) -> Result<(), String> {
    let mut units = all_units;
    while !part.is_empty() {
        let digits = count_digits(part);
        ensure(digits > 0, "missing number")?;
        let unit = *part.as_bytes().get(digits).ok_or("missing unit")?;
        let unit = char::from(unit);
        match units.find(unit) {
            Some(position) => units = &units[position + 1..],
            None if all_units.contains(unit) => return Err(format!("unit {} out of order", quote_char(unit))),
            None => return Err(format!("invalid unit {}", quote_char(unit))),
        }
        part = &part[digits + 1..];
    }
    Ok(())
}

/// Two ends with a slash between them; one of them may be a duration.
pub(super) fn period(text: &str) -> Result<(), String> {
    let (start, end) = text.split_once('/').ok_or("missing slash")?;
    let with = |what: &'static str| move |error: String| format!("invalid {what}: {error}");
    if start.starts_with('P') {
        duration(start).map_err(with("start duration"))?;
        return date_time(end).map_err(with("end date-time"));
    }
    date_time(start).map_err(with("start date-time"))?;
    if end.starts_with('P') { duration(end).map_err(with("end duration")) } else { date_time(end).map_err(with("end date-time")) }
}
