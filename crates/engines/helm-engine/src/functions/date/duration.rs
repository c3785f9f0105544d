//! Go's `time.Duration`: nanoseconds, written as `1h30m0.5s`.

use std::fmt;

/// Nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::functions) struct Duration(pub(super) i64);

pub(super) const MICROSECOND: i64 = 1_000;
pub(super) const MILLISECOND: i64 = 1_000 * MICROSECOND;
pub(super) const SECOND: i64 = 1_000 * MILLISECOND;
pub(super) const MINUTE: i64 = 60 * SECOND;
pub(super) const HOUR: i64 = 60 * MINUTE;

/// Why a text is not a duration, in Go's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum DurationError {
    /// The text has another form, or means more than a duration holds.
    #[error("time: invalid duration {}", quoted(.0))]
    Invalid(Vec<u8>),
    /// A number without a unit.
    #[error("time: missing unit in duration {}", quoted(.0))]
    MissingUnit(Vec<u8>),
    /// A unit that does not exist.
    #[error("time: unknown unit {} in duration {}", quoted(.unit), quoted(.text))]
    UnknownUnit {
        /// The unit.
        unit: Vec<u8>,
        /// The whole text.
        text: Vec<u8>,
    },
}

/// The highest magnitude: that of the least duration.
const MAGNITUDE_LIMIT: u64 = 1 << 63;

impl Duration {
    /// 24 hours.
    pub(in crate::functions) const DAY: Self = Self(24 * HOUR);

    /// Several times the duration; beyond what fits it wraps around, as Go's numbers do.
    pub(in crate::functions) fn times(self, count: i64) -> Self {
        Self(self.0.wrapping_mul(count))
    }

    /// Reads a duration, as Go's `time.ParseDuration`.
    pub(super) fn parse(text: &[u8]) -> Result<Self, DurationError> {
        let invalid = || DurationError::Invalid(text.to_vec());
        let (negative, mut rest) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            _ => (false, text),
        };
        match rest {
            b"0" => return Ok(Self(0)),
            b"" => return Err(invalid()),
            _ => {}
        }
        let mut total = 0u64;
        while !rest.is_empty() {
            let (part, after) = part(rest, text)?;
            // Twice the limit wraps around to nothing, in Go, too.
            total = total.wrapping_add(part);
            if total > MAGNITUDE_LIMIT {
                return Err(invalid());
            }
            rest = after;
        }
        match negative {
            true => Ok(Self(0i64.wrapping_sub_unsigned(total))),
            false => i64::try_from(total).map(Self).map_err(|_| invalid()),
        }
    }

    /// The duration as a number of units.
    pub(super) fn in_units(self, unit: i64) -> f64 {
        (self.0 / unit) as f64 + (self.0 % unit) as f64 / unit as f64
    }

    /// Without what goes beyond a multiple of the step.
    pub(super) fn truncate(self, step: Self) -> Self {
        if step.0 <= 0 { self } else { Self(self.0 - self.0 % step.0) }
    }

    /// The nearest multiple of the step; halves go away from zero, and what would not fit becomes the utmost duration.
    pub(super) fn round(self, step: Self) -> Self {
        if step.0 <= 0 {
            return self;
        }
        let (value, step) = (i128::from(self.0), i128::from(step.0));
        let excess = value.abs() % step;
        let rounded = if excess * 2 < step { value.abs() - excess } else { value.abs() - excess + step };
        let utmost = if value < 0 { i64::MIN } else { i64::MAX };
        Self(i64::try_from(rounded * value.signum()).unwrap_or(utmost))
    }
}

