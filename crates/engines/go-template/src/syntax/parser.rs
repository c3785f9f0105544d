//! Builds nodes from tokens, by Go's grammar and with Go's messages.
//!
//! Positions are kept exactly as Go keeps them, oddities included, because run-time messages print them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use super::lexer::{Lexer, LoopKeywords};
use super::node::{Branch, CalleeId, Children, NodeId, NodeKind, STACK_RESERVE, STACK_STEP, Source};
use super::token::{Keyword, Token, TokenKind};
use crate::error::ParseError;
use crate::function::Functions;
use crate::text::Text;
use crate::text::quote::{quoted, unquote};

/// Go's bound on nested parentheses; ours on nested blocks too.
pub(super) const MAX_DEPTH: usize = 10_000;
/// Offsets are 32 bits wide.
const MAX_SOURCE: usize = u32::MAX as usize - 1;

/// The number of the variable `$`.
pub(crate) const DOLLAR: u32 = 0;

/// A template that a text defines.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    pub(crate) source: Arc<Source>,
    pub(crate) root: NodeId,
}

impl Tree {
    /// Whether there is nothing but white space in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.source.is_empty(self.root)
    }
}

/// A parsed text and the templates it defines.
#[derive(Clone, Debug)]
pub(crate) struct Definitions {
    source: Arc<Source>,
    roots: BTreeMap<Text, NodeId>,
}

impl Definitions {
    /// The templates with their names.
    pub(crate) fn trees(&self) -> impl Iterator<Item = (&Text, Tree)> {
        self.roots.iter().map(|(name, &root)| (name, Tree { source: Arc::clone(&self.source), root }))
    }
}

/// Parses a text into the templates it defines, the one named `name` among them.
pub(crate) fn parse(
    name: &Text,
    text: &Bytes,
    delimiters: (&[u8], &[u8]),
    functions: &Functions,
) -> Result<Definitions, ParseError> {
    if text.len() > MAX_SOURCE {
        return Err(ParseError::new(format!("template: {name}:1: template is longer than {MAX_SOURCE} bytes")));
    }
    let keywords =
        LoopKeywords { break_allowed: functions.get("break").is_none(), continue_allowed: functions.get("continue").is_none() };
    let mut parser = Parser {
        text,
        lexer: Lexer::new(text, delimiters, keywords),
        functions,
        callees: Vec::new(),
        source: Source::new(name.clone(), text.clone()),
        pending: Vec::with_capacity(8),
        variables: BTreeMap::new(),
        roots: BTreeMap::new(),
        depth: 0,
        frame: Frame::new(),
    };
    let root = parser.parse_root().map_err(|error| *error)?;
    parser.add(name.clone(), root).map_err(|error| *error)?;
    parser.source.shrink();
    Ok(Definitions { source: Arc::new(parser.source), roots: parser.roots })
}

/// Where a pipeline stands; part of messages.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    Command,
    If,
    Range,
    With,
    Parentheses,
    Block,
    Template,
}

impl Context {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::If => "if",
            Self::Range => "range",
            Self::With => "with",
            Self::Parentheses => "parenthesized pipeline",
            Self::Block => "block clause",
            Self::Template => "template clause",
        }
    }
}

/// State of one template definition: definitions nest, and each starts afresh.
pub(super) struct Frame {
    /// Up to three tokens of lookahead; the first slot is the one read last.
    pub(super) tokens: [Token; 3],
    pub(super) peeked: usize,
    /// Numbers of the variables that are declared here, besides `$`.
    pub(super) variables: Vec<u32>,
    /// What opens the action that is being parsed.
    action: Token,
    range_depth: usize,
    pub(super) parentheses: usize,
}

impl Frame {
    fn new() -> Self {
        Self { tokens: [Token::NONE; 3], peeked: 0, variables: Vec::new(), action: Token::NONE, range_depth: 0, parentheses: 0 }
    }
}

/// What ends a list of nodes, or does not.
enum Item {
    Node(NodeId),
    /// `{{end}}`.
    End,
    /// `{{else}}`, at this offset.
    Else(u32),
}

