//! `.Files`: the files of a chart that are neither templates nor special, as a map from path to bytes with methods.

use std::collections::BTreeMap;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use go_template::{
    BYTES, Call, Function, FunctionError, List, Map, NamedType, NativeFunction, STRING_LIST, Signature, Text, Type, Value,
};
use manifest::yaml::{check_printable, to_yaml};

use super::glob::Glob;
use crate::file::{File, base_name};

static FILES: NamedType = NamedType { name: "engine.files", underlying: Type::Map(&BYTES), method };

/// The files as templates see them. Their bytes are shared, and taken apart only where a template looks at single ones.
pub(crate) fn files(files: &[File]) -> Value {
    let entry = |file: &File| (Text::from(file.name.as_str()), Value::List(List::of_bytes(file.data.clone())));
    Value::Map(Map::with_type(files.iter().map(entry).collect(), Type::Named(&FILES)))
}

const ONE_TEXT: Signature = Signature::fixed(&[Type::String]);
const NO_PARAMETERS: Signature = Signature::fixed(&[]);

fn method(receiver: &Value, name: &str) -> Option<Rc<dyn Function>> {
    let Value::Map(files) = receiver else { return None };
    let files = files.clone();
    Some(match name {
        "Get" => with_text(move |path, call| {
            let content = content(&files, path);
            call.take_bytes(content.as_ref().map_or(0, List::len))?;
            Ok(Value::String(content.map_or_else(Text::default, |content| bytes(&content))))
        }),
        "GetBytes" => {
            with_text(move |path, _| Ok(Value::List(content(&files, path).unwrap_or_else(|| List::of_bytes(Vec::new())))))
        }
        "Glob" => with_text(move |pattern, _| Ok(matching(&files, pattern))),
        "Lines" => with_text(move |path, call| {
            let content = content(&files, path);
            call.take_bytes(content.as_ref().map_or(0, List::len))?;
            Ok(Value::List(content.map_or_else(|| List::with_type(Vec::new(), STRING_LIST), |content| lines(&bytes(&content)))))
        }),
        "AsConfig" => flattened(files, |content| String::from_utf8_lossy(content).into_owned()),
        "AsSecrets" => flattened(files, |content| STANDARD.encode(content)),
        _ => return None,
    })
}

fn with_text(body: impl Fn(&str, &mut Call<'_>) -> Result<Value, FunctionError> + 'static) -> Rc<dyn Function> {
    Rc::new(NativeFunction::new(ONE_TEXT, move |arguments, call| match arguments.first() {
        Some(Value::String(text)) => body(&text.to_string_lossy(), call),
        _ => Err(FunctionError::new("a text is needed")),
    }))
}

fn content(files: &Map, path: &str) -> Option<List> {
    if let Value::List(content) = files.get(path.as_bytes())? { Some(content) } else { None }
}

fn bytes(content: &List) -> Text {
    Text::from(content.bytes().unwrap_or_default())
}

/// The files whose path matches; all of them when the pattern is malformed.
fn matching(files: &Map, pattern: &str) -> Value {
    let glob = Glob::parse(pattern);
    let is_match = |path: &Text| glob.as_ref().is_none_or(|glob| glob.matches(&path.to_string_lossy()));
    let found = files.entries().into_iter().filter(|(path, _)| is_match(path)).collect();
    Value::Map(Map::with_type(found, files.kind()))
}

fn lines(content: &[u8]) -> List {
    let content = content.strip_suffix(b"\n").unwrap_or(content);
    if content.is_empty() {
        return List::with_type(Vec::new(), STRING_LIST);
    }
    List::of_strings(content.split(|byte| *byte == b'\n').map(Text::from))
}

/// A method that gives YAML of all files by the last component of their paths.
fn flattened(files: Map, print: fn(&[u8]) -> String) -> Rc<dyn Function> {
    Rc::new(NativeFunction::new(NO_PARAMETERS, move |_, call| {
        let mut printed = BTreeMap::new();
        for (path, content) in files.entries() {
            let Value::List(content) = content else { continue };
            call.take_bytes(content.len())?;
            printed.insert(base_name(&path.to_string_lossy()).to_owned(), print(content.bytes().unwrap_or_default()));
        }
        let value = serde_json::Value::from_iter(printed);
        let yaml = check_printable(&value).map_or_else(|_| String::new(), |()| to_yaml(&value));
        Ok(Value::from(yaml.strip_suffix('\n').unwrap_or(&yaml)))
    }))
}
