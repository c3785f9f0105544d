//! Parses text with `${…}` into segments. [`Parser::expression`] has the grammar.

use crate::error::TemplateError;
use crate::scanner::{Accept, Brace, Escapes, Expect, Scanner, Token, anything, identifier};

/// How deep expressions may nest. Real manifests nest two or three deep; the recursion of parsing must end before the stack does.
const DEPTH_LIMIT: usize = 128;

/// A piece of a template.
#[derive(Debug)]
pub(crate) enum Segment {
    /// Copied.
    Text(String),
    /// Evaluated.
    Expression(Expression),
}

/// `${name}`, or an operation on a variable.
#[derive(Debug)]
pub(crate) struct Expression {
    pub(crate) name: String,
    /// As written: ``, `:-`, `##`, ….
    pub(crate) operator: String,
    pub(crate) arguments: Vec<Segment>,
}

/// Splits `text` into what is copied and what is evaluated.
pub(crate) fn parse(text: &str) -> Result<Vec<Segment>, TemplateError> {
    let mut parser = Parser { scanner: Scanner::new(text), depth: 0 };
    let mut segments = Vec::new();
    loop {
        let expect = Expect { text: Some(anything), open: Brace::Token, close: Brace::Text, escapes: Escapes::Dollar };
        match parser.scanner.scan(expect) {
            Token::Text => segments.push(Segment::Text(parser.scanner.text())),
            Token::Open => segments.push(Segment::Expression(parser.expression()?)),
            Token::End => return Ok(segments),
            Token::Close | Token::Illegal => return Err(TemplateError::BadSubstitution),
        }
    }
}

struct Parser<'text> {
    scanner: Scanner<'text>,
    depth: usize,
}

