//! The scalars of a file with their places, and how a new value is written over one.

use crate::{ObjectIdentifier, splice::Splice, text};
use manifest::yaml::{Content, Dialect, Entry, Node, Resolved, ScalarStyle, Span, resolve};
use std::ops::Range;

/// What a scalar is to what surrounds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The value of a field, an item, or the whole document.
    Value,
    /// A key, or a part of one.
    Key,
    /// `*name`, whatever it stands for.
    Alias,
}

/// A scalar as written.
#[derive(Debug, Clone)]
pub(crate) struct Scalar {
    pub(crate) range: Range<usize>,
    pub(crate) value: String,
    pub(crate) style: ScalarStyle,
    pub(crate) role: Role,
    /// Which of [`Scalars::objects`] it is in.
    pub(crate) object: usize,
}

/// All scalars of a file, in the order of the text. Those of which nothing is written are not among them.
#[derive(Debug, Default)]
pub(crate) struct Scalars {
    pub(crate) all: Vec<Scalar>,
    pub(crate) objects: Vec<ObjectIdentifier>,
}

impl Scalars {
    pub(crate) fn of(text: &str, documents: &[Node]) -> Self {
        let mut scalars = Self::default();
        for document in documents {
            // kyaml takes a list apart only where it is the whole file.
            match listed(document).filter(|_| documents.len() == 1) {
                Some(items) => {
                    scalars.object(document, Some(items));
                    for item in items.items().unwrap_or_default() {
                        scalars.object(item, None);
                    }
                }
                None => scalars.object(document, None),
            }
        }
        scalars.all.sort_by_key(|scalar| scalar.range.start);
        let mut previous_end = 0;
        for scalar in &mut scalars.all {
            if scalar.is_block() {
                scalar.range = block_range(text, previous_end, &scalar.range);
            }
            previous_end = scalar.range.end;
        }
        scalars
    }

    fn object(&mut self, node: &Node, without: Option<&Node>) {
        self.objects.push(identify(node));
        self.add(node, Role::Value, without);
    }

    fn add(&mut self, node: &Node, role: Role, without: Option<&Node>) {
        if without.is_some_and(|other| std::ptr::eq(node, other)) {
            return;
        }
        match &node.content {
            _ if node.alias => self.push(node.span, "", ScalarStyle::Plain, Role::Alias),
            Content::Scalar { text, style } => self.push(node.span, text, *style, role),
            Content::Sequence { items, .. } => items.iter().for_each(|item| self.add(item, role, without)),
            Content::Mapping { entries, .. } => {
                for entry in entries {
                    self.add(&entry.key, Role::Key, without);
                    self.add(&entry.value, role, without);
                }
            }
        }
    }

    fn push(&mut self, span: Span, value: &str, style: ScalarStyle, role: Role) {
        let range = span.start.offset..span.end.offset;
        if !range.is_empty() {
            self.all.push(Scalar { range, value: value.to_owned(), style, role, object: self.objects.len() - 1 });
        }
    }
}

/// From the header to the end of the last line: the parser gives the content, and with it the indentation of what follows.
fn block_range(text: &str, after: usize, content: &Range<usize>) -> Range<usize> {
    let header = text.get(after..content.start).and_then(|between| between.find(['|', '>']));
    let inside = text.get(content.clone()).unwrap_or_default();
    let trimmed = inside.trim_end_matches([' ', '\t']);
    let end = if trimmed.ends_with('\n') { trimmed.len() } else { inside.len() };
    header.map_or(content.start, |header| after + header)..content.start + end
}

/// The items of a `List`.
fn listed(document: &Node) -> Option<&Node> {
    let kind = document.get("kind")?.as_text()?;
    document.get("items").filter(|items| matches!(kind, "List" | "ResourceList") && items.items().is_some())
}

fn identify(node: &Node) -> ObjectIdentifier {
    let text = |node: Option<&Node>, key: &str| node.and_then(|node| node.get(key)?.as_text()).unwrap_or_default().to_owned();
    let metadata = node.get("metadata");
    ObjectIdentifier {
        api_version: text(Some(node), "apiVersion"),
        kind: text(Some(node), "kind"),
        name: text(metadata, "name"),
        namespace: text(metadata, "namespace"),
    }
}

