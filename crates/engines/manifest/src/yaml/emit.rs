//! Writes values as Go's YAML libraries do, byte for byte.
//!
//! [`to_yaml`] is `sigs.k8s.io/yaml`'s `Marshal` and `JSONToYAML`: what `kustomize build`, Helm's `toYaml` and Flux print.
//! [`to_yaml_v3`] is a `go.yaml.in/yaml/v3` encoder with an indent of two, as kyaml configures it. They differ in few places: only
//! sigs folds long lines at 80 columns, indents no sequences, and knows floats by the text JSON has for them.

use std::borrow::Cow;

use serde_json::{Number, Value};

use super::scalar_style::{Role, Style, analyze, choose, is_break, is_printable};
use super::{Dialect, Position, Shape, View, YamlError, encoding, key_order};
use crate::{json, number};

/// Whether a sequence in a mapping is indented; kyaml calls it the sequence style.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SequenceIndent {
    /// The dash below the key's first letter.
    #[default]
    Compact,
    /// The dash two columns to the right.
    Wide,
}

/// The text `sigs.k8s.io/yaml` prints for a value; ends with a line break.
///
/// Go refuses values that hold certain control characters; see [`check_printable`].
pub fn to_yaml(value: &Value) -> String {
    let mut out = String::new();
    write_yaml(&mut out, value);
    out
}

/// Appends what [`to_yaml`] returns; any [`View`] can be printed so.
pub fn write_yaml<'v>(out: &mut String, value: impl View<'v>) {
    write_document(out, value, Dialect::V2, SequenceIndent::Compact, KeyOrder::Natural);
}

/// The text an encoder of `go.yaml.in/yaml/v2` prints for mappings whose keys were sorted bytewise before; ends with a line break.
///
/// It is [`to_yaml`]'s but for the order of keys, and for strings with U+0085, which do not go through JSON here.
pub fn to_yaml_bytewise(value: &Value) -> String {
    let mut out = String::new();
    write_document(&mut out, value, Dialect::V2, SequenceIndent::Compact, KeyOrder::Bytewise);
    out
}

/// The text kyaml prints for a value decoded from JSON; ends with a line break.
///
/// Integers print as integers. Floats print as Go prints them, so `1000000.0` gives `1e+06`.
pub fn to_yaml_v3(value: &Value, sequences: SequenceIndent) -> String {
    let mut out = String::new();
    write_document(&mut out, value, Dialect::V3, sequences, KeyOrder::Natural);
    out
}

/// Whether Go's sigs yaml prints this value at all.
///
/// It goes through JSON text read as YAML, so a string with DEL, a C1 control, U+FFFE or U+FFFF is refused, and a key must not hold
/// U+0085 or be longer than a simple key may be.
///
/// # Errors
/// [`YamlError`], without a useful position.
pub fn check_printable(value: &Value) -> Result<(), YamlError> {
    match value {
        Value::String(text) => check_text(text),
        Value::Array(items) => items.iter().try_for_each(check_printable),
        Value::Object(entries) => entries.iter().try_for_each(|(key, value)| {
            check_text(key)?;
            let broken = key.contains('\u{85}');
            // One byte takes at most six characters of JSON text.
            if broken || key.len() > SIMPLE_KEY / 8 && json::string_length(key) > SIMPLE_KEY {
                let problem = "did not find expected ',' or '}'".to_owned();
                return Err(YamlError::Syntax { problem, go_line: broken.then_some(1), position: Position::default() });
            }
            check_printable(value)
        }),
        _ => Ok(()),
    }
}

fn check_text(text: &str) -> Result<(), YamlError> {
    if text.chars().all(|character| character < ' ' || encoding::is_allowed(character)) {
        return Ok(());
    }
    Err(YamlError::Encoding { problem: "control characters are not allowed", position: Position::default() })
}

/// Characters of JSON text a key may have, its quotes included.
const SIMPLE_KEY: usize = 1024;
/// Columns after which sigs yaml looks for a space to break a line at.
const WIDTH: usize = 80;
/// Columns by which each level is indented.
const INDENT: usize = 2;
/// As much indentation as is written at once.
const SPACES: &str = "                                                                ";

