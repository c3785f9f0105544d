//! The words of the template language.

use memchr::memchr_iter;

use super::node::Span;
use crate::text::quote::{Charset, quote};
use crate::text::rune;

/// What a token is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum TokenKind {
    Error,
    Bool,
    Character,
    CharacterConstant,
    Complex,
    Assign,
    Declare,
    End,
    Field,
    Identifier,
    LeftDelimiter,
    LeftParenthesis,
    Number,
    Pipe,
    RawString,
    RightDelimiter,
    RightParenthesis,
    Space,
    String,
    Text,
    Variable,
    Keyword(Keyword),
}

/// The reserved words; `.` and `nil` count as such.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Keyword {
    Block,
    Break,
    Continue,
    Dot,
    Define,
    Else,
    End,
    If,
    Nil,
    Range,
    Template,
    With,
}

impl Keyword {
    pub(super) fn from_word(word: &[u8]) -> Option<Self> {
        Some(match word {
            b"." => Self::Dot,
            b"block" => Self::Block,
            b"break" => Self::Break,
            b"continue" => Self::Continue,
            b"define" => Self::Define,
            b"else" => Self::Else,
            b"end" => Self::End,
            b"if" => Self::If,
            b"range" => Self::Range,
            b"nil" => Self::Nil,
            b"template" => Self::Template,
            b"with" => Self::With,
            _ => return None,
        })
    }
}

/// A token with its place in the source.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    /// Offset of its first byte.
    pub(super) start: u32,
    /// Offset after its last byte.
    pub(super) end: u32,
}

impl Token {
    /// A token that stands before any other, as Go's zero value does.
    pub(super) const NONE: Self = Self { kind: TokenKind::Error, start: u32::MAX, end: u32::MAX };

    /// The line on which it starts, from 1; 0 where there is none.
    pub(super) fn line(&self, source: &[u8]) -> usize {
        source.get(..self.start as usize).map_or(0, |before| 1 + memchr_iter(b'\n', before).count())
    }

    /// Where it stands, as nodes keep it.
    pub(super) fn span(&self) -> Span {
        Span { start: self.start, end: self.end }
    }

    /// The name in a field, without its point.
    pub(super) fn field_name(&self) -> Span {
        Span { start: self.start + 1, end: self.end }
    }

    /// How error messages name the token; `failure` is what the lexer says of an error token.
    pub(super) fn describe(&self, source: &[u8], failure: &str) -> String {
        let value = source.get(self.start as usize..self.end as usize).unwrap_or_default();
        match self.kind {
            TokenKind::End => "EOF".to_owned(),
            TokenKind::Error => failure.to_owned(),
            TokenKind::Keyword(_) => format!("<{}>", String::from_utf8_lossy(value)),
            _ if value.len() > 10 => {
                let cut = rune::runes(value).nth(10).map_or(value.len(), |(offset, _)| offset);
                format!("{}...", String::from_utf8_lossy(&quote(&value[..cut], Charset::Unicode)))
            }
            _ => String::from_utf8_lossy(&quote(value, Charset::Unicode)).into_owned(),
        }
    }
}
