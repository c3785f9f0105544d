//! Between text and trees: resource files as kyaml reads them, configuration as `sigs.k8s.io/yaml` reads it, and printing.

use crate::scalar;
use crate::tree::{Body, Entry, Key, MAX_DEPTH, Node, Style, Tag, Text};
use manifest::yaml::{self, Assembler, Content, Dialect, Limits, ScalarStyle, Span, YamlError};
use serde_json::Value;
use std::borrow::Cow;

/// Why a text does not hold objects.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DocumentFault {
    /// It is not YAML.
    #[error("malformed YAML in document {document}, which begins on line {line}")]
    Malformed {
        /// The number of the document, from 1.
        document: usize,
        /// The line of the text on which the document begins, from 1.
        line: usize,
        /// What is wrong.
        #[source]
        source: YamlError,
    },
    /// A separator with something after it.
    #[error("line {line}: invalid document separator: {text}; only a comment may follow `---`")]
    Separator {
        /// The line.
        line: usize,
        /// What is there.
        text: String,
    },
    /// A merge key that cannot be merged.
    #[error("line {line}: {problem}")]
    Merge {
        /// The line.
        line: usize,
        /// What is wrong.
        problem: &'static str,
    },
}

/// The value of the first document as `sigs.k8s.io/yaml` reads it.
pub(crate) fn value(text: &str) -> Result<Value, YamlError> {
    yaml::parse_value(text, Dialect::V2)
}

/// As [`value`], but equal keys are an error.
pub(crate) fn strict_value(text: &str) -> Result<Value, YamlError> {
    yaml::parse_value_strict(text, Dialect::V2)
}

/// Bounds of one text; how many bytes it may have is decided where it is loaded.
fn limits() -> Limits {
    Limits { bytes: usize::MAX, depth: MAX_DEPTH, ..Limits::default() }
}

/// One document as a tree; `None` where there is none.
pub(crate) fn document(text: &[u8]) -> Result<Option<Node>, DocumentFault> {
    Converter::new().document(text, 1, 0)
}

/// The documents of a file of resources: nulls are left out, a lone `List` is replaced by its items, aliases and merge keys by
/// what they stand for.
pub(crate) fn documents(text: &[u8]) -> Result<Vec<Node>, DocumentFault> {
    let normalised = without_carriage_returns(text);
    let parts = split(&normalised)?;
    let mut nodes = Vec::with_capacity(parts.len());
    let mut converter = Converter::new();
    for (at, &(line, part)) in parts.iter().enumerate() {
        let Some(mut node) = converter.document(part, at + 1, line)? else { continue };
        if node.is_null() {
            continue;
        }
        let is_list = matches!(node.field("kind").map(Node::value_text), Some("List" | "ResourceList"));
        let has_items = node.field("items").is_some() || node.field("functionConfig").is_some();
        if parts.len() == 1 && is_list && has_items {
            if let Some(Body::Sequence(items)) = node.clear("items").map(|items| items.body) {
                nodes.extend(items);
            }
            continue;
        }
        nodes.push(node);
    }
    Ok(nodes)
}

fn without_carriage_returns(text: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    if !text.contains(&b'\r') {
        return text.into();
    }
    let mut out = Vec::with_capacity(text.len());
    for (at, &byte) in text.iter().enumerate() {
        if byte != b'\r' || text.get(at + 1) != Some(&b'\n') {
            out.push(byte);
        }
    }
    out.into()
}

/// The documents with the number of lines before each. A separator is a line that starts with `---` and is not the first.
fn split(text: &[u8]) -> Result<Vec<(usize, &[u8])>, DocumentFault> {
    let (mut parts, mut start, mut start_line, mut line, mut at) = (Vec::new(), 0, 0, 0, 0);
    // A separator's own line break does not introduce the next one.
    let mut searched = 0;
    while let Some(end) = text[at..].iter().position(|&byte| byte == b'\n').map(|found| at + found) {
        let is_separator = at > searched && text[at..end].starts_with(b"---");
        line += 1;
        if is_separator {
            let rest = text[at + 3..end].trim_ascii();
            if !rest.is_empty() && rest[0] != b'#' {
                let text = String::from_utf8_lossy(text[at..end].trim_ascii()).into_owned();
                return Err(DocumentFault::Separator { line, text });
            }
            // The line break before the separator belongs to the document.
            parts.push((start_line, &text[start..at]));
            (start, start_line, searched) = (end + 1, line, end + 1);
        }
        at = end + 1;
    }
    if !text.is_empty() {
        parts.push((start_line, &text[start..]));
    }
    Ok(parts)
}

