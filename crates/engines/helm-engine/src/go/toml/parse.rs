//! TOML text as values: tables and keys.

use go_template::{Map, Text, Value};

use super::document::{Document, Node};
use super::lexer::{Fault, Lexer, is_break, is_space, quoted_rune};
use super::{Key, is_bare, key_text};
use crate::go::{MAX_DEPTH, nested};

/// What is wrong with a text.
#[derive(Debug)]
pub(crate) struct Problem {
    /// The line, from one.
    pub(crate) line: usize,
    /// The key that was being read, perhaps empty.
    pub(crate) last_key: Vec<u8>,
    /// The library's words.
    pub(crate) message: String,
}

/// The map of a document. `read_time` gives the value of a date or a time.
///
/// # Errors
/// The first thing that is wrong.
pub(crate) fn parse<'t>(text: &'t [u8], read_time: ReadTime<'t>) -> Result<Map, Problem> {
    let marks: [&[u8]; 3] = [b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"];
    let text = marks.iter().find_map(|mark| text.strip_prefix(*mark)).unwrap_or(text);
    if text.iter().take(6).any(|&byte| byte == 0) {
        let message = "files cannot contain NULL bytes; probably using UTF-16; TOML files must be UTF-8".to_owned();
        return Err(Problem { line: 1, last_key: Vec::new(), message });
    }
    let lexer = Lexer::new(text);
    let document = Document::default();
    let mut parser = Parser { lexer, document, current: Vec::new(), key_line: 1, depth: 0, read_time };
    match parser.document() {
        Ok(()) => Ok(parser.document.into_map()),
        Err(Fault { line, message }) => Err(Problem { line, last_key: parser.last_key(), message }),
    }
}

/// Gives the value of a date or a time, if the text is one.
pub(crate) type ReadTime<'r> = &'r dyn Fn(&[u8]) -> Option<Value>;

pub(super) struct Parser<'t> {
    pub(super) lexer: Lexer<'t>,
    pub(super) document: Document,
    /// The key whose value is being read.
    pub(super) current: Vec<u8>,
    /// The line of the first part of the last key: where faults of definitions are reported.
    key_line: usize,
    depth: usize,
    pub(super) read_time: ReadTime<'t>,
}

