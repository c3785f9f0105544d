//! Times as Go reads and prints them.

use std::fmt::{Display, Formatter};

use jiff::Timestamp;
use jiff::tz::Offset;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment and the offset in which it is told; records keep both. The default is Go's zero time, the first second of year 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time {
    instant: Timestamp,
    offset: Offset,
}

/// Seconds from Go's zero time to 1970.
const ZERO: i64 = -62_135_596_800;

impl Time {
    /// A moment in UTC.
    #[must_use]
    pub fn new(instant: Timestamp) -> Time {
        Time { instant, offset: Offset::UTC }
    }

    /// The moment.
    #[must_use]
    pub fn instant(&self) -> Timestamp {
        self.instant
    }

    /// Whether this stands for no time.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.instant.as_second() == ZERO && self.instant.subsec_nanosecond() == 0
    }

    /// Reads RFC 3339 text; `None` where it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Time> {
        if text.as_bytes().get(10) != Some(&b'T') {
            return None;
        }
        let tail = text.get(text.len().checked_sub(6)?..)?;
        let offset = match (text.ends_with('Z'), tail.split_at_checked(1)?) {
            (true, _) => Offset::UTC,
            (false, (sign @ ("+" | "-"), clock)) => {
                let (hours, minutes) = clock.split_once(':')?;
                let seconds = hours.parse::<i32>().ok()? * 3600 + minutes.parse::<i32>().ok()? * 60;
                Offset::from_seconds(if sign == "-" { -seconds } else { seconds }).ok()?
            }
            _ => return None,
        };
        Some(Time { instant: text.parse().ok()?, offset })
    }
}

impl Default for Time {
    fn default() -> Time {
        Time::new(Timestamp::from_second(ZERO).unwrap_or_default())
    }
}

/// RFC 3339 with as many digits of a second as there are.
impl Display for Time {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let clock = self.offset.to_datetime(self.instant);
        let (date, time) = (clock.date(), clock.time());
        write!(f, "{:04}-{:02}-{:02}T", date.year(), date.month(), date.day())?;
        write!(f, "{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())?;
        let fraction = format!("{:09}", time.subsec_nanosecond());
        let fraction = fraction.trim_end_matches('0');
        if !fraction.is_empty() {
            write!(f, ".{fraction}")?;
        }
        let minutes = self.offset.seconds() / 60;
        if minutes == 0 {
            return f.write_str("Z");
        }
        write!(f, "{}{:02}:{:02}", if minutes < 0 { '-' } else { '+' }, minutes.abs() / 60, minutes.abs() % 60)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
        let text = String::deserialize(deserializer)?;
        Time::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("{text:?} is no RFC 3339 time")))
    }
}
