//! Where this crate stops earlier than Go.

use go_regexp::{ErrorCode, Regexp};

#[test]
fn a_pattern_whose_automaton_is_too_large_is_refused() {
    let error = Regexp::compile(br"(?:\pL\PL){500}").expect_err("more than the bound");
    assert_eq!(error.code, ErrorCode::TooLarge);
    assert_eq!(error.to_string(), r"error parsing regexp: expression too large: `(?:\pL\PL){500}`");
    assert!(Regexp::compile(br"(?:\w\W){500}").is_ok(), "classes of ASCII are small");
}

#[test]
fn levels_are_bounded_as_in_go() {
    let nested = |levels: usize| format!("{}a{}", "(".repeat(levels), ")".repeat(levels));
    assert!(Regexp::compile(nested(999).as_bytes()).is_ok());
    let error = Regexp::compile(nested(1000).as_bytes()).expect_err("more than the bound");
    assert_eq!(error.code, ErrorCode::NestingDepth);
    assert!(Regexp::compile("(?:".repeat(100_000).as_bytes()).is_err());
}
