//! Scalars that tell readers of YAML apart, and words that many objects share.

use crate::Choices;
use crate::yaml::{Item, raw, text};

/// Names are few, so that objects refer to each other.
pub(super) const NAMES: [&str; 6] = ["app", "web", "db", "app-config", "cache", "my.name"];

/// Keys of labels, annotations and data.
pub(super) const KEYS: [&str; 9] = ["app", "tier", "env", "app.kubernetes.io/name", "a.b", "k10", "k9", "Key", "z_1"];

/// Strings that are no trouble.
const WORDS: [&str; 8] = ["one", "two", "web", "app", "prod", "a-b", "x.y.z", "http"];

/// Strings that need care when they are printed again.
const HARD: [&str; 34] = [
    "",
    "true",
    "yes",
    "y",
    "No",
    "on",
    "null",
    "~",
    "0",
    "012",
    "0x1F",
    "1_000",
    "1e3",
    "1.50",
    ".5",
    "-1",
    "2001-01-01",
    "12:30",
    "=",
    "<<",
    "#x",
    "- a",
    "? b",
    ": ",
    "a: b",
    "a #b",
    "a:",
    "@a",
    "'q'",
    "\"d\"",
    " lead",
    "trail ",
    "tab\tin",
    "ä €",
];

/// Texts of several lines.
const LINES: [&str; 10] = [
    "a\nb\n",
    "a\nb",
    "key: value\nother:\n  - 1\n",
    "{\"a\": {\"b\": \"c\"}, \"n\": 1}",
    "{\n  \"a\": {\n    \"b\": \"c\"\n  }\n}\n",
    " lead\nb\n",
    "\n\nx\n",
    "x \ny\n",
    "a\n\n\n",
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen\n",
];

/// Scalars that are no strings, or only to some readers.
const RAW: [&str; 40] = [
    "1",
    "0",
    "-5",
    "80",
    "8080",
    "true",
    "false",
    "null",
    "~",
    "",
    "1.5",
    "1.50",
    "1e3",
    "1e-7",
    "012",
    "0o17",
    "0x1F",
    "0b11",
    "1_000",
    "9007199254740993",
    "18446744073709551615",
    "123456789012345678901234567890",
    "2001-01-01",
    "2001-12-14t21:59:43.10-05:00",
    "yes",
    "No",
    "on",
    "y",
    "n",
    "12:30:45",
    "=",
    "!!str 1",
    "!!int \"3\"",
    "!!float 1",
    "!!binary aGk=",
    "!custom x",
    "+1",
    "1.",
    "a b  c",
    "-.5e+2",
];

/// A string.
pub(super) fn string(choices: &mut Choices<'_>) -> Item {
    match choices.below(10) {
        0 => text(choices.of(&HARD)),
        1 if choices.once_in(3) => text(choices.of(&LINES)),
        1 => text(choices.of(&["$(VAR_A)", "x-$(VAR_A)-$(VAR_B)", "$$(VAR_A)", "$(NONE)", "$(VAR_B)"])),
        2 => text(choices.of(&NAMES)),
        _ => text(choices.of(&WORDS)),
    }
}

/// A long string, which is folded when it is printed.
pub(super) fn long(choices: &mut Choices<'_>) -> Item {
    let words = 8 + choices.below(30);
    let parts: Vec<&str> =
        (0..words).map(|_| choices.of(&["word", "longer-word", "a", "", "x: y", "#", "averyveryverylongword"])).collect();
    text(parts.join(" "))
}

/// Anything scalar.
pub(super) fn scalar(choices: &mut Choices<'_>) -> Item {
    match choices.below(8) {
        0 | 1 => raw(choices.of(&RAW)),
        2 => raw(choices.of(&["1", "3", "true", "80", "0.5"])),
        3 if choices.once_in(4) => long(choices),
        _ => string(choices),
    }
}

/// Anything, not deep.
pub(super) fn any(choices: &mut Choices<'_>, depth: usize) -> Item {
    match choices.below(if depth == 0 { 5 } else { 8 }) {
        5 => Item::List((0..choices.below(4)).map(|_| any(choices, depth - 1)).collect()),
        6 | 7 => Item::Map(entries(choices, 4, &mut |choices| any(choices, depth - 1))),
        _ => scalar(choices),
    }
}

/// Entries under different keys.
pub(super) fn entries(
    choices: &mut Choices<'_>,
    most: usize,
    value: &mut dyn FnMut(&mut Choices<'_>) -> Item,
) -> Vec<(String, Item)> {
    let mut entries: Vec<(String, Item)> = Vec::new();
    for _ in 0..choices.below(most + 1) {
        let key =
            if choices.once_in(80) { choices.of(&["1", "y", "null", "true", "ä", "a b", "0x1"]) } else { choices.of(&KEYS) };
        if entries.iter().all(|(known, _)| known != key) {
            entries.push((key.to_owned(), value(choices)));
        }
    }
    entries
}

/// Labels: strings, rarely anything else.
pub(super) fn labels(choices: &mut Choices<'_>) -> Item {
    Item::Map(entries(choices, 3, &mut |choices| match choices.below(30) {
        0 => raw(choices.of(&RAW)),
        1 => text(choices.of(&HARD)),
        _ => text(choices.of(&WORDS)),
    }))
}
