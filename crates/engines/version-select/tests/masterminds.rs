//! Agreement with github.com/Masterminds/semver/v3 v3.5.0, whose answers the tables in `corpus` are.

use std::cmp::Ordering;
use version_select::{Constraint, Version};

/// Reads a text that Go printed in quotes; what occurs in the tables is JSON, too.
fn unquote(text: &str) -> String {
    serde_json::from_str(text).expect("the corpus is well-formed")
}

/// Columns: the range in quotes, a version, then yes, no, or the error.
#[test]
fn ranges_hold_for_the_same_versions() {
    let mut wrong = Vec::new();
    for line in include_str!("corpus/constraints.tsv").lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        let (text, expect) = (unquote(columns[0]), columns[2]);
        let version: Version = columns[1].parse().unwrap();
        let found = match text.parse::<Constraint>() {
            Ok(constraint) if constraint.allows(&version) => "yes".to_owned(),
            Ok(_) => "no".to_owned(),
            // Rust writes the one character that is not ASCII in another way than Go.
            Err(error) => format!("error: {error}").replace("\\u{a0}", "\\u00a0"),
        };
        if found != expect {
            wrong.push(format!("{line}: found {found}"));
        }
    }
    assert!(wrong.is_empty(), "{} rows differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// Columns: the text in quotes, then its canonical form or `error`.
#[test]
fn versions_are_read_alike() {
    for line in include_str!("corpus/versions.tsv").lines() {
        let (text, expect) = line.split_once('\t').unwrap();
        let found = unquote(text).parse::<Version>().map_or("error".to_owned(), |version| version.to_string());
        assert_eq!(found, expect, "{text}");
    }
}

/// Columns: two versions, then how they compare.
#[test]
fn versions_are_ordered_alike() {
    for line in include_str!("corpus/order.tsv").lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        let (left, right): (Version, Version) = (columns[0].parse().unwrap(), columns[1].parse().unwrap());
        let expect = columns[2].parse::<i32>().unwrap().cmp(&0);
        assert_eq!(left.cmp(&right), expect, "{line}");
        assert_eq!(left == right, expect == Ordering::Equal, "{line}");
    }
}

#[test]
fn oversized_ranges_and_versions_are_refused() {
    let error = |text: &str| text.parse::<Constraint>().map(drop).map_err(|error| error.to_string());
    assert_eq!(error(&">=1 ".repeat(129)), Err("constraint string is too long (max 512 bytes)".to_owned()));
    assert_eq!(error(&["1"; 33].join("||")), Err("too many constraint groups (max 32)".to_owned()));
    assert_eq!(error(&["1"; 32].join("||")), Ok(()));
    assert_eq!("1".repeat(257).parse::<Version>().unwrap_err().to_string(), "version string is too long (max 256 bytes)");
}
