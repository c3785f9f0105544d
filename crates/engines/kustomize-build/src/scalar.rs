//! What a scalar means, and back: between [`Node`] and JSON values, as kustomize's detour through printed YAML decides it.
//!
//! Kustomize prints an object with go-yaml v3, reads the text again, encodes it as JSON and prints that with go-yaml v2. The
//! meaning of a scalar in that chain follows from its text, tag and quotes, so none of the texts needs to be made.

use crate::tree::{Body, Entry, Node, Style, Tag, Text};
use manifest::yaml::{Dialect, Resolved, Shape, View, resolve};
use serde_json::{Map, Number, Value};
use std::borrow::Cow;

/// Why a tree has no JSON form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ValueFault {
    /// The tag does not fit the text.
    #[error("field '{path}': cannot read `{text}` as the {tag:?} that its tag demands")]
    Tag { path: String, text: Text, tag: Tag },
    /// `.inf` and `.nan`.
    #[error("field '{path}': {text} cannot be written as JSON; use a finite number or quote it")]
    NotFinite { path: String, text: Text },
    /// A key that is not a string.
    #[error("field '{path}': the key `{key}` is not a string; quote it")]
    Key { path: String, key: Text },
    /// A key that is there twice.
    #[error("field '{path}': the key `{key}` is already defined; remove one of the two")]
    Duplicate { path: String, key: Text },
    /// `!!binary` with text that is not base64.
    #[error("field '{path}': !!binary needs base64")]
    Binary { path: String },
}

impl ValueFault {
    fn below(mut self, part: &str) -> Self {
        let (Self::Tag { path, .. }
        | Self::NotFinite { path, .. }
        | Self::Key { path, .. }
        | Self::Duplicate { path, .. }
        | Self::Binary { path }) = &mut self;
        *path = if path.is_empty() { part.to_owned() } else { format!("{part}.{path}") };
        self
    }
}

/// The tag that go-yaml v3 gives a plain scalar.
pub(crate) fn plain_tag(text: &str) -> Tag {
    resolved_tag(&resolve(text, Dialect::V3))
}

fn resolved_tag(resolved: &Resolved) -> Tag {
    match resolved {
        Resolved::Null => Tag::Null,
        Resolved::Bool(_) => Tag::Bool,
        Resolved::Int(_) | Resolved::UInt(_) => Tag::Int,
        Resolved::Float(_) => Tag::Float,
        Resolved::Time(_) => Tag::Timestamp,
        Resolved::Text => Tag::Str,
    }
}

/// Whether YAML 1.1 reads the plain text as something else than a string, so that it gets quotes when it is set.
pub(crate) fn is_other_than_string(text: &str) -> bool {
    if text.is_empty() || text.contains('\n') {
        return false;
    }
    match text.as_bytes() {
        [b'#', ..] => true,
        [b'-' | b'?', b' ', ..] | [b'-'] => true,
        _ => resolve(text, Dialect::V2) != Resolved::Text || text.contains(": ") || text.ends_with(':'),
    }
}

/// The JSON value of a tree.
pub(crate) fn to_value(node: &Node) -> Result<Value, ValueFault> {
    value_of(node, Surroundings::TOP)
}

/// What stands around a node when the tree is printed.
#[derive(Clone, Copy)]
struct Surroundings {
    /// Keys at the top of an object may be of any scalar type; below, only strings can become JSON keys.
    top: bool,
    /// Whether a collection in brackets is around it.
    flow: bool,
}

impl Surroundings {
    const TOP: Self = Self { top: true, flow: false };

    fn below(self, node: &Node) -> Self {
        Self { top: false, flow: self.flow || node.style == Style::Flow }
    }

    /// Whether the plain text gets quotes when it is printed between brackets, which makes it a string.
    fn quotes(self, text: &str, style: Style) -> bool {
        self.flow && style == Style::Plain && (text.is_empty() || text.contains([',', '?', '[', ']', '{', '}', ':']))
    }
}

/// Whether a tree can be printed: what [`to_value`] says, without making the value, and whether YAML can hold its characters.
pub(crate) fn check(node: &Node) -> Result<(), crate::error::Cause> {
    check_at(node, Surroundings::TOP)
}