/// What is left of a string on sigs yaml's way through JSON text, which is read as YAML: there U+0085 is a line break and is folded.
fn through_json_text(text: &str, dialect: Dialect) -> Cow<'_, str> {
    const BREAK: char = '\u{85}';
    if dialect == Dialect::V3 || !text.contains(BREAK) {
        return Cow::Borrowed(text);
    }
    let mut folded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(index) = rest.find(BREAK) {
        let after = rest[index..].trim_start_matches([' ', BREAK]);
        let breaks = rest[index..rest.len() - after.len()].matches(BREAK).count();
        folded.push_str(rest[..index].trim_end_matches(' '));
        if breaks == 1 {
            folded.push(' ');
        }
        folded.extend(std::iter::repeat_n('\n', breaks - 1));
        rest = after;
    }
    folded.push_str(rest);
    Cow::Owned(folded)
}

/// Who sorted the keys of mappings.
#[derive(Clone, Copy, PartialEq)]
enum KeyOrder {
    /// The library.
    Natural,
    /// Its caller.
    Bytewise,
}

fn write_document<'v>(out: &mut String, value: impl View<'v>, dialect: Dialect, sequences: SequenceIndent, keys: KeyOrder) {
    let mut emitter = Emitter { out, dialect, sequences, keys, column: 0, after_white: true, only_indentation: true };
    emitter.node(value, None, Place::Alone);
    emitter.start_line(0);
}

/// What a node is to its parent.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Alone,
    Item,
    MappingValue,
}

struct Emitter<'a> {
    out: &'a mut String,
    dialect: Dialect,
    sequences: SequenceIndent,
    keys: KeyOrder,
    /// Characters since the last line break.
    column: usize,
    /// Whether the last thing written separates tokens.
    after_white: bool,
    /// Whether the line so far holds only indentation and indicators that count as such.
    only_indentation: bool,
}

