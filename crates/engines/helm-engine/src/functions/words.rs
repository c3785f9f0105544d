//! Splits names into words, as `huandu/xstrings` does for `camelcase`, `snakecase` and `kebabcase`.

use crate::go::letter::{is_letter, is_number, is_punctuation, is_space, is_upper, to_lower, to_upper};
use crate::go::runes;

fn is_connector(rune: char) -> bool {
    rune == '-' || rune == '_' || is_space(rune)
}

/// A letter of a script with words; most Chinese, Japanese and Korean characters are none.
fn is_alphabetic(rune: char) -> bool {
    let is_ideograph = matches!(rune, '\u{4e00}'..='\u{9fcc}' | '\u{3400}'..='\u{4d85}' | '\u{20000}'..='\u{2b81d}');
    is_letter(rune) && !is_ideograph
}

/// `OneTwoThree`: connectors between words vanish, those at both ends stay, and a run of capitals is one word.
pub(super) fn pascal_case(text: &[u8]) -> Vec<u8> {
    let mut output = String::with_capacity(text.len());
    let mut runes = runes::runes(text).map(|(rune, _)| rune);
    let mut current = None;
    for rune in runes.by_ref() {
        if !is_connector(rune) {
            current = Some(rune);
            break;
        }
        output.push(rune);
    }
    let Some(first) = current else {
        // The last of nothing but connectors is written twice.
        output.extend(output.chars().next_back());
        return output.into_bytes();
    };
    let mut in_capitals = is_upper(first);
    let mut current = to_upper(first);
    for mut rune in runes {
        let previous = current;
        if is_connector(previous) && is_connector(rune) {
            output.push(previous);
        } else if is_connector(previous) {
            in_capitals = is_upper(rune);
            rune = to_upper(rune);
        } else {
            if in_capitals && is_upper(rune) {
                rune = to_lower(rune);
            } else {
                in_capitals = false;
            }
            output.push(previous);
        }
        current = rune;
    }
    output.push(current);
    output.into_bytes()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Invalid,
    Number,
    Capitals,
    Letters,
    Connector,
    Punctuation,
    Other,
}

/// `one_two_three`, with any connector.
pub(super) fn lower_case(text: &[u8], connector: char) -> Vec<u8> {
    if text.is_empty() {
        return Vec::new();
    }
    let mut words = Words { rest: text, output: Vec::with_capacity(text.len() + 8), connector };
    let (mut kind, mut word) = words.next();
    while !words.rest.is_empty() {
        if kind != Kind::Connector {
            words.write(kind, word);
        }
        let (previous, last) = (kind, word);
        (kind, word) = words.next();
        match previous {
            Kind::Number => {
                (kind, word) = words.write_letters_and_numbers((kind, word));
                words.connect_unless(kind, &[Kind::Invalid, Kind::Punctuation, Kind::Connector]);
            }
            Kind::Connector => words.write(previous, last),
            Kind::Punctuation => {}
            _ if kind != Kind::Number => words.connect_unless(kind, &[Kind::Connector, Kind::Punctuation]),
            _ if words.rest.is_empty() => {}
            _ => (kind, word) = words.number_within(word),
        }
    }
    words.write(kind, word);
    words.output
}

struct Words<'t> {
    rest: &'t [u8],
    output: Vec<u8>,
    connector: char,
}

impl<'t> Words<'t> {
    /// A number after letters belongs to them (`Bld4Floor`), unless small letters follow it (`HTTP2xx`).
    fn number_within(&mut self, number: &'t [u8]) -> (Kind, &'t [u8]) {
        let next = self.next();
        if next.0 != Kind::Letters {
            self.write(Kind::Number, number);
            self.connect_unless(next.0, &[Kind::Connector, Kind::Punctuation]);
            return next;
        }
        self.push(self.connector);
        self.write(Kind::Number, number);
        let next = self.write_letters_and_numbers(next);
        self.connect_unless(next.0, &[Kind::Invalid, Kind::Connector, Kind::Punctuation]);
        next
    }

