//! What a flag's text may be.

use std::time::Duration;

/// A type that a flag can hold.
pub trait FlagValue: Sized + 'static {
    /// The word that stands for the value in the usage.
    const TYPE_NAME: &'static str;
    /// The value of `--name` without `=`; `None` where the next argument is the value.
    const WHEN_BARE: Option<&'static str> = None;

    /// Reads the text of the command line.
    fn parse(text: &str) -> Result<Self, String>;

    /// The text of a default, for the usage.
    fn print(&self) -> String;

    /// Takes the value of a repeated flag; the last one wins unless the type is a list.
    fn add(&mut self, next: Self) {
        *self = next;
    }
}

impl FlagValue for String {
    const TYPE_NAME: &'static str = "string";

    fn parse(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }

    fn print(&self) -> String {
        if self.is_empty() { String::new() } else { format!("{self:?}") }
    }
}

impl FlagValue for bool {
    const TYPE_NAME: &'static str = "bool";
    const WHEN_BARE: Option<&'static str> = Some("true");

    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
            _ => Err("must be true or false".to_owned()),
        }
    }

    fn print(&self) -> String {
        self.to_string()
    }
}

/// Reads an integer as Go's `strconv` does with base 0: decimal, `0x`, `0o` and `0b`.
fn parse_integer(text: &str) -> Result<i64, String> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    if digits.starts_with(['+', '-']) {
        return Err("must be a whole number".to_owned());
    }
    let value = i64::from_str_radix(digits, radix).map_err(|error| match error.kind() {
        std::num::IntErrorKind::PosOverflow | std::num::IntErrorKind::NegOverflow => "is out of range".to_owned(),
        _ => "must be a whole number".to_owned(),
    })?;
    Ok(if negative { -value } else { value })
}

impl FlagValue for i64 {
    const TYPE_NAME: &'static str = "int";

    fn parse(text: &str) -> Result<Self, String> {
        parse_integer(text)
    }

    fn print(&self) -> String {
        self.to_string()
    }
}

impl FlagValue for usize {
    const TYPE_NAME: &'static str = "int";

    fn parse(text: &str) -> Result<Self, String> {
        usize::try_from(parse_integer(text)?).map_err(|_| "must not be negative".to_owned())
    }

    fn print(&self) -> String {
        self.to_string()
    }
}

impl FlagValue for u8 {
    const TYPE_NAME: &'static str = "uint8";

    fn parse(text: &str) -> Result<Self, String> {
        u8::try_from(parse_integer(text)?).map_err(|_| "must be between 0 and 255".to_owned())
    }

    fn print(&self) -> String {
        self.to_string()
    }
}

impl FlagValue for f64 {
    const TYPE_NAME: &'static str = "float";

    fn parse(text: &str) -> Result<Self, String> {
        text.parse().map_err(|_| "must be a number".to_owned())
    }

    fn print(&self) -> String {
        self.to_string()
    }
}

impl FlagValue for Duration {
    const TYPE_NAME: &'static str = "duration";

    fn parse(text: &str) -> Result<Self, String> {
        parse_duration(text)
    }

    fn print(&self) -> String {
        print_duration(*self)
    }
}

/// A repeatable flag: each occurrence is one element, commas included (pflag's `StringArray`).
impl FlagValue for Vec<String> {
    const TYPE_NAME: &'static str = "stringArray";

    fn parse(text: &str) -> Result<Self, String> {
        Ok(vec![text.to_owned()])
    }

    fn print(&self) -> String {
        format!("[{}]", self.join(","))
    }

    fn add(&mut self, mut next: Self) {
        self.append(&mut next);
    }
}

/// A list in one text, separated by commas; repetition appends (pflag's `StringSlice`, without its CSV quotes).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CommaList(pub Vec<String>);

impl FlagValue for CommaList {
    const TYPE_NAME: &'static str = "strings";

    fn parse(text: &str) -> Result<Self, String> {
        Ok(Self(text.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect()))
    }

    fn print(&self) -> String {
        format!("[{}]", self.0.join(","))
    }

    fn add(&mut self, mut next: Self) {
        self.0.append(&mut next.0);
    }
}

const UNITS: [(&str, f64); 8] =
    [("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6), ("μs", 1e-6), ("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];

/// Reads a Go duration such as `1h2m3.5s`. Negative durations are refused: no flag here has a use for one.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let invalid = || "must be a duration such as 30s, 5m or 1h30m".to_owned();
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest.starts_with('-') {
        return Err("must not be negative".to_owned());
    }
    if rest == "0" {
        return Ok(Duration::ZERO);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(invalid)?;
        let number: f64 = rest[..digits].parse().map_err(|_| invalid())?;
        rest = &rest[digits..];
        let end = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        let (_, seconds) = UNITS.iter().find(|(name, _)| *name == &rest[..end]).ok_or_else(invalid)?;
        total += number * seconds;
        rest = &rest[end..];
    }
    // Go's durations end at 2^63 ns, about 292 years.
    if total > 9.2e9 {
        return Err("is out of range".to_owned());
    }
    Ok(Duration::from_nanos((total * 1e9).round() as u64))
}

/// Prints a duration as Go does: `1h0m0s`, `30s`, `750ms`.
pub fn print_duration(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    if nanos == 0 {
        return "0s".to_owned();
    }
    let fraction = |unit: u128, name: &str| {
        let text = format!("{}.{:0width$}", nanos / unit, nanos % unit, width = unit.ilog10() as usize);
        format!("{}{name}", text.trim_end_matches('0').trim_end_matches('.'))
    };
    match nanos {
        ..1_000 => format!("{nanos}ns"),
        ..1_000_000 => fraction(1_000, "µs"),
        ..1_000_000_000 => fraction(1_000_000, "ms"),
        _ => {
            let (hours, minutes) = (duration.as_secs() / 3600, duration.as_secs() / 60 % 60);
            let below_a_minute = nanos % 60_000_000_000;
            let text = format!("{}.{:09}", below_a_minute / 1_000_000_000, below_a_minute % 1_000_000_000);
            let seconds = text.trim_end_matches('0').trim_end_matches('.');
            match (hours, minutes) {
                (0, 0) => format!("{seconds}s"),
                (0, minutes) => format!("{minutes}m{seconds}s"),
                (hours, minutes) => format!("{hours}h{minutes}m{seconds}s"),
            }
        }
    }
}
