//! Tables written by Go's own libraries: sigs.k8s.io/yaml 1.6.0 on yaml v2 2.4.4, yaml v3 3.0.5, kyaml 0.21.2.
//!
//! Every cell is JSON. `!` stands for an error, an empty cell for the cell to its left (or, for v3, the first result).

use manifest::yaml::{Dialect, SequenceIndent, YamlError, check_printable, parse_value, parse_value_strict, to_yaml, to_yaml_v3};
use serde_json::Value;

fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().map(|line| line.split('\t').collect())
}

fn text(cell: &str) -> String {
    serde_json::from_str(cell).expect("every cell is a JSON string")
}

/// At most ten of the failures, so that a broken rule can be read.
fn report(failures: &[String]) {
    assert!(failures.is_empty(), "{} rows differ:\n{}", failures.len(), failures[..failures.len().min(10)].join("\n"));
}

#[test]
fn values_print_as_go_prints_them() {
    let mut failures = Vec::new();
    let mut count = 0;
    for row in rows(include_str!("data/emit.tsv")) {
        let value: Value = serde_json::from_str(row[0]).expect("the first cell is a value");
        let compact = if row[2].is_empty() { row[1] } else { row[2] };
        let wide = if row[3].is_empty() { compact } else { row[3] };
        let mut check = |kind: &str, expected: &str, ours: String| {
            if text(expected) != ours {
                failures.push(format!("{kind} {}\n  go   {expected}\n  ours {ours:?}", row[0]));
            }
        };
        if row[1] == "!" {
            assert!(check_printable(&value).is_err(), "Go refuses {}", row[0]);
        } else {
            check("v2", row[1], to_yaml(&value));
            assert!(check_printable(&value).is_ok(), "Go prints {}", row[0]);
        }
        check("v3 compact", compact, to_yaml_v3(&value, SequenceIndent::Compact));
        check("v3 wide", wide, to_yaml_v3(&value, SequenceIndent::Wide));
        count += 1;
    }
    report(&failures);
    assert!(count > 2_000, "the table is whole");
}

#[test]
fn what_is_printed_reads_back_as_the_same_value() {
    let mut failures = Vec::new();
    for row in rows(include_str!("data/emit.tsv")).filter(|row| row[1] != "!") {
        let value = through_json(serde_json::from_str(row[0]).expect("the first cell is a value"));
        // Go's own output of these does not read back: line separators, next lines that JSON text folds, keys that merge, and the
        // sign of zero.
        let lossy = row[0].contains(['\u{85}', '\u{2028}', '\u{2029}', '\u{feff}']);
        if lossy || row[0].contains("\"<<\": ") || row[0].contains("-0.0") {
            continue;
        }
        let back = parse_value(to_yaml(&value), Dialect::V2);
        if back.as_ref() != Ok(&value) {
            failures.push(format!("{}\n  {back:?}", row[0]));
        }
    }
    report(&failures);
}

/// Integral floats become integers, as on every way through JSON text.
fn through_json(value: Value) -> Value {
    serde_json::from_str(&manifest::json::to_json(&value)).unwrap_or(value)
}

#[test]
fn texts_mean_what_they_mean_to_go() {
    let mut failures = Vec::new();
    let mut count = 0;
    for row in rows(include_str!("data/parse.tsv")) {
        let input = text(row[0]);
        let results =
            [parse_value(&input, Dialect::V2), parse_value_strict(&input, Dialect::V2), parse_value(&input, Dialect::V3)];
        for (index, ours) in results.into_iter().enumerate() {
            let expected = if row[index + 1].is_empty() { row[1] } else { row[index + 1] };
            let same = match (expected, &ours) {
                // Listed in differences.tsv, or a scalar at the root, which kyaml has no JSON for.
                ("?", _) => true,
                ("!", ours) => ours.is_err(),
                (expected, Ok(ours)) => through_json(serde_json::from_str(expected).expect("JSON")) == through_json(ours.clone()),
                (_, Err(_)) => false,
            };
            if !same {
                failures.push(format!("{index} {}\n  go   {expected}\n  ours {ours:?}", row[0]));
            }
            count += 1;
        }
    }
    report(&failures);
    assert!(count > 15_000, "the table is whole");
}

/// Texts that both dialects refuse, and in whose refusal we agree with Go to the letter.
#[test]
fn errors_have_the_words_and_lines_of_go() {
    let mut failures = Vec::new();
    for row in rows(include_str!("data/errors.tsv")) {
        let input = text(row[0]);
        let expected_v3 = if row[2].is_empty() { row[1] } else { row[2] };
        for (dialect, expected) in [(Dialect::V2, row[1]), (Dialect::V3, expected_v3)] {
            let ours = parse_value(&input, dialect).map_err(|error: YamlError| error.to_string());
            if ours != Err(text(expected)) {
                failures.push(format!("{dialect:?} {}\n  go   {expected}\n  ours {ours:?}", row[0]));
            }
        }
    }
    report(&failures);
}

/// Each row: text, dialect, Go's result, ours. A row that no longer differs belongs into `parse.tsv`.
#[test]
fn known_differences_are_still_exactly_these() {
    for row in rows(include_str!("data/differences.tsv")) {
        let dialect = if row[1] == "v2" { Dialect::V2 } else { Dialect::V3 };
        let ours = parse_value(text(row[0]), dialect);
        let ours = ours.as_ref().map_or("!".to_owned(), manifest::json::to_json);
        assert_eq!(ours, row[3], "{} in {}", row[0], row[1]);
        assert_ne!(row[2], row[3], "{}", row[0]);
    }
}