/// One number with its unit, in nanoseconds, and what comes after it.
fn part<'t>(rest: &'t [u8], text: &[u8]) -> Result<(u64, &'t [u8]), DurationError> {
    let invalid = || DurationError::Invalid(text.to_vec());
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (whole, rest) = rest.split_at(digits(rest));
    let fraction = rest.strip_prefix(b".");
    let (fraction, rest) = fraction.map_or((&b""[..], rest), |fraction| fraction.split_at(digits(fraction)));
    if whole.is_empty() && fraction.is_empty() {
        return Err(invalid());
    }
    let end = rest.iter().position(|byte| *byte == b'.' || byte.is_ascii_digit()).unwrap_or(rest.len());
    let (name, rest) = rest.split_at(end);
    let whole = whole_number(whole).ok_or_else(invalid)?;
    let unit = match name {
        b"" => return Err(DurationError::MissingUnit(text.to_vec())),
        b"ns" => 1,
        b"us" => MICROSECOND,
        // The micro sign and the Greek letter.
        _ if name == "µs".as_bytes() || name == "μs".as_bytes() => MICROSECOND,
        b"ms" => MILLISECOND,
        b"s" => SECOND,
        b"m" => MINUTE,
        b"h" => HOUR,
        _ => return Err(DurationError::UnknownUnit { unit: name.to_vec(), text: text.to_vec() }),
    };
    let unit = unit.unsigned_abs();
    let nanoseconds = whole.checked_mul(unit).filter(|&product| product <= MAGNITUDE_LIMIT).ok_or_else(invalid)?;
    let total = nanoseconds.saturating_add(fraction_of(fraction, unit));
    if total > MAGNITUDE_LIMIT { Err(invalid()) } else { Ok((total, rest)) }
}

fn whole_number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0u64, |number, digit| {
        number.checked_mul(10)?.checked_add(u64::from(digit - b'0')).filter(|&number| number <= MAGNITUDE_LIMIT)
    })
}

/// A decimal fraction of a unit. Digits that no longer fit are dropped.
fn fraction_of(digits: &[u8], unit: u64) -> u64 {
    let (mut number, mut scale) = (0u64, 1f64);
    for digit in digits {
        let next = number.checked_mul(10).and_then(|tens| tens.checked_add(u64::from(digit - b'0')));
        let Some(next) = next.filter(|&next| next <= MAGNITUDE_LIMIT && number <= i64::MAX.unsigned_abs() / 10) else { break };
        number = next;
        scale *= 10.0;
    }
    (number as f64 * (unit as f64 / scale)) as u64
}

/// A text as Go's package `time` quotes it: what is not ASCII as hexadecimal bytes.
pub(super) fn quoted(text: &[u8]) -> String {
    let mut quoted = String::from("\"");
    for &byte in text {
        match byte {
            b'"' | b'\\' => quoted.extend(['\\', char::from(byte)]),
            b' '..=b'~' | 0x7f => quoted.push(char::from(byte)),
            _ => quoted.push_str(&format!("\\x{byte:02x}")),
        }
    }
    quoted.push('"');
    quoted
}

impl fmt::Display for Duration {
    /// As Go's `String`: `1h0m0.5s`, `1.5ms`, `0s`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanoseconds = self.0.unsigned_abs();
        if self.0 < 0 {
            formatter.write_str("-")?;
        }
        let scaled = |unit: i64| Decimal { value: nanoseconds, unit: unit.unsigned_abs() };
        match nanoseconds {
            0 => return formatter.write_str("0s"),
            1..1_000 => return write!(formatter, "{nanoseconds}ns"),
            1_000..1_000_000 => return write!(formatter, "{}µs", scaled(MICROSECOND)),
            1_000_000..1_000_000_000 => return write!(formatter, "{}ms", scaled(MILLISECOND)),
            _ => {}
        }
        let minutes = nanoseconds / MINUTE.unsigned_abs();
        if minutes >= 60 {
            write!(formatter, "{}h", minutes / 60)?;
        }
        if minutes > 0 {
            write!(formatter, "{}m", minutes % 60)?;
        }
        let rest = Decimal { value: nanoseconds % MINUTE.unsigned_abs(), unit: SECOND.unsigned_abs() };
        write!(formatter, "{rest}s")
    }
}

/// A value in a unit that is a power of ten, with as many decimals as it needs.
struct Decimal {
    value: u64,
    unit: u64,
}

impl fmt::Display for Decimal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, fraction) = (self.value / self.unit, self.value % self.unit);
        write!(formatter, "{whole}")?;
        if fraction == 0 {
            return Ok(());
        }
        let width = self.unit.ilog10() as usize;
        let digits = format!("{fraction:0width$}");
        write!(formatter, ".{}", digits.trim_end_matches('0'))
    }
}