impl Parser<'_> {
    fn last_key(&self) -> Vec<u8> {
        let context = key_text(&self.document.context);
        match (context.is_empty(), self.current.is_empty()) {
            (_, true) => context,
            (true, false) => self.current.clone(),
            (false, false) => [context.as_slice(), b".", &self.current].concat(),
        }
    }

    fn at_key(&self, result: Result<(), String>) -> Result<(), Fault> {
        result.map_err(|message| Fault { line: self.key_line, message })
    }

    fn document(&mut self) -> Result<(), Fault> {
        loop {
            self.lexer.skip(|rune| is_space(rune) || is_break(rune))?;
            match self.lexer.peek()? {
                None => return Ok(()),
                Some('#') => {
                    self.comment()?;
                    continue;
                }
                Some('[') => self.table()?,
                Some(_) => {
                    let outer = self.document.context.clone();
                    self.entry()?;
                    self.document.context = outer;
                    self.current.clear();
                }
            }
            self.end_of_line()?;
        }
    }

    /// After a table's name or a value.
    fn end_of_line(&mut self) -> Result<(), Fault> {
        self.lexer.skip(is_space)?;
        match self.lexer.peek()? {
            None | Some('#') => Ok(()),
            Some(rune) => {
                self.lexer.next()?;
                if is_break(rune) {
                    return Ok(());
                }
                let found = quoted_rune(Some(rune));
                let message =
                    format!("expected a top-level item to end with a newline, comment, or EOF, but got {found} instead");
                Err(self.lexer.fault(message))
            }
        }
    }

    pub(super) fn comment(&mut self) -> Result<(), Fault> {
        self.lexer.skip(|rune| !is_break(rune))
    }

    fn table(&mut self) -> Result<(), Fault> {
        self.lexer.next()?;
        let in_array = self.lexer.accept('[')?;
        let mut key = Key::new();
        loop {
            self.lexer.skip(is_space)?;
            match self.lexer.peek()? {
                None | Some(']') => {
                    return Err(self.lexer.fault("unexpected end of table name (table names cannot be empty)"));
                }
                Some('.') => return Err(self.lexer.fault("unexpected table separator (table names cannot be empty)")),
                Some(_) => self.name(&mut key)?,
            }
            self.lexer.skip(is_space)?;
            match self.lexer.next()? {
                Some('.') => {}
                Some(']') => break,
                other => {
                    let found = quoted_rune(other);
                    return Err(self.lexer.fault(format!("expected '.' or ']' to end table name, but got {found} instead")));
                }
            }
        }
        if !in_array {
            let opened = self.document.open_table(key);
            return self.at_key(opened);
        }
        match self.lexer.next()? {
            Some(']') => {
                let opened = self.document.open_table_in_array(key);
                self.at_key(opened)
            }
            other => {
                let found = quoted_rune(other);
                Err(self.lexer.fault(format!("expected end of table array name delimiter ']', but got {found} instead")))
            }
        }
    }

    /// One part of a key, perhaps in quotes; without a good character it is empty, and what follows is refused.
    fn name(&mut self, key: &mut Key) -> Result<(), Fault> {
        let name = match self.lexer.peek()? {
            Some('"') => {
                self.lexer.next()?;
                self.string()?.to_vec()
            }
            Some('\'') => {
                self.lexer.next()?;
                self.raw_string()?.to_vec()
            }
            _ => {
                let start = self.lexer.position;
                self.lexer.skip(|rune| u8::try_from(rune).is_ok_and(is_bare))?;
                self.lexer.text[start..self.lexer.position].to_vec()
            }
        };
        if key.is_empty() {
            self.key_line = self.lexer.line;
        }
        key.push(name);
        Ok(())
    }

    /// A key up to its `=`.
    fn key(&mut self) -> Result<Key, Fault> {
        match self.lexer.peek()? {
            None | Some('=') => return Err(self.lexer.fault("unexpected '=': key name appears blank")),
            Some('.') => return Err(self.lexer.fault("unexpected '.': keys cannot start with a '.'")),
            Some(_) => {}
        }
        let mut key = Key::new();
        loop {
            self.lexer.skip(is_space)?;
            match self.lexer.peek()? {
                None | Some('=') => return Err(self.lexer.fault("unexpected '='")),
                Some('.') => return Err(self.lexer.fault("unexpected '.'")),
                Some(_) => self.name(&mut key)?,
            }
            self.lexer.skip(is_space)?;
            match self.lexer.next()? {
                Some('.') => {}
                Some('=') => return Ok(key),
                None => return Err(self.lexer.fault("unexpected EOF; expected key separator '='")),
                other => {
                    let message = format!("expected '.' or '=', but got {} instead", quoted_rune(other));
                    let before = other == Some('\n');
                    return Err(if before { self.lexer.fault_before(message) } else { self.lexer.fault(message) });
                }
            }
        }
    }

    /// A key and its value. Returns the key and a copy of the value; the context is that of the key afterwards.
    pub(super) fn entry(&mut self) -> Result<(Key, Value), Fault> {
        let key = self.key()?;
        self.current = key.last().cloned().unwrap_or_default();
        for part in &key[..key.len() - 1] {
            let mut context = self.document.context.clone();
            context.push(part.clone());
            self.document.add_implicit(&context);
            let opened = self.document.open_table(context);
            self.at_key(opened)?;
        }
        let value = self.value(false)?;
        let name = self.current.clone();
        let defined = self.document.define(&name, Node::Value(value.clone()));
        self.at_key(defined)?;
        Ok((key, value))
    }

    /// The key of the value that is being read, from the root on.
    pub(super) fn full_key(&self) -> Key {
        let mut key = self.document.context.clone();
        if !self.current.is_empty() {
            key.push(self.current.clone());
        }
        key
    }

    pub(super) fn inline_table(&mut self, in_array: bool) -> Result<Value, Fault> {
        let (outer, outer_key) = (self.document.context.clone(), self.current.clone());
        let mut context = outer.clone();
        context.push(std::mem::take(&mut self.current));
        self.document.context = context.clone();
        self.document.add_implicit(&context);
        let opened =
            if in_array { self.document.open_table_in_array(context.clone()) } else { self.document.open_table(context.clone()) };
        self.at_key(opened)?;
        let table = Map::new();
        loop {
            self.lexer.skip(|rune| is_space(rune) || is_break(rune))?;
            match self.lexer.peek()? {
                Some('#') => {
                    self.comment()?;
                    continue;
                }
                Some(',') => {
                    self.lexer.next()?;
                    return Err(self.lexer.fault("unexpected comma"));
                }
                Some('}') => break,
                _ => {}
            }
            let (key, value) = self.entry()?;
            self.put(&table, &key, value)?;
            self.document.context = context.clone();
            if !self.another_in_table()? {
                break;
            }
        }
        self.lexer.next()?;
        self.document.context = outer;
        self.current = outer_key;
        Ok(Value::Map(table))
    }

    /// After an entry of an inline table: whether another one may follow; if not, the closing brace is next.
    fn another_in_table(&mut self) -> Result<bool, Fault> {
        let mut comma = false;
        loop {
            self.lexer.skip(|rune| is_space(rune) || (is_break(rune) && !comma))?;
            match self.lexer.peek()? {
                Some('}') => return Ok(false),
                _ if comma => return Ok(true),
                Some('#') => self.comment()?,
                Some(',') => {
                    self.lexer.next()?;
                    comma = true;
                }
                other => {
                    self.lexer.next()?;
                    let found = found(other);
                    let message = format!("expected a comma or an inline table terminator '}}', but got {found} instead");
                    return Err(self.lexer.fault(message));
                }
            }
        }
    }

    fn put(&self, table: &Map, key: &Key, value: Value) -> Result<(), Fault> {
        let mut table = table.clone();
        for part in &key[..key.len() - 1] {
            let next = match table.get(part) {
                None => {
                    let next = Map::new();
                    table.insert(Text::from(part.as_slice()), Value::Map(next.clone()));
                    next
                }
                Some(Value::Map(next)) => next,
                Some(_) => {
                    let message = format!("{:?} is not a table", String::from_utf8_lossy(&key_text(&self.document.context)));
                    return Err(Fault { line: self.key_line, message });
                }
            };
            table = next;
        }
        if let Some(last) = key.last() {
            table.insert(Text::from(last.as_slice()), value);
        }
        Ok(())
    }

    pub(super) fn deeper<T>(&mut self, body: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        if self.depth >= MAX_DEPTH {
            return Err(self.lexer.fault(format!("a value is nested deeper than {MAX_DEPTH} levels")));
        }
        self.depth += 1;
        let result = nested(|| body(self));
        self.depth -= 1;
        result
    }
}

/// A rune in single quotes, or the words for the end.
pub(super) fn found(rune: Option<char>) -> String {
    rune.map_or_else(|| "end of file".to_owned(), |rune| format!("'{rune}'"))
}
