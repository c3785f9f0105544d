//! Durations as Go writes them: `1h30m`, `1.5s`, `100ms`.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{borrow::Cow, cmp::Ordering, fmt, str::FromStr, time::Duration};

/// A Go duration: signed nanoseconds, and the text they were read from.
///
/// Printing gives the canonical form (`1m0s`); serialising gives back the text that was read, so that a spec written by a person
/// is not rewritten. Comparison looks at the duration only.
#[derive(Debug, Clone)]
pub struct GoDuration {
    nanoseconds: i64,
    text: Option<String>,
}

/// Why a text is not a duration; worded as Go's `time.ParseDuration`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// The text is malformed or the duration does not fit.
    #[error("time: invalid duration {0:?}")]
    Invalid(String),
    /// A number has no unit.
    #[error("time: missing unit in duration {0:?}")]
    MissingUnit(String),
    /// A unit is not one of `ns us µs ms s m h`.
    #[error("time: unknown unit {unit:?} in duration {text:?}")]
    UnknownUnit {
        /// The unit.
        unit: String,
        /// The whole text.
        text: String,
    },
}

impl GoDuration {
    /// A duration of whole nanoseconds.
    pub const fn from_nanoseconds(nanoseconds: i64) -> Self {
        Self { nanoseconds, text: None }
    }

    /// A duration of whole seconds; the longest there is where they do not fit.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self::from_nanoseconds(seconds.saturating_mul(SECOND as i64))
    }

    /// The duration in nanoseconds; may be negative.
    pub const fn nanoseconds(&self) -> i64 {
        self.nanoseconds
    }

    /// Whether it is zero.
    pub const fn is_zero(&self) -> bool {
        self.nanoseconds == 0
    }

    /// The duration as the standard library has it; a negative one is zero.
    pub fn to_std(&self) -> Duration {
        Duration::from_nanos(u64::try_from(self.nanoseconds).unwrap_or(0))
    }
}

impl From<Duration> for GoDuration {
    /// The longest Go duration, 292 years, where `duration` does not fit.
    fn from(duration: Duration) -> Self {
        Self::from_nanoseconds(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX))
    }
}

impl Default for GoDuration {
    fn default() -> Self {
        Self::from_nanoseconds(0)
    }
}

const SECOND: u64 = 1_000_000_000;
const LIMIT: u64 = 1 << 63;

impl FromStr for GoDuration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        Ok(Self { nanoseconds: parse(text)?, text: Some(text.to_owned()) })
    }
}

fn parse(text: &str) -> Result<i64, DurationError> {
    let invalid = || DurationError::Invalid(text.to_owned());
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let (number, after) = leading_number(rest).ok_or_else(invalid)?;
        let unit_end = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_end);
        if unit.is_empty() {
            return Err(DurationError::MissingUnit(text.to_owned()));
        }
        let unit =
            unit_nanoseconds(unit).ok_or_else(|| DurationError::UnknownUnit { unit: unit.to_owned(), text: text.to_owned() })?;
        let term = number.times(unit).ok_or_else(invalid)?;
        total = total.checked_add(term).filter(|total| *total <= LIMIT).ok_or_else(invalid)?;
        rest = after;
    }
    match (negative, total) {
        (true, LIMIT) => Ok(i64::MIN),
        (true, total) => i64::try_from(total).map(|total| -total).map_err(|_| invalid()),
        (false, total) => i64::try_from(total).map_err(|_| invalid()),
    }
}

/// A decimal number: `whole + fraction / scale`.
struct Number {
    whole: u64,
    fraction: u64,
    scale: f64,
}

impl Number {
    fn times(&self, unit: u64) -> Option<u64> {
        let mut product = self.whole.checked_mul(unit).filter(|product| *product <= LIMIT)?;
        if self.fraction > 0 {
            // In floating point, as Go does, so that the last nanosecond agrees.
            #[expect(
                clippy::cast_precision_loss,
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "as Go does"
            )]
            let part = (self.fraction as f64 * (unit as f64 / self.scale)) as u64;
            product = product.checked_add(part).filter(|product| *product <= LIMIT)?;
        }
        Some(product)
    }
}

