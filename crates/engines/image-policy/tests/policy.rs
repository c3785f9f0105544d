//! Filters, choices and digests, as `shared/spec/image.md` has them.

use image_policy::{Choice, DigestPlan, Exclusion, Filter, Known, LONGEST_TAG, Order, Policy, Reflection, Tags, plan_digest};

fn tags(listed: &[&str]) -> Tags {
    let nothing = Exclusion::compile([]).expect("no pattern is a good pattern");
    Tags::new(listed.iter().map(|tag| (*tag).to_owned()), &nothing)
}

fn semver(range: &str) -> Choice {
    Choice::SemVer(range.parse().expect("a range"))
}

fn check(choice: Choice, filter: Option<(&str, &str)>, listed: &[&str], expect: Result<&str, &str>) {
    let filter = filter.map(|(pattern, extract)| Filter::compile(pattern, extract).expect("a pattern"));
    let latest = Policy { choice, filter }.latest(&tags(listed)).map_err(|error| error.to_string());
    assert_eq!(latest, expect.map(str::to_owned).map_err(str::to_owned), "{listed:?}");
}

#[test]
fn versions_are_read_leniently_and_prereleases_count_when_named() {
    let listed = ["1.0.0", "v1.1.0", "1.2.0-rc.1", "2.0.0", "latest", "1.9"];
    check(semver("^1.0.0"), None, &listed, Ok("v1.1.0"));
    check(semver(">=1.0.0-0 <2.0.0-0"), None, &listed, Ok("1.2.0-rc.1"));
    check(semver(">3"), None, &listed, Err("unable to determine latest version from provided list"));
    check(semver("*"), None, &[], Err("version list argument cannot be empty"));
}

#[test]
fn the_last_of_the_sorted_is_chosen() {
    check(Choice::Alphabetical(Order::Ascending), None, &["a", "c", "b"], Ok("c"));
    check(Choice::Alphabetical(Order::Descending), None, &["b", "a", "c"], Ok("a"));
    check(Choice::Numerical(Order::Ascending), None, &["9", "10", "2.5"], Ok("10"));
    check(Choice::Numerical(Order::Descending), None, &["9", "10", "2.5"], Ok("2.5"));
    let mixed = ["1", "main"];
    check(Choice::Numerical(Order::Ascending), None, &mixed, Err("failed to parse invalid numeric value 'main'"));
}

#[test]
fn the_original_of_the_chosen_extract_is_the_answer() {
    let builds = ["main-abc-100", "main-def-99", "dev-aaa-500", "latest"];
    let last = Some(("^main-[a-f0-9]+-(?P<ts>[0-9]+)", "$ts"));
    check(Choice::Numerical(Order::Ascending), last, &builds, Ok("main-abc-100"));
    check(Choice::Numerical(Order::Ascending), Some(("-([0-9]+)$", "$1")), &builds, Ok("dev-aaa-500"));
    let versions = ["1.0.0-debian", "1.2.0-debian", "2.0.0-alpine"];
    check(semver(">=1.0.0"), Some(("^(?P<v>.*)-debian$", "${v}")), &versions, Ok("1.2.0-debian"));
    check(Choice::Alphabetical(Order::Ascending), Some(("^1", "")), &versions, Ok("1.2.0-debian"));
    check(Choice::Numerical(Order::Ascending), Some(("^x", "")), &versions, Err("version list argument cannot be empty"));
}

#[test]
fn of_equal_extracts_the_last_tag_stays() {
    // Tags are kept from the greatest to the least.
    check(Choice::Numerical(Order::Ascending), Some(("[0-9]+", "$0")), &["b-7", "a-7", "c-7"], Ok("a-7"));
}

#[test]
fn an_extract_that_unfolds_is_an_error() {
    let extract = "$0".repeat(100);
    let long = "x".repeat(100);
    let error = format!("filterTags.extract makes more than 4096 bytes of tag '{long}'");
    check(Choice::Alphabetical(Order::Ascending), Some((".*", &extract)), &[&long], Err(&error));
}

/// An engine that tries one way after the other would not come back from the first tag.
#[test]
fn sec_h10_repetitions_of_repetitions_end() {
    let long = "a".repeat(LONGEST_TAG);
    for pattern in ["(a*)*b", "(.*)*x", "^(a|aa)+b$", "(a?){64}a{64}b", "(([a-z]+)+)+[0-9]"] {
        let expect = Err("version list argument cannot be empty");
        check(Choice::Alphabetical(Order::Ascending), Some((pattern, "$1")), &[&long, "1.0"], expect);
    }
}

#[test]
fn patterns_that_are_none_are_quoted() {
    let error = Filter::compile("(", "").expect_err("no pattern");
    assert_eq!(error.to_string(), "invalid regular expression pattern '('");
    let error = Exclusion::compile(["a", "["]).expect_err("no pattern");
    assert_eq!(error.to_string(), "failed to compile regex [");
}

#[test]
fn excluded_tags_and_what_is_no_tag_do_not_count() {
    let exclusion = Exclusion::compile(["^.*\\.sig$", "^dev-"]).expect("patterns");
    let long = "x".repeat(129);
    let listed = ["1.0", "sha256-abc.sig", "dev-1", "1.0", "2.0", "a\nSigned-off-by: x", "$(touch x)", "", "-x", ".x", &long];
    let tags = Tags::new(listed.iter().map(|tag| (*tag).to_owned()), &exclusion);
    assert_eq!(tags.iter().collect::<Vec<_>>(), ["2.0", "1.0"]);
}

/// Computed by Go's `hash/adler32` over `encoding/json`.
#[test]
fn the_revision_is_that_of_flux() {
    assert_eq!(tags(&[]).revision(), "18153657");
    assert_eq!(tags(&["1.0.0", "1.1.0", "latest"]).revision(), "1612056133");
    assert_eq!(tags(&["v1", "v2"]).revision(), "279577276");
    let many: Vec<String> = (0..5000).map(|number| format!("build-{number:05}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(tags(&many).revision(), "1753597402");
    let latest = tags(&many).latest();
    assert_eq!((latest.len(), &*latest[0], &*latest[9]), (10, "build-04999", "build-04990"));
}

#[test]
fn a_digest_is_looked_up_when_the_policy_wants_it() {
    let known = |digest| Some(Known { name: "a", tag: "1", digest });
    let keep = DigestPlan::Keep("sha256:x".to_owned());
    for (reflection, known, name, expect) in [
        (Reflection::Never, known("sha256:x"), "a", DigestPlan::Omit),
        (Reflection::IfNotPresent, None, "a", DigestPlan::Fetch),
        (Reflection::IfNotPresent, known(""), "a", DigestPlan::Fetch),
        (Reflection::IfNotPresent, known("sha256:x"), "b", DigestPlan::Fetch),
        (Reflection::IfNotPresent, known("sha256:x"), "a", keep),
        (Reflection::Always, known("sha256:x"), "a", DigestPlan::Fetch),
    ] {
        assert_eq!(plan_digest(reflection, known, name, "1"), expect, "{reflection:?} {known:?}");
    }
}
