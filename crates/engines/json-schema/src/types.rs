//! The types of JSON values, and when values are equal.

use std::fmt::Write as _;

use crate::decimal::Decimal;
use crate::json::Json;
use crate::text::go_quote;

const NAMES: [&str; 7] = ["null", "boolean", "number", "integer", "string", "array", "object"];

/// Whether this is the name of a type.
pub(crate) fn is_name(name: &str) -> bool {
    NAMES.contains(&name)
}

/// A set of types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Types(u8);

impl Types {
    /// Reads the value of `type`: a name or several. `None` if there is no known one.
    pub(crate) fn read(value: &Json) -> Option<Types> {
        let names = match value {
            Json::Array(items) => items.as_slice(),
            name => std::slice::from_ref(name),
        };
        let bits = names.iter().filter_map(Json::as_str).filter_map(|name| NAMES.iter().position(|known| *known == name));
        let types = bits.fold(0, |types, bit| types | 1 << bit);
        (types != 0).then_some(Types(types))
    }

    fn has(self, name: &str) -> bool {
        NAMES.iter().position(|known| *known == name).is_some_and(|bit| self.0 & 1 << bit != 0)
    }

    /// Whether `value` has one of the types. A number without a fraction is an integer, however it is written.
    pub(crate) fn contain(self, value: &Json) -> bool {
        let is_integer = || match value {
            Json::Number(text) => Decimal::parse(text).is_some_and(|number| number.is_integer()),
            _ => false,
        };
        self.has(type_name(value)) || (self.has("integer") && is_integer())
    }

    /// The names, joined by `or`.
    pub(crate) fn describe(self) -> String {
        let names: Vec<&str> = NAMES.into_iter().filter(|name| self.has(name)).collect();
        names.join(" or ")
    }
}

/// The type of a value; that of a number is always `number`.
pub(crate) fn type_name(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    }
}

/// A text that two values share if and only if they are equal: `1.0` is `1`, and the order of members is nothing.
pub(crate) fn canonical(value: &Json) -> String {
    let mut text = String::new();
    write_canonical(&mut text, value);
    text
}

fn write_canonical(text: &mut String, value: &Json) {
    match value {
        Json::Null => text.push_str("null"),
        // Writing to a string cannot fail.
        Json::Bool(value) => drop(write!(text, "{value}")),
        Json::Number(number) => match Decimal::parse(number) {
            Some(number) => drop(write!(text, "{number}")),
            None => text.push_str(number),
        },
        Json::String(string) => text.push_str(&go_quote(string)),
        Json::Array(items) => {
            text.push('[');
            for item in items {
                write_canonical(text, item);
                text.push(',');
            }
            text.push(']');
        }
        Json::Object(members) => {
            text.push('{');
            for (name, member) in members.iter() {
                text.push_str(&go_quote(name));
                text.push(':');
                write_canonical(text, member);
                text.push(',');
            }
            text.push('}');
        }
    }
}
