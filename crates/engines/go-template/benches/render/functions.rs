//! The few functions of charts that the benchmark calls, as `benches/go/main.go` has them.

use go_template::{ANY_MAP, Call, FunctionError, Functions, Map, Signature, Text, Type, Value};

type Outcome = Result<Value, FunctionError>;

pub(crate) fn functions() -> Functions {
    const STRINGS: &[Type] = &[Type::String, Type::String];
    let mut functions = Functions::new();
    functions.insert_native("include", Signature::fixed(&[Type::String, Type::Any]), include);
    functions.insert_native("tpl", Signature::fixed(&[Type::String, Type::Any]), tpl);
    functions.insert_native("default", Signature::variadic(&[Type::Any, Type::Any]), |arguments, _| {
        let mut arguments = arguments.into_iter();
        let fallback = arguments.next().unwrap_or_default();
        Ok(arguments.next().filter(Value::is_true).unwrap_or(fallback))
    });
    functions.insert_native("quote", Signature::fixed(&[Type::Any]), |arguments, call| {
        let text = string(&arguments, call)?;
        Ok(Value::from(format!("{:?}", String::from_utf8_lossy(&text))))
    });
    functions
        .insert_native("toString", Signature::fixed(&[Type::Any]), |arguments, call| string(&arguments, call).map(Value::String));
    functions.insert_native("nindent", Signature::fixed(&[Type::Int, Type::String]), nindent);
    functions.insert_native("trunc", Signature::fixed(&[Type::Int, Type::String]), |arguments, _| match &arguments[..] {
        [Value::Int(length), Value::String(text)] if text.len() > usize::try_from(*length).unwrap_or(0) => {
            Ok(Value::String(Text::from(&text[..usize::try_from(*length).unwrap_or(0)])))
        }
        [_, text] => Ok(text.clone()),
        _ => unfit(),
    });
    functions.insert_native("trimSuffix", Signature::fixed(STRINGS), |arguments, _| match &arguments[..] {
        [Value::String(suffix), Value::String(text)] => {
            Ok(Value::String(text.strip_suffix(&suffix[..]).map_or_else(|| text.clone(), Text::from)))
        }
        _ => unfit(),
    });
    functions.insert_native("contains", Signature::fixed(STRINGS), |arguments, _| match &arguments[..] {
        [Value::String(part), Value::String(text)] => {
            Ok(Value::Bool(part.is_empty() || text.windows(part.len()).any(|window| window == &part[..])))
        }
        _ => unfit(),
    });
    functions.insert_native("replace", Signature::fixed(&[Type::String, Type::String, Type::String]), |arguments, _| {
        let [Value::String(from), Value::String(to), Value::String(text)] = &arguments[..] else { return unfit() };
        Ok(Value::from(text.to_string_lossy().replace(&from.to_string_lossy(), &to.to_string_lossy())))
    });
    functions.insert_native("hasKey", Signature::fixed(&[ANY_MAP, Type::String]), |arguments, _| match &arguments[..] {
        [Value::Map(map), Value::String(key)] => Ok(Value::Bool(map.contains_key(key))),
        _ => unfit(),
    });
    functions.insert_native("dict", Signature::variadic(&[Type::Any]), |arguments, _| {
        let map = Map::new();
        for pair in arguments.chunks_exact(2) {
            let [Value::String(key), value] = pair else { return unfit() };
            map.insert(key.clone(), value.clone());
        }
        Ok(Value::Map(map))
    });
    functions.insert_native("kindIsString", Signature::fixed(&[Type::Any]), |arguments, _| {
        Ok(Value::Bool(matches!(&arguments[..], [Value::String(_)])))
    });
    functions
}

fn unfit() -> Outcome {
    Err(FunctionError::new("unfit arguments"))
}

fn string(arguments: &[Value], call: &mut Call<'_>) -> Result<Text, FunctionError> {
    match arguments {
        [Value::String(text)] => Ok(text.clone()),
        other => Ok(call.sprint(other)?),
    }
}

fn include(arguments: Vec<Value>, call: &mut Call<'_>) -> Outcome {
    let [Value::String(name), data] = &arguments[..] else { return unfit() };
    let templates = call.templates();
    Ok(Value::String(call.execute_text(templates, name, data.clone())?))
}

fn tpl(arguments: Vec<Value>, call: &mut Call<'_>) -> Outcome {
    let [Value::String(text), data] = &arguments[..] else { return unfit() };
    let mut templates = call.templates().clone();
    templates.add_text("tpl", text).map_err(|error| FunctionError::new(error.to_string()))?;
    Ok(Value::String(call.execute_text(&templates, b"tpl", data.clone())?))
}

fn nindent(arguments: Vec<Value>, _: &mut Call<'_>) -> Outcome {
    let [Value::Int(spaces), Value::String(text)] = &arguments[..] else { return unfit() };
    let padding = vec![b' '; usize::try_from(*spaces).unwrap_or(0)];
    let mut output = Vec::with_capacity(text.len() * 2);
    for line in text.split(|&byte| byte == b'\n') {
        output.push(b'\n');
        output.extend_from_slice(&padding);
        output.extend_from_slice(line);
    }
    Ok(Value::String(Text::from(output)))
}