/// Makes trees of what `manifest` reads: as it is read, or, where keys need a second look, of nodes that know where they stand.
struct Converter {
    /// The lines of the text before the document.
    lines_before: usize,
    /// Whether the document has merge keys, or keys in quotes under a tag.
    has_special_keys: bool,
    /// Short texts that were seen lately, by a hash of them. Keys and words such as `string` come again and again.
    seen: Vec<Option<Text>>,
}

const SLOTS: usize = 1024;
const LONGEST_SHARED: usize = 32;

impl Converter {
    fn new() -> Self {
        Self { lines_before: 0, has_special_keys: false, seen: vec![None; SLOTS] }
    }

    fn document(&mut self, text: &[u8], number: usize, lines_before: usize) -> Result<Option<Node>, DocumentFault> {
        let malformed = |source| DocumentFault::Malformed { document: number, line: lines_before + 1, source };
        self.has_special_keys = false;
        let assembled = yaml::assemble_first(text, Dialect::V3, &limits(), self).map_err(malformed)?;
        if !self.has_special_keys {
            return Ok(assembled);
        }
        self.lines_before = lines_before;
        let parsed = yaml::parse_first(text, Dialect::V3, &limits()).map_err(malformed)?;
        parsed.map(|node| self.node(node)).transpose()
    }

    fn text(&mut self, text: Cow<'_, str>) -> Text {
        if text.len() > LONGEST_SHARED {
            return text.into();
        }
        let hash =
            text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        let slot = usize::try_from(hash >> 32).unwrap_or_default() % SLOTS;
        match self.seen.get_mut(slot) {
            Some(Some(known)) if **known == *text => known.clone(),
            Some(slot) => slot.insert(text.into()).clone(),
            None => text.into(),
        }
    }

    fn node(&mut self, node: yaml::Node) -> Result<Node, DocumentFault> {
        let yaml::Node { span, tag, content, .. } = node;
        Ok(match content {
            Content::Scalar { text, style } => self.scalar(text.into(), style, tag, span),
            Content::Sequence { items, flow } => {
                let items = items.into_iter().map(|item| self.node(item)).collect::<Result<Vec<_>, _>>()?;
                self.sequence(items, flow, tag, span)
            }
            Content::Mapping { entries, flow } => {
                let entries = self.entries(entries)?;
                self.mapping(entries, flow, tag, span)
            }
        })
    }

    fn entries(&mut self, entries: Vec<yaml::Entry>) -> Result<Vec<Entry>, DocumentFault> {
        let mut own = Vec::with_capacity(entries.len());
        let mut merged: Option<Vec<Node>> = None;
        for entry in entries {
            let line = self.lines_before + entry.key.span.start.line;
            if entry.key.is_merge_key() {
                if merged.is_some() {
                    return Err(DocumentFault::Merge { line, problem: "duplicate merge key" });
                }
                merged = Some(self.merged(entry.value, line)?);
                continue;
            }
            let key = self.key(entry.key);
            own.push(Entry { key, value: self.node(entry.value)? });
        }
        // What the mapping itself says wins, then the first of several merged mappings.
        for mapping in merged.into_iter().flatten() {
            let Body::Mapping(entries) = mapping.body else { continue };
            for entry in entries {
                if !own.iter().any(|known: &Entry| known.key.text == entry.key.text) {
                    own.push(entry);
                }
            }
        }
        Ok(own)
    }

