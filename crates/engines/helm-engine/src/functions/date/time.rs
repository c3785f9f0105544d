//! A point in time and the zone it is shown in: Go's `time.Time`.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::calendar::Civil;
use super::duration::Duration;
use super::zone::{Validity, Zone};

/// Seconds from the beginning of year 1, where Go's zero time is, to that of 1970.
const UNIX_EPOCH: i64 = 62_135_596_800;

/// Nanoseconds of a second.
const SECOND: i128 = 1_000_000_000;

/// A point in time.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::functions) struct Time {
    /// Seconds since the beginning of 1970.
    pub(super) seconds: i64,
    /// Less than a second.
    pub(super) nanoseconds: u32,
    /// Where it is shown.
    pub(super) zone: Zone,
}

impl Time {
    /// Go's zero time: the beginning of year 1 in UTC.
    pub(super) fn zero() -> Self {
        Self { seconds: -UNIX_EPOCH, nanoseconds: 0, zone: Zone::Utc }
    }

    /// What the clock of the host shows.
    pub(in crate::functions) fn from_timestamp(timestamp: Timestamp, local: TimeZone) -> Self {
        let nanoseconds = timestamp.as_nanosecond();
        Self::from_nanoseconds(nanoseconds, Zone::local(local))
    }

    /// Seconds since the beginning of 1970.
    pub(super) fn from_seconds(seconds: i64, zone: Zone) -> Self {
        Self { seconds, nanoseconds: 0, zone }
    }

    fn from_nanoseconds(nanoseconds: i128, zone: Zone) -> Self {
        Self { seconds: nanoseconds.div_euclid(SECOND) as i64, nanoseconds: nanoseconds.rem_euclid(SECOND) as u32, zone }
    }

    /// What clocks and calendars of a zone show.
    pub(super) fn from_civil(civil: Civil, nanoseconds: u32, zone: Zone) -> Self {
        Self { seconds: zone.seconds_of_clock(civil.seconds()), nanoseconds, zone }
    }

    /// Seconds since the beginning of year 1: how Go holds a time.
    pub(super) fn seconds_of_era(&self) -> i64 {
        self.seconds.wrapping_add(UNIX_EPOCH)
    }

    /// Nanoseconds since the beginning of 1970.
    pub(super) fn nanoseconds_of_unix(&self) -> i128 {
        i128::from(self.seconds) * SECOND + i128::from(self.nanoseconds)
    }

    /// The same time in another zone.
    pub(super) fn in_zone(&self, zone: Zone) -> Self {
        Self { zone, ..self.clone() }
    }

    /// What holds in the zone.
    pub(super) fn validity(&self) -> Validity {
        self.zone.at(self.seconds)
    }

    /// What clocks and calendars of the zone show.
    pub(super) fn civil(&self) -> Civil {
        Civil::from_seconds(self.seconds.wrapping_add(self.validity().offset))
    }

    /// The year that calendars of the zone show.
    pub(in crate::functions) fn civil_year(&self) -> i64 {
        self.civil().year
    }

    /// The time so much later.
    pub(in crate::functions) fn add(&self, duration: Duration) -> Self {
        Self::from_nanoseconds(self.nanoseconds_of_unix() + i128::from(duration.0), self.zone.clone())
    }

    /// How much later this is than another time, as far as a duration goes.
    pub(super) fn since(&self, other: &Self) -> Duration {
        let difference = self.nanoseconds_of_unix() - other.nanoseconds_of_unix();
        Duration(difference.clamp(i64::MIN.into(), i64::MAX.into()) as i64)
    }

    /// The time with a calendar date moved; what does not exist carries over, as 31 June does to 1 July.
    pub(super) fn add_date(&self, years: i64, months: i64, days: i64) -> Self {
        let civil = self.civil();
        let moved = Civil {
            year: civil.year.saturating_add(years),
            month: civil.month.saturating_add(months),
            day: civil.day.saturating_add(days),
            ..civil
        };
        Self::from_civil(moved, self.nanoseconds, self.zone.clone())
    }

    /// The time without what goes beyond a multiple of the step since the beginning of year 1.
    pub(super) fn truncate(&self, step: Duration) -> Self {
        match self.excess(step) {
            Some(excess) => Self::from_nanoseconds(self.nanoseconds_of_unix() - excess, self.zone.clone()),
            None => self.clone(),
        }
    }

    /// The nearest multiple of the step since the beginning of year 1; halves go up.
    pub(super) fn round(&self, step: Duration) -> Self {
        let Some(excess) = self.excess(step) else { return self.clone() };
        let step = i128::from(step.0);
        let moved = if excess + excess < step { -excess } else { step - excess };
        Self::from_nanoseconds(self.nanoseconds_of_unix() + moved, self.zone.clone())
    }

    fn excess(&self, step: Duration) -> Option<i128> {
        let since_first = self.nanoseconds_of_unix() + i128::from(UNIX_EPOCH) * SECOND;
        (step.0 > 0).then(|| since_first.rem_euclid(step.0.into()))
    }
}
