//! Builds nodes from the events of `granit-parser`, within bounds. What a node is, an [`Assembler`] decides.
//!
//! Open collections are kept on a stack of our own, so depth costs no stack of the machine, and what they hold on two others, so
//! that a collection is allocated once, when its size is known. Aliases are copied, and every copied node is counted first.

use std::borrow::Cow;
use std::collections::BTreeMap;

use granit_parser::{ErrorKind, Event, Marker, Parser, ScanError, StructureStyle, Tag};

use super::encoding;
use super::error::{Bound, Position};
use super::syntax::{self, Enclosing, EnclosingKind, Surroundings};
use super::{Assembler, Dialect, Limits, MAX_DEPTH, Node, Nodes, ScalarStyle, Span, YamlError};

/// Reads all documents of a stream. A document without content is a null node.
///
/// # Errors
/// [`YamlError`], for the first thing that is wrong.
pub fn parse_documents(text: impl AsRef<[u8]>, dialect: Dialect, limits: &Limits) -> Result<Vec<Node>, YamlError> {
    read(text.as_ref(), dialect, limits, Wanted::All, &mut Nodes)
}

/// Reads the first document and looks at nothing after it, as Go's `Unmarshal` does. `None` when there is no document.
///
/// # Errors
/// [`YamlError`], for the first thing that is wrong.
pub fn parse_first(text: impl AsRef<[u8]>, dialect: Dialect, limits: &Limits) -> Result<Option<Node>, YamlError> {
    assemble_first(text, dialect, limits, &mut Nodes)
}

/// As [`parse_first`], with nodes of the caller's own.
///
/// # Errors
/// [`YamlError`], for the first thing that is wrong.
pub fn assemble_first<A: Assembler>(
    text: impl AsRef<[u8]>,
    dialect: Dialect,
    limits: &Limits,
    assembler: &mut A,
) -> Result<Option<A::Node>, YamlError> {
    Ok(read(text.as_ref(), dialect, limits, Wanted::First, assembler)?.pop())
}

#[derive(Clone, Copy, PartialEq)]
enum Wanted {
    All,
    First,
}

/// At most this many comments without a space before them, since each costs another pass.
const GLUED_COMMENTS: usize = 64;

fn read<A: Assembler>(
    bytes: &[u8],
    dialect: Dialect,
    limits: &Limits,
    wanted: Wanted,
    assembler: &mut A,
) -> Result<Vec<A::Node>, YamlError> {
    if bytes.len() > limits.bytes {
        let position = Position::default();
        return Err(YamlError::Limit { bound: Bound::Bytes, allowed: limits.bytes, position });
    }
    let mut text = encoding::check(bytes)?;
    if dialect == Dialect::V2 {
        syntax::refuse_tab_before_content(&text)?;
    }
    let mut passes = 0;
    loop {
        let depth = limits.depth.min(MAX_DEPTH);
        let mut builder = Builder::new(limits, depth, assembler);
        let error = match read_events(&text, dialect, &mut builder, wanted) {
            Ok(documents) => return Ok(documents),
            Err(Failure::Ours(error)) => return Err(error),
            Err(Failure::Scan(error)) => error,
        };
        passes += 1;
        match without_glued_comment(&text, &error) {
            Some(separated) if passes <= GLUED_COMMENTS => text = Cow::Owned(separated),
            _ => {
                let around = Surroundings { text: &text, dialect, depth, enclosing: builder.enclosing() };
                return Err(syntax::error(&error, &around));
            }
        }
    }
}

enum Failure {
    Scan(ScanError),
    Ours(YamlError),
}

impl From<YamlError> for Failure {
    fn from(error: YamlError) -> Self {
        Failure::Ours(error)
    }
}

fn read_events<A: Assembler>(
    text: &str,
    dialect: Dialect,
    builder: &mut Builder<'_, A>,
    wanted: Wanted,
) -> Result<Vec<A::Node>, Failure> {
    let options = granit_parser::options! {
        emit_comments: false,
        emit_unresolved_aliases: true,
        emit_anchor_events: true,
        bom_inside_document_as_content: true,
        block_scalar_eof_without_line_feed: true,
        flow_nesting_limit: builder.depth,
        block_nesting_limit: builder.depth,
    };
    let mut documents = Vec::new();
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(Failure::Scan)?;
        let span = Span { start: position(span.start), end: position(span.end) };
        if let Event::DocumentStart(..) = event
            && documents.len() >= builder.limits.documents
        {
            let (bound, allowed) = (Bound::Documents, builder.limits.documents);
            return Err(YamlError::Limit { bound, allowed, position: span.start }.into());
        }
        if builder.expects_key() && is_missing_key(&event, span, text) {
            return Err(syntax::missing_key(span.start, builder.enclosing(), dialect).into());
        }
        if let Some(document) = builder.event(event, span)? {
            documents.push(document);
            if wanted == Wanted::First {
                break;
            }
        }
    }
    Ok(documents)
}

