//! Patterns as trees that `regex-automata` runs.

use regex_syntax::hir::{Capture, Class, ClassUnicode, ClassUnicodeRange, Hir, Look, Repetition};

use super::class;
use super::cursor::Cursor;
use super::group::{Flags, Opening, opening};
use crate::error::{CompileError, ErrorCode};

/// The highest count of a repetition, and of repetitions in each other together.
const REPEAT_LIMIT: u32 = 1000;

/// The most levels of a tree.
const HEIGHT_LIMIT: usize = 1000;

/// The most instructions that Go compiles a pattern to.
const SIZE_LIMIT: u64 = (128 << 20) / 40;

/// A pattern that has been read.
#[derive(Debug)]
pub(crate) struct Pattern {
    /// What it matches.
    pub(crate) body: Hir,
    /// How many levels that has; at most 1000.
    pub(crate) height: usize,
    /// The names of its groups, beginning with the whole match.
    pub(crate) names: Vec<Option<String>>,
}

/// Reads a pattern.
pub(crate) fn parse(pattern: &[u8]) -> Result<Pattern, CompileError> {
    let mut parser = Parser {
        cursor: Cursor::new(pattern),
        flags: Flags::default(),
        names: vec![None],
        open: Vec::new(),
        branches: Branches::default(),
    };
    parser.run()?;
    if !parser.open.is_empty() {
        return Err(parser.cursor.whole_error(ErrorCode::MissingParenthesis));
    }
    let body = std::mem::take(&mut parser.branches).finish();
    let body = parser.checked(body)?;
    Ok(Pattern { body: body.tree, height: body.height, names: parser.names })
}

/// A part of a pattern, with the measures that Go limits.
struct Node {
    tree: Hir,
    /// Levels of the tree.
    height: usize,
    /// Instructions that Go would compile it to.
    size: u64,
    /// How often counted repetitions in it repeat the innermost part.
    repeats: u32,
}

impl Node {
    fn leaf(tree: Hir) -> Self {
        Self { tree, height: 1, size: 1, repeats: 1 }
    }
}

/// The alternatives of a group, the last of which is being read.
#[derive(Default)]
struct Branches {
    done: Vec<Node>,
    current: Vec<Node>,
}

impl Branches {
    fn next_branch(&mut self) {
        let current = std::mem::take(&mut self.current);
        self.done.push(joined(current, Hir::concat));
    }

    fn finish(mut self) -> Node {
        self.next_branch();
        joined(self.done, Hir::alternation)
    }
}

fn joined(mut nodes: Vec<Node>, join: fn(Vec<Hir>) -> Hir) -> Node {
    if nodes.len() == 1
        && let Some(node) = nodes.pop()
    {
        return node;
    }
    let height = 1 + nodes.iter().map(|node| node.height).max().unwrap_or_default();
    let size = nodes.iter().map(|node| node.size).sum::<u64>().max(1);
    let repeats = nodes.iter().map(|node| node.repeats).max().unwrap_or(1);
    Node { tree: join(nodes.into_iter().map(|node| node.tree).collect()), height, size, repeats }
}

/// A group that has been opened.
struct Open {
    /// Its number, if its match is kept.
    capture: Option<u32>,
    /// The flags around it.
    flags: Flags,
    /// What was read of the group around it.
    around: Branches,
}

struct Parser<'p> {
    cursor: Cursor<'p>,
    flags: Flags,
    names: Vec<Option<String>>,
    open: Vec<Open>,
    branches: Branches,
}