    fn merged(&mut self, value: yaml::Node, line: usize) -> Result<Vec<Node>, DocumentFault> {
        let wrong = |problem| DocumentFault::Merge { line, problem };
        match value.content {
            Content::Mapping { .. } => Ok(vec![self.node(value)?]),
            Content::Sequence { .. } if value.alias => {
                Err(wrong("invalid map merge: an alias of something that is not a mapping"))
            }
            Content::Sequence { items, .. } => {
                let mut merged = Vec::with_capacity(items.len());
                for item in items {
                    if !matches!(item.content, Content::Mapping { .. }) {
                        return Err(wrong("invalid map merge: only mappings can be merged"));
                    }
                    merged.push(self.node(item)?);
                }
                Ok(merged)
            }
            Content::Scalar { .. } => Err(wrong("map merge requires a mapping or a sequence of mappings as the value")),
        }
    }

    fn key(&mut self, key: yaml::Node) -> Key {
        let explicit = key.tag.as_deref().map(tag_of);
        match key.content {
            Content::Scalar { text, style } => {
                let tag = match (explicit, style) {
                    (Some(tag), _) => tag,
                    (None, ScalarStyle::Plain) => scalar::plain_tag(&text),
                    (None, _) => Tag::Str,
                };
                Key { text: self.text(text.into()), tag, style: style_of(style) }
            }
            Content::Sequence { .. } => Key { tag: Tag::Seq, ..Key::new("") },
            Content::Mapping { .. } => Key { tag: Tag::Map, ..Key::new("") },
        }
    }
}

impl Assembler for Converter {
    type Node = Node;
    type Entry = Entry;

    fn scalar(&mut self, text: Cow<'_, str>, style: ScalarStyle, tag: Option<String>, _: Span) -> Node {
        let explicit = tag.as_deref().map(tag_of);
        let tag = explicit.unwrap_or_else(|| match style {
            ScalarStyle::Plain if text == "<<" => Tag::Merge,
            ScalarStyle::Plain => scalar::plain_tag(&text),
            _ => Tag::Str,
        });
        let style = match (explicit, style) {
            (Some(_), ScalarStyle::Plain) => Style::Tagged,
            (Some(_), _) => Style::TaggedQuoted,
            (None, style) => style_of(style),
        };
        Node { body: Body::Scalar(self.text(text)), tag, style, link: 0 }
    }

    fn sequence(&mut self, items: Vec<Node>, flow: bool, tag: Option<String>, _: Span) -> Node {
        let tag = tag.as_deref().map_or(Tag::Seq, tag_of);
        Node { body: Body::Sequence(items), tag, style: collection_style(flow), link: 0 }
    }

    fn mapping(&mut self, entries: Vec<Entry>, flow: bool, tag: Option<String>, _: Span) -> Node {
        let tag = tag.as_deref().map_or(Tag::Map, tag_of);
        Node { body: Body::Mapping(entries), tag, style: collection_style(flow), link: 0 }
    }

    fn entry(&mut self, key: Node, value: Node) -> Entry {
        let key = match key.body {
            Body::Scalar(text) => {
                self.has_special_keys |= &*text == "<<" || key.style == Style::TaggedQuoted;
                let style = if key.style == Style::Tagged { Style::Plain } else { key.style };
                Key { text, tag: key.tag, style }
            }
            Body::Sequence(_) => Key { tag: Tag::Seq, ..Key::new("") },
            Body::Mapping(_) | Body::Nothing => Key { tag: Tag::Map, ..Key::new("") },
        };
        Entry { key, value }
    }

    fn alias(&mut self, anchored: &Node, _: Span) -> Node {
        anchored.clone()
    }
}

fn collection_style(flow: bool) -> Style {
    if flow { Style::Flow } else { Style::Plain }
}

fn style_of(style: ScalarStyle) -> Style {
    match style {
        ScalarStyle::Plain => Style::Plain,
        ScalarStyle::SingleQuoted => Style::SingleQuoted,
        ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
        ScalarStyle::Literal => Style::Literal,
        ScalarStyle::Folded => Style::Folded,
    }
}

fn tag_of(tag: &str) -> Tag {
    match tag {
        "!!str" => Tag::Str,
        "!!int" => Tag::Int,
        "!!float" => Tag::Float,
        "!!bool" => Tag::Bool,
        "!!null" => Tag::Null,
        "!!timestamp" => Tag::Timestamp,
        "!!binary" => Tag::Binary,
        "!!merge" => Tag::Merge,
        "!!map" => Tag::Map,
        "!!seq" => Tag::Seq,
        _ => Tag::Other,
    }
}
