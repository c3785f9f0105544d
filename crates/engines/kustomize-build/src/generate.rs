//! ConfigMaps and Secrets from literals, files and environment files, and the hash that their names get.

use crate::error::BuildError;
use crate::kustomization::{GeneratorArguments, GeneratorOptions};
use crate::loader::{Root, Session};
use crate::object::{Behavior, Object};
use crate::scalar;
use crate::tree::{Body, Fault, Kind, Node, Tag};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Which object a generator makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Generated {
    ConfigMap,
    Secret,
}

impl Generated {
    fn kind(self) -> &'static str {
        match self {
            Generated::ConfigMap => "ConfigMap",
            Generated::Secret => "Secret",
        }
    }
}

/// Options of one generator, completed by those for all: what the one says wins, but a true is never taken back.
pub(crate) fn merged_options(local: Option<&GeneratorOptions>, global: Option<&GeneratorOptions>) -> Option<GeneratorOptions> {
    let Some(global) = global else { return local.cloned() };
    let mut merged = local.cloned().unwrap_or_default();
    for (own, other) in [(&mut merged.labels, &global.labels), (&mut merged.annotations, &global.annotations)] {
        for (key, value) in other {
            own.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }
    merged.disable_name_suffix_hash |= global.disable_name_suffix_hash;
    merged.immutable |= global.immutable;
    Some(merged)
}

/// Makes the object of a generator.
pub(crate) fn generate<'b>(
    session: &mut Session<'b>,
    root: &Root<'b>,
    kind: Generated,
    arguments: &GeneratorArguments,
) -> Result<Object, BuildError> {
    let what = format!("{} generator '{}'", kind.kind(), arguments.name);
    if arguments.name.is_empty() {
        return Err(BuildError::step(what, "a generator must have a name; add `name`"));
    }
    let data = pairs(session, root, arguments).map_err(|error| error.within(what.clone()))?;
    let mut known = BTreeMap::new();
    for (key, value) in data {
        if known.insert(key.clone(), value).is_some() {
            return Err(BuildError::step(what, format!("the key `{key}` is there twice; remove one of them")));
        }
    }
    make(kind, arguments, known).map_err(|fault| BuildError::object("generate", &what, fault))
}

fn make(kind: Generated, arguments: &GeneratorArguments, data: BTreeMap<String, Vec<u8>>) -> Result<Object, Fault> {
    let mut node = Node::mapping();
    node.set_field("apiVersion", Node::tagged("v1", Tag::Str))?;
    node.set_field("kind", Node::tagged(kind.kind(), Tag::Str))?;
    let mut object = Object { node, ..Object::default() };
    let mut metadata = Node::mapping();
    metadata.set_field("name", Node::string(arguments.name.as_str()))?;
    if !arguments.namespace.is_empty() {
        metadata.set_field("namespace", Node::string(arguments.namespace.as_str()))?;
    }
    object.node.set_field("metadata", metadata)?;
    match kind {
        Generated::ConfigMap => {
            for (key, value) in data {
                let (field, text) = match String::from_utf8(value) {
                    Ok(text) => ("data", text),
                    Err(error) => ("binaryData", wrapped_base64(error.as_bytes())),
                };
                put(&mut object.node, field, &key, text)?;
            }
        }
        Generated::Secret => {
            let secret_type = if arguments.secret_type.is_empty() { "Opaque" } else { &arguments.secret_type };
            object.node.set_field("type", Node::string(secret_type))?;
            object.node.get_or_create("data", Kind::Mapping)?;
            for (key, value) in data {
                put(&mut object.node, "data", &key, wrapped_base64(&value))?;
            }
        }
    }
    if let Some(options) = &arguments.options {
        for (map, entries) in [("labels", &options.labels), ("annotations", &options.annotations)] {
            let changes: Vec<(&str, Option<&str>)> =
                entries.iter().map(|(key, value)| (key.as_str(), Some(value.as_str()))).collect();
            if !changes.is_empty() {
                object.rewrite_metadata_map(map, &changes)?;
            }
        }
        if options.immutable {
            object.node.set_field("immutable", Node::tagged("true", Tag::Bool))?;
        }
    }
    object.notes.needs_hash = !arguments.options.as_ref().is_some_and(|options| options.disable_name_suffix_hash);
    object.notes.behavior = Some(Behavior::parse(&arguments.behavior));
    Ok(object)
}

fn put(node: &mut Node, field: &str, key: &str, text: String) -> Result<(), Fault> {
    match node.get_or_create(field, Kind::Mapping)? {
        Some(map) => map.set_field(key, Node::string(text)),
        None => Ok(()),
    }
}

/// Base64 in lines of 70 characters; a text of one line has no line break.
fn wrapped_base64(bytes: &[u8]) -> String {
    const WIDTH: usize = 70;
    let encoded = STANDARD.encode(bytes);
    if encoded.len() < WIDTH {
        return encoded;
    }
    let mut out = String::with_capacity(encoded.len() + encoded.len() / WIDTH + 1);
    for start in (0..encoded.len()).step_by(WIDTH) {
        out.push_str(&encoded[start..encoded.len().min(start + WIDTH)]);
        out.push('\n');
    }
    out
}

type Pair = (String, Vec<u8>);

