//! Which styles a scalar's text allows: the questions an emitter of Go's family asks before it writes.

use super::Dialect;
use super::resolve::{self, Resolved, resolve};

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
}

/// A mapping key that is written as `key: value`, or anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    SimpleKey,
    Value,
}

/// What the characters of a text permit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Analysis {
    /// Holds a line break of any kind.
    pub(super) multiline: bool,
    plain: bool,
    single_quoted: bool,
    block: bool,
}

impl Analysis {
    /// Whether the text may be written as a block (`|` or `>`).
    pub(super) fn allows_block(self) -> bool {
        self.block
    }
}

const PLAIN: Analysis = Analysis { multiline: false, plain: true, single_quoted: true, block: true };

/// Chooses the style of a string.
pub(super) fn choose(text: &str, analysis: Analysis, role: Role, dialect: Dialect) -> Style {
    if text.contains('\n') {
        return if role == Role::Value && analysis.block { Style::Literal } else { Style::DoubleQuoted };
    }
    if !reads_as_text(text, dialect) {
        return Style::DoubleQuoted;
    }
    if analysis.plain {
        return Style::Plain;
    }
    let breaks_key = role == Role::SimpleKey && analysis.multiline;
    if analysis.single_quoted && !breaks_key { Style::SingleQuoted } else { Style::DoubleQuoted }
}

/// Whether a plain scalar of this text would be read as the same string.
fn reads_as_text(text: &str, dialect: Dialect) -> bool {
    if dialect == Dialect::V3 && resolve::old_bool(text).is_some() {
        return false;
    }
    resolve(text, dialect) == Resolved::Text && !is_base_60(text)
}

/// `12:30:45.6`: YAML 1.1 read it as a number, so Go quotes it.
fn is_base_60(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !unsigned.starts_with(|first: char| first.is_ascii_digit()) {
        return false;
    }
    let mut parts = unsigned.split(':');
    let whole = parts.next().unwrap_or_default();
    let mut rest: Vec<&str> = parts.collect();
    let Some(last) = rest.pop() else { return false };
    let (last, fraction) = last.split_once('.').unwrap_or((last, ""));
    let digits_or_underscores = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    digits_or_underscores(whole)
        && digits_or_underscores(fraction)
        && rest.iter().chain([&last]).all(|part| match part.as_bytes() {
            [digit] => digit.is_ascii_digit(),
            [tens, digit] => (b'0'..=b'5').contains(tens) && digit.is_ascii_digit(),
            _ => false,
        })
}

/// Letters, digits and `-./_` after a letter or digit: no rule below can object.
fn is_harmless(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'/' | b'_'))
}

/// Looks at every character once.
pub(super) fn analyze(text: &str, dialect: Dialect) -> Analysis {
    if is_harmless(text) {
        return PLAIN;
    }
    if text.is_empty() {
        return Analysis { block: false, ..PLAIN };
    }
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n')) {
        return analyze_ascii(text);
    }
    analyze_any(text, dialect)
}

/// The rules, character by character; the text is not empty.
fn analyze_any(text: &str, dialect: Dialect) -> Analysis {
    let mut seen = Seen { indicators: text.starts_with("---") || text.starts_with("..."), ..Seen::default() };
    let mut after_white = true;
    let mut characters = text.char_indices().peekable();
    while let Some((index, character)) = characters.next() {
        let before_white = characters.peek().is_none_or(|(_, next)| matches!(next, ' ' | '\t'));
        seen.indicators |= if index == 0 {
            is_leading_indicator(character, before_white)
        } else {
            (character == ':' && before_white) || (character == '#' && after_white)
        };
        if character == '\t' && dialect == Dialect::V3 {
            seen.tab = true;
        } else if !is_printable(character) {
            seen.special = true;
        }
        seen.white(character, index == 0, characters.peek().is_none());
        after_white = matches!(character, ' ' | '\t' | '\0') || is_break(character);
    }
    seen.analysis()
}

/// As [`analyze_any`], for a text of printable ASCII and line feeds: every rule is about two characters that meet.
fn analyze_ascii(text: &str) -> Analysis {
    let bytes = text.as_bytes();
    let (first, last) = (bytes[0], bytes[bytes.len() - 1]);
    let before_white = bytes.get(1).is_none_or(|&next| next == b' ');
    let leading = text.starts_with("---") || text.starts_with("...") || is_leading_indicator(char::from(first), before_white);
    let mut seen = Seen { indicators: leading || last == b':', ..Seen::default() };
    for (&one, &next) in bytes.iter().zip(&bytes[1..]) {
        seen.indicators |= (one == b':' && next == b' ') | (next == b'#' && matches!(one, b' ' | b'\n'));
        seen.space_after_break |= one == b'\n' && next == b' ';
        seen.break_after_space |= one == b' ' && next == b'\n';
    }
    let is_white = |byte| matches!(byte, b' ' | b'\n');
    seen.breaks = text.contains('\n');
    seen.white_at_an_end = is_white(first) || is_white(last);
    seen.trailing_space = last == b' ';
    seen.analysis()
}

fn is_leading_indicator(character: char, before_white: bool) -> bool {
    match character {
        '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => true,
        '?' | ':' | '-' => before_white,
        _ => false,
    }
}

#[derive(Default)]
struct Seen {
    indicators: bool,
    special: bool,
    tab: bool,
    breaks: bool,
    white_at_an_end: bool,
    trailing_space: bool,
    space_after_break: bool,
    break_after_space: bool,
    last_was_space: bool,
    last_was_break: bool,
}

impl Seen {
    fn white(&mut self, character: char, first: bool, last: bool) {
        let (space, line_break) = (character == ' ', is_break(character));
        if space || line_break {
            self.white_at_an_end |= first || last;
        }
        self.trailing_space |= space && last;
        self.space_after_break |= space && self.last_was_break;
        self.break_after_space |= line_break && self.last_was_space;
        self.breaks |= line_break;
        self.last_was_space = space;
        self.last_was_break = line_break;
    }

    fn analysis(&self) -> Analysis {
        let unquotable = self.space_after_break || self.break_after_space || self.special || self.tab;
        Analysis {
            multiline: self.breaks,
            plain: !(unquotable || self.indicators || self.breaks || self.white_at_an_end),
            single_quoted: !unquotable,
            block: !(self.trailing_space || self.break_after_space || self.special),
        }
    }
}

/// Line feed, carriage return, next line, line separator, paragraph separator.
pub(super) fn is_break(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// What Go's emitters write without an escape. Characters above U+FFFF are not among them.
pub(super) fn is_printable(character: char) -> bool {
    matches!(character, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii_is_analyzed_as_any_text() {
        let alphabet = [' ', '\n', '-', '.', ':', '#', '?', '\'', 'a'];
        let mut texts = vec![String::new()];
        for _ in 0..4 {
            texts = texts.iter().flat_map(|text| alphabet.map(|next| format!("{text}{next}"))).collect();
            for text in &texts {
                for dialect in [Dialect::V2, Dialect::V3] {
                    assert_eq!(analyze_ascii(text), analyze_any(text, dialect), "{text:?}");
                }
            }
        }
    }
}
