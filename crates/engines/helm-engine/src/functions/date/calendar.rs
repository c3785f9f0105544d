//! The calendar without zones: Go's `time.Time` reaches beyond the years that date crates know.

/// Seconds of a day.
pub(super) const DAY: i64 = 86_400;

/// A date and the time of day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Civil {
    pub(super) year: i64,
    /// From 1.
    pub(super) month: i64,
    /// From 1.
    pub(super) day: i64,
    /// Seconds since midnight.
    pub(super) second_of_day: i64,
}

impl Civil {
    /// The date so many seconds after the beginning of 1970.
    pub(super) fn from_seconds(seconds: i64) -> Self {
        // Years begin in March here, so that a leap day is the last day of its year; 400 years have always the same days.
        let days = seconds.div_euclid(DAY) + 719_468;
        let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        Self {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month,
            day: day_of_year - (153 * shifted + 2) / 5 + 1,
            second_of_day: seconds.rem_euclid(DAY),
        }
    }

    /// Seconds since the beginning of 1970. Months and days may lie outside of their year and month; they carry over.
    pub(super) fn seconds(self) -> i64 {
        let year = self.year.saturating_add((self.month - 1).div_euclid(12));
        let month = (self.month - 1).rem_euclid(12) + 1;
        let year = if month <= 2 { year - 1 } else { year };
        let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        let days = era.wrapping_mul(146_097).wrapping_add(day_of_era - 719_468).wrapping_add(self.day - 1);
        days.wrapping_mul(DAY).wrapping_add(self.second_of_day)
    }

    /// The day of the year, from 1.
    pub(super) fn day_of_year(self) -> i64 {
        let first = Self { month: 1, day: 1, second_of_day: 0, ..self };
        (Self { second_of_day: 0, ..self }.seconds() - first.seconds()) / DAY + 1
    }

    /// The day of the week; Sunday is 0.
    pub(super) fn weekday(self) -> i64 {
        // 1970 began on a Thursday.
        (self.seconds().div_euclid(DAY) + 4).rem_euclid(7)
    }
}

/// How many days a month has.
pub(super) fn days_in_month(year: i64, month: i64) -> i64 {
    let first = |month| Civil { year, month, day: 1, second_of_day: 0 }.seconds();
    (first(month + 1) - first(month)) / DAY
}

/// The English names of the months.
pub(super) const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

/// The English names of the days, from Sunday.
pub(super) const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
