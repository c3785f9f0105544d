//! The parsed form of one template text: a program in a few flat vectors, so that it is small and cheap to make, and depth costs
//! no stack when it is dropped.

use std::num::NonZeroU32;

use bytes::Bytes;

use super::number::Number;
use crate::builtins::Builtin;
use crate::function::SharedFunction;
use crate::text::Text;
use crate::text::quote::quoted;
use crate::text::rune::is_blank;

/// The number of a node in its [`Source`], from 1, so that an optional one takes no more room.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct NodeId(NonZeroU32);

impl NodeId {
    fn of_index(index: usize) -> Self {
        Self(NonZeroU32::MIN.saturating_add(offset(index)))
    }

    fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// A stretch of the source text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// Nodes that belong to one node: a stretch of [`Source::children`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Children(Span);

/// Names that follow each other in the text, as in `.a.b`: a stretch of [`Source::names`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names(Span);

/// A text that stands in the source as a literal: an index of [`Source`]'s.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TextId(u32);

/// A number in the source.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NumberId(u32);

/// A function that the source calls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CalleeId(u32);

/// A text and every node parsed from it. Shared by the templates that the text defines.
#[derive(Debug)]
pub(crate) struct Source {
    /// The name under which the text was parsed, for locations in messages.
    pub(crate) name: Text,
    pub(crate) text: Bytes,
    nodes: Vec<Node>,
    children: Vec<NodeId>,
    names: Vec<Span>,
    texts: Vec<Text>,
    numbers: Vec<Number>,
    callees: Vec<Callee>,
}

/// A node and where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node {
    pub(crate) position: u32,
    pub(crate) kind: NodeKind,
}

/// What `if`, `with` and `range` have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Branch {
    pub(crate) pipe: NodeId,
    pub(crate) list: NodeId,
    pub(crate) else_list: Option<NodeId>,
}

/// What an identifier calls.
#[derive(Clone, Debug)]
pub(crate) enum Callee {
    Builtin(Builtin),
    Host(SharedFunction),
}

/// The kinds of nodes, as in Go's `parse` package.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NodeKind {
    List(Children),
    Text(Span),
    Action(NodeId),
    If(Branch),
    With(Branch),
    Range(Branch),
    Template {
        name: TextId,
        pipe: Option<NodeId>,
    },
    Break,
    Continue,
    /// Variables that are declared or assigned to, so many, and then commands.
    Pipe {
        assigns: bool,
        declared: u8,
        children: Children,
    },
    Command(Children),
    Identifier {
        name: Span,
        callee: CalleeId,
    },
    /// The first name is that of the variable.
    Variable {
        variable: u32,
        names: Names,
    },
    Field(Names),
    Chain {
        node: NodeId,
        names: Names,
    },
    Dot,
    Nil,
    Bool(bool),
    Number(NumberId),
    String {
        literal: Span,
        text: TextId,
    },
}

impl Span {
    fn of<T>(self, items: &[T]) -> &[T] {
        &items[self.start as usize..self.end as usize]
    }

    /// What was added to a vector since it had this length.
    fn since<T>(start: usize, items: &[T]) -> Self {
        Self { start: offset(start), end: offset(items.len()) }
    }
}

impl Source {
    pub(crate) fn new(name: Text, text: Bytes) -> Self {
        // As many as most texts need; what is too much is given back when the text is parsed.
        let nodes = text.len() / 12 + 8;
        Self {
            name,
            text,
            nodes: Vec::with_capacity(nodes),
            children: Vec::with_capacity(nodes),
            names: Vec::with_capacity(nodes / 2),
            texts: Vec::with_capacity(nodes / 8),
            numbers: Vec::new(),
            callees: Vec::new(),
        }
    }

    /// Gives back the room that was kept for more nodes: a source is parsed once and kept for long.
    pub(crate) fn shrink(&mut self) {
        self.nodes.shrink_to_fit();
        self.children.shrink_to_fit();
        self.names.shrink_to_fit();
        self.texts.shrink_to_fit();
        self.numbers.shrink_to_fit();
        self.callees.shrink_to_fit();
    }

    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    pub(crate) fn text(&self, id: TextId) -> &Text {
        &self.texts[id.0 as usize]
    }

