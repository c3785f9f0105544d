//! Where a time is shown: Go's `time.Location`.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// The zones of the IANA database that is compiled in, so that no file of the machine is read.
static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// A zone.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Zone {
    /// UTC.
    Utc,
    /// A zone with rules: the local one, or one of the database.
    Ruled {
        /// The name of the location.
        name: String,
        /// Its rules.
        rules: TimeZone,
    },
    /// A name, perhaps empty, and an offset that came with a text.
    Fixed {
        /// What the text called it.
        name: String,
        /// Seconds east of UTC.
        offset: i64,
    },
}

/// What holds in a zone at one time.
pub(super) struct Validity {
    /// Such as `CET`; may be empty.
    pub(super) abbreviation: String,
    /// Seconds east of UTC.
    pub(super) offset: i64,
    /// Whether it is summer time.
    pub(super) is_summer: bool,
}

impl Zone {
    /// The local zone of the host.
    pub(super) fn local(rules: TimeZone) -> Self {
        if rules == TimeZone::UTC { Self::Utc } else { Self::Ruled { name: "Local".to_owned(), rules } }
    }

    /// A zone by its name in the database, spelled exactly so.
    pub(super) fn named(name: &str) -> Option<Self> {
        if matches!(name, "" | "UTC") {
            return Some(Self::Utc);
        }
        let rules = DATABASE.get(name).ok()?;
        (rules.iana_name() == Some(name)).then(|| Self::Ruled { name: name.to_owned(), rules })
    }

    /// The name of the location.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Utc => "UTC",
            Self::Ruled { name, .. } | Self::Fixed { name, .. } => name,
        }
    }

    /// What holds so many seconds after the beginning of 1970. Beyond the years of the rules, their first or last holds.
    pub(super) fn at(&self, seconds: i64) -> Validity {
        match self {
            Self::Utc => Validity { abbreviation: "UTC".to_owned(), offset: 0, is_summer: false },
            Self::Fixed { name, offset } => Validity { abbreviation: name.clone(), offset: *offset, is_summer: false },
            Self::Ruled { rules, .. } => {
                let within = seconds.clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
                let info = rules.to_offset_info(Timestamp::from_second(within).unwrap_or_default());
                Validity {
                    abbreviation: info.abbreviation().to_owned(),
                    offset: info.offset().seconds().into(),
                    is_summer: info.dst().is_dst(),
                }
            }
        }
    }

    /// The time at which clocks of the zone show what those of UTC show at `seconds`.
    pub(super) fn seconds_of_clock(&self, seconds: i64) -> i64 {
        let guess = self.at(seconds).offset;
        seconds - self.at(seconds - guess).offset
    }

    /// The offset that goes by an abbreviation around a time, if the zone has it.
    pub(super) fn offset_of(&self, abbreviation: &str, seconds: i64) -> Option<i64> {
        const HALF_A_YEAR: i64 = 182 * super::calendar::DAY;
        let near = [seconds, seconds - HALF_A_YEAR, seconds + HALF_A_YEAR];
        near.into_iter().map(|time| self.at(time)).find(|found| found.abbreviation == abbreviation).map(|found| found.offset)
    }
}
