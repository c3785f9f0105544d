//! Builds nodes from tokens, by Go's grammar and with Go's messages.
//!
//! Positions are kept exactly as Go keeps them, oddities included, because run-time messages print them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::lexer::{Lexer, LoopKeywords};
use super::node::{Branch, Callee, NodeId, NodeKind, STACK_RESERVE, STACK_STEP, Source, Span, offset};
use super::number::Number;
use super::token::{Keyword, Token, TokenKind};
use crate::builtins::Builtin;
use crate::error::ParseError;
use crate::function::Functions;
use crate::text::Text;
use crate::text::quote::{quoted, unquote};

/// Go's bound on nested parentheses; ours on nested blocks too.
const MAX_DEPTH: usize = 10_000;
/// Offsets are 32 bits wide.
const MAX_SOURCE: usize = u32::MAX as usize - 1;

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

/// Parses a text into the templates it defines, the one named `name` among them.
pub(crate) fn parse(
    name: &Text,
    text: &[u8],
    delimiters: (&[u8], &[u8]),
    functions: &Functions,
) -> Result<BTreeMap<Text, Tree>, ParseError> {
    if text.len() > MAX_SOURCE {
        return Err(ParseError::new(format!("template: {name}:1: template is longer than {MAX_SOURCE} bytes")));
    }
    let keywords =
        LoopKeywords { break_allowed: functions.get("break").is_none(), continue_allowed: functions.get("continue").is_none() };
    let mut parser = Parser {
        lexer: Lexer::new(text, delimiters, keywords),
        functions,
        source: Source { name: name.clone(), text: Arc::from(text), nodes: Vec::new() },
        variables: BTreeMap::from([(b"$".to_vec(), 0)]),
        roots: BTreeMap::new(),
        depth: 0,
        frame: Frame::new(),
    };
    let root = parser.parse_root()?;
    parser.add(name.clone(), root)?;
    let roots = parser.roots;
    let source = Arc::new(parser.source);
    Ok(roots.into_iter().map(|(name, root)| (name, Tree { source: Arc::clone(&source), root })).collect())
}

/// Where a pipeline stands; part of messages.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Context {
    Command,
    If,
    Range,
    With,
    Parentheses,
    Block,
    Template,
}

impl Context {
    fn name(self) -> &'static str {
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
struct Frame {
    /// Up to three tokens of lookahead; the first slot is the one read last.
    tokens: [Token; 3],
    peeked: usize,
    /// Numbers of the variables that are declared here.
    variables: Vec<u32>,
    action_line: usize,
    range_depth: usize,
    parentheses: usize,
}

impl Frame {
    fn new() -> Self {
        Self {
            tokens: [Token::none(), Token::none(), Token::none()],
            peeked: 0,
            variables: vec![0],
            action_line: 0,
            range_depth: 0,
            parentheses: 0,
        }
    }
}

/// What ends a list of nodes, or does not.
enum Item {
    Node(NodeId),
    /// `{{end}}`.
    End,
    /// `{{else}}`, at this offset.
    Else(usize),
}

impl Item {
    fn describe(&self) -> &'static str {
        match self {
            Self::Else(_) => "{{else}}",
            _ => "{{end}}",
        }
    }
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    functions: &'a Functions,
    source: Source,
    /// A number for every variable name of the text.
    variables: BTreeMap<Vec<u8>, u32>,
    roots: BTreeMap<Text, NodeId>,
    depth: usize,
    frame: Frame,
}

type Parsed<T> = Result<T, ParseError>;

