//! The inside of actions: pipelines, commands and their operands.

use super::node::{Callee, CalleeId, NodeId, NodeKind, STACK_RESERVE, STACK_STEP, offset};
use super::number::Number;
use super::parser::{Context, DOLLAR, MAX_DEPTH, Parsed, Parser};
use super::token::{Keyword, Token, TokenKind};
use crate::builtins::Builtin;
use crate::text::quote::quoted;

impl<'a> Parser<'a> {
    pub(super) fn pipeline(&mut self, context: Context, end: TokenKind) -> Parsed<NodeId> {
        let start = self.peek_non_space().start;
        let mark = self.pending.len();
        let assigns = self.declarations(context)?;
        let first_command = self.pending.len();
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
                    let command = self.command()?;
                    self.pending.push(command);
                }
                _ => return Err(self.unexpected(&token, context.name())),
            }
        }
        self.check_pipeline(&self.pending[first_command..], context)?;
        // At most two: of more an error was made.
        let declared = u8::try_from(first_command - mark).unwrap_or(u8::MAX);
        let children = self.adopt(mark);
        Ok(self.source.push(start, NodeKind::Pipe { assigns, declared, children }))
    }

    /// The `$x :=`, `$x =` or `$i, $x :=` before a pipeline: the variables are pending afterwards. True if they are assigned to.
    fn declarations(&mut self, context: Context) -> Parsed<bool> {
        let mark = self.pending.len();
        loop {
            let variable = self.peek_non_space();
            if variable.kind != TokenKind::Variable {
                return Ok(false);
            }
            self.next();
            // "$x foo" and "$x := foo" can be told apart only after the space, so up to three tokens are put back.
            let after = self.peek();
            let next = self.peek_non_space();
            let is_comma = next.kind == TokenKind::Character && self.bytes(&next) == b",";
            if matches!(next.kind, TokenKind::Assign | TokenKind::Declare) || is_comma {
                self.next_non_space();
                let number = self.variable_number(self.bytes(&variable));
                let node = self.push_variable(&variable, number);
                self.pending.push(node);
                self.frame.variables.push(number);
                if !is_comma {
                    return Ok(next.kind == TokenKind::Assign);
                }
                if context != Context::Range || self.pending.len() - mark >= 2 {
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
            return Ok(false);
        }
    }

    fn check_pipeline(&self, commands: &[NodeId], context: Context) -> Parsed<()> {
        if commands.is_empty() {
            return Err(self.error(format_args!("missing value for {}", context.name())));
        }
        for (index, &command) in commands.iter().enumerate().skip(1) {
            let NodeKind::Command(arguments) = &self.source.node(command).kind else { continue };
            let first = self.source.children(*arguments).first().map(|&argument| &self.source.node(argument).kind);
            if first.is_some_and(is_literal) {
                return Err(self.error(format_args!("non executable command in pipeline stage {}", index + 1)));
            }
        }
        Ok(())
    }

    fn command(&mut self) -> Parsed<NodeId> {
        let start = self.peek_non_space().start;
        let mark = self.pending.len();
        loop {
            self.peek_non_space();
            let operand = self.operand()?;
            self.pending.extend(operand);
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
        if self.pending.len() == mark {
            return Err(self.error("empty command"));
        }
        let arguments = self.adopt(mark);
        Ok(self.source.push(start, NodeKind::Command(arguments)))
    }

    /// A term and the fields taken of it.
    fn operand(&mut self) -> Parsed<Option<NodeId>> {
        let Some(term) = self.term()? else { return Ok(None) };
        if self.peek().kind != TokenKind::Field {
            return Ok(Some(term));
        }
        let start = self.peek().start;
        let mut names = match &self.source.node(term).kind {
            NodeKind::Field(names) | NodeKind::Variable { names, .. } => Some(*names),
            kind if is_literal(kind) => {
                while self.peek().kind == TokenKind::Field {
                    self.next();
                }
                let term = self.source.display(term);
                return Err(self.error(format_args!("unexpected . after term {}", quoted(term.as_bytes()))));
            }
            _ => None,
        };
        while self.peek().kind == TokenKind::Field {
            let name = self.next().field_name();
            names = Some(match names {
                Some(names) => self.source.extend_names(names, name),
                None => self.source.push_name(name),
            });
        }
        let Some(names) = names else { return Ok(Some(term)) };
        match &self.source.node(term).kind {
            NodeKind::Field(_) => self.source.replace(term, start, NodeKind::Field(names)),
            &NodeKind::Variable { variable, .. } => self.source.replace(term, start, NodeKind::Variable { variable, names }),
            _ => return Ok(Some(self.source.push(start, NodeKind::Chain { node: term, names }))),
        }
        Ok(Some(term))
    }

    fn term(&mut self) -> Parsed<Option<NodeId>> {
        let token = self.next_non_space();
        let kind = match token.kind {
            TokenKind::Identifier => self.identifier(&token)?,
            TokenKind::Keyword(Keyword::Dot) => NodeKind::Dot,
            TokenKind::Keyword(Keyword::Nil) => NodeKind::Nil,
            TokenKind::Variable => return self.use_variable(&token).map(Some),
            TokenKind::Field => NodeKind::Field(self.source.push_name(token.field_name())),
            TokenKind::Bool => NodeKind::Bool(self.bytes(&token) == b"true"),
            TokenKind::CharacterConstant | TokenKind::Complex | TokenKind::Number => self.number(&token)?,
            TokenKind::LeftParenthesis => return self.parenthesized().map(Some),
            TokenKind::String | TokenKind::RawString => {
                let text = self.unquoted(&token)?;
                NodeKind::String { literal: token.span(), text: self.source.push_text(text) }
            }
            _ => {
                self.backup();
                return Ok(None);
            }
        };
        Ok(Some(self.source.push(token.start, kind)))
    }

    fn identifier(&mut self, token: &Token) -> Parsed<NodeKind> {
        let name = self.bytes(token);
        let callee = match self.callees.iter().find(|(known, _)| *known == name) {
            Some(&(_, callee)) => callee,
            None => self.callee(name)?,
        };
        Ok(NodeKind::Identifier { name: token.span(), callee })
    }

    /// What a name calls that was not called before.
    fn callee(&mut self, name: &'a [u8]) -> Parsed<CalleeId> {
        let text = String::from_utf8_lossy(name);
        let callee = match self.functions.get(&text) {
            Some(function) => Some(Callee::Host(function.clone())),
            None => Builtin::from_name(&text).map(Callee::Builtin),
        };
        let callee = callee.ok_or_else(|| self.error(format_args!("function {} not defined", quoted(text.as_bytes()))))?;
        let callee = self.source.push_callee(callee);
        self.callees.push((name, callee));
        Ok(callee)
    }

    fn number(&mut self, token: &Token) -> Parsed<NodeKind> {
        let text = self.string(token);
        let number = match token.kind {
            TokenKind::CharacterConstant => Number::from_character(&text),
            TokenKind::Complex => Number::from_complex(&text),
            _ => Number::from_literal(&text),
        };
        match number {
            Ok(number) => Ok(NodeKind::Number(self.source.push_number(number))),
            Err(message) => Err(self.error(message)),
        }
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
        let name = self.bytes(token);
        let number = self.variable_number(name);
        if number != DOLLAR && !self.frame.variables.contains(&number) {
            return Err(self.error(format_args!("undefined variable {}", quoted(name))));
        }
        Ok(self.push_variable(token, number))
    }

    fn variable_number(&mut self, name: &'a [u8]) -> u32 {
        if name == b"$" {
            return DOLLAR;
        }
        let next = offset(self.variables.len()) + DOLLAR + 1;
        *self.variables.entry(name).or_insert(next)
    }

    fn push_variable(&mut self, token: &Token, variable: u32) -> NodeId {
        let names = self.source.push_name(token.span());
        self.source.push(token.start, NodeKind::Variable { variable, names })
    }
}

fn is_literal(kind: &NodeKind) -> bool {
    matches!(kind, NodeKind::Bool(_) | NodeKind::Dot | NodeKind::Nil | NodeKind::Number(_) | NodeKind::String { .. })
}