/// Keys and values of all sources: environment files, literals, files.
fn pairs<'b>(session: &mut Session<'b>, root: &Root<'b>, arguments: &GeneratorArguments) -> Result<Vec<Pair>, BuildError> {
    let mut all = Vec::new();
    for path in arguments.envs.iter().chain((!arguments.env.is_empty()).then_some(&arguments.env)) {
        let content = root.load(session, path)?;
        environment_pairs(&content, &mut all).map_err(|problem| BuildError::step(format!("read env file '{path}'"), problem))?;
    }
    for literal in &arguments.literals {
        match literal.split_once('=') {
            Some((key, value)) if !key.is_empty() => all.push((key.to_owned(), without_quotes(value).as_bytes().to_vec())),
            _ => {
                return Err(BuildError::step(
                    "read literal",
                    format!("invalid literal source {literal}, expected key=value; quote it as a whole"),
                ));
            }
        }
    }
    for source in &arguments.files {
        let (key, path) = file_source(source).map_err(|problem| BuildError::step("read file source", problem))?;
        all.push((key.to_owned(), root.load(session, path)?.to_vec()));
    }
    Ok(all)
}

fn without_quotes(text: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote)) {
            return inner;
        }
    }
    text
}

fn file_source(source: &str) -> Result<(&str, &str), String> {
    match source.split_once('=') {
        None => Ok((source.trim_end_matches('/').rsplit('/').next().unwrap_or(source), source)),
        Some((_, path)) if path.contains('=') => Err(format!("source '{source}': key name or file path contains '='")),
        Some(("", _)) => Err(format!("source '{source}': missing key name before '='")),
        Some((_, "")) => Err(format!("source '{source}': missing file path after '='")),
        Some(parts) => Ok(parts),
    }
}

/// The longest line that Go's scanner reads.
const LONGEST_LINE: usize = 64 * 1024;

fn environment_pairs(content: &[u8], all: &mut Vec<Pair>) -> Result<(), String> {
    let mut lines = content.split(|&byte| byte == b'\n').enumerate().peekable();
    while let Some((at, line)) = lines.next() {
        if lines.peek().is_none() && line.is_empty() {
            break;
        }
        if line.len() >= LONGEST_LINE {
            // The original stops here without an error.
            break;
        }
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let text = std::str::from_utf8(line).map_err(|_| format!("line {} has invalid utf8 bytes", at + 1))?;
        let text = if at == 0 { text.strip_prefix('\u{feff}').unwrap_or(text) } else { text };
        let text = text.trim_start_matches(is_go_space);
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let (key, value) = text.split_once('=').unwrap_or((text, ""));
        if !key.is_empty() {
            all.push((key.to_owned(), value.as_bytes().to_vec()));
        }
    }
    Ok(())
}

/// Go's `unicode.IsSpace`.
fn is_go_space(character: char) -> bool {
    character.is_whitespace()
}

/// The data of a Secret with what `stringData` adds, encoded as the API server does it.
pub(crate) fn secret_data(secret: &Object) -> Result<Vec<(String, String)>, Fault> {
    let mut data: BTreeMap<String, String> = crate::objects::data_map(&secret.node, "data").into_iter().collect();
    if let Some(plain) = secret.node.field("stringData").filter(|plain| !plain.is_null()) {
        plain.demand(Kind::Mapping)?;
        for entry in plain.entries() {
            if entry.value.kind() != Kind::Scalar {
                return Err(Fault::Other(format!("stringData value for key '{}' must be a scalar", entry.key.text)));
            }
            data.insert(entry.key.text.to_string(), wrapped_base64(entry.value.value_text().as_bytes()));
        }
    }
    Ok(data.into_iter().collect())
}

/// The hash of a generated object's content.
pub(crate) fn content_hash(object: &Object) -> Result<String, Fault> {
    let fault = |error: scalar::ValueFault| Fault::Other(error.to_string());
    let text = |name: &str| -> Result<Value, Fault> {
        match object.node.get(name)? {
            None => Ok(json!("")),
            Some(node) if node.kind() == Kind::Scalar => Ok(Value::String(node.text().to_owned())),
            Some(node) => scalar::to_value(node).map_err(fault),
        }
    };
    // The original looks for a field of that name with a slash, and finds none.
    let name = json!("");
    let mut content = match object.kind() {
        "ConfigMap" => json!({"kind": "ConfigMap", "name": name, "data": text("data")?}),
        "Secret" => json!({"kind": "Secret", "type": text("type")?, "name": name, "data": text("data")?}),
        _ => scalar::to_value(&object.node).map_err(fault)?,
    };
    let further = match object.kind() {
        "ConfigMap" => Some("binaryData"),
        "Secret" => Some("stringData"),
        _ => None,
    };
    if let Some(field) = further
        && object.node.field(field).is_some_and(|node| matches!(node.body, Body::Mapping(_)))
    {
        content[field] = text(field)?;
    }
    let digest = Sha256::digest(manifest::json::to_json(&content).as_bytes());
    let hex: String = digest.iter().take(5).map(|byte| format!("{byte:02x}")).collect();
    Ok(hex.chars().map(readable).collect())
}

/// Replaces the digits and vowels that could spell something.
fn readable(digit: char) -> char {
    match digit {
        '0' => 'g',
        '1' => 'h',
        '3' => 'k',
        'a' => 'm',
        'e' => 't',
        other => other,
    }
}
