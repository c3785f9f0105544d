//! Patterns of one name, as Go's `filepath.Match` reads them: `*`, `?`, `[a-z]`, `[^a]` and `\` before a literal.

/// A compiled pattern: parts that are each found at the first place where they fit, after an optional `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Glob(Vec<Part>);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Part {
    after_star: bool,
    tokens: Vec<Token>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Byte(u8),
    AnyCharacter,
    Class { negated: bool, ranges: Vec<(char, char)> },
}

impl Glob {
    /// Reads a pattern; `None` where it is malformed, which makes it match nothing.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = vec![Part::default()];
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            if c == '*' {
                // Stars in a row are one.
                match parts.last_mut() {
                    Some(part) if part.tokens.is_empty() => part.after_star = true,
                    _ => parts.push(Part { after_star: true, tokens: Vec::new() }),
                }
                continue;
            }
            let tokens = &mut parts.last_mut()?.tokens;
            match c {
                '?' => tokens.push(Token::AnyCharacter),
                '[' => tokens.push(class(&mut rest)?),
                '\\' => push_literal(tokens, rest.next()?),
                c => push_literal(tokens, c),
            }
        }
        Some(Self(parts))
    }

    /// Whether the pattern matches the whole of a name.
    pub(super) fn matches(&self, name: &str) -> bool {
        let mut rest = name.as_bytes();
        for (index, part) in self.0.iter().enumerate() {
            let last = index + 1 == self.0.len();
            if last && part.after_star && part.tokens.is_empty() {
                return true;
            }
            let starts = if part.after_star { rest.len() } else { 0 };
            let found = (0..=starts).find_map(|start| part.match_at(&rest[start..]).filter(|left| !last || left.is_empty()));
            match found {
                Some(left) => rest = left,
                None => return false,
            }
        }
        rest.is_empty()
    }
}

impl Part {
    /// Matches at the beginning of `bytes`; what is left of them.
    fn match_at<'a>(&self, mut bytes: &'a [u8]) -> Option<&'a [u8]> {
        for token in &self.tokens {
            let (first, rest) = bytes.split_first()?;
            match token {
                Token::Byte(byte) if byte == first => bytes = rest,
                Token::Byte(_) => return None,
                Token::AnyCharacter => bytes = decode(bytes).1,
                Token::Class { negated, ranges } => {
                    let (character, rest) = decode(bytes);
                    if ranges.iter().any(|(low, high)| (low..=high).contains(&&character)) == *negated {
                        return None;
                    }
                    bytes = rest;
                }
            }
        }
        Some(bytes)
    }
}

fn push_literal(tokens: &mut Vec<Token>, literal: char) {
    tokens.extend(literal.encode_utf8(&mut [0; 4]).bytes().map(Token::Byte));
}

/// Reads a class after its `[`. A range's ends may be escaped; `]`, `-` and the end of the pattern may not stand for one.
fn class(rest: &mut std::str::Chars<'_>) -> Option<Token> {
    let negated = rest.as_str().starts_with('^');
    if negated {
        rest.next();
    }
    let mut ranges = Vec::new();
    loop {
        if !ranges.is_empty() && rest.as_str().starts_with(']') {
            rest.next();
            return Some(Token::Class { negated, ranges });
        }
        let low = range_end(rest)?;
        let high = if rest.as_str().starts_with('-') {
            rest.next();
            range_end(rest)?
        } else {
            low
        };
        ranges.push((low, high));
    }
}

fn range_end(rest: &mut std::str::Chars<'_>) -> Option<char> {
    match rest.next()? {
        '-' | ']' => None,
        '\\' => rest.next(),
        c => Some(c),
    }
}

/// The first character and what follows it. Inside of a character, where a `*` may have led, a single byte counts as one.
fn decode(bytes: &[u8]) -> (char, &[u8]) {
    let window = &bytes[..bytes.len().min(4)];
    let valid = match std::str::from_utf8(window) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&window[..error.valid_up_to()]).unwrap_or(""),
    };
    match valid.chars().next() {
        Some(character) => (character, &bytes[character.len_utf8()..]),
        None => (char::REPLACEMENT_CHARACTER, bytes.get(1..).unwrap_or(&[])),
    }
}
