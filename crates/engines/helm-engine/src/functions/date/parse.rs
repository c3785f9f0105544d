//! Reads times by Go's layouts.

use super::calendar::{Civil, MONTHS, WEEKDAYS, days_in_month};
use super::duration::quoted;
use super::layout::{Chunk, Element, Offset, Padding, next_chunk};
use super::time::Time;
use super::zone::Zone;

/// Why a text is not a time in a layout, in Go's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum TimeError {
    /// A part of the text is not what the layout has there.
    #[error("parsing time {} as {}: cannot parse {} as {}", quoted(.value), quoted(.layout), quoted(.rest), quoted(.element))]
    Part {
        /// The whole text.
        value: Vec<u8>,
        /// The whole layout.
        layout: Vec<u8>,
        /// The text from that part on.
        rest: Vec<u8>,
        /// What the layout has there.
        element: Vec<u8>,
    },
    /// Parts that contradict each other, or text in excess.
    #[error("parsing time {}: {problem}", quoted(.value))]
    Whole {
        /// The whole text.
        value: Vec<u8>,
        /// What is wrong.
        problem: String,
    },
}

/// Why one part could not be read.
enum Fault {
    /// It has another form.
    Form,
    /// A number that is too high or too low; holds what it counts.
    Range(&'static str),
}

type Read<T> = Result<T, Fault>;

/// Reads a time. What the text does not say of the zone, `local` does.
pub(super) fn parse(layout: &[u8], value: &[u8], local: &Zone) -> Result<Time, TimeError> {
    let part_error = |rest: &[u8], element: &[u8]| TimeError::Part {
        value: value.to_vec(),
        layout: layout.to_vec(),
        rest: rest.to_vec(),
        element: element.to_vec(),
    };
    let whole_error = |problem: String| TimeError::Whole { value: value.to_vec(), problem };
    let mut parts = Parts::default();
    let (mut layout_rest, mut reader) = (layout, Reader { rest: value });
    loop {
        let Chunk { prefix, element, rest } = next_chunk(layout_rest);
        if !reader.skip(prefix) {
            return Err(part_error(reader.rest, prefix));
        }
        let Some((element, text)) = element else {
            if !reader.rest.is_empty() {
                return Err(whole_error(format!("extra text: {}", quoted(reader.rest))));
            }
            return parts.time(local).map_err(|problem| whole_error(problem.to_owned()));
        };
        let before = reader.rest;
        layout_rest = rest;
        match parts.read(element, &mut reader, rest) {
            Ok(()) => {}
            Err(Fault::Form) => return Err(part_error(before, text)),
            Err(Fault::Range(what)) => return Err(whole_error(format!("{what} out of range"))),
        }
    }
}

/// What has been read so far.
#[derive(Default)]
struct Parts {
    year: i64,
    month: Option<i64>,
    day: Option<i64>,
    day_of_year: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    nanoseconds: u32,
    /// Whether it is after noon, where the text says so.
    afternoon: Option<bool>,
    is_utc: bool,
    offset: Option<i64>,
    zone_name: Vec<u8>,
}

impl Parts {
    /// Reads one element. `layout` is what follows it.
    fn read(&mut self, element: Element, reader: &mut Reader<'_>, layout: &[u8]) -> Read<()> {
        match element {
            Element::ShortYear => {
                let year = signed_number(reader.take(2)?)?;
                self.year = if year >= 69 { year + 1900 } else { year + 2000 };
            }
            Element::Year => {
                if !reader.rest.first().is_some_and(u8::is_ascii_digit) {
                    return Err(Fault::Form);
                }
                self.year = signed_number(reader.take(4)?)?;
            }
            Element::MonthName => self.month = Some(reader.name(&MONTHS, Some(3))? + 1),
            Element::LongMonthName => self.month = Some(reader.name(&MONTHS, None)? + 1),
            Element::Month { padded } => {
                let month = reader.number(padded)?;
                self.month = Some(within(month, 1..=12, "month")?);
            }
            // The day of the week says nothing new.
            Element::WeekdayName => drop(reader.name(&WEEKDAYS, Some(3))?),
            Element::LongWeekdayName => drop(reader.name(&WEEKDAYS, None)?),
            Element::Day(padding) => {
                if padding == Padding::Space {
                    reader.take_byte(b' ');
                }
                self.day = Some(reader.number(padding == Padding::Zero)?);
            }
            Element::DayOfYear(padding) => {
                for _ in 0..if padding == Padding::Space { 2 } else { 0 } {
                    reader.take_byte(b' ');
                }
                self.day_of_year = Some(reader.three_digits(padding == Padding::Zero)?);
            }
            Element::Hour => self.hour = within(reader.number(false)?, 0..=23, "hour")?,
            Element::Hour12 { padded } => self.hour = within(reader.number(padded)?, 0..=12, "hour")?,
            Element::Minute { padded } => self.minute = within(reader.number(padded)?, 0..=59, "minute")?,
            Element::Second { padded } => {
                self.second = within(reader.number(padded)?, 0..=59, "second")?;
                self.fraction_without_layout(reader, layout)?;
            }
            Element::HalfDay { upper } => {
                let afternoon = match (reader.take(2)?, upper) {
                    (b"PM", true) | (b"pm", false) => true,
                    (b"AM", true) | (b"am", false) => false,
                    _ => return Err(Fault::Form),
                };
                self.afternoon = Some(afternoon || self.afternoon == Some(true));
            }
            Element::Offset(Offset { zulu: true, .. }) if reader.take_byte(b'Z') => self.is_utc = true,
            Element::Offset(form) => self.offset = Some(reader.offset(form)?),
            Element::ZoneName if reader.rest.starts_with(b"UTC") => {
                reader.take(3)?;
                self.is_utc = true;
            }
            Element::ZoneName => {
                let length = zone_name_length(reader.rest).ok_or(Fault::Form)?;
                self.zone_name = reader.take(length)?.to_vec();
            }
            Element::Fraction { digits, .. } => self.nanoseconds = fraction(reader.take(1 + digits)?)?,
            Element::TrimmedFraction { .. } => {
                if let Some(length) = reader.fraction_length() {
                    self.nanoseconds = fraction(reader.take(length)?)?;
                }
            }
        }
        Ok(())
    }

