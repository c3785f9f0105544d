//! Glob patterns of `#`, `##`, `%` and `%%`: `*`, `?`, `[a-z]`, `[^a]`, `\x`. Unlike in paths, `*` and `?` match `/`.
//!
//! The search is Flux's, not a full one: a star takes the first place where the literal after it fits and never looks back, so a few
//! patterns that could match do not. Malformed patterns are noticed only when the match gets to them.

use crate::error::TemplateError;
use crate::evaluate::Budget;
use crate::letters::decode;

/// Whether a pattern matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Match,
    NoMatch,
    BadPattern,
}

/// The text after a matched piece, or why there is none.
enum Piece<'name> {
    Rest(&'name [u8]),
    NoMatch,
    BadPattern,
}

/// Whether `pattern` matches all of `name`.
pub(crate) fn matches(pattern: &[u8], name: &[u8], budget: &mut Budget) -> Result<Verdict, TemplateError> {
    let (mut pattern, mut name) = (pattern, name);
    'pieces: while !pattern.is_empty() {
        let (star, piece, rest) = next_piece(pattern);
        pattern = rest;
        if star && piece.is_empty() {
            return Ok(Verdict::Match);
        }
        match match_piece(piece, name, budget)? {
            Piece::Rest(after) if after.is_empty() || !pattern.is_empty() => {
                name = after;
                continue;
            }
            Piece::BadPattern => return Ok(Verdict::BadPattern),
            Piece::Rest(_) | Piece::NoMatch => {}
        }
        if star {
            for start in 1..=name.len() {
                match match_piece(piece, name.get(start..).unwrap_or_default(), budget)? {
                    Piece::Rest(after) if pattern.is_empty() && !after.is_empty() => {}
                    Piece::Rest(after) => {
                        name = after;
                        continue 'pieces;
                    }
                    Piece::NoMatch => {}
                    Piece::BadPattern => return Ok(Verdict::BadPattern),
                }
            }
        }
        return Ok(Verdict::NoMatch);
    }
    Ok(if name.is_empty() { Verdict::Match } else { Verdict::NoMatch })
}

/// Splits off leading stars and what follows them up to the next star outside of brackets.
fn next_piece(pattern: &[u8]) -> (bool, &[u8], &[u8]) {
    let stars = pattern.iter().take_while(|byte| **byte == b'*').count();
    let pattern = pattern.get(stars..).unwrap_or_default();
    let (mut in_class, mut escaped) = (false, false);
    let mut length = pattern.len();
    for (index, byte) in pattern.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'[' => in_class = true,
            b']' => in_class = false,
            b'*' if !in_class => {
                length = index;
                break;
            }
            _ => {}
        }
    }
    let (piece, rest) = pattern.split_at_checked(length).unwrap_or((pattern, &[]));
    (stars > 0, piece, rest)
}

/// Whether `name` starts with something that `piece`, which has no star, matches.
fn match_piece<'name>(piece: &[u8], name: &'name [u8], budget: &mut Budget) -> Result<Piece<'name>, TemplateError> {
    let (mut piece, mut name) = (piece, name);
    while let Some((&operator, after)) = piece.split_first() {
        budget.spend(1)?;
        let Some((&byte, after_byte)) = name.split_first() else {
            return Ok(Piece::NoMatch);
        };
        match operator {
            b'[' => {
                let (character, width) = decode(name);
                budget.spend(after.len() as u64)?;
                match match_class(after, character) {
                    Some((true, rest)) => piece = rest,
                    Some((false, _)) => return Ok(Piece::NoMatch),
                    None => return Ok(Piece::BadPattern),
                }
                name = name.get(width..).unwrap_or_default();
            }
            b'?' => {
                name = name.get(decode(name).1..).unwrap_or_default();
                piece = after;
            }
            _ => {
                let (literal, rest) = match (operator, after.split_first()) {
                    (b'\\', None) => return Ok(Piece::BadPattern),
                    (b'\\', Some((&literal, rest))) => (literal, rest),
                    _ => (operator, after),
                };
                if literal != byte {
                    return Ok(Piece::NoMatch);
                }
                name = after_byte;
                piece = rest;
            }
        }
    }
    Ok(Piece::Rest(name))
}

/// Whether the class that starts after `[` has `character`, and what follows `]`. `None` when malformed.
fn match_class(class: &[u8], character: char) -> Option<(bool, &[u8])> {
    let (negated, mut class) = match class.strip_prefix(b"^") {
        Some(rest) => (true, rest),
        None => (false, class),
    };
    let (mut found, mut ranges) = (false, 0_usize);
    loop {
        if ranges > 0 && class.first() == Some(&b']') {
            return Some((found != negated, class.get(1..)?));
        }
        let (low, rest) = class_character(class)?;
        let (high, rest) = match rest.strip_prefix(b"-") {
            Some(rest) => class_character(rest)?,
            None => (low, rest),
        };
        found |= low <= character && character <= high;
        ranges += 1;
        class = rest;
    }
}

/// One character of a class, and the rest, which is never empty: a class must end.
fn class_character(class: &[u8]) -> Option<(char, &[u8])> {
    let class = match class.first()? {
        b'-' | b']' => return None,
        b'\\' => class.get(1..)?,
        _ => class,
    };
    let (character, width) = decode(class);
    if character == char::REPLACEMENT_CHARACTER && width <= 1 {
        return None;
    }
    class.get(width..).filter(|rest| !rest.is_empty()).map(|rest| (character, rest))
}
