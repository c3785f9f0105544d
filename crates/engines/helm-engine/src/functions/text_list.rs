//! From texts to lists of texts and back.

use std::collections::BTreeMap;

use go_template::{Call, FunctionError, Functions, List, Map, STRING_LIST, STRING_MAP, Signature, Text, Type, Value};

use super::arguments::{Arguments, Outcome};
use super::cast;
use crate::go::runes;

/// Adds these functions.
pub(super) fn register(functions: &mut Functions) {
    functions.insert_native("splitList", Signature::fixed(&[Type::String, Type::String]), |arguments, call| {
        let mut arguments = Arguments::new(arguments);
        let (separator, text) = (arguments.text(), arguments.text());
        Ok(Value::List(List::of_strings(split(&text, &separator, -1, call)?)))
    });
    functions.insert_native("split", Signature::fixed(&[Type::String, Type::String]), |arguments, call| {
        let mut arguments = Arguments::new(arguments);
        let (separator, text) = (arguments.text(), arguments.text());
        Ok(numbered(split(&text, &separator, -1, call)?))
    });
    functions.insert_native("splitn", Signature::fixed(&[Type::String, Type::Int, Type::String]), |arguments, call| {
        let mut arguments = Arguments::new(arguments);
        let (separator, count, text) = (arguments.text(), arguments.int(), arguments.text());
        Ok(numbered(split(&text, &separator, count, call)?))
    });
    functions.insert_native("join", Signature::fixed(&[Type::String, Type::Any]), join);
    functions.insert_native("toStrings", Signature::fixed(&[Type::Any]), to_strings);
    functions.insert_native("sortAlpha", Signature::fixed(&[Type::Any]), sort_alpha);
}

/// `strings.SplitN`: at most `count` parts, all of them when it is negative; without a separator each rune is a part.
fn split(text: &[u8], separator: &[u8], count: i64, call: &mut Call<'_>) -> Result<Vec<Text>, FunctionError> {
    let most = usize::try_from(count).unwrap_or(usize::MAX);
    let mut parts = Vec::new();
    if most == 0 {
        return Ok(parts);
    }
    let mut rest = text;
    while parts.len() + 1 < most && !(rest.is_empty() && separator.is_empty()) {
        let (end, next) = if separator.is_empty() {
            let width = runes::runes(rest).next().map_or(0, |(_, bytes)| bytes.len());
            (width, width)
        } else {
            match runes::find(rest, separator, 0) {
                Some(found) => (found, found + separator.len()),
                None => break,
            }
        };
        call.take_bytes(PART_OVERHEAD)?;
        parts.push(Text::from(&rest[..end]));
        rest = &rest[next..];
    }
    if !(rest.is_empty() && separator.is_empty()) {
        parts.push(Text::from(rest));
    }
    Ok(parts)
}

/// What a part costs besides its text, so that a long text of separators is bounded.
const PART_OVERHEAD: usize = 32;

/// `_0`, `_1` and so on.
fn numbered(parts: Vec<Text>) -> Value {
    let entries = parts.into_iter().enumerate().map(|(index, part)| (Text::from(format!("_{index}")), Value::String(part)));
    Value::Map(Map::with_type(entries.collect::<BTreeMap<_, _>>(), STRING_MAP))
}

fn join(arguments: Vec<Value>, call: &mut Call<'_>) -> Outcome {
    let mut arguments = Arguments::new(arguments);
    let (separator, items) = (arguments.text(), cast::to_texts(&arguments.value(), call)?);
    let mut output = Vec::new();
    for (index, item) in items.iter().enumerate() {
        call.take_bytes(separator.len() + item.len())?;
        if index > 0 {
            output.extend_from_slice(&separator);
        }
        output.extend_from_slice(item);
    }
    Ok(Value::String(Text::from(output)))
}

fn to_strings(arguments: Vec<Value>, call: &mut Call<'_>) -> Outcome {
    let value = Arguments::new(arguments).value();
    if matches!(&value, Value::List(list) if is_of_strings(list)) {
        return Ok(value);
    }
    Ok(Value::List(List::of_strings(cast::to_texts(&value, call)?)))
}

fn is_of_strings(list: &List) -> bool {
    matches!(list.kind(), Type::List(Type::String))
}

/// Nil is not a list, so that it gives the text `<nil>`.
fn sort_alpha(arguments: Vec<Value>, call: &mut Call<'_>) -> Outcome {
    let value = Arguments::new(arguments).value();
    let Value::List(list) = &value else { return Ok(Value::List(List::of_strings([cast::to_text(&value, call)?]))) };
    if list.is_nil() && is_of_strings(list) {
        return Ok(Value::List(List::nil(STRING_LIST)));
    }
    let mut texts = cast::to_texts(&value, call)?;
    texts.sort_unstable();
    Ok(Value::List(List::of_strings(texts)))
}