    fn write_letters_and_numbers(&mut self, mut next: (Kind, &'t [u8])) -> (Kind, &'t [u8]) {
        while matches!(next.0, Kind::Letters | Kind::Number) {
            self.write(next.0, next.1);
            next = self.next();
        }
        next
    }

    fn connect_unless(&mut self, kind: Kind, exceptions: &[Kind]) {
        if !exceptions.contains(&kind) {
            self.push(self.connector);
        }
    }

    fn push(&mut self, rune: char) {
        self.output.extend_from_slice(rune.encode_utf8(&mut [0; 4]).as_bytes());
    }

    fn write(&mut self, kind: Kind, word: &[u8]) {
        if !matches!(kind, Kind::Capitals | Kind::Connector) {
            return self.output.extend_from_slice(word);
        }
        for (rune, _) in runes::runes(word) {
            self.push(match rune {
                _ if is_connector(rune) => self.connector,
                _ if is_upper(rune) => to_lower(rune),
                _ => rune,
            });
        }
    }

    /// Takes the next word off. Bytes that are not UTF-8 belong to the rune after them.
    fn next(&mut self) -> (Kind, &'t [u8]) {
        let text = self.rest;
        if text.is_empty() {
            return (Kind::Invalid, text);
        }
        let mut rest = text;
        let (first, size) = valid_rune(rest, char::REPLACEMENT_CHARACTER);
        rest = &rest[size..];
        let (kind, length) = match first {
            char::REPLACEMENT_CHARACTER => (Kind::Invalid, size),
            _ if is_connector(first) => (Kind::Connector, size + span(rest, first, is_connector)),
            _ if is_punctuation(first) => (Kind::Punctuation, size + span(rest, first, is_punctuation)),
            _ if is_upper(first) => (Kind::Capitals, size + capitals(rest, first)),
            _ if is_alphabetic(first) => (Kind::Letters, size + span(rest, first, is_small)),
            _ if is_number(first) => (Kind::Number, size + span(rest, first, is_number)),
            _ => (Kind::Other, size + span(rest, first, is_other)),
        };
        self.rest = &text[length..];
        (kind, &text[..length])
    }
}

fn is_small(rune: char) -> bool {
    is_alphabetic(rune) && !is_upper(rune)
}

fn is_other(rune: char) -> bool {
    !is_connector(rune) && !is_alphabetic(rune) && !is_number(rune) && !is_punctuation(rune)
}

/// The first rune that is UTF-8, with the bytes up to its end; `before` when there is none.
fn valid_rune(text: &[u8], before: char) -> (char, usize) {
    let mut size = 0;
    for (rune, bytes) in runes::runes(text) {
        size += bytes.len();
        if rune != char::REPLACEMENT_CHARACTER {
            return (rune, size);
        }
    }
    (before, size)
}

/// How many bytes belong to runes of a kind.
fn span(text: &[u8], first: char, belongs: fn(char) -> bool) -> usize {
    let (mut length, mut before) = (0, first);
    while length < text.len() {
        let (rune, size) = valid_rune(&text[length..], before);
        if !belongs(rune) {
            break;
        }
        length += size;
        before = rune;
    }
    length
}

/// After a capital: small letters, or more capitals, of which the last belongs to the next word when that has small letters.
fn capitals(text: &[u8], first: char) -> usize {
    if text.is_empty() {
        return 0;
    }
    let (second, size) = valid_rune(text, first);
    if !is_upper(second) {
        return if is_alphabetic(second) { size + span(&text[size..], second, is_small) } else { 0 };
    }
    let (mut length, mut last) = (size, size);
    let mut before = second;
    while length < text.len() {
        let (rune, size) = valid_rune(&text[length..], before);
        if !is_upper(rune) {
            return if is_alphabetic(rune) { length - last } else { length };
        }
        (length, last, before) = (length + size, size, rune);
    }
    length
}
