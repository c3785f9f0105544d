//! Cuts a template into tokens, with Go's trim markers and Go's messages for what cannot be a token.

use memchr::memmem::{self, Finder};
use memchr::{memchr, memchr3};

use super::node::offset;
use super::token::{Keyword, Token, TokenKind};
use crate::text::quote::quoted;
use crate::text::rune::{Rune, decode, is_alphanumeric, is_printable};

const LEFT_COMMENT: &[u8] = b"/*";
const RIGHT_COMMENT: &[u8] = b"*/";
/// Length of a trim marker: the minus and the space beside it.
const TRIM_MARKER: usize = 2;

/// Which words are keywords: a function named `break` or `continue` takes that away.
#[derive(Clone, Copy)]
pub(super) struct LoopKeywords {
    pub(super) break_allowed: bool,
    pub(super) continue_allowed: bool,
}

/// The scanner. After an error it gives only the end.
pub(super) struct Lexer<'a> {
    source: &'a [u8],
    /// Finds the left delimiter.
    left_delimiter: Finder<'a>,
    right_delimiter: &'a [u8],
    position: usize,
    start: usize,
    parentheses: usize,
    inside_action: bool,
    keywords: LoopKeywords,
    /// Why there was an error token; empty if there was none.
    failure: String,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(source: &'a [u8], delimiters: (&'a [u8], &'a [u8]), keywords: LoopKeywords) -> Self {
        let (left_delimiter, right_delimiter) = delimiters;
        Self {
            source,
            left_delimiter: Finder::new(left_delimiter),
            right_delimiter,
            position: 0,
            start: 0,
            parentheses: 0,
            inside_action: false,
            keywords,
            failure: String::new(),
        }
    }

    /// Why there was an error token.
    pub(super) fn failure(&self) -> &str {
        &self.failure
    }

    /// The next token.
    pub(super) fn next_token(&mut self) -> Token {
        if self.inside_action {
            return self.lex_inside_action();
        }
        // A comment gives no token, so go on until something does.
        loop {
            if let Some(token) = self.lex_text() {
                return token;
            }
        }
    }

    fn rest(&self) -> &'a [u8] {
        &self.source[self.position..]
    }

    fn peek(&self) -> Option<Rune> {
        Some(decode(self.rest())).filter(|rune| rune.width > 0)
    }

    fn next(&mut self) -> Option<char> {
        let rune = self.peek()?;
        self.position += rune.width;
        Some(rune.character)
    }

    fn emit(&mut self, kind: TokenKind) -> Token {
        let token = Token { kind, start: offset(self.start), end: offset(self.position) };
        self.start = self.position;
        token
    }

    /// Forgets what was passed over.
    fn ignore(&mut self) {
        self.start = self.position;
    }

    fn fail(&mut self, message: impl Into<String>) -> Token {
        self.failure = message.into();
        // Nothing follows.
        self.source = &self.source[..self.start];
        self.position = self.start;
        self.emit(TokenKind::Error)
    }

    /// Text up to the next action; `None` when there was only a comment, or an action without text before it is next.
    fn lex_text(&mut self) -> Option<Token> {
        let Some(found) = self.left_delimiter.find(self.rest()) else {
            self.position = self.source.len();
            if self.position > self.start {
                return Some(self.emit(TokenKind::Text));
            }
            return Some(self.emit(TokenKind::End));
        };
        if found > 0 {
            self.position += found;
            let after = self.position + self.left_delimiter.needle().len();
            let text = &self.source[self.start..self.position];
            let trimmed = if has_left_trim_marker(&self.source[after..]) { trailing_space(text) } else { 0 };
            self.position -= trimmed;
            let token = self.emit(TokenKind::Text);
            self.position += trimmed;
            self.ignore();
            if text.len() > trimmed {
                return Some(token);
            }
        }
        self.lex_left_delimiter()
    }

    fn lex_left_delimiter(&mut self) -> Option<Token> {
        self.position += self.left_delimiter.needle().len();
        let marker = if has_left_trim_marker(self.rest()) { TRIM_MARKER } else { 0 };
        if self.rest()[marker..].starts_with(LEFT_COMMENT) {
            self.position += marker;
            self.ignore();
            return self.lex_comment();
        }
        let token = self.emit(TokenKind::LeftDelimiter);
        self.inside_action = true;
        self.position += marker;
        self.ignore();
        self.parentheses = 0;
        Some(token)
    }

    fn lex_comment(&mut self) -> Option<Token> {
        self.position += LEFT_COMMENT.len();
        let Some(found) = memmem::find(self.rest(), RIGHT_COMMENT) else { return Some(self.fail("unclosed comment")) };
        self.position += found + RIGHT_COMMENT.len();
        let Some(marker) = self.right_delimiter_marker() else {
            return Some(self.fail("comment ends before closing delimiter"));
        };
        self.position += marker + self.right_delimiter.len();
        if marker > 0 {
            self.position += leading_space(self.rest());
        }
        self.ignore();
        None
    }

    /// The length of the trim marker before the right delimiter; `None` when there is no right delimiter here.
    fn right_delimiter_marker(&self) -> Option<usize> {
        let rest = self.rest();
        if has_right_trim_marker(rest) && rest[TRIM_MARKER..].starts_with(self.right_delimiter) {
            return Some(TRIM_MARKER);
        }
        self.at_right_delimiter().then_some(0)
    }

    /// Most often the first byte tells.
    fn at_right_delimiter(&self) -> bool {
        self.rest().first() == self.right_delimiter.first() && self.rest().starts_with(self.right_delimiter)
    }

    fn lex_right_delimiter(&mut self, marker: usize) -> Token {
        if marker > 0 {
            self.position += marker;
            self.ignore();
        }
        self.position += self.right_delimiter.len();
        let token = self.emit(TokenKind::RightDelimiter);
        if marker > 0 {
            self.position += leading_space(self.rest());
            self.ignore();
        }
        self.inside_action = false;
        token
    }

    fn lex_inside_action(&mut self) -> Token {
        let Some(&first) = self.source.get(self.position) else { return self.fail("unclosed action") };
        // Most often the first byte tells.
        let may_end = Some(&first) == self.right_delimiter.first();
        if !may_end && self.at_lone_space() {
            self.position += 1;
            return self.emit(TokenKind::Space);
        }
        if may_end || is_space_byte(first) {
            if let Some(marker) = self.right_delimiter_marker() {
                return if self.parentheses == 0 { self.lex_right_delimiter(marker) } else { self.fail("unclosed left paren") };
            }
            if is_space_byte(first) {
                return self.lex_space();
            }
        }
        if first.is_ascii_digit() || matches!(first, b'+' | b'-') {
            return self.lex_number();
        }
        if IN_NAMES[usize::from(first)] {
            return self.lex_identifier();
        }
        let character = decode(self.rest());
        if !first.is_ascii() && is_alphanumeric(character.character) {
            return self.lex_identifier();
        }
        self.position += character.width;
        match character.character {
            '=' => self.emit(TokenKind::Assign),
            ':' => {
                if self.next() == Some('=') {
                    self.emit(TokenKind::Declare)
                } else {
                    self.fail("expected :=")
                }
            }
            '|' => self.emit(TokenKind::Pipe),
            '"' => self.lex_quoted(b'"', TokenKind::String, "unterminated quoted string"),
            '\'' => self.lex_quoted(b'\'', TokenKind::CharacterConstant, "unterminated character constant"),
            '`' => self.lex_raw_quoted(),
            '$' => self.lex_field_or_variable(TokenKind::Variable),
            '.' if self.rest().first().is_some_and(u8::is_ascii_digit) => {
                self.position -= 1;
                self.lex_number()
            }
            '.' if self.rest().is_empty() => {
                self.position -= 1;
                self.lex_number()
            }
            '.' => self.lex_field_or_variable(TokenKind::Field),
            '(' => {
                self.parentheses += 1;
                self.emit(TokenKind::LeftParenthesis)
            }
            ')' if self.parentheses == 0 => self.fail("unexpected right paren"),
            ')' => {
                self.parentheses -= 1;
                self.emit(TokenKind::RightParenthesis)
            }
            ascii if ascii.is_ascii() && is_printable(ascii) => self.emit(TokenKind::Character),
            other => self.fail(format!("unrecognized character in action: {}", unicode_name(other))),
        }
    }

    /// Whether there is one space, which neither others nor a trim marker follow.
    fn at_lone_space(&self) -> bool {
        matches!(self.rest(), [space, after, ..] if is_space_byte(*space) && !is_space_byte(*after) && *after != b'-')
    }

    fn lex_space(&mut self) -> Token {
        let spaces = leading_space(self.rest());
        self.position += spaces;
        // The last space may belong to a trim marker.
        let from_last = &self.source[self.position - 1..];
        if has_right_trim_marker(from_last) && from_last[TRIM_MARKER..].starts_with(self.right_delimiter) {
            self.position -= 1;
            if spaces == 1 {
                return self.lex_right_delimiter(TRIM_MARKER);
            }
        }
        self.emit(TokenKind::Space)
    }

    fn skip_alphanumeric(&mut self) {
        let rest = self.rest();
        let names = rest.iter().position(|&byte| !IN_NAMES[usize::from(byte)]).unwrap_or(rest.len());
        self.position += names;
        if rest.get(names).is_some_and(|byte| !byte.is_ascii()) {
            while self.peek().is_some_and(|rune| is_alphanumeric(rune.character)) {
                self.next();
            }
        }
    }

    fn fail_at_bad_character(&mut self) -> Token {
        let name = self.peek().map_or_else(|| "U+FFFFFFFFFFFFFFFF".to_owned(), |rune| unicode_name(rune.character));
        self.fail(format!("bad character {name}"))
    }

    fn lex_identifier(&mut self) -> Token {
        self.skip_alphanumeric();
        if !self.at_terminator() {
            return self.fail_at_bad_character();
        }
        let word = &self.source[self.start..self.position];
        let kind = match Keyword::from_word(word) {
            Some(Keyword::Break) if !self.keywords.break_allowed => TokenKind::Identifier,
            Some(Keyword::Continue) if !self.keywords.continue_allowed => TokenKind::Identifier,
            Some(keyword) => TokenKind::Keyword(keyword),
            None if word == b"true" || word == b"false" => TokenKind::Bool,
            None => TokenKind::Identifier,
        };
        self.emit(kind)
    }

    /// A field or variable whose first character is read.
    fn lex_field_or_variable(&mut self, kind: TokenKind) -> Token {
        if self.at_terminator() {
            return self.emit(if kind == TokenKind::Variable { kind } else { TokenKind::Keyword(Keyword::Dot) });
        }
        self.skip_alphanumeric();
        if !self.at_terminator() {
            return self.fail_at_bad_character();
        }
        self.emit(kind)
    }

    /// Whether a name may end here. `.X.Y` gives two fields, and `$x+2` is refused.
    fn at_terminator(&self) -> bool {
        let Some(&byte) = self.source.get(self.position) else { return true };
        matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'.' | b',' | b'|' | b':' | b')' | b'(') || self.at_right_delimiter()
    }

    fn lex_quoted(&mut self, quote: u8, kind: TokenKind, unterminated: &str) -> Token {
        while let Some(found) = memchr3(quote, b'\\', b'\n', self.rest()) {
            let byte = self.rest()[found];
            self.position += found + 1;
            if byte == quote {
                return self.emit(kind);
            }
            if byte == b'\n' || matches!(self.next(), None | Some('\n')) {
                break;
            }
        }
        self.fail(unterminated)
    }

    fn lex_raw_quoted(&mut self) -> Token {
        let Some(found) = memchr(b'`', self.rest()) else { return self.fail("unterminated raw quoted string") };
        self.position += found + 1;
        self.emit(TokenKind::RawString)
    }

    fn lex_number(&mut self) -> Token {
        if !self.scan_number() {
            return self.fail_number();
        }
        if matches!(self.rest().first(), Some(b'+' | b'-')) {
            if !self.scan_number() || self.source.get(self.position - 1) != Some(&b'i') {
                return self.fail_number();
            }
            return self.emit(TokenKind::Complex);
        }
        self.emit(TokenKind::Number)
    }

    fn fail_number(&mut self) -> Token {
        let message = format!("bad number syntax: {}", quoted(&self.source[self.start..self.position]));
        self.fail(message)
    }

    /// Passes over a number, leniently: the parser reads it properly.
    fn scan_number(&mut self) -> bool {
        self.accept(b"+-");
        let mut digits: &[u8] = b"0123456789_";
        if self.accept(b"0") {
            if self.accept(b"xX") {
                digits = b"0123456789abcdefABCDEF_";
            } else if self.accept(b"oO") {
                digits = b"01234567_";
            } else if self.accept(b"bB") {
                digits = b"01_";
            }
        }
        self.accept_run(digits);
        if self.accept(b".") {
            self.accept_run(digits);
        }
        let exponent: &[u8] = match digits.len() {
            11 => b"eE",
            23 => b"pP",
            _ => b"",
        };
        if self.accept(exponent) {
            self.accept(b"+-");
            self.accept_run(b"0123456789_");
        }
        self.accept(b"i");
        if self.peek().is_some_and(|rune| is_alphanumeric(rune.character)) {
            self.next();
            return false;
        }
        true
    }

    fn accept(&mut self, valid: &[u8]) -> bool {
        let accepted = self.rest().first().is_some_and(|byte| valid.contains(byte));
        self.position += usize::from(accepted);
        accepted
    }

    fn accept_run(&mut self, valid: &[u8]) {
        while self.accept(valid) {}
    }
}

/// The ASCII characters that names are made of.
static IN_NAMES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = (byte as u8).is_ascii_alphanumeric() || byte as u8 == b'_';
        byte += 1;
    }
    table
};

/// A character as `%#U` prints it.
fn unicode_name(character: char) -> String {
    let code = u32::from(character);
    if is_printable(character) { format!("U+{code:04X} '{character}'") } else { format!("U+{code:04X}") }
}

fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

fn is_space_byte(byte: u8) -> bool {
    is_space(char::from(byte))
}

fn has_left_trim_marker(bytes: &[u8]) -> bool {
    matches!(bytes, [b'-', space, ..] if is_space_byte(*space))
}

fn has_right_trim_marker(bytes: &[u8]) -> bool {
    matches!(bytes, [space, b'-', ..] if is_space_byte(*space))
}

fn leading_space(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|&&byte| is_space_byte(byte)).count()
}

fn trailing_space(bytes: &[u8]) -> usize {
    bytes.iter().rev().take_while(|&&byte| is_space_byte(byte)).count()
}