impl Parser<'_> {
    /// What follows `${`:
    ///
    /// ```text
    /// #name}                      name}
    /// name[:]=…}  name:[-?+]…}    default: any number of words and expressions
    /// name:word}  name:word:word} substring
    /// name^[^]}   name,[,]}       case
    /// name#[#]word}  name%[%]word}   trim
    /// name/[/#%]word/[word]}      replace
    /// ```
    ///
    /// A word is text or exactly one expression, never both, except in a default.
    fn expression(&mut self) -> Result<Expression, TemplateError> {
        self.depth += 1;
        if self.depth > DEPTH_LIMIT {
            return Err(TemplateError::TooDeep { limit: DEPTH_LIMIT });
        }
        let parsed = self.expression_at_depth();
        self.depth -= 1;
        parsed
    }

    fn expression_at_depth(&mut self) -> Result<Expression, TemplateError> {
        if self.scanner.peek() == Some('#') {
            return self.length();
        }
        let name = self.required(identifier).ok_or(TemplateError::VariableName)?;
        match self.scanner.peek() {
            Some(':') => match self.scanner.peek_second() {
                Some('=' | '-' | '?' | '+') => self.default_value(name, |next, length| match length {
                    1 => next == ':',
                    2 => matches!(next, '=' | '-' | '?' | '+'),
                    _ => false,
                }),
                // Flux's scanner steps back by the width of the wrong character here, so these never parse.
                Some(next) if !next.is_ascii() => Err(TemplateError::BadSubstitution),
                None if self.scanner.ends_after_next() => Err(TemplateError::BadSubstitution),
                _ => self.substring(name),
            },
            Some('=') => self.default_value(name, |next, length| next == '=' && length == 1),
            Some(',' | '^') => {
                let operator = self.required(|next, length| matches!(next, ',' | '^') && length < 3);
                self.finish(name, operator.ok_or(TemplateError::BadSubstitution)?, Vec::new())
            }
            Some('/') => self.replace(name),
            Some('#') => self.trim(name, |next, length| next == '#' && length < 3),
            Some('%') => self.trim(name, |next, length| next == '%' && length < 3),
            _ => match self.scanner.scan(CLOSE) {
                Token::Close => Ok(Expression { name, operator: String::new(), arguments: Vec::new() }),
                _ => Err(TemplateError::MissingClosingBrace),
            },
        }
    }

    fn length(&mut self) -> Result<Expression, TemplateError> {
        let operator = self.required(|next, length| next == '#' && length == 1).ok_or(TemplateError::BadSubstitution)?;
        let name = self.required(identifier).ok_or(TemplateError::BadSubstitution)?;
        self.finish(name, operator, Vec::new())
    }

    fn default_value(&mut self, name: String, accept: Accept) -> Result<Expression, TemplateError> {
        let operator = self.required(accept).ok_or(TemplateError::DefaultFunction)?;
        let mut arguments = Vec::new();
        while self.scanner.peek() != Some('}') {
            arguments.push(self.word(not_closing, Escapes::None)?);
        }
        self.finish(name, operator, arguments)
    }

    fn substring(&mut self, name: String) -> Result<Expression, TemplateError> {
        let operator = self.required(|next, length| next == ':' && length == 1).ok_or(TemplateError::BadSubstitution)?;
        let mut arguments = vec![self.word(|next, _| !matches!(next, ':' | '}'), Escapes::None)?];
        // Any number of colons separates position and length.
        match self.scanner.scan(Expect { text: Some(|next, _| next == ':'), ..CLOSE }) {
            Token::Close => return Ok(Expression { name, operator, arguments }),
            Token::Text => arguments.push(self.word(not_closing, Escapes::None)?),
            _ => return Err(TemplateError::BadSubstitution),
        }
        self.finish(name, operator, arguments)
    }

    fn trim(&mut self, name: String, accept: Accept) -> Result<Expression, TemplateError> {
        let operator = self.required(accept).ok_or(TemplateError::BadSubstitution)?;
        let pattern = self.word(not_closing, Escapes::None)?;
        self.finish(name, operator, vec![pattern])
    }

    fn replace(&mut self, name: String) -> Result<Expression, TemplateError> {
        let operator = self.required(|next, length| match length {
            1 => next == '/',
            2 => matches!(next, '/' | '#' | '%'),
            _ => false,
        });
        let operator = operator.ok_or(TemplateError::BadSubstitution)?;
        let mut arguments = vec![self.word(|next, _| next != '/', Escapes::DollarAndBackslash)?];
        self.required(|next, _| next == '/').ok_or(TemplateError::BadSubstitution)?;
        if self.scanner.peek() != Some('}') {
            arguments.push(self.word(not_closing, Escapes::DollarAndBackslash)?);
        }
        self.finish(name, operator, arguments)
    }

    fn word(&mut self, accept: Accept, escapes: Escapes) -> Result<Segment, TemplateError> {
        match self.scanner.scan(Expect { text: Some(accept), open: Brace::Token, close: Brace::Text, escapes }) {
            Token::Open => self.expression().map(Segment::Expression),
            Token::Text => Ok(Segment::Text(self.scanner.text())),
            _ => Err(TemplateError::FunctionArgument),
        }
    }

    fn required(&mut self, accept: Accept) -> Option<String> {
        let expect = Expect { text: Some(accept), open: Brace::Text, close: Brace::Text, escapes: Escapes::None };
        (self.scanner.scan(expect) == Token::Text).then(|| self.scanner.text())
    }

    fn finish(&mut self, name: String, operator: String, arguments: Vec<Segment>) -> Result<Expression, TemplateError> {
        match self.scanner.scan(CLOSE) {
            Token::Close => Ok(Expression { name, operator, arguments }),
            _ => Err(TemplateError::BadSubstitution),
        }
    }
}

/// Nothing but `}`.
const CLOSE: Expect = Expect { text: None, open: Brace::Text, close: Brace::Token, escapes: Escapes::None };

fn not_closing(character: char, _: usize) -> bool {
    character != '}'
}
