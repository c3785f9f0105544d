//! The formats that strings can be asked to have. The value of another type has every format.

use crate::json::Json;
use crate::pattern::Pattern;

mod identifier;
mod network;
mod time;

/// Checks a text; the error says what is wrong with it.
type Check = fn(&str) -> Result<(), String>;

/// A named format.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Format {
    /// The name, as schemas write it.
    pub(crate) name: &'static str,
    check: Check,
}

const FORMATS: &[Format] = &[
    Format { name: "date", check: time::date },
    Format { name: "date-time", check: time::date_time },
    Format { name: "duration", check: time::duration },
    Format { name: "email", check: network::email },
    Format { name: "hostname", check: network::host_name },
    Format { name: "ipv4", check: network::ipv4 },
    Format { name: "ipv6", check: network::ipv6 },
    Format { name: "iri", check: network::uri },
    Format { name: "iri-reference", check: network::uri_reference },
    Format { name: "json-pointer", check: identifier::json_pointer },
    Format { name: "period", check: time::period },
    Format { name: "regex", check: regex },
    Format { name: "relative-json-pointer", check: identifier::relative_json_pointer },
    Format { name: "semver", check: identifier::semantic_version },
    Format { name: "time", check: time::time },
    Format { name: "uri", check: network::uri },
    Format { name: "uri-reference", check: network::uri_reference },
    Format { name: "uri-template", check: network::uri_template },
    Format { name: "uuid", check: identifier::uuid },
];

impl Format {
    /// The format of that name. Names that are not known are no condition.
    pub(crate) fn find(name: &str) -> Option<Format> {
        FORMATS.iter().find(|format| format.name == name).copied()
    }

    /// # Errors
    /// What keeps `value` from having this format.
    pub(crate) fn check(&self, value: &Json) -> Result<(), String> {
        value.as_str().map_or(Ok(()), self.check)
    }
}

fn regex(text: &str) -> Result<(), String> {
    Pattern::compile(text).map(|_| ()).map_err(|error| error.to_string())
}

/// The error `message` if the condition does not hold.
fn ensure(condition: bool, message: impl Into<String>) -> Result<(), String> {
    if condition { Ok(()) } else { Err(message.into()) }
}

/// How many ASCII digits `text` begins with.
fn count_digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}
