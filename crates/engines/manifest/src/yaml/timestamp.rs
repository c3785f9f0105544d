//! The dates and times Go's YAML libraries recognise, and how Go prints them.
//!
//! Four layouts: `2006-1-2`, `2006-1-2 15:4:5.9`, and `2006-1-2T15:4:5.9Z` with `T` or `t` and `Z` or `±hh:mm`. No calendar
//! arithmetic: a time is kept as it was written, since printing it again is all that is asked for.

use std::fmt::{self, Write as _};

/// A recognised date or time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timestamp {
    year: u16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
    nanosecond: u32,
    offset_minutes: i16,
}

impl fmt::Display for Timestamp {
    /// RFC 3339 with as many digits of the fraction as are needed: Go's `RFC3339Nano`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day, hour, minute, second, nanosecond, offset_minutes } = *self;
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if nanosecond != 0 {
            let digits = format!("{nanosecond:09}");
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        if offset_minutes == 0 {
            return f.write_char('Z');
        }
        let sign = if offset_minutes < 0 { '-' } else { '+' };
        let minutes = offset_minutes.unsigned_abs();
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

/// Reads one of the layouts; `None` for any other text.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let bytes = text.as_bytes();
    if bytes.len() < 8 || bytes[4] != b'-' || !bytes[..4].iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut reader = Reader { rest: &bytes[5..] };
    let year = bytes[..4].iter().fold(0u16, |year, digit| year * 10 + u16::from(digit - b'0'));
    let month = reader.short_number()?;
    reader.expect(b'-')?;
    let day = reader.short_number()?;
    if !(1..=12).contains(&month) || day == 0 || day > days_in(year, month) {
        return None;
    }
    let date = Timestamp { year, month, day, hour: 0, minute: 0, second: 0, nanosecond: 0, offset_minutes: 0 };
    match reader.next() {
        None => Some(date),
        Some(b' ') => clock(&mut reader, date).filter(|_| reader.rest.is_empty()),
        Some(b'T' | b't') => {
            let mut time = clock(&mut reader, date)?;
            time.offset_minutes = reader.zone()?;
            reader.rest.is_empty().then_some(time)
        }
        Some(_) => None,
    }
}

fn clock(reader: &mut Reader<'_>, date: Timestamp) -> Option<Timestamp> {
    let hour = reader.short_number()?;
    reader.expect(b':')?;
    let minute = reader.short_number()?;
    reader.expect(b':')?;
    let second = reader.short_number()?;
    let nanosecond = reader.fraction();
    (hour < 24 && minute < 60 && second < 60).then_some(Timestamp { hour, minute, second, nanosecond, ..date })
}

fn days_in(year: u16, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    fn digit(&mut self) -> Option<u8> {
        let digit = self.rest.first().filter(|byte| byte.is_ascii_digit())? - b'0';
        self.rest = &self.rest[1..];
        Some(digit)
    }

    /// One or two digits.
    fn short_number(&mut self) -> Option<u8> {
        let first = self.digit()?;
        Some(self.digit().map_or(first, |second| first * 10 + second))
    }

    /// `.123` or `,123`, in nanoseconds; digits after the ninth are dropped. Nothing is zero.
    fn fraction(&mut self) -> u32 {
        if !matches!(self.rest, [b'.' | b',', b'0'..=b'9', ..]) {
            return 0;
        }
        self.rest = &self.rest[1..];
        let mut value = 0;
        let mut unit = 100_000_000;
        while let Some(digit) = self.digit() {
            value += u32::from(digit) * unit;
            unit /= 10;
        }
        value
    }

    /// `Z` or `±hh:mm`, in minutes.
    fn zone(&mut self) -> Option<i16> {
        let sign = match self.next()? {
            b'Z' => return Some(0),
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let hours = i16::from(self.digit()? * 10 + self.digit()?);
        self.expect(b':')?;
        let minutes = i16::from(self.digit()? * 10 + self.digit()?);
        (hours <= 24 && minutes <= 60).then_some(sign * (hours * 60 + minutes))
    }
}