/// Reads `12`, `12.`, `12.5` or `.5`; `None` where there is no digit or the whole part does not fit.
fn leading_number(text: &str) -> Option<(Number, &str)> {
    let whole_end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let mut whole: u64 = 0;
    for digit in text[..whole_end].bytes() {
        whole = whole.checked_mul(10)?.checked_add(u64::from(digit - b'0')).filter(|whole| *whole <= LIMIT)?;
    }
    let Some(after_point) = text[whole_end..].strip_prefix('.') else {
        return (whole_end > 0).then(|| (Number { whole, fraction: 0, scale: 1.0 }, &text[whole_end..]));
    };
    let fraction_end = after_point.find(|c: char| !c.is_ascii_digit()).unwrap_or(after_point.len());
    if whole_end == 0 && fraction_end == 0 {
        return None;
    }
    let (mut fraction, mut scale) = (0_u64, 1.0_f64);
    for digit in after_point[..fraction_end].bytes() {
        // Digits beyond what fits say less than a nanosecond and are passed over.
        let Some(next) = fraction.checked_mul(10).and_then(|f| f.checked_add(u64::from(digit - b'0'))).filter(|f| *f <= LIMIT)
        else {
            break;
        };
        fraction = next;
        scale *= 10.0;
    }
    Some((Number { whole, fraction, scale }, &after_point[fraction_end..]))
}

fn unit_nanoseconds(unit: &str) -> Option<u64> {
    match unit {
        "ns" => Some(1),
        // The micro sign and the Greek letter are two characters.
        "us" | "\u{b5}s" | "\u{3bc}s" => Some(1_000),
        "ms" => Some(1_000_000),
        "s" => Some(SECOND),
        "m" => Some(60 * SECOND),
        "h" => Some(3600 * SECOND),
        _ => None,
    }
}

impl fmt::Display for GoDuration {
    /// The canonical form: `0s`, `1.5ms`, `1m0s`, `1h0m0s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.nanoseconds.unsigned_abs();
        if self.nanoseconds < 0 {
            f.write_str("-")?;
        }
        match total {
            0 => f.write_str("0s"),
            1..1_000 => write!(f, "{total}ns"),
            1_000..1_000_000 => write!(f, "{}µs", Decimal(total, 1_000)),
            1_000_000..SECOND => write!(f, "{}ms", Decimal(total, 1_000_000)),
            _ => {
                let (minutes, rest) = (total / (60 * SECOND), total % (60 * SECOND));
                match (minutes / 60, minutes % 60) {
                    (0, 0) => {}
                    (0, minutes) => write!(f, "{minutes}m")?,
                    (hours, minutes) => write!(f, "{hours}h{minutes}m")?,
                }
                write!(f, "{}s", Decimal(rest, SECOND))
            }
        }
    }
}

/// A number of units and what is left, without trailing zeros.
struct Decimal(u64, u64);

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(amount, unit) = *self;
        write!(f, "{}", amount / unit)?;
        let rest = amount % unit;
        if rest == 0 {
            return Ok(());
        }
        let width = unit.ilog10() as usize;
        let digits = format!("{rest:0width$}");
        write!(f, ".{}", digits.trim_end_matches('0'))
    }
}

impl PartialEq for GoDuration {
    fn eq(&self, other: &Self) -> bool {
        self.nanoseconds == other.nanoseconds
    }
}

impl Eq for GoDuration {}

impl PartialOrd for GoDuration {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for GoDuration {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nanoseconds.cmp(&other.nanoseconds)
    }
}

impl Serialize for GoDuration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.text {
            Some(text) => serializer.serialize_str(text),
            None => serializer.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for GoDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for GoDuration {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "GoDuration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

#[cfg(test)]
mod tests;