/// The text with the comment that stands in the parser's way blanked out, so that all positions stay.
///
/// Go's libraries need no space before a comment that follows quotes, brackets or a block scalar's header; our parser does.
fn without_glued_comment(text: &str, error: &ScanError) -> Option<String> {
    if !matches!(error.kind(), ErrorKind::CommentNotSeparated) {
        return None;
    }
    let from = error.marker().byte_offset()?;
    let line = text.get(from..)?.split('\n').next()?;
    let start = from + line.find('#')?;
    let end = from + line.len();
    Some(format!("{}{}{}", &text[..start], " ".repeat(end - start), &text[end..]))
}

pub(super) fn position(marker: Marker) -> Position {
    Position { line: marker.line(), column: marker.col() + 1, offset: marker.byte_offset().unwrap_or_default() }
}

/// A collection whose end has not been seen.
struct Open<A: Assembler> {
    span: Span,
    tag: Option<String>,
    anchor: usize,
    flow: bool,
    /// The cost of what is inside so far.
    cost: usize,
    /// How many items or entries there were before its own.
    start: usize,
    children: Children<A>,
}

enum Children<A: Assembler> {
    Items,
    /// Entries, and the key that waits for its value.
    Entries(Option<A::Node>),
}

struct Anchored<N> {
    node: N,
    cost: usize,
}

/// Bytes of a scalar that cost as much as one node.
const BYTES_A_NODE: usize = 32;

struct Builder<'a, A: Assembler> {
    assembler: &'a mut A,
    limits: &'a Limits,
    depth: usize,
    /// What aliases may still add.
    alias_budget: usize,
    /// What may still be kept for aliases to come: anchors within anchors are kept once each.
    anchor_budget: usize,
    open: Vec<Open<A>>,
    /// The items of the open sequences.
    items: Vec<A::Node>,
    /// The entries of the open mappings.
    entries: Vec<A::Entry>,
    root: Option<A::Node>,
    anchors: BTreeMap<usize, Anchored<A::Node>>,
    names: BTreeMap<usize, String>,
}

impl<'a, A: Assembler> Builder<'a, A> {
    fn new(limits: &'a Limits, depth: usize, assembler: &'a mut A) -> Self {
        Builder {
            assembler,
            limits,
            depth,
            alias_budget: limits.expanded_nodes,
            anchor_budget: limits.expanded_nodes,
            open: Vec::new(),
            items: Vec::new(),
            entries: Vec::new(),
            root: None,
            anchors: BTreeMap::new(),
            names: BTreeMap::new(),
        }
    }

    /// Takes one event; returns a document when it ends.
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<Option<A::Node>, YamlError> {
        match event {
            Event::DocumentStart(..) => {
                self.anchors.clear();
                self.names.clear();
                self.root = None;
            }
            Event::DocumentEnd => return Ok(self.root.take()),
            Event::Scalar(text, style, anchor, tag) => {
                let cost = 1 + text.len() / BYTES_A_NODE;
                // The parser's word for a scalar of which nothing is written.
                let absent = text == "~" && style == granit_parser::ScalarStyle::Plain && span.start == span.end;
                let text = if absent { Cow::Borrowed("") } else { text };
                let node = self.assembler.scalar(text, scalar_style(style), tag.as_deref().map(short_tag), span);
                self.finish(node, anchor, cost, span)?;
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.start(span, tag.as_deref(), anchor, (style, Children::Items))?;
            }
            Event::MappingStart(style, anchor, tag) => {
                self.start(span, tag.as_deref(), anchor, (style, Children::Entries(None)))?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span)?,
            Event::Anchor(id, name) => {
                refuse_anchor_name(&name, span)?;
                self.names.insert(id, name.into_owned());
            }
            Event::Alias(id) => self.alias(id, span)?,
            Event::UnresolvedAlias(name) => {
                refuse_anchor_name(&name, span)?;
                return Err(YamlError::UnknownAnchor { name: name.into_owned(), position: span.start });
            }
            _ => {}
        }
        Ok(None)
    }

    fn enclosing(&self) -> Option<Enclosing> {
        self.open.last().map(|open| Enclosing {
            line: open.span.start.line,
            kind: match (&open.children, open.flow) {
                (Children::Items, false) => EnclosingKind::BlockSequence,
                (Children::Items, true) => EnclosingKind::FlowSequence,
                (Children::Entries(..), false) => EnclosingKind::BlockMapping,
                (Children::Entries(..), true) => EnclosingKind::FlowMapping,
            },
        })
    }

