//! Prints a tree as go-yaml v3 does with kyaml's settings: order, quotes and brackets stay as they were read.
//!
//! Only texts inside of objects are printed so (see [`crate::structured`]); objects themselves are printed by `manifest`.

use crate::scalar;
use crate::tree::{Body, Entry, Key, Node, Style, Tag};
use manifest::yaml::{SequenceIndent, to_yaml_v3};
use serde_json::Value;

/// The text of a tree; ends with a line break.
pub(crate) fn to_yaml(node: &Node) -> String {
    let mut out = String::new();
    block(&mut out, node, 0, Before::Nothing);
    out
}

/// What stands before a node on its line.
#[derive(Clone, Copy, PartialEq)]
enum Before {
    Nothing,
    Dash,
    Key,
}

fn is_block(node: &Node) -> bool {
    node.style != Style::Flow
        && match &node.body {
            Body::Mapping(entries) => !entries.is_empty(),
            Body::Sequence(items) => !items.is_empty(),
            Body::Nothing | Body::Scalar(_) => false,
        }
}

/// A node with its line break. `indent` is the column at which lines of its own begin.
fn block(out: &mut String, node: &Node, indent: usize, before: Before) {
    match &node.body {
        Body::Mapping(entries) if is_block(node) => {
            lines(out, entries.len(), indent, before, |out, at| {
                let Entry { key, value } = &entries[at];
                out.push_str(&key_text(key));
                out.push(':');
                let is_sequence = matches!(value.body, Body::Sequence(_));
                let below = if is_sequence { indent } else { indent + 2 };
                block(out, value, below, Before::Key);
            });
        }
        Body::Sequence(items) if is_block(node) => {
            lines(out, items.len(), indent, before, |out, at| {
                out.push('-');
                block(out, &items[at], indent + 2, Before::Dash);
            });
        }
        _ => {
            let text = inline(node, indent);
            if !text.is_empty() && before != Before::Nothing {
                out.push(' ');
            }
            out.push_str(&text);
            if !text.ends_with('\n') {
                out.push('\n');
            }
        }
    }
}

/// The lines of a collection: the first may go on behind a dash.
fn lines(out: &mut String, count: usize, indent: usize, before: Before, mut line: impl FnMut(&mut String, usize)) {
    for at in 0..count {
        match (at, before) {
            (0, Before::Dash) => out.push(' '),
            (0, Before::Key) => {
                out.push('\n');
                out.push_str(&" ".repeat(indent));
            }
            _ => out.push_str(&" ".repeat(indent)),
        }
        line(out, at);
    }
}

/// A scalar or a collection in brackets.
fn inline(node: &Node, indent: usize) -> String {
    match &node.body {
        Body::Nothing => "null".to_owned(),
        Body::Scalar(text) => scalar_text(node, text, Some(indent)),
        Body::Mapping(entries) => {
            let parts: Vec<String> =
                entries.iter().map(|entry| format!("{}: {}", key_text(&entry.key), flow(&entry.value))).collect();
            format!("{{{}}}", parts.join(", "))
        }
        Body::Sequence(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
    }
}

fn flow(node: &Node) -> String {
    match &node.body {
        Body::Scalar(text) => scalar_text(node, text, None),
        _ => inline(node, 0),
    }
}

fn key_text(key: &Key) -> String {
    let node = Node { body: Body::Scalar(key.text.clone()), tag: key.tag, style: key.style, link: 0 };
    scalar_text(&node, &key.text, None)
}

/// A scalar; `block` is the indentation that a block scalar would have, where one is possible.
fn scalar_text(node: &Node, text: &str, block: Option<usize>) -> String {
    let plain = scalar::plain_tag(text);
    let is_string = matches!(node.tag, Tag::Str | Tag::Other | Tag::Merge) || (node.tag == Tag::Unset && plain == Tag::Str);
    let forced = node.tag == Tag::Str && plain != Tag::Str;
    let printable = text.chars().all(|character| character == '\n' || !character.is_control());
    match node.style {
        Style::DoubleQuoted | Style::TaggedQuoted => return double_quoted(text),
        Style::SingleQuoted if printable && !text.contains('\n') => return format!("'{}'", text.replace('\'', "''")),
        Style::SingleQuoted => return double_quoted(text),
        Style::Literal | Style::Folded => return literal(text, block),
        Style::Plain | Style::Tagged | Style::Flow => {}
    }
    if text.contains('\n') {
        return literal(text, block);
    }
    if forced {
        return double_quoted(text);
    }
    if !is_string {
        let explicit = node.tag != Tag::Unset && node.tag != plain;
        return if explicit { format!("{} {text}", tag_text(node.tag)) } else { text.to_owned() };
    }
    let default = to_yaml_v3(&Value::String(text.to_owned()), SequenceIndent::Compact);
    let default = default.trim_end_matches('\n');
    // A word of YAML 1.1 such as `yes` is printed in quotes when it is new, and as it was when it was read.
    let is_word =
        default.starts_with('"') && default.len() == text.len() + 2 && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let in_flow = block.is_none() && text.contains([',', '[', ']', '{', '}']) && !default.starts_with(['"', '\'']);
    if in_flow {
        return format!("'{}'", text.replace('\'', "''"));
    }
    if is_word && plain == Tag::Str { text.to_owned() } else { default.to_owned() }
}

fn tag_text(tag: Tag) -> &'static str {
    match tag {
        Tag::Int => "!!int",
        Tag::Float => "!!float",
        Tag::Bool => "!!bool",
        Tag::Null => "!!null",
        Tag::Timestamp => "!!timestamp",
        Tag::Binary => "!!binary",
        _ => "!!str",
    }
}

fn literal(text: &str, block: Option<usize>) -> String {
    let Some(indent) = block.filter(|_| !text.is_empty()) else { return double_quoted(text) };
    let has_trailing_space = text.lines().any(|line| line.ends_with([' ', '\t']));
    if has_trailing_space || text.chars().any(|character| character.is_control() && character != '\n') {
        return double_quoted(text);
    }
    let indent = indent.max(2);
    let mut out = "|".to_owned();
    if text.starts_with([' ', '\n']) {
        out.push('2');
    }
    if !text.ends_with('\n') {
        out.push('-');
    } else if text.len() == 1 || text.ends_with("\n\n") {
        out.push('+');
    }
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        out.push('\n');
        if !line.is_empty() {
            out.push_str(&" ".repeat(indent));
            out.push_str(line);
        }
    }
    out.push('\n');
    out
}

fn double_quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\0' => out.push_str("\\0"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            '\u{1b}' => out.push_str("\\e"),
            '\u{85}' => out.push_str("\\N"),
            '\u{2028}' => out.push_str("\\L"),
            '\u{2029}' => out.push_str("\\P"),
            '\u{feff}' => out.push_str("\\uFEFF"),
            character if character.is_control() => out.push_str(&format!("\\x{:02X}", u32::from(character))),
            character if u32::from(character) > 0xFFFF => out.push_str(&format!("\\U{:08X}", u32::from(character))),
            character => out.push(character),
        }
    }
    out.push('"');
    out
}
