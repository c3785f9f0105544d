//! Upper and lower case, and names in the manners of programming languages.

use go_template::{Functions, Signature, Type};

use super::arguments::{Arguments, give};
use super::words;
use crate::go::letter::{is_digit, is_letter, is_lower, is_space, is_title, is_upper, to_lower, to_title, to_upper};
use crate::go::runes;

/// Adds these functions.
pub(super) fn register(functions: &mut Functions) {
    add(functions, "upper", |text| runes::map(text, to_upper));
    add(functions, "lower", |text| runes::map(text, to_lower));
    add(functions, "title", title);
    add(functions, "untitle", untitle);
    add(functions, "swapcase", swap_case);
    add(functions, "initials", initials);
    add(functions, "camelcase", words::pascal_case);
    add(functions, "snakecase", |text| words::lower_case(text, '_'));
    add(functions, "kebabcase", |text| words::lower_case(text, '-'));
}

fn add(functions: &mut Functions, name: &str, body: fn(&[u8]) -> Vec<u8>) {
    functions.insert_native(name, Signature::fixed(&[Type::String]), move |arguments, call| {
        give(call, body(&Arguments::new(arguments).text()))
    });
}

/// `strings.Title`.
fn title(text: &[u8]) -> Vec<u8> {
    let mut previous = ' ';
    runes::map(text, |rune| if separates(std::mem::replace(&mut previous, rune)) { to_title(rune) } else { rune })
}

fn separates(rune: char) -> bool {
    if rune.is_ascii() {
        return !rune.is_ascii_alphanumeric() && rune != '_';
    }
    !is_letter(rune) && !is_digit(rune) && is_space(rune)
}

fn untitle(text: &[u8]) -> Vec<u8> {
    let mut begins = true;
    runes::map(text, |rune| {
        if is_space(rune) {
            begins = true;
            rune
        } else if std::mem::take(&mut begins) {
            to_lower(rune)
        } else {
            rune
        }
    })
}

/// A lower case letter after white space becomes title case, and only a rune without case ends a word.
fn swap_case(text: &[u8]) -> Vec<u8> {
    let mut after_space = true;
    runes::map(text, |rune| {
        if is_upper(rune) || is_title(rune) {
            after_space = false;
            to_lower(rune)
        } else if is_lower(rune) {
            if std::mem::take(&mut after_space) { to_title(rune) } else { to_upper(rune) }
        } else {
            after_space = is_space(rune);
            rune
        }
    })
}

/// Takes the bytes for Latin-1.
fn initials(text: &[u8]) -> Vec<u8> {
    let mut after_gap = true;
    let runes = text.iter().map(|&byte| char::from(byte));
    let first_of_words = runes.filter(|&rune| {
        let space = is_space(rune);
        std::mem::replace(&mut after_gap, space) && !space
    });
    first_of_words.collect::<String>().into_bytes()
}