    pub(crate) fn number(&self, id: NumberId) -> &Number {
        &self.numbers[id.0 as usize]
    }

    pub(crate) fn callee(&self, id: CalleeId) -> &Callee {
        &self.callees[id.0 as usize]
    }

    /// The variables and the commands of a pipeline.
    pub(crate) fn pipe(&self, declared: u8, children: Children) -> (&[NodeId], &[NodeId]) {
        self.children(children).split_at(usize::from(declared))
    }

    pub(crate) fn children(&self, children: Children) -> &[NodeId] {
        children.0.of(&self.children)
    }

    pub(crate) fn names(&self, names: Names) -> &[Span] {
        names.0.of(&self.names)
    }

    /// Appends a node and says where it is.
    pub(crate) fn push(&mut self, position: u32, kind: NodeKind) -> NodeId {
        let id = NodeId::of_index(self.nodes.len());
        self.nodes.push(Node { position, kind });
        id
    }

    pub(crate) fn push_text(&mut self, text: Text) -> TextId {
        self.texts.push(text);
        TextId(offset(self.texts.len() - 1))
    }

    pub(crate) fn push_number(&mut self, number: Number) -> NumberId {
        self.numbers.push(number);
        NumberId(offset(self.numbers.len() - 1))
    }

    pub(crate) fn push_callee(&mut self, callee: Callee) -> CalleeId {
        self.callees.push(callee);
        CalleeId(offset(self.callees.len() - 1))
    }

    /// Makes another node of one that was pushed.
    pub(crate) fn replace(&mut self, id: NodeId, position: u32, kind: NodeKind) {
        self.nodes[id.index()] = Node { position, kind };
    }

    /// Gives nodes to a node that is yet to be pushed.
    pub(crate) fn push_children(&mut self, nodes: &[NodeId]) -> Children {
        let start = self.children.len();
        self.children.extend_from_slice(nodes);
        Children(Span::since(start, &self.children))
    }

    /// A list of one name, which may grow as long as no other list begins.
    pub(crate) fn push_name(&mut self, name: Span) -> Names {
        self.names.push(name);
        Names(Span::since(self.names.len() - 1, &self.names))
    }

    /// Adds a name to the list of names that was pushed last.
    pub(crate) fn extend_names(&mut self, names: Names, name: Span) -> Names {
        self.names.push(name);
        Names(Span::since(names.0.start as usize, &self.names))
    }

    pub(crate) fn slice(&self, span: Span) -> &[u8] {
        span.of(&self.text)
    }

    /// Whether a list holds nothing but white space.
    pub(crate) fn is_empty(&self, list: NodeId) -> bool {
        match &self.node(list).kind {
            NodeKind::List(nodes) => self.children(*nodes).iter().all(|&node| self.is_empty(node)),
            NodeKind::Text(span) => is_blank(self.slice(*span)),
            _ => false,
        }
    }

    /// `name:line:column` of a node.
    pub(crate) fn location(&self, id: NodeId) -> String {
        let position = (self.node(id).position as usize).min(self.text.len());
        let before = &self.text[..position];
        let line = 1 + memchr::memchr_iter(b'\n', before).count();
        let column = position - before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
        format!("{}:{line}:{column}", self.name)
    }

    /// A node written as source again, the way Go writes it in messages.
    pub(crate) fn display(&self, id: NodeId) -> String {
        let mut output = String::new();
        self.write(id, &mut output);
        output
    }

    fn write(&self, id: NodeId, output: &mut String) {
        stacker::maybe_grow(STACK_RESERVE, STACK_STEP, || self.write_node(id, output));
    }

