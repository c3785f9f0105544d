//! Parts of texts: trimming, looking for, replacing, repeating.

use go_template::{Call, FunctionError, Functions, Signature, Text, Type, Value};

use super::arguments::{Arguments, Outcome, give};
use super::cast;
use crate::go::{letter, runes};

/// Adds these functions.
pub(super) fn register(functions: &mut Functions) {
    const TWO_TEXTS: Signature = Signature::fixed(&[Type::String, Type::String]);
    const TEXT: Signature = Signature::fixed(&[Type::String]);
    functions.insert_native("toString", Signature::fixed(&[Type::Any]), |arguments, call| {
        Ok(Value::String(cast::to_text(&Arguments::new(arguments).value(), call)?))
    });
    functions.insert_native("trim", TEXT, |arguments, call| give(call, runes::trim_space(&Arguments::new(arguments).text())));
    functions.insert_native("nospace", TEXT, |arguments, call| {
        let text = Arguments::new(arguments).text();
        give(call, without_space(&text))
    });
    for name in ["trimAll", "trimall"] {
        functions.insert_native(name, TWO_TEXTS, two_texts(|set, text| trim_all(set, text).to_vec()));
    }
    functions.insert_native(
        "trimPrefix",
        TWO_TEXTS,
        two_texts(|prefix, text| text.strip_prefix(prefix).unwrap_or(text).to_vec()),
    );
    functions.insert_native(
        "trimSuffix",
        TWO_TEXTS,
        two_texts(|suffix, text| text.strip_suffix(suffix).unwrap_or(text).to_vec()),
    );
    functions.insert_native("hasPrefix", TWO_TEXTS, test_of_texts(|prefix, text| text.starts_with(prefix)));
    functions.insert_native("hasSuffix", TWO_TEXTS, test_of_texts(|suffix, text| text.ends_with(suffix)));
    functions.insert_native("contains", TWO_TEXTS, test_of_texts(|part, text| runes::find(text, part, 0).is_some()));
    functions.insert_native("replace", Signature::fixed(&[Type::String, Type::String, Type::String]), replace);
    functions.insert_native("repeat", Signature::fixed(&[Type::Int, Type::String]), |arguments, call| {
        let mut arguments = Arguments::new(arguments);
        let (count, text) = (arguments.int(), arguments.text());
        Ok(Value::String(Text::from(repeated(&text, count, call)?)))
    });
    functions.insert_native("trunc", Signature::fixed(&[Type::Int, Type::String]), truncate);
    functions.insert_native("substr", Signature::fixed(&[Type::Int, Type::Int, Type::String]), substring);
    functions.insert_native("plural", Signature::fixed(&[Type::String, Type::String, Type::Int]), |arguments, _| {
        let mut arguments = Arguments::new(arguments);
        let (one, many) = (arguments.value(), arguments.value());
        Ok(if arguments.int() == 1 { one } else { many })
    });
}

/// A function of two texts, the second of which is the one that is worked on.
fn two_texts(body: fn(&[u8], &[u8]) -> Vec<u8>) -> impl Fn(Vec<Value>, &mut Call<'_>) -> Outcome + Send + Sync + 'static {
    move |arguments, call| {
        let mut arguments = Arguments::new(arguments);
        let (first, text) = (arguments.text(), arguments.text());
        give(call, body(&first, &text))
    }
}

/// A question about two texts, the second of which is the one that is looked into.
fn test_of_texts(body: fn(&[u8], &[u8]) -> bool) -> impl Fn(Vec<Value>, &mut Call<'_>) -> Outcome + Send + Sync + 'static {
    move |arguments, _| {
        let mut arguments = Arguments::new(arguments);
        let (first, text) = (arguments.text(), arguments.text());
        Ok(Value::Bool(body(&first, &text)))
    }
}

fn trim_all<'t>(set: &[u8], text: &'t [u8]) -> &'t [u8] {
    runes::trim(text, |rune| runes::runes(set).any(|(trimmed, _)| trimmed == rune))
}

/// Takes the bytes for Latin-1, so that what is not ASCII comes out garbled, unless nothing was to be taken out.
fn without_space(text: &[u8]) -> Vec<u8> {
    if !text.iter().any(|&byte| letter::is_space(char::from(byte))) {
        return text.to_vec();
    }
    let kept = text.iter().map(|&byte| char::from(byte)).filter(|&rune| !letter::is_space(rune));
    kept.collect::<String>().into_bytes()
}

fn replace(arguments: Vec<Value>, call: &mut Call<'_>) -> Outcome {
    let mut arguments = Arguments::new(arguments);
    let (old, new, text) = (arguments.text(), arguments.text(), arguments.text());
    let mut output = Vec::with_capacity(text.len());
    if old.is_empty() {
        // The new text goes before each rune, and after the last.
        output.extend_from_slice(&new);
        for (_, bytes) in runes::runes(&text) {
            call.take_bytes(bytes.len() + new.len())?;
            output.extend_from_slice(bytes);
            output.extend_from_slice(&new);
        }
        return Ok(Value::String(Text::from(output)));
    }
    let mut copied = 0;
    while let Some(found) = runes::find(&text, &old, copied) {
        call.take_bytes(found - copied + new.len())?;
        output.extend_from_slice(&text[copied..found]);
        output.extend_from_slice(&new);
        copied = found + old.len();
    }
    if copied == 0 {
        return Ok(Value::String(text));
    }
    output.extend_from_slice(&text[copied..]);
    Ok(Value::String(Text::from(output)))
}

/// `strings.Repeat`.
pub(super) fn repeated(text: &[u8], count: i64, call: &mut Call<'_>) -> Result<Vec<u8>, FunctionError> {
    let count = usize::try_from(count).map_err(|_| FunctionError::new("strings: negative Repeat count"))?;
    let length = text.len().checked_mul(count).filter(|&length| i64::try_from(length).is_ok());
    let length = length.ok_or_else(|| FunctionError::new("strings: Repeat output length overflow"))?;
    call.take_bytes(length)?;
    Ok(text.repeat(count))
}

fn truncate(arguments: Vec<Value>, _: &mut Call<'_>) -> Outcome {
    let mut arguments = Arguments::new(arguments);
    let (count, text) = (arguments.int(), arguments.text());
    let length = text.len();
    let kept = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    if kept >= length {
        return Ok(Value::String(text));
    }
    Ok(Value::String(Text::from(if count < 0 { &text[length - kept..] } else { &text[..kept] })))
}

fn substring(arguments: Vec<Value>, _: &mut Call<'_>) -> Outcome {
    let mut arguments = Arguments::new(arguments);
    let (start, end, text) = (arguments.int(), arguments.int(), arguments.text());
    let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
    let out_of_range = |bounds: String| Err(FunctionError::new(format!("runtime error: slice bounds out of range {bounds}")));
    let (first, last) = match (start, end) {
        (..0, ..0) => return out_of_range(format!("[:{end}]")),
        (..0, _) if end > length => return out_of_range(format!("[:{end}] with length {length}")),
        (..0, _) => (0, end),
        (_, ..0) => (start, length),
        _ => (start, end.min(length)),
    };
    if first > last {
        return out_of_range(format!("[{first}:{last}]"));
    }
    let index = |position: i64| usize::try_from(position).unwrap_or_default();
    Ok(Value::String(Text::from(&text[index(first)..index(last)])))
}
