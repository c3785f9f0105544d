//! The order in which Go's YAML libraries print a mapping's keys: natural, so that `a9` comes before `a10`.

use std::cmp::Ordering;

use super::Dialect;
use super::letters::{is_decimal_digit, is_letter};

/// Compares two keys as Go's `keyList` sorts them.
///
/// Go's relation is not transitive for every set of keys; where it is not, Go's own result depends on chance.
pub fn compare_keys(left: &str, right: &str, dialect: Dialect) -> Ordering {
    if left == right {
        Ordering::Equal
    } else if is_less(left, right, dialect) {
        Ordering::Less
    } else {
        Ordering::Greater
    }
}

/// Sorts entries by key. Unlike the standard library's sort it may be given any relation.
pub(super) fn sort_entries<T>(entries: &mut Vec<(&str, T)>, dialect: Dialect) {
    let sorted = entries
        .windows(2)
        .all(|pair| letters_only(pair[0].0) && letters_only(pair[1].0) || !is_less(pair[1].0, pair[0].0, dialect));
    if !sorted {
        let unsorted = std::mem::take(entries);
        *entries = merge_sort(unsorted, dialect);
    }
}

/// Keys of letters only keep their bytewise order, in which the caller's map has them.
fn letters_only(key: &str) -> bool {
    key.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn merge_sort<T>(mut entries: Vec<(&str, T)>, dialect: Dialect) -> Vec<(&str, T)> {
    if entries.len() < 2 {
        return entries;
    }
    let right = entries.split_off(entries.len() / 2);
    let length = entries.len() + right.len();
    let mut left = merge_sort(entries, dialect).into_iter().peekable();
    let mut right = merge_sort(right, dialect).into_iter().peekable();
    let mut merged = Vec::with_capacity(length);
    while let (Some(first), Some(second)) = (left.peek(), right.peek()) {
        let next = if is_less(second.0, first.0, dialect) { right.next() } else { left.next() };
        merged.extend(next);
    }
    merged.extend(left);
    merged.extend(right);
    merged
}

fn is_less(left: &str, right: &str, dialect: Dialect) -> bool {
    let common = left.char_indices().zip(right.chars()).find(|((_, a), b)| a != b);
    let Some(((index, a), b)) = common else {
        return left.len() < right.len();
    };
    match (is_letter(a), is_letter(b)) {
        (true, true) => return a < b,
        // v3 puts a letter that follows a digit before anything else, v2 always puts letters last.
        (a_is_letter, b_is_letter) if a_is_letter || b_is_letter => {
            let after_digit = left[..index].chars().next_back().is_some_and(is_decimal_digit);
            return if dialect == Dialect::V3 && after_digit { a_is_letter } else { b_is_letter };
        }
        _ => {}
    }
    let start = i64::from((a == '0' || b == '0') && follows_nonzero_number(&left[..index]));
    let (left_number, left_digits) = number(&left[index..], start);
    let (right_number, right_digits) = number(&right[index..], start);
    (left_number, left_digits, a) < (right_number, right_digits, b)
}

/// Whether the digits at the end of the common part hold one that is not zero.
fn follows_nonzero_number(common: &str) -> bool {
    common.chars().rev().take_while(|&character| is_decimal_digit(character)).any(|character| character != '0')
}

/// The number the text starts with, wrapping as Go's does, and how many digits it has.
fn number(text: &str, start: i64) -> (i64, usize) {
    let mut value = start;
    let mut count = 0;
    for character in text.chars().take_while(|&character| is_decimal_digit(character)) {
        value = value.wrapping_mul(10).wrapping_add(i64::from(u32::from(character)) - i64::from(u32::from('0')));
        count += 1;
    }
    (value, count)
}