impl Emitter<'_> {
    /// `indent` is the column of the enclosing collection, `None` outside of any.
    fn node<'v>(&mut self, value: impl View<'v>, indent: Option<usize>, place: Place) {
        match value.shape() {
            Shape::Sequence(items) if items.is_empty() => self.token("[]"),
            Shape::Mapping(entries) if entries.is_empty() => self.token("{}"),
            Shape::Sequence(items) => self.sequence(items, indent, place),
            Shape::Mapping(entries) => self.mapping(entries, indent),
            Shape::Text(text) => {
                let text = &*match self.keys {
                    KeyOrder::Natural => through_json_text(&text, self.dialect),
                    KeyOrder::Bytewise => Cow::Borrowed(&*text),
                };
                let analysis = analyze(text, self.dialect);
                let style = choose(text, analysis, Role::Value, self.dialect);
                self.scalar(text, style, Role::Value, indent);
            }
            Shape::Null => self.token("null"),
            Shape::Bool(true) => self.token("true"),
            Shape::Bool(false) => self.token("false"),
            Shape::Number(number) => self.number(&number),
        }
    }

    fn number(&mut self, number: &Number) {
        let float = number.as_f64().filter(|_| number.is_f64());
        let text = match (float, self.dialect) {
            (None, _) => number.to_string(),
            (Some(float), Dialect::V3) => number::general_float(float),
            // JSON's "-0" is read back as the integer 0.
            (Some(0.0), Dialect::V2) => "0".to_owned(),
            (Some(float), Dialect::V2) => match number::through_json(float) {
                Some(integer) if !integer.is_f64() => integer.to_string(),
                _ => number::general_float(float),
            },
        };
        self.token(&text);
    }

    fn sequence<'v>(&mut self, items: Vec<impl View<'v>>, indent: Option<usize>, place: Place) {
        let unindented = place == Place::MappingValue && !self.only_indentation && self.sequences == SequenceIndent::Compact;
        let indent = indent.map_or(0, |indent| if unindented { indent } else { indent + INDENT });
        for item in items {
            self.start_line(indent);
            self.indicator("-");
            self.node(item, Some(indent), Place::Item);
        }
    }

    fn mapping<'v>(&mut self, mut entries: Vec<(&'v str, impl View<'v>)>, indent: Option<usize>) {
        let indent = indent.map_or(0, |indent| indent + INDENT);
        if self.keys == KeyOrder::Natural {
            key_order::sort_entries(&mut entries, self.dialect);
        }
        for (key, value) in entries {
            self.start_line(indent);
            self.key(key, indent);
            self.node(value, Some(indent), Place::MappingValue);
        }
    }

    fn key(&mut self, key: &str, indent: usize) {
        let analysis = analyze(key, self.dialect);
        if !analysis.multiline && key.len() <= 128 {
            let style = choose(key, analysis, Role::SimpleKey, self.dialect);
            self.scalar(key, style, Role::SimpleKey, Some(indent));
            self.push_ascii(":");
            self.after_white = false;
            self.only_indentation = false;
            return;
        }
        self.indicator("?");
        let style = choose(key, analysis, Role::Value, self.dialect);
        self.scalar(key, style, Role::Value, Some(indent));
        self.start_line(indent);
        self.indicator(":");
    }

    fn scalar(&mut self, text: &str, style: Style, role: Role, indent: Option<usize>) {
        let indent = indent.unwrap_or(0) + INDENT;
        let fold = role == Role::Value && self.dialect == Dialect::V2;
        match style {
            Style::Plain => {
                self.separate();
                self.flow_text(text, fold.then_some(indent), |_, _| false);
            }
            Style::SingleQuoted => self.single_quoted(text, fold, indent),
            Style::DoubleQuoted => self.double_quoted(text, fold.then_some(indent)),
            Style::Literal => return self.literal(text, indent),
        }
        self.after_white = false;
        self.only_indentation = false;
    }

    /// Text in which a single space may become a line break once the line is full.
    fn flow_text(&mut self, text: &str, fold: Option<usize>, keep_space: impl Fn(usize, usize) -> bool) {
        let Some(indent) = fold.filter(|_| self.column + text.len() > WIDTH) else {
            return self.push_line(text);
        };
        let mut written = 0;
        for (index, space) in text.match_indices(' ') {
            self.push_line(&text[written..index]);
            written = index + 1;
            let alone = !text[..index].ends_with(space) && !text[written..].starts_with(space);
            if alone && self.column > WIDTH && !keep_space(index, text.len()) {
                self.only_indentation = false;
                self.start_line(indent);
            } else {
                self.push_ascii(space);
            }
        }
        self.push_line(&text[written..]);
    }

    fn single_quoted(&mut self, text: &str, fold: bool, indent: usize) {
        self.separate();
        self.push_ascii("'");
        let quoted = text.replace('\'', "''");
        if quoted.contains(is_break) {
            self.broken_lines(&quoted, fold, indent);
        } else {
            // The first and last characters of the text are never folded away.
            let length = quoted.len();
            self.flow_text(&quoted, fold.then_some(indent), |index, _| index == 0 || index + 1 == length);
        }
        self.push_ascii("'");
    }

    /// A quoted text with Unicode's line and paragraph separators, which count as line breaks but need no escape.
    fn broken_lines(&mut self, text: &str, fold: bool, indent: usize) {
        let mut after_break = false;
        let mut after_space = false;
        for (index, character) in text.char_indices() {
            if is_break(character) {
                self.push_char(character);
                self.column = 0;
                self.only_indentation = true;
                after_break = true;
                continue;
            }
            let space = character == ' ';
            let inside = index > 0 && index + 1 < text.len();
            let next_is_space = text[index + character.len_utf8()..].starts_with(' ');
            if fold && space && !after_space && self.column > WIDTH && inside && !next_is_space {
                self.start_line(indent);
            } else {
                if after_break && !space {
                    self.start_line(indent);
                }
                self.push_char(character);
                self.only_indentation &= space;
            }
            after_break &= space;
            after_space = space;
        }
    }

    fn double_quoted(&mut self, text: &str, fold: Option<usize>) {
        self.separate();
        self.push_ascii("\"");
        // Go looks for a byte order mark at the text's start whatever character it is at.
        let all = text.starts_with('\u{feff}');
        let mut after_space = false;
        for (index, character) in text.char_indices() {
            if all || !is_printable(character) || is_break(character) || matches!(character, '"' | '\\') {
                self.escape(character);
                after_space = false;
                continue;
            }
            let space = character == ' ';
            let inside = index > 0 && index + 1 < text.len();
            match fold {
                Some(indent) if space && !after_space && self.column > WIDTH && inside => {
                    self.only_indentation = false;
                    self.start_line(indent);
                    if text[index + 1..].starts_with(' ') {
                        self.push_ascii("\\");
                    }
                }
                _ => self.push_char(character),
            }
            after_space = space;
        }
        self.push_ascii("\"");
    }

    fn escape(&mut self, character: char) {
        let short = match character {
            '\0' => "\\0",
            '\u{7}' => "\\a",
            '\u{8}' => "\\b",
            '\t' => "\\t",
            '\n' => "\\n",
            '\u{b}' => "\\v",
            '\u{c}' => "\\f",
            '\r' => "\\r",
            '\u{1b}' => "\\e",
            '"' => "\\\"",
            '\\' => "\\\\",
            '\u{85}' => "\\N",
            '\u{a0}' => "\\_",
            '\u{2028}' => "\\L",
            '\u{2029}' => "\\P",
            _ => {
                let code = u32::from(character);
                let text = match code {
                    0..=0xff => format!("\\x{code:02X}"),
                    0x100..=0xffff => format!("\\u{code:04X}"),
                    _ => format!("\\U{code:08X}"),
                };
                return self.push_ascii(&text);
            }
        };
        self.push_ascii(short);
    }

    fn literal(&mut self, text: &str, indent: usize) {
        self.separate();
        self.push_ascii("|");
        if text.starts_with(|first| first == ' ' || is_break(first)) {
            self.push_ascii("2");
        }
        let mut backwards = text.chars().rev();
        if !backwards.next().is_some_and(is_break) {
            self.push_ascii("-");
        } else if backwards.next().is_none_or(is_break) {
            self.push_ascii("+");
        }
        self.break_line();
        self.after_white = true;
        for line in text.split_inclusive(is_break) {
            let content = line.trim_end_matches(is_break);
            if !content.is_empty() {
                self.start_line(indent);
                self.push_line(content);
                self.only_indentation = false;
            }
            match &line[content.len()..] {
                "" => {}
                "\n" => self.break_line(),
                other => {
                    self.out.push_str(other);
                    self.column = 0;
                    self.only_indentation = true;
                }
            }
        }
    }

    /// Goes to a new line, unless this one is still free up to `indent`, and indents it.
    fn start_line(&mut self, indent: usize) {
        if !self.only_indentation || self.column > indent || (self.column == indent && !self.after_white) {
            self.break_line();
        }
        while self.column < indent {
            let missing = (indent - self.column).min(SPACES.len());
            self.push_ascii(&SPACES[..missing]);
        }
        self.after_white = true;
        self.only_indentation = true;
    }

    fn break_line(&mut self) {
        self.out.push('\n');
        self.column = 0;
        self.only_indentation = true;
    }

    fn separate(&mut self) {
        if !self.after_white {
            self.out.push(' ');
            self.column += 1;
        }
    }

    /// `-`, `?` or `:` at a line's start: it counts as indentation.
    fn indicator(&mut self, text: &str) {
        self.separate();
        self.push_ascii(text);
        self.after_white = false;
    }

    /// A plain ASCII word that is never folded.
    fn token(&mut self, text: &str) {
        self.separate();
        self.push_ascii(text);
        self.after_white = false;
        self.only_indentation = false;
    }

    fn push_ascii(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += text.len();
    }

    fn push_line(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += text.chars().count();
    }

    fn push_char(&mut self, character: char) {
        self.out.push(character);
        self.column += 1;
    }
}