impl Scalar {
    /// A node behind `after` that is a scalar, of which something is written.
    pub(crate) fn written(text: &str, node: &Node, after: usize) -> Option<Self> {
        let Content::Scalar { text: value, style } = &node.content else { return None };
        let range = node.span.start.offset..node.span.end.offset;
        let mut scalar = Self { range, value: value.clone(), style: *style, role: Role::Value, object: 0 };
        if scalar.is_block() {
            scalar.range = block_range(text, after, &scalar.range);
        }
        (!node.alias && !scalar.range.is_empty()).then_some(scalar)
    }

    /// What makes the value of an entry hold `value`, also where there is none yet; `None` where it is no scalar.
    pub(crate) fn replace(text: &str, entry: &Entry, value: &str) -> Option<Vec<Splice>> {
        let Node { span, alias: false, content: Content::Scalar { .. }, .. } = &entry.value else { return None };
        if span.start.offset < span.end.offset {
            return Some(Self::written(text, &entry.value, entry.key.span.end.offset)?.holding(text, value));
        }
        let colon = entry.key.span.end.offset + text[entry.key.span.end.offset..].find(':')? + 1;
        Some(vec![Splice { range: colon..colon, text: format!(" {}", plain_or_quoted(value)) }])
    }

    pub(crate) fn is_block(&self) -> bool {
        matches!(self.style, ScalarStyle::Literal | ScalarStyle::Folded)
    }

    /// What makes this scalar hold `value` in the same style, or in quotes where it would be something else than a string
    /// without. `value` has no line break.
    pub(crate) fn holding(&self, text: &str, value: &str) -> Vec<Splice> {
        match self.style {
            ScalarStyle::Plain => vec![Splice { range: self.range.clone(), text: plain_or_quoted(value) }],
            ScalarStyle::SingleQuoted => {
                vec![Splice { range: self.range.clone(), text: format!("'{}'", value.replace('\'', "''")) }]
            }
            ScalarStyle::DoubleQuoted => vec![Splice { range: self.range.clone(), text: double_quoted(value) }],
            ScalarStyle::Literal | ScalarStyle::Folded => self.block_holding(text, value),
        }
    }

    /// The lines below the header become one; the header says that no line break belongs to it.
    fn block_holding(&self, text: &str, value: &str) -> Vec<Splice> {
        let header = text::line_at(text, self.range.start);
        let indicators = text[self.range.start..header.end].split([' ', '\t', '#']).next().unwrap_or_default();
        let indicators = self.range.start..self.range.start + indicators.len();
        let style = if self.style == ScalarStyle::Literal { '|' } else { '>' };
        let content = text::next_line(text, self.range.start)..self.range.end;
        let body = text.get(content.clone()).unwrap_or_default();
        let leading = |line: &str| line.len() - line.trim_start_matches(' ').len();
        let indentation = match body.lines().find(|line| !line.trim().is_empty()) {
            Some(first) => leading(first),
            // There was no content; two more than the line of the header is always deep enough.
            None => leading(&text[header.clone()]) + 2,
        };
        let line =
            if value.is_empty() { String::new() } else { format!("{}{value}{}", " ".repeat(indentation), trailing_break(body)) };
        vec![
            Splice { range: indicators, text: format!("{style}-") },
            Splice { range: content.start.min(content.end)..content.end, text: line },
        ]
    }
}

/// The line breaks that end a text: of a block scalar they may belong to the lines below it.
fn trailing_break(body: &str) -> &str {
    &body[body.trim_end_matches(['\r', '\n']).len()..]
}

/// A value as it stands in a block or flow collection when nothing is there yet.
pub(crate) fn plain_or_quoted(value: &str) -> String {
    // Characters that have no meaning anywhere in YAML, but for a colon at the end.
    let harmless = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@+".contains(&byte);
    let is_string = |dialect| matches!(resolve(value, dialect), Resolved::Text);
    let safe = value.bytes().all(harmless)
        && value.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '/')
        && !value.ends_with(':');
    if safe && is_string(Dialect::V2) && is_string(Dialect::V3) { value.to_owned() } else { double_quoted(value) }
}

fn double_quoted(value: &str) -> String {
    let mut quoted = String::with_capacity(value.len() + 2);
    quoted.push('"');
    for character in value.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            other if other.is_control() || matches!(other, '\u{feff}' | '\u{2028}' | '\u{2029}') => {
                quoted.push_str(&format!("\\u{:04x}", u32::from(other)));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