impl Item {
    fn describe(&self) -> &'static str {
        match self {
            Self::Else(_) => "{{else}}",
            _ => "{{end}}",
        }
    }
}

/// The parser of one text; `pipeline.rs` has what it does inside of actions.
pub(super) struct Parser<'a> {
    text: &'a [u8],
    lexer: Lexer<'a>,
    pub(super) functions: &'a Functions,
    /// What the names called so far mean: few, as there are not many functions.
    pub(super) callees: Vec<(&'a [u8], CalleeId)>,
    pub(super) source: Source,
    /// Nodes whose parents are not finished yet.
    pub(super) pending: Vec<NodeId>,
    /// A number for every variable name of the text; that of `$` is [`DOLLAR`].
    pub(super) variables: BTreeMap<&'a [u8], u32>,
    roots: BTreeMap<Text, NodeId>,
    depth: usize,
    pub(super) frame: Frame,
}

/// An error is boxed, because it is large and rare.
pub(super) type Parsed<T> = Result<T, Box<ParseError>>;

impl<'a> Parser<'a> {
    pub(super) fn next(&mut self) -> Token {
        if self.frame.peeked > 0 {
            self.frame.peeked -= 1;
        } else {
            self.frame.tokens[0] = self.lexer.next_token();
        }
        self.frame.tokens[self.frame.peeked]
    }

    pub(super) fn backup(&mut self) {
        self.frame.peeked += 1;
    }

    pub(super) fn peek(&mut self) -> Token {
        if self.frame.peeked == 0 {
            self.frame.peeked = 1;
            self.frame.tokens[0] = self.lexer.next_token();
        }
        self.frame.tokens[self.frame.peeked - 1]
    }

    pub(super) fn next_non_space(&mut self) -> Token {
        loop {
            let token = self.next();
            if token.kind != TokenKind::Space {
                return token;
            }
        }
    }

    pub(super) fn peek_non_space(&mut self) -> Token {
        let token = self.next_non_space();
        self.backup();
        token
    }

