//! Bounds and checks that are ours; agreement with Flux is in `tests/envsubst.rs`.

use super::*;
use crate::letters::{to_lower, to_upper};

fn variables(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn failure(text: &str, pairs: &[(&str, &str)]) -> TemplateError {
    match substitute(text, &variables(pairs), Strictness::Strict) {
        Err(SubstitutionError::Template { source }) => source,
        other => panic!("{other:?}"),
    }
}

#[test]
fn names_are_checked_as_flux_checks_them() {
    for name in ["a", "_", "A1", "_1", "a_B"] {
        assert_eq!(check_variable_name(name), Ok(()));
    }
    for name in ["", "1", "a-b", "a.b", "é", "a b", "a\n"] {
        assert!(check_variable_name(name).is_err(), "{name:?}");
    }
    // The wording is of fluxcd/pkg/kustomize, kustomize_varsub.go.
    let error = substitute("", &variables(&[("a-b", "")]), Strictness::Strict).unwrap_err();
    assert_eq!(error.to_string(), "'a-b' var name is invalid, must match '^[_[:alpha:]][_[:alpha:][:digit:]]*$'");
}

#[test]
fn newlines_are_stripped_from_values_and_nothing_else_is() {
    assert_eq!(without_newlines("a\nb\n\r\t c\n"), "ab\r\t c");
}

#[test]
fn sec_d9_value_with_newlines_adds_no_document() {
    let value = without_newlines("a\n---\nkind: ClusterRoleBinding\n");
    assert_eq!(
        substitute("k: ${X}", &variables(&[("X", &value)]), Strictness::Strict).unwrap(),
        "k: a---kind: ClusterRoleBinding"
    );
}

#[test]
fn sec_d9_value_is_not_substituted_again() {
    assert_eq!(substitute("${X}", &variables(&[("X", "${Y}$$"), ("Y", "no")]), Strictness::Strict).unwrap(), "${Y}$$");
}

#[test]
fn sec_d9_nesting_is_bounded() {
    let nested = |depth: usize| format!("{}x{}", "${u:=".repeat(depth), "}".repeat(depth));
    assert_eq!(substitute(&nested(128), &BTreeMap::new(), Strictness::Strict).unwrap(), "x");
    for depth in [129, 1000, 100_000] {
        assert_eq!(failure(&nested(depth), &[]), TemplateError::TooDeep { limit: 128 });
    }
}

#[test]
fn sec_d9_output_is_bounded() {
    let a = "a".repeat(1 << 20);
    assert_eq!(failure(&format!("${{a//a/{}}}", "b".repeat(64)), &[("a", &a)]), TemplateError::TooLarge { limit: 16 << 20 });
    assert_eq!(failure(&"${a}".repeat(17), &[("a", &a)]), TemplateError::TooLarge { limit: 16 << 20 });
}

#[test]
fn sec_d9_pattern_work_is_bounded() {
    let a = "a".repeat(1 << 20);
    assert!(matches!(failure("${a##*a*a*b}", &[("a", &a)]), TemplateError::TooExpensive { .. }));
}

#[test]
fn case_mapping_keeps_one_character_as_go_does() {
    // Values of Go's unicode.ToUpper and unicode.ToLower.
    for (lower, upper) in [('ß', 'ß'), ('ŉ', 'ŉ'), ('ǆ', 'Ǆ'), ('ᾳ', 'ᾼ'), ('ᾀ', 'ᾈ'), ('ῳ', 'ῼ'), ('é', 'É'), ('ﬁ', 'ﬁ')]
    {
        assert_eq!(to_upper(lower), upper);
    }
    assert_eq!(to_lower('İ'), 'i');
    assert_eq!(to_lower('ẞ'), 'ß');
}
