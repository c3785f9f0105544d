//! Writes times by Go's layouts.

use super::calendar::{Civil, MONTHS, WEEKDAYS};
use super::layout::{Element, Offset, Padding, next_chunk};
use super::time::Time;
use super::zone::Validity;

/// What Go's `Time.String` uses.
const DEFAULT_LAYOUT: &[u8] = b"2006-01-02 15:04:05.999999999 -0700 MST";

impl Time {
    /// The time in a layout, as Go's `Time.Format`.
    pub(in crate::functions) fn format(&self, layout: &[u8]) -> Vec<u8> {
        let validity = self.validity();
        let shown = Shown { civil: self.civil(), nanoseconds: self.nanoseconds, validity };
        let mut output = Vec::with_capacity(layout.len() + 16);
        let mut rest = layout;
        loop {
            let chunk = next_chunk(rest);
            output.extend_from_slice(chunk.prefix);
            let Some((element, _)) = chunk.element else { return output };
            output.extend_from_slice(shown.element(element).as_bytes());
            rest = chunk.rest;
        }
    }
}

impl std::fmt::Display for Time {
    /// As Go's `Time.String`, without the reading of the monotonic clock.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&String::from_utf8_lossy(&self.format(DEFAULT_LAYOUT)))
    }
}

/// What clocks and calendars show.
struct Shown {
    civil: Civil,
    nanoseconds: u32,
    validity: Validity,
}

impl Shown {
    fn element(&self, element: Element) -> String {
        let Civil { year, month, day, second_of_day } = self.civil;
        let hour = second_of_day / 3600;
        // Noon is 12 PM, midnight 12 AM.
        let hour12 = if hour % 12 == 0 { 12 } else { hour % 12 };
        match element {
            Element::ShortYear => format!("{:02}", year.unsigned_abs() % 100),
            Element::Year => format!("{}{:04}", if year < 0 { "-" } else { "" }, year.unsigned_abs()),
            Element::MonthName => self.month_name()[..3].to_owned(),
            Element::LongMonthName => self.month_name().to_owned(),
            Element::Month { padded } => two_digits(month, padded),
            Element::WeekdayName => self.weekday_name()[..3].to_owned(),
            Element::LongWeekdayName => self.weekday_name().to_owned(),
            Element::Day(padding) => padded_number(day, padding, 2),
            Element::DayOfYear(padding) => padded_number(self.civil.day_of_year(), padding, 3),
            Element::Hour => two_digits(hour, true),
            Element::Hour12 { padded } => two_digits(hour12, padded),
            Element::Minute { padded } => two_digits(second_of_day / 60 % 60, padded),
            Element::Second { padded } => two_digits(second_of_day % 60, padded),
            Element::HalfDay { upper } => match (hour >= 12, upper) {
                (true, true) => "PM",
                (true, false) => "pm",
                (false, true) => "AM",
                (false, false) => "am",
            }
            .to_owned(),
            Element::ZoneName if self.validity.abbreviation.is_empty() => {
                self.offset(Offset { zulu: false, colons: false, numbers: 2 })
            }
            Element::ZoneName => self.validity.abbreviation.clone(),
            Element::Offset(offset) => self.offset(offset),
            Element::Fraction { separator, digits } => self.fraction(separator, digits),
            Element::TrimmedFraction { .. } if self.nanoseconds == 0 => String::new(),
            Element::TrimmedFraction { separator, digits } => {
                let fraction = self.fraction(separator, digits);
                fraction.trim_end_matches('0').trim_end_matches(char::from(separator)).to_owned()
            }
        }
    }

    fn month_name(&self) -> &'static str {
        usize::try_from(self.civil.month - 1).ok().and_then(|index| MONTHS.get(index)).copied().unwrap_or(MONTHS[0])
    }

    fn weekday_name(&self) -> &'static str {
        usize::try_from(self.civil.weekday()).ok().and_then(|index| WEEKDAYS.get(index)).copied().unwrap_or(WEEKDAYS[0])
    }

    fn offset(&self, Offset { zulu, colons, numbers }: Offset) -> String {
        let offset = self.validity.offset;
        if zulu && offset == 0 {
            return "Z".to_owned();
        }
        // An offset of less than a minute is written with a plus sign.
        let sign = if offset / 60 < 0 { '-' } else { '+' };
        let seconds = offset.unsigned_abs();
        let parts = [seconds / 3600, seconds / 60 % 60, seconds % 60].map(|number| format!("{number:02}"));
        let parts = &parts[..numbers.min(parts.len())];
        format!("{sign}{}", parts.join(if colons { ":" } else { "" }))
    }

    fn fraction(&self, separator: u8, digits: usize) -> String {
        let all = format!("{:09}", self.nanoseconds);
        format!("{}{}", char::from(separator), &all[..digits.min(all.len())])
    }
}

fn two_digits(number: i64, padded: bool) -> String {
    padded_number(number, if padded { Padding::Zero } else { Padding::Not }, 2)
}

fn padded_number(number: i64, padding: Padding, width: usize) -> String {
    match padding {
        Padding::Not => number.to_string(),
        Padding::Space => format!("{number:width$}"),
        Padding::Zero => format!("{number:0width$}"),
    }
}