    pub(super) fn bytes(&self, token: &Token) -> &'a [u8] {
        &self.text[token.start as usize..token.end as usize]
    }

    pub(super) fn string(&self, token: &Token) -> Cow<'a, str> {
        String::from_utf8_lossy(self.bytes(token))
    }

    /// The nodes that are pending since there were so many, to be given to their parent.
    pub(super) fn adopt(&mut self, mark: usize) -> Children {
        let children = self.source.push_children(&self.pending[mark..]);
        self.pending.truncate(mark);
        children
    }

    pub(super) fn error(&self, message: impl std::fmt::Display) -> Box<ParseError> {
        Box::new(ParseError::new(format!("template: {}:{}: {message}", self.source.name, self.frame.tokens[0].line(self.text))))
    }

    pub(super) fn unexpected(&self, token: &Token, context: &str) -> Box<ParseError> {
        let described = token.describe(self.text, self.lexer.failure());
        if token.kind != TokenKind::Error {
            return self.error(format_args!("unexpected {described} in {context}"));
        }
        let started = self.frame.action.line(self.text);
        if started == 0 || started == token.line(self.text) {
            return self.error(described);
        }
        let join = if described.ends_with(" action") { "" } else { " in action" };
        self.error(format_args!("{described}{join} started at {}:{started}", self.source.name))
    }

    fn expect(&mut self, kind: TokenKind, context: &str) -> Parsed<Token> {
        let token = self.next_non_space();
        if token.kind == kind { Ok(token) } else { Err(self.unexpected(&token, context)) }
    }

    /// Adds a definition. One with content may follow one without, not another with content.
    fn add(&mut self, name: Text, root: NodeId) -> Parsed<()> {
        match self.roots.get(&name) {
            Some(&existing) if !self.source.is_empty(existing) => {
                if self.source.is_empty(root) {
                    return Ok(());
                }
                Err(self.error(format_args!("template: multiple definition of template {}", quoted(&name))))
            }
            _ => {
                self.roots.insert(name, root);
                Ok(())
            }
        }
    }

    fn parse_root(&mut self) -> Parsed<NodeId> {
        let start = self.peek().start;
        while self.peek().kind != TokenKind::End {
            if self.peek().kind == TokenKind::LeftDelimiter {
                let delimiter = self.next();
                if self.next_non_space().kind == TokenKind::Keyword(Keyword::Define) {
                    self.parse_definition()?;
                    continue;
                }
                self.frame.tokens[1] = delimiter;
                self.frame.peeked = 2;
            }
            match self.text_or_action()? {
                Item::Node(node) => self.pending.push(node),
                other => return Err(self.error(format_args!("unexpected {}", other.describe()))),
            }
        }
        let nodes = self.adopt(0);
        Ok(self.source.push(start, NodeKind::List(nodes)))
    }

    fn parse_definition(&mut self) -> Parsed<()> {
        const CONTEXT: &str = "define clause";
        let outer = std::mem::replace(&mut self.frame, Frame::new());
        let token = self.next_non_space();
        let name = self.template_name(&token, CONTEXT)?;
        self.expect(TokenKind::RightDelimiter, CONTEXT)?;
        let (root, end) = self.item_list()?;
        if !matches!(end, Item::End) {
            return Err(self.error(format_args!("unexpected {} in {CONTEXT}", end.describe())));
        }
        self.add(name, root)?;
        self.frame = outer;
        Ok(())
    }

    /// Nodes up to `{{end}}` or `{{else}}`.
    fn item_list(&mut self) -> Parsed<(NodeId, Item)> {
        if self.depth >= MAX_DEPTH {
            return Err(self.error("max block depth exceeded"));
        }
        self.depth += 1;
        let result = stacker::maybe_grow(STACK_RESERVE, STACK_STEP, || self.item_list_here());
        self.depth -= 1;
        result
    }

    fn item_list_here(&mut self) -> Parsed<(NodeId, Item)> {
        let start = self.peek_non_space().start;
        let mark = self.pending.len();
        while self.peek_non_space().kind != TokenKind::End {
            match self.text_or_action()? {
                Item::Node(node) => self.pending.push(node),
                end => {
                    let nodes = self.adopt(mark);
                    return Ok((self.source.push(start, NodeKind::List(nodes)), end));
                }
            }
        }
        Err(self.error("unexpected EOF"))
    }

    fn text_or_action(&mut self) -> Parsed<Item> {
        let token = self.next_non_space();
        match token.kind {
            TokenKind::Text => Ok(Item::Node(self.source.push(token.start, NodeKind::Text(token.span())))),
            TokenKind::LeftDelimiter => {
                self.frame.action = token;
                let item = self.action()?;
                self.frame.action = Token::NONE;
                Ok(item)
            }
            _ => Err(self.unexpected(&token, "input")),
        }
    }

    fn action(&mut self) -> Parsed<Item> {
        let token = self.next_non_space();
        let TokenKind::Keyword(keyword) = token.kind else { return self.plain_action() };
        match keyword {
            Keyword::Block => self.block_control().map(Item::Node),
            Keyword::Break => self.loop_control(&token, "{{break}}", NodeKind::Break).map(Item::Node),
            Keyword::Continue => self.loop_control(&token, "{{continue}}", NodeKind::Continue).map(Item::Node),
            Keyword::Else => self.else_control(),
            Keyword::End => self.expect(TokenKind::RightDelimiter, "end").map(|_| Item::End),
            Keyword::If => self.branch_control(Context::If).map(Item::Node),
            Keyword::Range => self.branch_control(Context::Range).map(Item::Node),
            Keyword::With => self.branch_control(Context::With).map(Item::Node),
            Keyword::Template => self.template_control().map(Item::Node),
            Keyword::Dot | Keyword::Nil | Keyword::Define => self.plain_action(),
        }
    }

    fn plain_action(&mut self) -> Parsed<Item> {
        self.backup();
        let start = self.peek().start;
        let pipe = self.pipeline(Context::Command, TokenKind::RightDelimiter)?;
        Ok(Item::Node(self.source.push(start, NodeKind::Action(pipe))))
    }

    fn loop_control(&mut self, keyword: &Token, name: &str, kind: NodeKind) -> Parsed<NodeId> {
        let token = self.next_non_space();
        if token.kind != TokenKind::RightDelimiter {
            return Err(self.unexpected(&token, name));
        }
        if self.frame.range_depth == 0 {
            return Err(self.error(format_args!("{name} outside {{{{range}}}}")));
        }
        Ok(self.source.push(keyword.start, kind))
    }

    fn else_control(&mut self) -> Parsed<Item> {
        let peeked = self.peek_non_space();
        // "else if" and "else with" leave their keyword for the branch to find.
        if matches!(peeked.kind, TokenKind::Keyword(Keyword::If | Keyword::With)) {
            return Ok(Item::Else(peeked.start));
        }
        self.expect(TokenKind::RightDelimiter, "else").map(|token| Item::Else(token.start))
    }

    fn branch_control(&mut self, context: Context) -> Parsed<NodeId> {
        let declared = self.frame.variables.len();
        let pipe = self.pipeline(context, TokenKind::RightDelimiter)?;
        self.frame.range_depth += usize::from(context == Context::Range);
        let (list, end) = self.item_list()?;
        self.frame.range_depth -= usize::from(context == Context::Range);
        let else_list = match end {
            Item::Else(start) => Some(self.else_list(context, start)?),
            _ => None,
        };
        self.frame.variables.truncate(declared);
        let branch = Branch { pipe, list, else_list };
        let position = self.source.node(pipe).position;
        let kind = match context {
            Context::Range => NodeKind::Range(branch),
            Context::With => NodeKind::With(branch),
            _ => NodeKind::If(branch),
        };
        Ok(self.source.push(position, kind))
    }

    /// What follows `{{else`: `{{else if x}}` is a list that holds an `if` which shares the `{{end}}`.
    fn else_list(&mut self, context: Context, start: u32) -> Parsed<NodeId> {
        let keyword = match context {
            Context::If => Some(Keyword::If),
            Context::With => Some(Keyword::With),
            _ => None,
        };
        if let Some(keyword) = keyword
            && self.peek().kind == TokenKind::Keyword(keyword)
        {
            self.next();
            let branch = self.branch_control(context)?;
            let branch = self.source.push_children(&[branch]);
            return Ok(self.source.push(start, NodeKind::List(branch)));
        }
        let (list, end) = self.item_list()?;
        if !matches!(end, Item::End) {
            return Err(self.error(format_args!("expected end; found {}", end.describe())));
        }
        Ok(list)
    }

    fn block_control(&mut self) -> Parsed<NodeId> {
        let context = Context::Block.name();
        let token = self.next_non_space();
        let name = self.template_name(&token, context)?;
        let pipe = self.pipeline(Context::Block, TokenKind::RightDelimiter)?;
        let outer = std::mem::replace(&mut self.frame, Frame::new());
        let (root, end) = self.item_list()?;
        if !matches!(end, Item::End) {
            self.frame = outer;
            return Err(self.error(format_args!("unexpected {} in {context}", end.describe())));
        }
        self.add(name.clone(), root)?;
        self.frame = outer;
        let name = self.source.push_text(name);
        Ok(self.source.push(token.start, NodeKind::Template { name, pipe: Some(pipe) }))
    }

    fn template_control(&mut self) -> Parsed<NodeId> {
        let token = self.next_non_space();
        let name = self.template_name(&token, Context::Template.name())?;
        let mut pipe = None;
        if self.next_non_space().kind != TokenKind::RightDelimiter {
            self.backup();
            pipe = Some(self.pipeline(Context::Template, TokenKind::RightDelimiter)?);
        }
        let name = self.source.push_text(name);
        Ok(self.source.push(token.start, NodeKind::Template { name, pipe }))
    }

    fn template_name(&mut self, token: &Token, context: &str) -> Parsed<Text> {
        match token.kind {
            TokenKind::String | TokenKind::RawString => self.unquoted(token),
            _ => Err(self.unexpected(token, context)),
        }
    }

    pub(super) fn unquoted(&self, token: &Token) -> Parsed<Text> {
        let unquoted = unquote(self.bytes(token)).ok_or_else(|| self.error("invalid syntax"))?;
        Ok(Text::from(&*unquoted))
    }
}