    fn write_node(&self, id: NodeId, output: &mut String) {
        match &self.node(id).kind {
            NodeKind::List(nodes) => self.write_separated(self.children(*nodes), "", output),
            NodeKind::Text(span) => output.push_str(&String::from_utf8_lossy(self.slice(*span))),
            NodeKind::Action(pipe) => self.write_braced("", Some(*pipe), output),
            NodeKind::If(branch) => self.write_branch("if ", branch, output),
            NodeKind::With(branch) => self.write_branch("with ", branch, output),
            NodeKind::Range(branch) => self.write_branch("range ", branch, output),
            NodeKind::Template { name, pipe } => {
                let space = if pipe.is_some() { " " } else { "" };
                self.write_braced(&format!("template {}{space}", quoted(self.text(*name))), *pipe, output);
            }
            NodeKind::Break => output.push_str("{{break}}"),
            NodeKind::Continue => output.push_str("{{continue}}"),
            NodeKind::Pipe { assigns, declared, children } => {
                let (declared, commands) = self.pipe(*declared, *children);
                self.write_separated(declared, ", ", output);
                if !declared.is_empty() {
                    output.push_str(if *assigns { " = " } else { " := " });
                }
                self.write_separated(commands, " | ", output);
            }
            NodeKind::Command(arguments) => {
                for (index, &argument) in self.children(*arguments).iter().enumerate() {
                    if index > 0 {
                        output.push(' ');
                    }
                    self.write_operand(argument, output);
                }
            }
            NodeKind::Identifier { name, .. } => output.push_str(&String::from_utf8_lossy(self.slice(*name))),
            NodeKind::Variable { names, .. } => self.write_names(*names, "", output),
            NodeKind::Field(names) => self.write_names(*names, ".", output),
            NodeKind::Chain { node, names } => {
                self.write_operand(*node, output);
                self.write_names(*names, ".", output);
            }
            NodeKind::Dot => output.push('.'),
            NodeKind::Nil => output.push_str("nil"),
            NodeKind::Bool(value) => output.push_str(if *value { "true" } else { "false" }),
            NodeKind::Number(number) => output.push_str(&self.number(*number).text),
            NodeKind::String { literal, .. } => output.push_str(&String::from_utf8_lossy(self.slice(*literal))),
        }
    }

    /// An operand, in parentheses when it is a pipeline.
    fn write_operand(&self, id: NodeId, output: &mut String) {
        let is_pipe = matches!(self.node(id).kind, NodeKind::Pipe { .. });
        output.push_str(if is_pipe { "(" } else { "" });
        self.write(id, output);
        output.push_str(if is_pipe { ")" } else { "" });
    }

    fn write_separated(&self, nodes: &[NodeId], separator: &str, output: &mut String) {
        for (index, &node) in nodes.iter().enumerate() {
            if index > 0 {
                output.push_str(separator);
            }
            self.write(node, output);
        }
    }

    fn write_braced(&self, prefix: &str, pipe: Option<NodeId>, output: &mut String) {
        output.push_str("{{");
        output.push_str(prefix);
        if let Some(pipe) = pipe {
            self.write(pipe, output);
        }
        output.push_str("}}");
    }

    fn write_branch(&self, keyword: &str, branch: &Branch, output: &mut String) {
        self.write_braced(keyword, Some(branch.pipe), output);
        self.write(branch.list, output);
        if let Some(else_list) = branch.else_list {
            output.push_str("{{else}}");
            self.write(else_list, output);
        }
        output.push_str("{{end}}");
    }

    fn write_names(&self, names: Names, first_separator: &str, output: &mut String) {
        for (index, &name) in self.names(names).iter().enumerate() {
            output.push_str(if index == 0 { first_separator } else { "." });
            output.push_str(&String::from_utf8_lossy(self.slice(name)));
        }
    }
}

/// An offset as it is stored. Longer sources than 4 GiB are refused before.
pub(crate) fn offset(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

/// Stack to have left before going one level deeper.
pub(crate) const STACK_RESERVE: usize = 128 * 1024;
/// Stack to add when there is less.
pub(crate) const STACK_STEP: usize = 2 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::Node;

    #[test]
    fn a_node_is_small() {
        assert!(size_of::<Node>() <= 20, "{}", size_of::<Node>());
    }
}