    /// Seconds may have a fraction even where the layout has none.
    fn fraction_without_layout(&mut self, reader: &mut Reader<'_>, layout: &[u8]) -> Read<()> {
        let Some(length) = reader.fraction_length() else { return Ok(()) };
        let next = next_chunk(layout).element.map(|(element, _)| element);
        if !matches!(next, Some(Element::Fraction { .. } | Element::TrimmedFraction { .. })) {
            self.nanoseconds = fraction(reader.take(length)?)?;
        }
        Ok(())
    }

    /// The time that the parts make.
    fn time(&self, local: &Zone) -> Result<Time, &'static str> {
        let hour = match self.afternoon {
            Some(true) if self.hour < 12 => self.hour + 12,
            Some(false) if self.hour == 12 => 0,
            _ => self.hour,
        };
        let (month, day) = self.month_and_day()?;
        if day < 1 || day > days_in_month(self.year, month) {
            return Err("day out of range");
        }
        let second_of_day = (hour * 60 + self.minute) * 60 + self.second;
        let civil = Civil { year: self.year, month, day, second_of_day };
        Ok(self.placed(civil, local))
    }

    fn month_and_day(&self) -> Result<(i64, i64), &'static str> {
        let Some(day_of_year) = self.day_of_year else {
            return Ok((self.month.unwrap_or(1), self.day.unwrap_or(1)));
        };
        let first = Civil { year: self.year, month: 1, day: 1, second_of_day: 0 };
        let found = Civil::from_seconds(Civil { day: day_of_year, ..first }.seconds());
        if day_of_year < 1 || found.year != self.year {
            return Err("day-of-year out of range");
        }
        if self.month.is_some_and(|month| month != found.month) {
            return Err("day-of-year does not match month");
        }
        if self.day.is_some_and(|day| day != found.day) {
            return Err("day-of-year does not match day");
        }
        Ok((found.month, found.day))
    }

    /// The time in the zone that the text names, or else in the local one.
    fn placed(&self, civil: Civil, local: &Zone) -> Time {
        let time = |seconds, zone| Time { nanoseconds: self.nanoseconds, ..Time::from_seconds(seconds, zone) };
        let seconds = civil.seconds();
        if self.is_utc {
            return time(seconds, Zone::Utc);
        }
        let name = String::from_utf8_lossy(&self.zone_name).into_owned();
        if let Some(offset) = self.offset {
            let seconds = seconds - offset;
            let here = local.at(seconds);
            let is_local = here.offset == offset && (name.is_empty() || here.abbreviation == name);
            return time(seconds, if is_local { local.clone() } else { Zone::Fixed { name, offset } });
        }
        if name.is_empty() {
            return Time::from_civil(civil, self.nanoseconds, local.clone());
        }
        if let Some(offset) = local.offset_of(&name, seconds) {
            return time(seconds - offset, local.clone());
        }
        // The offset of a foreign name is not known, but for `GMT+3`, where it says it. It is not taken off the time.
        let hours = name.strip_prefix("GMT").and_then(|hours| signed_number(hours.as_bytes()).ok());
        time(seconds, Zone::Fixed { offset: hours.unwrap_or(0) * 3600, name })
    }
}

