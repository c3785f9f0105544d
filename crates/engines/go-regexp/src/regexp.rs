//! Compiled patterns.

use std::ops::Range;
use std::sync::Arc;

use regex_automata::Input;
use regex_automata::meta::{Config, Regex};
use regex_automata::util::captures::Captures as Found;

use crate::error::{CompileError, ErrorCode};
use crate::haystack::Haystack;
use crate::replacement::expand;
use crate::syntax::{Pattern, parse};

/// Bytes that the automaton of one pattern may take. Go allows more, but no pattern in use comes near.
const SIZE_LIMIT: usize = 16 << 20;

/// Bytes of stack, with much to spare, that `regex-automata` takes for one level of a tree. There are at most 1000 levels.
const STACK_OF_LEVEL: usize = 16 << 10;

/// A compiled pattern. Clones are cheap, and threads may share one.
#[derive(Debug, Clone)]
pub struct Regexp {
    automaton: Regex,
    names: Arc<[Option<String>]>,
    source: Arc<[u8]>,
}

/// What the groups of a pattern matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captures<'t> {
    text: &'t [u8],
    groups: Vec<Option<Range<usize>>>,
}

impl<'t> Captures<'t> {
    /// What a group matched, if it took part. Group 0 is the whole match.
    pub fn get(&self, index: usize) -> Option<&'t [u8]> {
        self.range(index).map(|range| &self.text[range])
    }

    /// Where a group matched, in bytes.
    pub fn range(&self, index: usize) -> Option<Range<usize>> {
        self.groups.get(index).cloned().flatten()
    }
}

impl Regexp {
    /// Reads a pattern, as Go's `regexp.Compile`.
    ///
    /// # Errors
    /// When Go refuses the pattern, with Go's text, or when its automaton takes more than 16 MiB ("expression too large").
    pub fn compile(pattern: &[u8]) -> Result<Self, CompileError> {
        let Pattern { body, height, names } = parse(pattern)?;
        let config = Config::new().nfa_size_limit(Some(SIZE_LIMIT)).utf8_empty(true);
        let build = || Regex::builder().configure(config).build_from_hir(&body).ok();
        let stack = height * STACK_OF_LEVEL;
        let automaton = stacker::maybe_grow(stack, stack, build).ok_or_else(|| CompileError {
            code: ErrorCode::TooLarge,
            expression: String::from_utf8_lossy(pattern).into_owned(),
        })?;
        Ok(Self { automaton, names: names.into(), source: pattern.into() })
    }

    /// The pattern as it was written.
    pub fn source(&self) -> &[u8] {
        &self.source
    }

    /// The name of each group, where it has one; the first is that of the whole match, which has none.
    pub fn group_names(&self) -> &[Option<String>] {
        &self.names
    }

    /// Whether there is a match anywhere in the text.
    pub fn is_match(&self, text: &[u8]) -> bool {
        self.automaton.is_match(Haystack::new(text).valid())
    }

    /// The first match.
    pub fn find<'t>(&self, text: &'t [u8]) -> Option<&'t [u8]> {
        self.find_all(text, Some(1)).pop()
    }

    /// The first match with its groups.
    pub fn captures<'t>(&self, text: &'t [u8]) -> Option<Captures<'t>> {
        let haystack = Haystack::new(text);
        let mut found = self.automaton.create_captures();
        self.automaton.search_captures(&Input::new(haystack.valid()), &mut found);
        found.is_match().then(|| captures(text, &haystack, &found))
    }

    /// The matches from left to right, at most `limit` of them. An empty match right behind another one does not count.
    pub fn find_all<'t>(&self, text: &'t [u8], limit: Option<usize>) -> Vec<&'t [u8]> {
        self.ranges(text, limit).into_iter().map(|range| &text[range]).collect()
    }

    /// Where [`Regexp::find_all`] finds its matches.
    pub fn ranges(&self, text: &[u8], limit: Option<usize>) -> Vec<Range<usize>> {
        let haystack = Haystack::new(text);
        let found = self.automaton.find_iter(haystack.valid()).take(limit.unwrap_or(usize::MAX));
        found.map(|found| haystack.original(found.start())..haystack.original(found.end())).collect()
    }

    /// The text with each match replaced. In the replacement, `$1`, `${1}`, `$name` and `${name}` stand for groups, `$$` for
    /// a dollar sign. A name is as long as it can be: `$1W` is the group called `1W`.
    pub fn replace_all(&self, text: &[u8], replacement: &[u8]) -> Vec<u8> {
        let haystack = Haystack::new(text);
        let mut output = Vec::with_capacity(text.len());
        let mut copied = 0;
        for found in self.automaton.captures_iter(haystack.valid()) {
            let captures = captures(text, &haystack, &found);
            let Some(whole) = captures.range(0) else { continue };
            output.extend_from_slice(&text[copied..whole.start]);
            expand(self, replacement, &captures, &mut output);
            copied = whole.end;
        }
        output.extend_from_slice(&text[copied..]);
        output
    }

    /// The template for one match of this pattern, as Go's `Regexp.Expand`; references to groups are those of
    /// [`Regexp::replace_all`].
    pub fn expand(&self, template: &[u8], captures: &Captures<'_>) -> Vec<u8> {
        let mut output = Vec::new();
        expand(self, template, captures, &mut output);
        output
    }

    /// The text with each match replaced by the replacement as it is.
    pub fn replace_all_literal(&self, text: &[u8], replacement: &[u8]) -> Vec<u8> {
        let mut output = Vec::with_capacity(text.len());
        let mut copied = 0;
        for whole in self.ranges(text, None) {
            output.extend_from_slice(&text[copied..whole.start]);
            output.extend_from_slice(replacement);
            copied = whole.end;
        }
        output.extend_from_slice(&text[copied..]);
        output
    }

    /// What stands between the matches, in at most `limit` parts; the last one is then the rest, matches and all. `None` is
    /// no limit. An empty text has one part, itself, unless the pattern is empty too.
    pub fn split<'t>(&self, text: &'t [u8], limit: Option<usize>) -> Vec<&'t [u8]> {
        if limit == Some(0) {
            return Vec::new();
        }
        if !self.source.is_empty() && text.is_empty() {
            return vec![text];
        }
        let (mut parts, mut begin, mut end) = (Vec::new(), 0, 0);
        for found in self.ranges(text, limit) {
            if limit.is_some_and(|limit| parts.len() == limit - 1) {
                break;
            }
            end = found.start;
            // An empty match at the very beginning separates nothing.
            if found.end != 0 {
                parts.push(&text[begin..end]);
            }
            begin = found.end;
        }
        if end != text.len() {
            parts.push(&text[begin..]);
        }
        parts
    }
}

fn captures<'t>(text: &'t [u8], haystack: &Haystack<'_>, found: &Found) -> Captures<'t> {
    let range =
        |group: Option<regex_automata::Span>| group.map(|group| haystack.original(group.start)..haystack.original(group.end));
    Captures { text, groups: found.iter().map(range).collect() }
}
