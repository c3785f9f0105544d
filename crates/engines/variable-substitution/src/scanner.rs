//! Reads the text token by token. What a token is depends on where the parser stands, so the parser passes it in.
//!
//! A NUL ends the text, as it does in Flux's scanner; YAML as Go prints it has none.

use crate::letters;

/// A token, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token {
    /// One or more accepted characters; the text is in [`Scanner::text`].
    Text,
    /// `${`.
    Open,
    /// `}`.
    Close,
    /// The end of the text.
    End,
    /// Anything else.
    Illegal,
}

/// Which characters make up the text of a token, given the character and the token's length in bytes with it.
pub(crate) type Accept = fn(char, usize) -> bool;

/// Which tokens may come next.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expect {
    pub(crate) text: Option<Accept>,
    pub(crate) open: Brace,
    pub(crate) close: Brace,
    pub(crate) escapes: Escapes,
}

/// Whether a brace is a token here, or text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Brace {
    Token,
    Text,
}

/// Which pairs stand for their second character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escapes {
    /// None: both characters are text.
    None,
    /// `$$`.
    Dollar,
    /// `$$`, `\/` and `\\`.
    DollarAndBackslash,
}

/// A cursor over the text.
pub(crate) struct Scanner<'text> {
    rest: &'text str,
    token: String,
}

impl<'text> Scanner<'text> {
    pub(crate) fn new(text: &'text str) -> Self {
        Self { rest: text, token: String::new() }
    }

    /// The next character, `None` at the end.
    pub(crate) fn peek(&self) -> Option<char> {
        self.rest.chars().next().filter(|next| *next != '\0')
    }

    /// The character after the next one.
    pub(crate) fn peek_second(&self) -> Option<char> {
        self.rest.chars().nth(1).filter(|next| *next != '\0')
    }

    /// Whether the next character is the last.
    pub(crate) fn ends_after_next(&self) -> bool {
        self.rest.chars().nth(1).is_none()
    }

    /// Takes the text of the last [`Token::Text`].
    pub(crate) fn text(&mut self) -> String {
        std::mem::take(&mut self.token)
    }

    /// Reads the next token. An illegal character is consumed, which no caller sees: it fails.
    pub(crate) fn scan(&mut self, expect: Expect) -> Token {
        self.token.clear();
        let Some(first) = self.peek() else {
            return Token::End;
        };
        if expect.open == Brace::Token && self.rest.starts_with("${") {
            self.advance(2);
            return Token::Open;
        }
        if expect.close == Brace::Token && first == '}' {
            self.advance(1);
            return Token::Close;
        }
        match expect.text {
            Some(accept) if self.take(accept, expect.escapes) => {
                while let Some(next) = self.peek() {
                    let opens = expect.open == Brace::Token && next == '$' && self.rest.starts_with("${");
                    if opens || !self.take(accept, expect.escapes) {
                        break;
                    }
                }
                Token::Text
            }
            _ => Token::Illegal,
        }
    }

    /// Moves one character, or the second of an escaped pair, into the token if it is accepted.
    fn take(&mut self, accept: Accept, escapes: Escapes) -> bool {
        let Some(next) = self.peek() else {
            return false;
        };
        let escaped = match (next, self.peek_second()) {
            ('$', Some('$')) => escapes != Escapes::None,
            ('\\', Some('/' | '\\')) => escapes == Escapes::DollarAndBackslash,
            _ => false,
        };
        if escaped {
            self.advance(1);
            return self.peek().is_some_and(|second| self.push(second));
        }
        accept(next, self.token.len() + next.len_utf8()) && self.push(next)
    }

    fn push(&mut self, character: char) -> bool {
        self.token.push(character);
        self.advance(character.len_utf8());
        true
    }

    fn advance(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }
}

/// Accepts anything.
pub(crate) fn anything(_: char, _: usize) -> bool {
    true
}

/// Accepts letters, digits and `_`.
pub(crate) fn identifier(character: char, _: usize) -> bool {
    letters::is_identifier(character)
}