fn check_at(node: &Node, around: Surroundings) -> Result<(), crate::error::Cause> {
    match &node.body {
        Body::Nothing => Ok(()),
        Body::Scalar(text) => {
            let is_string = match node.tag {
                Tag::Str | Tag::Other | Tag::Merge => true,
                Tag::Unset => node.style.is_quoted() || plain_tag(text) == Tag::Str,
                _ => around.quotes(text, node.style),
            };
            if is_string {
                return check_text(text);
            }
            let value = scalar_value(text, node.tag, node.style)?;
            Ok(manifest::yaml::check_printable(&value)?)
        }
        Body::Sequence(items) => items.iter().try_for_each(|item| check_at(item, around.below(node))),
        Body::Mapping(entries) => {
            check_keys(entries, around)?;
            entries.iter().try_for_each(|entry| check_at(&entry.value, around.below(node)))
        }
    }
}

fn check_keys(entries: &[Entry], around: Surroundings) -> Result<(), crate::error::Cause> {
    /// Up to here comparing all pairs is faster than a set.
    const FEW: usize = 16;
    let mut seen = std::collections::BTreeSet::new();
    for (at, entry) in entries.iter().enumerate() {
        let key = &entry.key.text;
        let repeated =
            if entries.len() <= FEW { entries[..at].iter().any(|other| other.key.text == *key) } else { !seen.insert(key) };
        if repeated {
            return Err(ValueFault::Duplicate { path: String::new(), key: key.clone() }.into());
        }
        if !is_key(&entry.key, around) {
            return Err(ValueFault::Key { path: String::new(), key: key.clone() }.into());
        }
        if is_merge(entry) && entry.value.kind() != crate::tree::Kind::Mapping {
            return Err(ValueFault::Key { path: String::new(), key: key.clone() }.into());
        }
        if !is_ascii(key) || key.len() > SHORT_KEY {
            let object = Value::Object(Map::from_iter([(key.to_string(), Value::Null)]));
            manifest::yaml::check_printable(&object)?;
        }
    }
    Ok(())
}

/// Keys up to here are short enough whatever they consist of.
const SHORT_KEY: usize = 100;

/// Whether a text has only characters that are certainly printable.
fn is_ascii(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\t'))
}

fn check_text(text: &str) -> Result<(), crate::error::Cause> {
    if is_ascii(text) {
        return Ok(());
    }
    Ok(manifest::yaml::check_printable(&Value::String(text.to_owned()))?)
}

fn is_key(key: &crate::tree::Key, around: Surroundings) -> bool {
    let is_string = match key.tag {
        Tag::Str | Tag::Other => true,
        Tag::Map | Tag::Seq => return false,
        // A key made here is printed without quotes and read again.
        Tag::Unset => key.style.is_quoted() || plain_tag(&key.text) == Tag::Str,
        _ => false,
    };
    is_string || around.top
}

fn value_of(node: &Node, around: Surroundings) -> Result<Value, ValueFault> {
    match &node.body {
        Body::Nothing => Ok(Value::Null),
        Body::Scalar(text) if around.quotes(text, node.style) => Ok(Value::String(text.to_string())),
        Body::Scalar(text) => scalar_value(text, node.tag, node.style),
        Body::Sequence(items) => {
            let values = items
                .iter()
                .enumerate()
                .map(|(at, item)| value_of(item, around.below(node)).map_err(|fault| fault.below(&at.to_string())));
            values.collect::<Result<Vec<_>, _>>().map(Value::Array)
        }
        Body::Mapping(entries) => mapping_value(entries, around, around.below(node)),
    }
}

fn mapping_value(entries: &[Entry], around: Surroundings, below: Surroundings) -> Result<Value, ValueFault> {
    let mut map = Map::new();
    let mut merged = Vec::new();
    for entry in entries {
        let key = &entry.key.text;
        if !is_key(&entry.key, around) {
            return Err(ValueFault::Key { path: String::new(), key: key.clone() });
        }
        if is_merge(entry) {
            merged.push(value_of(&entry.value, below).map_err(|fault| fault.below(key))?);
            continue;
        }
        let value = value_of(&entry.value, below).map_err(|fault| fault.below(key))?;
        if map.insert(key.to_string(), value).is_some() {
            return Err(ValueFault::Duplicate { path: String::new(), key: key.clone() });
        }
    }
    for value in merged {
        let Value::Object(more) = value else {
            return Err(ValueFault::Key { path: String::new(), key: "<<".into() });
        };
        for (key, value) in more {
            map.entry(key).or_insert(value);
        }
    }
    Ok(Value::Object(map))
}

/// A tree as it is printed: [`to_value`] without making the value. Only for trees that [`check`] has passed.
#[derive(Clone, Copy)]
pub(crate) struct Printed<'t> {
    node: &'t Node,
    around: Surroundings,
}