impl Parser<'_> {
    fn run(&mut self) -> Result<(), CompileError> {
        let mut repetition = None;
        while let Some(byte) = self.cursor.peek() {
            let start = self.cursor.at;
            let last = repetition.take();
            match byte {
                b'(' => self.open()?,
                b')' => self.close()?,
                b'|' => {
                    self.cursor.at += 1;
                    self.branches.next_branch();
                }
                b'*' | b'+' | b'?' => {
                    self.cursor.at += 1;
                    let (least, most) = match byte {
                        b'*' => (0, None),
                        b'+' => (1, None),
                        _ => (0, Some(1)),
                    };
                    self.repeat((least, most), false, start, last)?;
                    repetition = Some(start);
                }
                b'{' => match self.counts()? {
                    Some(counts) => {
                        self.repeat(counts, true, start, last)?;
                        repetition = Some(start);
                    }
                    None => self.character()?,
                },
                b'\\' => self.backslash()?,
                b'[' => {
                    let class = class::bracketed(&mut self.cursor, self.flags.fold)?;
                    self.push(Hir::class(Class::Unicode(class)));
                }
                b'^' | b'$' | b'.' => self.symbol(byte),
                _ => self.character()?,
            }
        }
        Ok(())
    }

    fn push(&mut self, tree: Hir) {
        self.branches.current.push(Node::leaf(tree));
    }

    fn literal(&mut self, rune: u32) {
        let class = class::range(rune, rune, self.flags.fold);
        self.push(Hir::class(Class::Unicode(class)));
    }

    /// One character that means itself.
    fn character(&mut self) -> Result<(), CompileError> {
        if let Some(letter) = self.cursor.next()? {
            self.literal(letter.into());
        }
        Ok(())
    }

    fn symbol(&mut self, symbol: u8) {
        self.cursor.at += 1;
        let tree = match (symbol, self.flags) {
            (b'^', Flags { lines: true, .. }) => Hir::look(Look::StartLF),
            (b'^', _) => Hir::look(Look::Start),
            (b'$', Flags { lines: true, .. }) => Hir::look(Look::EndLF),
            (b'$', _) => Hir::look(Look::End),
            (_, flags) => {
                let mut class = ClassUnicode::empty();
                if !flags.dot_all {
                    class.push(ClassUnicodeRange::new('\n', '\n'));
                }
                class.negate();
                Hir::class(Class::Unicode(class))
            }
        };
        self.push(tree);
    }

    fn backslash(&mut self) -> Result<(), CompileError> {
        let start = self.cursor.at;
        let look = match self.cursor.rest().get(1) {
            Some(b'A') => Look::Start,
            Some(b'z') => Look::End,
            Some(b'b') => Look::WordAscii,
            Some(b'B') => Look::WordAsciiNegate,
            Some(b'C') => {
                self.cursor.at += 2;
                return Err(self.cursor.error(ErrorCode::Escape, start));
            }
            Some(b'Q') => return self.quoted(),
            _ => {
                match class::escaped(&mut self.cursor, self.flags.fold)? {
                    Some(class) => self.push(Hir::class(Class::Unicode(class))),
                    None => {
                        let rune = class::escape(&mut self.cursor)?;
                        self.literal(rune);
                    }
                }
                return Ok(());
            }
        };
        self.cursor.at += 2;
        self.push(Hir::look(look));
        Ok(())
    }

    /// `\Q…\E`, or up to the end of the pattern.
    fn quoted(&mut self) -> Result<(), CompileError> {
        self.cursor.at += 2;
        while !self.cursor.rest().is_empty() && !self.cursor.take(r"\E") {
            self.character()?;
        }
        Ok(())
    }

    fn open(&mut self) -> Result<(), CompileError> {
        let (capture, inner) = match opening(&mut self.cursor, self.flags)? {
            Opening::Flags(flags) => {
                self.flags = flags;
                return Ok(());
            }
            Opening::Plain(flags) => (None, flags),
            Opening::Capture(name) => {
                self.names.push(name);
                (u32::try_from(self.names.len() - 1).ok(), self.flags)
            }
        };
        let around = std::mem::take(&mut self.branches);
        self.open.push(Open { capture, flags: self.flags, around });
        self.flags = inner;
        Ok(())
    }

    fn close(&mut self) -> Result<(), CompileError> {
        let Some(open) = self.open.pop() else {
            return Err(self.cursor.whole_error(ErrorCode::UnexpectedParenthesis));
        };
        self.cursor.at += 1;
        let mut node = std::mem::replace(&mut self.branches, open.around).finish();
        self.flags = open.flags;
        if let Some(index) = open.capture {
            // Names are kept apart, because in Go two groups may have the same.
            node.tree = Hir::capture(Capture { index, name: None, sub: Box::new(node.tree) });
            node.height += 1;
            node.size += 2;
        }
        let node = self.checked(node)?;
        self.branches.current.push(node);
        Ok(())
    }

    /// Reads `{2}`, `{2,}` or `{2,3}`. `None` if the brace is just a brace.
    fn counts(&mut self) -> Result<Option<(u32, Option<u32>)>, CompileError> {
        let start = self.cursor;
        let mut cursor = start;
        cursor.at += 1;
        let Some(least) = count(&mut cursor) else { return Ok(None) };
        let most = match cursor.take(",") {
            false => Some(least),
            true if cursor.starts_with("}") => None,
            true => match count(&mut cursor) {
                Some(most) => Some(most),
                None => return Ok(None),
            },
        };
        if !cursor.take("}") {
            return Ok(None);
        }
        self.cursor = cursor;
        if least > REPEAT_LIMIT || most.is_some_and(|most| most > REPEAT_LIMIT || least > most) {
            return Err(cursor.error(ErrorCode::RepeatCount, start.at));
        }
        Ok(Some((least, most)))
    }

    /// Repeats what was read last. `start` is where the operator begins, `last` where the one right before it does.
    fn repeat(
        &mut self,
        (least, most): (u32, Option<u32>),
        counted: bool,
        start: usize,
        last: Option<usize>,
    ) -> Result<(), CompileError> {
        let lazy = self.cursor.take("?") != self.flags.lazy;
        if let Some(last) = last {
            return Err(self.cursor.error(ErrorCode::NestedRepetition, last));
        }
        let Some(Node { tree, height, size, repeats }) = self.branches.current.pop() else {
            return Err(self.cursor.error(ErrorCode::MissingRepeatArgument, start));
        };
        let times = most.unwrap_or(least);
        let repeats = match (counted, most) {
            (true, Some(0)) => 1,
            (true, _) => repeats.saturating_mul(times.max(1)),
            (false, _) => repeats,
        };
        let size = match (counted, most) {
            (true, Some(most)) => u64::from(most).saturating_mul(size).saturating_add(u64::from(most - least)),
            (true, None) => u64::from(least).saturating_mul(size).saturating_add(2),
            (false, _) => size + 2,
        };
        let repetition = Repetition { min: least, max: most, greedy: !lazy, sub: Box::new(tree) };
        let node = Node { tree: Hir::repetition(repetition), height: height + 1, size, repeats };
        let node = self.checked(node)?;
        if counted && times >= 2 && repeats > REPEAT_LIMIT {
            return Err(self.cursor.error(ErrorCode::RepeatCount, start));
        }
        self.branches.current.push(node);
        Ok(())
    }

    fn checked(&self, node: Node) -> Result<Node, CompileError> {
        if node.size > SIZE_LIMIT {
            return Err(self.cursor.whole_error(ErrorCode::TooLarge));
        }
        if node.height > HEIGHT_LIMIT {
            return Err(self.cursor.whole_error(ErrorCode::NestingDepth));
        }
        Ok(node)
    }
}

/// Reads a number without zeros in front; one too large for any limit is still a number.
fn count(cursor: &mut Cursor<'_>) -> Option<u32> {
    let rest = cursor.rest();
    let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 || (length > 1 && rest[0] == b'0') {
        return None;
    }
    cursor.at += length;
    let number = std::str::from_utf8(&rest[..length]).ok()?;
    Some(number.parse().unwrap_or(u32::MAX))
}