    fn expects_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { children: Children::Entries(None), .. }))
    }

    fn start(
        &mut self,
        span: Span,
        tag: Option<&Tag>,
        anchor: usize,
        (style, children): (StructureStyle, Children<A>),
    ) -> Result<(), YamlError> {
        if self.open.len() >= self.depth {
            return Err(YamlError::Limit { bound: Bound::Depth, allowed: self.depth, position: span.start });
        }
        let flow = style == StructureStyle::Flow;
        let tag = tag.map(short_tag);
        let start = match &children {
            Children::Items => self.items.len(),
            Children::Entries(_) => self.entries.len(),
        };
        self.open.push(Open { span, tag, anchor, flow, cost: 1, start, children });
        Ok(())
    }

    fn end(&mut self, span: Span) -> Result<(), YamlError> {
        let Some(Open { span: started, tag, anchor, flow, cost, start, children }) = self.open.pop() else { return Ok(()) };
        let span = Span { start: started.start, end: span.end };
        let node = match children {
            Children::Items => self.assembler.sequence(self.items.split_off(start), flow, tag, span),
            Children::Entries(_) => self.assembler.mapping(self.entries.split_off(start), flow, tag, span),
        };
        self.finish(node, anchor, cost, span)
    }

    fn finish(&mut self, node: A::Node, anchor: usize, cost: usize, span: Span) -> Result<(), YamlError> {
        if anchor != 0 {
            self.anchor_budget = self.charge(self.anchor_budget, cost, span)?;
            self.anchors.insert(anchor, Anchored { node: node.clone(), cost });
        }
        self.place(node, cost);
        Ok(())
    }

    fn alias(&mut self, id: usize, span: Span) -> Result<(), YamlError> {
        let Some(anchored) = self.anchors.get(&id) else {
            let name = self.names.get(&id).cloned().unwrap_or_default();
            return Err(YamlError::RecursiveAnchor { name, position: span.start });
        };
        let cost = anchored.cost;
        self.alias_budget = self.charge(self.alias_budget, cost, span)?;
        let node = self.assembler.alias(&anchored.node, span);
        self.place(node, cost);
        Ok(())
    }

    fn charge(&self, budget: usize, cost: usize, span: Span) -> Result<usize, YamlError> {
        budget.checked_sub(cost).ok_or(YamlError::Limit {
            bound: Bound::ExpandedNodes,
            allowed: self.limits.expanded_nodes,
            position: span.start,
        })
    }

    fn place(&mut self, node: A::Node, cost: usize) {
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        parent.cost += cost;
        match &mut parent.children {
            Children::Items => self.items.push(node),
            Children::Entries(key) => match key.take() {
                Some(key) => self.entries.push(self.assembler.entry(key, node)),
                None => *key = Some(node),
            },
        }
    }
}

/// Whether a key is absent although no `?` announces one.
fn is_missing_key(event: &Event<'_>, span: Span, text: &str) -> bool {
    let Event::Scalar(_, granit_parser::ScalarStyle::Plain, 0, None) = event else { return false };
    let (before, after) = text.split_at_checked(span.start.offset).unwrap_or_default();
    span.start == span.end && after.starts_with(':') && !before.trim_end().ends_with('?')
}

/// YAML 1.1 knows only letters, digits, `_` and `-` in the names of anchors.
fn refuse_anchor_name(name: &str, span: Span) -> Result<(), YamlError> {
    if name.chars().all(|character| character.is_ascii_alphanumeric() || matches!(character, '_' | '-')) {
        return Ok(());
    }
    let problem = "did not find expected alphabetic or numeric character".to_owned();
    let go_line = Some(span.start.line).filter(|&line| line > 1);
    Err(YamlError::Syntax { problem, go_line, position: span.start })
}

fn scalar_style(style: granit_parser::ScalarStyle) -> ScalarStyle {
    match style {
        granit_parser::ScalarStyle::Plain => ScalarStyle::Plain,
        granit_parser::ScalarStyle::SingleQuoted => ScalarStyle::SingleQuoted,
        granit_parser::ScalarStyle::DoubleQuoted => ScalarStyle::DoubleQuoted,
        granit_parser::ScalarStyle::Literal => ScalarStyle::Literal,
        granit_parser::ScalarStyle::Folded => ScalarStyle::Folded,
    }
}

/// Go's short form of a tag.
fn short_tag(tag: &Tag) -> String {
    let (handle, suffix) = tag.parts();
    match format!("{handle}{suffix}").strip_prefix("tag:yaml.org,2002:") {
        Some(core) => format!("!!{core}"),
        None => format!("{handle}{suffix}"),
    }
}