impl<'t> Printed<'t> {
    pub(crate) fn new(node: &'t Node) -> Self {
        Self { node, around: Surroundings::TOP }
    }

    fn below(self, node: &'t Node) -> Self {
        Self { node, around: self.around.below(self.node) }
    }

    fn scalar(self, text: &'t Text) -> Shape<'t, Self> {
        let Node { tag, style, .. } = *self.node;
        let is_string = match tag {
            Tag::Str | Tag::Other | Tag::Merge => true,
            _ => self.around.quotes(text, style),
        };
        if is_string {
            return Shape::Text(Cow::Borrowed(text));
        }
        match scalar_value(text, tag, style) {
            Ok(Value::Bool(value)) => Shape::Bool(value),
            Ok(Value::Number(number)) => Shape::Number(Cow::Owned(number)),
            Ok(Value::String(text)) => Shape::Text(Cow::Owned(text)),
            Ok(_) | Err(_) => Shape::Null,
        }
    }

    fn entries(self, entries: &'t [Entry]) -> Vec<(&'t str, Self)> {
        let own = entries.iter().filter(|entry| !is_merge(entry));
        let mut all: Vec<(&str, Self)> = own.map(|entry| (&*entry.key.text, self.below(&entry.value))).collect();
        for merged in entries.iter().filter(|entry| is_merge(entry)) {
            let Shape::Mapping(more) = self.below(&merged.value).shape() else { continue };
            for (key, value) in more {
                if all.iter().all(|(known, _)| *known != key) {
                    all.push((key, value));
                }
            }
        }
        if !all.is_sorted_by(|one, next| one.0 <= next.0) {
            all.sort_unstable_by_key(|entry| entry.0);
        }
        all
    }
}

impl<'t> View<'t> for Printed<'t> {
    fn shape(self) -> Shape<'t, Self> {
        match &self.node.body {
            Body::Nothing => Shape::Null,
            Body::Scalar(text) => self.scalar(text),
            Body::Sequence(items) => Shape::Sequence(items.iter().map(|item| self.below(item)).collect()),
            Body::Mapping(entries) => Shape::Mapping(self.entries(entries)),
        }
    }
}

/// Whether a key that came to be is printed so that it means a merge when it is read again: kustomize never quotes it.
fn is_merge(entry: &Entry) -> bool {
    &*entry.key.text == "<<" && !entry.key.style.is_quoted()
}

fn scalar_value(text: &Text, tag: Tag, style: Style) -> Result<Value, ValueFault> {
    let string = || Value::String(text.to_string());
    match tag {
        Tag::Str | Tag::Other | Tag::Merge => return Ok(string()),
        Tag::Binary => return binary_value(text),
        Tag::Unset if style.is_quoted() || style == Style::TaggedQuoted || text.contains('\n') => return Ok(string()),
        _ => {}
    }
    let resolved = resolve(text, Dialect::V3);
    if tag != Tag::Unset && tag != resolved_tag(&resolved) {
        return explicit_value(text, tag, resolved);
    }
    if style.is_quoted() && tag != Tag::Unset {
        // Printed in quotes and without the tag, which the plain text would not have needed.
        return Ok(string());
    }
    resolved_value(text, resolved)
}

/// A scalar under a tag that its text would not get by itself: only an integer as a float is one.
fn explicit_value(text: &Text, tag: Tag, resolved: Resolved) -> Result<Value, ValueFault> {
    match (tag, resolved) {
        (Tag::Float, Resolved::Int(integer)) => {
            #[expect(clippy::cast_precision_loss, reason = "Go converts the same way")]
            let float = integer as f64;
            float_value(text, float)
        }
        _ => Err(ValueFault::Tag { path: String::new(), text: text.clone(), tag }),
    }
}

fn resolved_value(text: &Text, resolved: Resolved) -> Result<Value, ValueFault> {
    Ok(match resolved {
        Resolved::Null => Value::Null,
        Resolved::Bool(bool) => Value::Bool(bool),
        Resolved::Int(integer) => Value::Number(integer.into()),
        Resolved::UInt(integer) => Value::Number(integer.into()),
        Resolved::Float(float) => return float_value(text, float),
        Resolved::Time(time) => Value::String(time.to_string()),
        Resolved::Text => Value::String(text.to_string()),
    })
}