fn within(number: i64, range: std::ops::RangeInclusive<i64>, what: &'static str) -> Read<i64> {
    if range.contains(&number) { Ok(number) } else { Err(Fault::Range(what)) }
}

/// A text in the course of being read.
struct Reader<'t> {
    rest: &'t [u8],
}

impl<'t> Reader<'t> {
    fn take(&mut self, length: usize) -> Read<&'t [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Fault::Form)?;
        self.rest = rest;
        Ok(taken)
    }

    fn take_byte(&mut self, byte: u8) -> bool {
        let found = self.rest.first() == Some(&byte);
        if found {
            self.rest = &self.rest[1..];
        }
        found
    }

    /// Skips text of the layout, where spaces stand for any number of spaces. Returns whether it was there.
    fn skip(&mut self, prefix: &[u8]) -> bool {
        let mut left = prefix;
        while let Some(&byte) = left.first() {
            if byte == b' ' {
                if self.rest.first().is_some_and(|&first| first != b' ') {
                    return false;
                }
                left = without_spaces(left);
                self.rest = without_spaces(self.rest);
            } else if self.take_byte(byte) {
                left = &left[1..];
            } else {
                return false;
            }
        }
        true
    }

    /// One of the names, or one of their first letters, in any case; gives its index.
    fn name(&mut self, names: &[&str], letters: Option<usize>) -> Read<i64> {
        for (index, name) in names.iter().enumerate() {
            let name = &name.as_bytes()[..letters.unwrap_or(name.len())];
            if self.rest.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)) {
                self.take(name.len())?;
                return Ok(index as i64);
            }
        }
        Err(Fault::Form)
    }

    /// A number of two digits, or of one where that is allowed.
    fn number(&mut self, two_digits: bool) -> Read<i64> {
        match (self.digit_at(0), self.digit_at(1)) {
            (Some(tens), Some(ones)) => self.take(2).map(|_| tens * 10 + ones),
            (Some(digit), None) if !two_digits => self.take(1).map(|_| digit),
            _ => Err(Fault::Form),
        }
    }

    /// A number of up to three digits.
    fn three_digits(&mut self, all: bool) -> Read<i64> {
        let length = (0..3).take_while(|&index| self.digit_at(index).is_some()).count();
        if length == 0 || (all && length != 3) {
            return Err(Fault::Form);
        }
        signed_number(self.take(length)?)
    }

    fn digit_at(&self, index: usize) -> Option<i64> {
        self.rest.get(index).filter(|byte| byte.is_ascii_digit()).map(|byte| i64::from(byte - b'0'))
    }

    /// The length of a separator and the digits behind it.
    fn fraction_length(&self) -> Option<usize> {
        let separated = matches!(self.rest.first(), Some(b'.' | b','));
        let digits = self.rest.iter().skip(1).take_while(|byte| byte.is_ascii_digit()).count();
        (separated && digits > 0).then_some(1 + digits)
    }

    fn offset(&mut self, form: Offset) -> Read<i64> {
        let separator = usize::from(form.colons);
        let text = self.take(1 + form.numbers * 2 + (form.numbers - 1) * separator)?;
        if form.colons && (1..form.numbers).any(|index| text[index * 3] != b':') {
            return Err(Fault::Form);
        }
        let read = |index: usize| {
            let start = 1 + index * (2 + separator);
            Reader { rest: &text[start..start + 2] }.number(true)
        };
        let numbers: Vec<i64> = (0..form.numbers).map_while(|index| read(index).ok()).collect();
        let number = |index| numbers.get(index).copied().unwrap_or_default();
        let (hours, minutes, seconds) = (number(0), number(1), number(2));
        // An offset of 24 hours or 60 minutes is allowed, because people write it. The order is that of Go's complaints: what
        // is out of range goes before what is no number.
        within(seconds, 0..=60, "time zone offset second")?;
        within(minutes, 0..=60, "time zone offset minute")?;
        within(hours, 0..=24, "time zone offset hour")?;
        let offset = (hours * 60 + minutes) * 60 + seconds;
        match text[0] {
            _ if numbers.len() < form.numbers => Err(Fault::Form),
            b'+' => Ok(offset),
            b'-' => Ok(-offset),
            _ => Err(Fault::Form),
        }
    }
}

