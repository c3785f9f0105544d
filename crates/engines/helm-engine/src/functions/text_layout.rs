//! How texts are set: indented, wrapped, shortened, quoted, joined.

use go_template::{Call, FunctionError, Functions, Signature, Text, Type, Value};

use super::arguments::{Arguments, Outcome, give};
use super::{cast, text};

/// Adds these functions.
pub(super) fn register(functions: &mut Functions) {
    const WIDTH: Signature = Signature::fixed(&[Type::Int, Type::String]);
    const ANYTHING: Signature = Signature::variadic(&[Type::Any]);
    functions.insert_native("indent", WIDTH, |arguments, call| indent(arguments, call, b""));
    functions.insert_native("nindent", WIDTH, |arguments, call| indent(arguments, call, b"\n"));
    functions.insert_native("wrap", WIDTH, |arguments, call| {
        let mut arguments = Arguments::new(arguments);
        let (width, text) = (arguments.int(), arguments.text());
        Wrapping { width, line_break: b"\n", breaks_words: false }.wrap(&text, call)
    });
    functions.insert_native("wrapWith", Signature::fixed(&[Type::Int, Type::String, Type::String]), wrap_with);
    functions.insert_native("abbrev", WIDTH, |arguments, call| {
        let mut arguments = Arguments::new(arguments);
        let (width, text) = (arguments.int(), arguments.text());
        if width < 4 { Ok(Value::String(text)) } else { give(call, abbreviated(&text, 0, width)) }
    });
    functions.insert_native("abbrevboth", Signature::fixed(&[Type::Int, Type::Int, Type::String]), |arguments, call| {
        let mut arguments = Arguments::new(arguments);
        let (left, right, text) = (arguments.int(), arguments.int(), arguments.text());
        if right < 4 || left > 0 && right < 7 {
            return Ok(Value::String(text));
        }
        give(call, abbreviated(&text, left, right))
    });
    functions.insert_native("quote", ANYTHING, |arguments, call| {
        joined(arguments, call, |value, call| {
            let text = cast::to_text(value, call)?;
            Ok(call.sprintf("%q", &[Value::String(text)])?)
        })
    });
    functions.insert_native("squote", ANYTHING, |arguments, call| {
        joined(arguments, call, |value, call| Ok(call.sprintf("'%v'", std::slice::from_ref(value))?))
    });
    functions.insert_native("cat", ANYTHING, |arguments, call| {
        joined(arguments, call, |value, call| Ok(call.sprintf("%v", std::slice::from_ref(value))?))
    });
}

/// The text with spaces before each line, empty ones too, and with `before` in front of all.
fn indent(arguments: Vec<Value>, call: &mut Call<'_>, before: &[u8]) -> Outcome {
    let mut arguments = Arguments::new(arguments);
    let (spaces, text) = (arguments.int(), arguments.text());
    let pad = text::repeated(b" ", spaces, call)?;
    let lines = 1 + text.iter().filter(|&&byte| byte == b'\n').count();
    let length = lines.saturating_mul(pad.len()).saturating_add(text.len() + before.len());
    call.take_bytes(length)?;
    let mut output = Vec::with_capacity(length);
    output.extend_from_slice(before);
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        output.extend_from_slice(&pad);
        output.extend_from_slice(line);
    }
    if text.last().is_none_or(|&byte| byte == b'\n') {
        output.extend_from_slice(&pad);
    }
    Ok(Value::String(Text::from(output)))
}

/// The texts of all arguments that are not nil, with spaces between them.
fn joined(
    arguments: Vec<Value>,
    call: &mut Call<'_>,
    mut print: impl FnMut(&Value, &mut Call<'_>) -> Result<Text, FunctionError>,
) -> Outcome {
    let mut output = Vec::new();
    for (index, value) in arguments.iter().filter(|value| !matches!(value, Value::Nil)).enumerate() {
        if index > 0 {
            output.push(b' ');
        }
        output.extend_from_slice(&print(value, call)?);
    }
    Ok(Value::String(Text::from(output)))
}

fn wrap_with(arguments: Vec<Value>, call: &mut Call<'_>) -> Outcome {
    let mut arguments = Arguments::new(arguments);
    let (width, separator, text) = (arguments.int(), arguments.text(), arguments.text());
    let line_break: &[u8] = if separator.is_empty() { b"\n" } else { &separator };
    Wrapping { width, line_break, breaks_words: true }.wrap(&text, call)
}

/// Breaks a text into lines at single spaces. Widths are bytes.
struct Wrapping<'b> {
    width: i64,
    line_break: &'b [u8],
    /// Whether a word that is longer than a line is broken.
    breaks_words: bool,
}

impl Wrapping<'_> {
    fn wrap(&self, text: &[u8], call: &mut Call<'_>) -> Outcome {
        let width = usize::try_from(self.width).unwrap_or(1).max(1);
        let mut output = Vec::with_capacity(text.len());
        let mut rest = text;
        while rest.len() > width {
            if let Some(after) = rest.strip_prefix(b" ") {
                rest = after;
                continue;
            }
            let is_space = |&byte: &u8| byte == b' ';
            let (end, next) = match rest[..=width].iter().rposition(is_space) {
                Some(space) => (space, space + 1),
                None if self.breaks_words => (width, width),
                None => match rest.iter().position(is_space) {
                    Some(space) => (space, space + 1),
                    None => break,
                },
            };
            call.take_bytes(end + self.line_break.len())?;
            output.extend_from_slice(&rest[..end]);
            output.extend_from_slice(self.line_break);
            rest = &rest[next..];
        }
        output.extend_from_slice(rest);
        Ok(Value::String(Text::from(output)))
    }
}

const DOTS: &[u8] = b"...";

/// At most `width` bytes of a text from about `offset` on, with dots where something is left out.
fn abbreviated(text: &[u8], offset: i64, width: i64) -> Vec<u8> {
    let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
    if length <= width {
        return text.to_vec();
    }
    // From here on `width` is less than the length, and at least four.
    let mut offset = offset.min(length);
    if length - offset < width - 3 {
        offset = length - (width - 3);
    }
    let index = |position: i64| usize::try_from(position).unwrap_or_default();
    if offset <= 4 {
        return [&text[..index(width - 3)], DOTS].concat();
    }
    if width < 7 {
        return Vec::new();
    }
    if offset + width - 3 < length {
        return [DOTS, &abbreviated(&text[index(offset)..], 0, width - 3)].concat();
    }
    [DOTS, &text[index(length - (width - 3))..]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_text_is_kept_when_the_offset_reaches_it() {
        assert_eq!(abbreviated(b"1234 5678 9123", 5, 10), b"...5678...");
        assert_eq!(abbreviated(b"1234 5678 9123", 9, 10), b"...78 9123");
    }
}