/// A float as JSON prints it and YAML reads it again: one without a fraction becomes an integer.
fn float_value(text: &Text, float: f64) -> Result<Value, ValueFault> {
    let not_finite = || ValueFault::NotFinite { path: String::new(), text: text.clone() };
    if !float.is_finite() {
        return Err(not_finite());
    }
    Ok(Value::Number(number_of(float).ok_or_else(not_finite)?))
}

/// The number that a float becomes on its way through JSON text.
pub(crate) fn number_of(float: f64) -> Option<Number> {
    const TOO_LARGE_FOR_U64: f64 = 18_446_744_073_709_551_616.0;
    if float.fract() == 0.0 && float.abs() < TOO_LARGE_FOR_U64 {
        // Below 1e21 Go's JSON prints the shortest digits and zeros, and what fits 64 bits is read as an integer.
        let digits = format!("{float}");
        if let Ok(integer) = digits.parse::<i64>() {
            return Some(integer.into());
        }
        if let Ok(integer) = digits.parse::<u64>() {
            return Some(integer.into());
        }
    }
    Number::from_f64(float)
}

fn binary_value(text: &Text) -> Result<Value, ValueFault> {
    use base64::Engine;
    let packed: String = text.chars().filter(|character| !matches!(character, '\r' | '\n')).collect();
    let bytes =
        base64::engine::general_purpose::STANDARD.decode(packed).map_err(|_| ValueFault::Binary { path: String::new() })?;
    Ok(Value::String(String::from_utf8_lossy(&bytes).into_owned()))
}

/// The tree that a JSON value becomes when kustomize prints and reads it, as it does after a JSON patch: numbers go through
/// floats, so that those above 2^53 lose digits.
pub(crate) fn from_value(value: &Value) -> Node {
    match value {
        Value::Null => Node { body: Body::Scalar("null".into()), tag: Tag::Null, style: Style::Plain, link: 0 },
        Value::Bool(bool) => Node::tagged(if *bool { "true" } else { "false" }, Tag::Bool),
        Value::Number(number) => from_number(number),
        Value::String(text) => from_text(text),
        Value::Array(items) => {
            Node { body: Body::Sequence(items.iter().map(from_value).collect()), tag: Tag::Seq, style: Style::Plain, link: 0 }
        }
        Value::Object(map) => {
            let entries =
                map.iter().map(|(key, value)| Entry { key: crate::tree::Key::string(key.as_str()), value: from_value(value) });
            Node { body: Body::Mapping(entries.collect()), tag: Tag::Map, style: Style::Plain, link: 0 }
        }
    }
}

/// The tree of a JSON value, numbers as they are.
pub(crate) fn from_json(value: &Value) -> Node {
    match value {
        Value::Number(number) if number.is_i64() || number.is_u64() => Node::tagged(number.to_string(), Tag::Int),
        Value::Array(items) => {
            Node { body: Body::Sequence(items.iter().map(from_json).collect()), tag: Tag::Seq, style: Style::Plain, link: 0 }
        }
        Value::Object(map) => {
            let entries =
                map.iter().map(|(key, value)| Entry { key: crate::tree::Key::string(key.as_str()), value: from_json(value) });
            Node { body: Body::Mapping(entries.collect()), tag: Tag::Map, style: Style::Plain, link: 0 }
        }
        other => from_value(other),
    }
}

/// A float as go-yaml prints it: shortest, with an exponent below 1e-4 and from 1e6 on.
pub(crate) fn go_float(float: f64) -> String {
    let digits = format!("{:e}", float.abs());
    let (mantissa, exponent) = digits.split_once('e').unwrap_or((&digits, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..6).contains(&exponent) {
        return format!("{float}");
    }
    let sign = if float.is_sign_negative() { "-" } else { "" };
    let exponent_sign = if exponent < 0 { '-' } else { '+' };
    format!("{sign}{mantissa}e{exponent_sign}{:02}", exponent.unsigned_abs())
}

fn from_number(number: &Number) -> Node {
    let text = go_float(number.as_f64().unwrap_or_default());
    let tag = plain_tag(&text);
    Node::tagged(text, tag)
}

fn from_text(text: &str) -> Node {
    let quoted = text.contains('\n') || plain_tag(text) != Tag::Str || is_other_than_string(text);
    let style = match (text.contains('\n'), quoted) {
        (true, _) => Style::Literal,
        (false, true) => Style::DoubleQuoted,
        (false, false) => Style::Plain,
    };
    Node { body: Body::Scalar(text.into()), tag: Tag::Str, style, link: 0 }
}