impl Parser<'_> {
    fn next(&mut self) -> Token {
        if self.frame.peeked > 0 {
            self.frame.peeked -= 1;
        } else {
            self.frame.tokens[0] = self.lexer.next_token();
        }
        self.frame.tokens[self.frame.peeked].clone()
    }

    fn backup(&mut self) {
        self.frame.peeked += 1;
    }

    fn peek(&mut self) -> &Token {
        if self.frame.peeked == 0 {
            self.frame.peeked = 1;
            self.frame.tokens[0] = self.lexer.next_token();
        }
        &self.frame.tokens[self.frame.peeked - 1]
    }

    fn next_non_space(&mut self) -> Token {
        loop {
            let token = self.next();
            if token.kind != TokenKind::Space {
                return token;
            }
        }
    }

    fn peek_non_space(&mut self) -> Token {
        let token = self.next_non_space();
        self.backup();
        token
    }

    fn bytes(&self, token: &Token) -> &[u8] {
        &self.source.text[token.start..token.end]
    }

    fn string(&self, token: &Token) -> String {
        String::from_utf8_lossy(self.bytes(token)).into_owned()
    }

    fn error(&self, message: impl std::fmt::Display) -> ParseError {
        ParseError::new(format!("template: {}:{}: {message}", self.source.name, self.frame.tokens[0].line))
    }

    fn unexpected(&self, token: &Token, context: &str) -> ParseError {
        let described = token.describe(&self.source.text);
        if token.kind != TokenKind::Error {
            return self.error(format_args!("unexpected {described} in {context}"));
        }
        let started = self.frame.action_line;
        if started == 0 || started == token.line {
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
        let mut nodes = Vec::new();
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
                Item::Node(node) => nodes.push(node),
                other => return Err(self.error(format_args!("unexpected {}", other.describe()))),
            }
        }
        Ok(self.source.push(start, NodeKind::List(nodes.into())))
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
        let mut nodes = Vec::new();
        while self.peek_non_space().kind != TokenKind::End {
            match self.text_or_action()? {
                Item::Node(node) => nodes.push(node),
                end => return Ok((self.source.push(start, NodeKind::List(nodes.into())), end)),
            }
        }
        Err(self.error("unexpected EOF"))
    }

    fn text_or_action(&mut self) -> Parsed<Item> {
        let token = self.next_non_space();
        match token.kind {
            TokenKind::Text => {
                let span = Span { start: offset(token.start), end: offset(token.end) };
                Ok(Item::Node(self.source.push(token.start, NodeKind::Text(span))))
            }
            TokenKind::LeftDelimiter => {
                self.frame.action_line = token.line;
                let item = self.action()?;
                self.frame.action_line = 0;
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
        let position = self.source.node(pipe).position as usize;
        let kind = match context {
            Context::Range => NodeKind::Range(branch),
            Context::With => NodeKind::With(branch),
            _ => NodeKind::If(branch),
        };
        Ok(self.source.push(position, kind))
    }

    /// What follows `{{else`: `{{else if x}}` is a list that holds an `if` which shares the `{{end}}`.
    fn else_list(&mut self, context: Context, start: usize) -> Parsed<NodeId> {
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
            return Ok(self.source.push(start, NodeKind::List(Box::new([branch]))));
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
        Ok(self.source.push(token.start, NodeKind::Template { name, pipe }))
    }

    fn template_name(&mut self, token: &Token, context: &str) -> Parsed<Text> {
        match token.kind {
            TokenKind::String | TokenKind::RawString => self.unquoted(token),
            _ => Err(self.unexpected(token, context)),
        }
    }

    fn unquoted(&self, token: &Token) -> Parsed<Text> {
        unquote(self.bytes(token)).map(Text::from).ok_or_else(|| self.error("invalid syntax"))
    }

    fn pipeline(&mut self, context: Context, end: TokenKind) -> Parsed<NodeId> {
        let start = self.peek_non_space().start;
        let (assigns, declared) = self.declarations(context)?;
        let mut commands = Vec::new();
        loop {
            let token = self.next_non_space();
            match token.kind {
                kind if kind == end => break,
                TokenKind::Bool
                | TokenKind::CharacterConstant
                | TokenKind::Complex
                | TokenKind::Keyword(Keyword::Dot | Keyword::Nil)
                | TokenKind::Field
                | TokenKind::Identifier
                | TokenKind::Number
                | TokenKind::RawString
                | TokenKind::String
                | TokenKind::Variable
                | TokenKind::LeftParenthesis => {
                    self.backup();
                    commands.push(self.command()?);
                }
                _ => return Err(self.unexpected(&token, context.name())),
            }
        }
        self.check_pipeline(&commands, context)?;
        Ok(self.source.push(start, NodeKind::Pipe { assigns, declared: declared.into(), commands: commands.into() }))
    }

    /// The `$x :=`, `$x =` or `$i, $x :=` before a pipeline.
    fn declarations(&mut self, context: Context) -> Parsed<(bool, Vec<NodeId>)> {
        let mut declared = Vec::new();
        loop {
            let variable = self.peek_non_space();
            if variable.kind != TokenKind::Variable {
                return Ok((false, declared));
            }
            self.next();
            // "$x foo" and "$x := foo" can be told apart only after the space, so up to three tokens are put back.
            let after = self.peek().clone();
            let next = self.peek_non_space();
            let is_comma = next.kind == TokenKind::Character && self.bytes(&next) == b",";
            if matches!(next.kind, TokenKind::Assign | TokenKind::Declare) || is_comma {
                self.next_non_space();
                let name = self.bytes(&variable).to_vec();
                let number = self.variable_number(&name);
                declared.push(self.push_variable(variable.start, number, &name));
                self.frame.variables.push(number);
                if !is_comma {
                    return Ok((next.kind == TokenKind::Assign, declared));
                }
                if context != Context::Range || declared.len() >= 2 {
                    return Err(self.error(format_args!("too many declarations in {}", context.name())));
                }
                match self.peek_non_space().kind {
                    TokenKind::Variable | TokenKind::RightDelimiter | TokenKind::RightParenthesis => continue,
                    _ => return Err(self.error("range can only initialize variables")),
                }
            }
            if after.kind == TokenKind::Space {
                self.frame.tokens[1] = after;
                self.frame.tokens[2] = variable;
                self.frame.peeked = 3;
            } else {
                self.frame.tokens[1] = variable;
                self.frame.peeked = 2;
            }
            return Ok((false, declared));
        }
    }

    fn check_pipeline(&self, commands: &[NodeId], context: Context) -> Parsed<()> {
        if commands.is_empty() {
            return Err(self.error(format_args!("missing value for {}", context.name())));
        }
        for (index, &command) in commands.iter().enumerate().skip(1) {
            let NodeKind::Command(arguments) = &self.source.node(command).kind else { continue };
            let first = arguments.first().map(|&argument| &self.source.node(argument).kind);
            if first.is_some_and(is_literal) {
                return Err(self.error(format_args!("non executable command in pipeline stage {}", index + 1)));
            }
        }
        Ok(())
    }

    fn command(&mut self) -> Parsed<NodeId> {
        let start = self.peek_non_space().start;
        let mut arguments = Vec::new();
        loop {
            self.peek_non_space();
            arguments.extend(self.operand()?);
            let token = self.next();
            match token.kind {
                TokenKind::Space => {}
                TokenKind::RightDelimiter | TokenKind::RightParenthesis => {
                    self.backup();
                    break;
                }
                TokenKind::Pipe => break,
                _ => return Err(self.unexpected(&token, "operand")),
            }
        }
        if arguments.is_empty() {
            return Err(self.error("empty command"));
        }
        Ok(self.source.push(start, NodeKind::Command(arguments.into())))
    }

    /// A term and the fields taken of it.
    fn operand(&mut self) -> Parsed<Option<NodeId>> {
        let Some(term) = self.term()? else { return Ok(None) };
        if self.peek().kind != TokenKind::Field {
            return Ok(Some(term));
        }
        let start = self.peek().start;
        let mut added = Vec::new();
        while self.peek().kind == TokenKind::Field {
            let token = self.next();
            added.push(Text::from(&self.bytes(&token)[1..]));
        }
        let kind = match &self.source.node(term).kind {
            NodeKind::Field(names) => NodeKind::Field(names.iter().cloned().chain(added).collect()),
            NodeKind::Variable { variable, names } => {
                NodeKind::Variable { variable: *variable, names: names.iter().cloned().chain(added).collect() }
            }
            kind if is_literal(kind) => {
                let term = self.source.display(term);
                return Err(self.error(format_args!("unexpected . after term {}", quoted(term.as_bytes()))));
            }
            _ => NodeKind::Chain { node: term, names: added.into() },
        };
        Ok(Some(self.source.push(start, kind)))
    }

    fn term(&mut self) -> Parsed<Option<NodeId>> {
        let token = self.next_non_space();
        let kind = match token.kind {
            TokenKind::Identifier => self.identifier(&token)?,
            TokenKind::Keyword(Keyword::Dot) => NodeKind::Dot,
            TokenKind::Keyword(Keyword::Nil) => NodeKind::Nil,
            TokenKind::Variable => return self.use_variable(&token).map(Some),
            TokenKind::Field => NodeKind::Field(Box::new([Text::from(&self.bytes(&token)[1..])])),
            TokenKind::Bool => NodeKind::Bool(self.bytes(&token) == b"true"),
            TokenKind::CharacterConstant | TokenKind::Complex | TokenKind::Number => self.number(&token)?,
            TokenKind::LeftParenthesis => return self.parenthesized().map(Some),
            TokenKind::String | TokenKind::RawString => NodeKind::String {
                literal: Span { start: offset(token.start), end: offset(token.end) },
                text: self.unquoted(&token)?,
            },
            _ => {
                self.backup();
                return Ok(None);
            }
        };
        Ok(Some(self.source.push(token.start, kind)))
    }

    fn identifier(&self, token: &Token) -> Parsed<NodeKind> {
        let name = self.string(token);
        let callee = match self.functions.get(&name) {
            Some(function) => Some(Callee::Host(function.clone())),
            None => Builtin::from_name(&name).map(Callee::Builtin),
        };
        match callee {
            Some(callee) => Ok(NodeKind::Identifier { name: Text::from(name), callee }),
            None => Err(self.error(format_args!("function {} not defined", quoted(name.as_bytes())))),
        }
    }

    fn number(&self, token: &Token) -> Parsed<NodeKind> {
        let text = self.string(token);
        let number = match token.kind {
            TokenKind::CharacterConstant => Number::from_character(&text),
            TokenKind::Complex => Number::from_complex(&text),
            _ => Number::from_literal(&text),
        };
        number.map(|number| NodeKind::Number(Box::new(number))).map_err(|message| self.error(message))
    }

    fn parenthesized(&mut self) -> Parsed<NodeId> {
        if self.frame.parentheses >= MAX_DEPTH {
            return Err(self.error("max expression depth exceeded"));
        }
        self.frame.parentheses += 1;
        let pipe =
            stacker::maybe_grow(STACK_RESERVE, STACK_STEP, || self.pipeline(Context::Parentheses, TokenKind::RightParenthesis));
        self.frame.parentheses -= 1;
        pipe
    }

    fn use_variable(&mut self, token: &Token) -> Parsed<NodeId> {
        let name = self.bytes(token).to_vec();
        let number = self.variable_number(&name);
        if !self.frame.variables.contains(&number) {
            return Err(self.error(format_args!("undefined variable {}", quoted(&name))));
        }
        Ok(self.push_variable(token.start, number, &name))
    }

    fn variable_number(&mut self, name: &[u8]) -> u32 {
        let count = offset(self.variables.len());
        *self.variables.entry(name.to_vec()).or_insert(count)
    }

    fn push_variable(&mut self, start: usize, variable: u32, name: &[u8]) -> NodeId {
        self.source.push(start, NodeKind::Variable { variable, names: Box::new([Text::from(name)]) })
    }
}

fn is_literal(kind: &NodeKind) -> bool {
    matches!(kind, NodeKind::Bool(_) | NodeKind::Dot | NodeKind::Nil | NodeKind::Number(_) | NodeKind::String { .. })
}