/// The text without the spaces in front; other white space stays.
fn without_spaces(text: &[u8]) -> &[u8] {
    let spaces = text.iter().take_while(|&&byte| byte == b' ').count();
    &text[spaces..]
}

/// A whole number, perhaps with a sign.
fn signed_number(text: &[u8]) -> Read<i64> {
    let text = std::str::from_utf8(text).map_err(|_| Fault::Form)?;
    if text.is_empty() { Ok(0) } else { text.parse().map_err(|_| Fault::Form) }
}

/// A separator and the digits of a fraction of a second, in nanoseconds. Digits beyond nine do not count.
fn fraction(text: &[u8]) -> Read<u32> {
    let [b'.' | b',', digits @ ..] = text else { return Err(Fault::Form) };
    let digits = &digits[..digits.len().min(9)];
    let number = signed_number(digits)?;
    let number = u32::try_from(number).map_err(|_| Fault::Range("fractional second"))?;
    Ok(number * 10u32.pow(9 - digits.len() as u32))
}

/// How many bytes at the beginning look like the name of a zone.
fn zone_name_length(text: &[u8]) -> Option<usize> {
    if text.len() < 3 {
        return None;
    }
    if text.starts_with(b"ChST") || text.starts_with(b"MeST") {
        return Some(4);
    }
    if let Some(offset) = text.strip_prefix(b"GMT") {
        return Some(3 + hours_length(offset));
    }
    if matches!(text[0], b'+' | b'-') {
        return Some(hours_length(text)).filter(|&length| length > 0);
    }
    let upper = text.iter().take(6).take_while(|byte| byte.is_ascii_uppercase()).count();
    let ends_in_t = upper > 0 && text[upper - 1] == b'T';
    match upper {
        3 => Some(3),
        4 if ends_in_t || text.starts_with(b"WITA") => Some(4),
        5 if ends_in_t => Some(5),
        _ => None,
    }
}

/// The length of a sign and hours up to 23.
fn hours_length(text: &[u8]) -> usize {
    let [b'+' | b'-', digits @ ..] = text else { return 0 };
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let hours = std::str::from_utf8(&digits[..count]).ok().and_then(|digits| digits.parse::<u64>().ok());
    if hours.is_some_and(|hours| hours <= 23) { 1 + count } else { 0 }
}
