//! What a flag's text may be.

use api::meta::GoDuration;
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

/// Reads a Go duration such as `1h2m3.5s`. Negative durations are refused: no flag here has a use for one.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let duration: GoDuration = text.parse().map_err(|_| "must be a duration such as 30s, 5m or 1h30m".to_owned())?;
    if duration.nanoseconds() < 0 {
        return Err("must not be negative".to_owned());
    }
    Ok(duration.to_std())
}

fn print_duration(duration: Duration) -> String {
    GoDuration::from_nanoseconds(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)).to_string()
}
