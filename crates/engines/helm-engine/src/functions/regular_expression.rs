//! Regular expressions in Go's syntax.

use std::cell::RefCell;
use std::collections::HashMap;

use go_regexp::{CompileError, Regexp};
use go_template::{Call, FunctionError, Functions, List, STRING_LIST, Signature, Text, Type, Value};

use super::arguments::{Arguments, Outcome, give};

/// How many compiled patterns a thread keeps.
const CACHE_SIZE: usize = 64;

/// The longest pattern that is kept, in bytes.
const CACHED_LENGTH: usize = 1024;

thread_local! {
    /// Charts use the same few patterns over and over.
    static CACHE: RefCell<HashMap<Text, Regexp>> = RefCell::new(HashMap::new());
}

const STRING: Type = Type::String;

/// What a function does with a compiled pattern and its other arguments.
type Body = fn(&Regexp, Arguments, &mut Call<'_>) -> Outcome;

/// Adds these functions.
pub(super) fn register(functions: &mut Functions) {
    functions.insert_native("regexMatch", Signature::fixed(&[STRING, STRING]), |arguments, _| {
        let mut arguments = Arguments::new(arguments);
        let pattern = compile(&arguments.text());
        Ok(Value::Bool(pattern.is_ok_and(|pattern| pattern.is_match(&arguments.text()))))
    });
    functions.insert_native("mustRegexMatch", Signature::fixed(&[STRING, STRING]), |arguments, call| {
        must(arguments, call, |pattern, mut arguments, _| Ok(Value::Bool(pattern.is_match(&arguments.text()))))
    });
    functions.insert_native("regexQuoteMeta", Signature::fixed(&[STRING]), |arguments, call| {
        give(call, go_regexp::quote_meta(&Arguments::new(arguments).text()))
    });
    let bodies: [(&str, &str, &[Type], Body); 5] = [
        ("regexFind", "mustRegexFind", &[STRING, STRING], find),
        ("regexFindAll", "mustRegexFindAll", &[STRING, STRING, Type::Int], find_all),
        ("regexReplaceAll", "mustRegexReplaceAll", &[STRING, STRING, STRING], replace_all),
        ("regexReplaceAllLiteral", "mustRegexReplaceAllLiteral", &[STRING, STRING, STRING], replace_all_literal),
        ("regexSplit", "mustRegexSplit", &[STRING, STRING, Type::Int], split),
    ];
    for (name, must_name, parameters, body) in bodies {
        functions.insert_native(name, Signature::fixed(parameters), move |arguments, call| panicking(arguments, call, body));
        functions.insert_native(must_name, Signature::fixed(parameters), move |arguments, call| must(arguments, call, body));
    }
}

/// Calls the body; a bad pattern is an error.
fn must(arguments: Vec<Value>, call: &mut Call<'_>, body: Body) -> Outcome {
    let mut arguments = Arguments::new(arguments);
    let pattern = compile(&arguments.text()).map_err(|error| FunctionError::new(error.to_string()))?;
    body(&pattern, arguments, call)
}

/// Calls the body; a bad pattern is what Go's `regexp.MustCompile` panics with.
fn panicking(arguments: Vec<Value>, call: &mut Call<'_>, body: Body) -> Outcome {
    let mut arguments = Arguments::new(arguments);
    let text = arguments.text();
    match compile(&text) {
        Ok(pattern) => body(&pattern, arguments, call),
        Err(error) => {
            // Back quotes where that is possible, which is what the flag asks for.
            let quoted = call.sprintf("%#q", &[Value::String(text)])?;
            Err(FunctionError::new(format!("regexp: Compile({quoted}): {error}")))
        }
    }
}

fn compile(pattern: &Text) -> Result<Regexp, CompileError> {
    let cached = CACHE.with_borrow(|cache| cache.get(pattern).cloned());
    if let Some(compiled) = cached {
        return Ok(compiled);
    }
    let compiled = Regexp::compile(pattern)?;
    if pattern.len() <= CACHED_LENGTH {
        CACHE.with_borrow_mut(|cache| {
            if cache.len() >= CACHE_SIZE {
                cache.clear();
            }
            cache.insert(pattern.clone(), compiled.clone());
        });
    }
    Ok(compiled)
}

fn find(pattern: &Regexp, mut arguments: Arguments, call: &mut Call<'_>) -> Outcome {
    give(call, pattern.find(&arguments.text()).unwrap_or_default())
}

fn find_all(pattern: &Regexp, mut arguments: Arguments, call: &mut Call<'_>) -> Outcome {
    let (text, limit) = (arguments.text(), limit(arguments.int()));
    let found = pattern.find_all(&text, limit);
    if found.is_empty() { Ok(nil_strings()) } else { strings(found, call) }
}

fn replace_all(pattern: &Regexp, mut arguments: Arguments, call: &mut Call<'_>) -> Outcome {
    let (text, replacement) = (arguments.text(), arguments.text());
    reserve(pattern, &text, &replacement, call)?;
    give(call, pattern.replace_all(&text, &replacement))
}

fn replace_all_literal(pattern: &Regexp, mut arguments: Arguments, call: &mut Call<'_>) -> Outcome {
    let (text, replacement) = (arguments.text(), arguments.text());
    reserve(pattern, &text, &replacement, call)?;
    give(call, pattern.replace_all_literal(&text, &replacement))
}

fn split(pattern: &Regexp, mut arguments: Arguments, call: &mut Call<'_>) -> Outcome {
    let (text, limit) = (arguments.text(), limit(arguments.int()));
    if limit == Some(0) { Ok(nil_strings()) } else { strings(pattern.split(&text, limit), call) }
}

/// Go's count of matches or parts: a negative one is no limit.
fn limit(count: i64) -> Option<usize> {
    usize::try_from(count).ok()
}

fn nil_strings() -> Value {
    Value::List(List::nil(STRING_LIST))
}

/// A `[]string`.
fn strings(parts: Vec<&[u8]>, call: &mut Call<'_>) -> Outcome {
    call.take_steps(parts.len() as u64)?;
    call.take_bytes(parts.iter().map(|part| part.len()).sum())?;
    Ok(Value::List(List::of_strings(parts.into_iter().map(Text::from))))
}

/// Takes what the replacements may need before they are made: each match brings the replacement once more.
fn reserve(pattern: &Regexp, text: &Text, replacement: &Text, call: &mut Call<'_>) -> Result<(), FunctionError> {
    if replacement.len() > 1 {
        let matches = pattern.ranges(text, None).len();
        call.take_bytes(matches.saturating_mul(replacement.len()))?;
    }
    Ok(())
}
