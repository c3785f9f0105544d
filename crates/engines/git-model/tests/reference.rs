//! From `spec.ref` to a revision, against what Flux records for the same repository.

use git_model::{AdvertisedRef, ObjectId, Reference, Resolution, Resolved, Wanted, newest};

const FIRST: &str = "20f22736e85dcc71fde2cf5abf410eb74e3e5a4a";
const OTHER: &str = "95e541cdd4ea14af418dadff095881df84b500d6";
const TAG_OBJECT: &str = "33761cdc310617793cac862ba18160edd6d5229f";

fn id(text: &str) -> ObjectId {
    text.parse().expect("the text is an object's name")
}

fn advertised() -> Vec<AdvertisedRef> {
    let plain = |name: &str, object| AdvertisedRef { name: name.to_owned(), object: id(object), peeled: None };
    let annotated = AdvertisedRef { name: "refs/tags/v1.0.0".into(), object: id(TAG_OBJECT), peeled: Some(id(FIRST)) };
    vec![
        plain("HEAD", FIRST),
        plain("refs/heads/feature/a", OTHER),
        plain("refs/heads/main", FIRST),
        plain("refs/pull/1/head", OTHER),
        plain("refs/tags/v0.9.0", OTHER),
        annotated,
        plain("refs/tags/v2.0.0-rc.1", OTHER),
    ]
}

fn resolve(wanted: Wanted<'_>) -> Result<Resolved, String> {
    let text = |error: &dyn std::error::Error| match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    };
    let reference = Reference::choose(&wanted).map_err(|error| text(&error))?;
    match reference.resolve(&advertised()).map_err(|error| text(&error))? {
        Resolution::Found(found) => Ok(found),
        Resolution::Newest(candidates) => Err(format!("{} candidates", candidates.len())),
    }
}

/// Revisions as recorded from source-controller v1.9 (scenarios git-branch, git-tag, git-semver, git-name, git-commit), and the
/// forms of `spec.ref` that have no scenario by the same code.
#[test]
fn every_kind_of_reference_has_the_revision_of_flux() {
    let none = Wanted::default();
    let first = |label: &str| format!("{label}@sha1:{FIRST}");
    let other = |label: &str| format!("{label}@sha1:{OTHER}");
    let table = [
        (Wanted { branch: Some("main"), ..none }, first("main")),
        (Wanted { branch: Some("feature/a"), ..none }, other("feature/a")),
        (Wanted { tag: Some("v1.0.0"), ..none }, first("v1.0.0")),
        (Wanted { tag: Some("v0.9.0"), branch: Some("main"), ..none }, other("v0.9.0")),
        (Wanted { semver: Some(">=1.0.0"), branch: Some("main"), ..none }, first("v1.0.0")),
        (Wanted { tag: Some("v0.9.0"), semver: Some(">=1.0.0"), ..none }, other("v0.9.0")),
        (Wanted { name: Some("refs/tags/v1.0.0"), tag: Some("v0.9.0"), ..none }, first("refs/tags/v1.0.0")),
        (Wanted { name: Some("refs/tags/v1.0.0^{}"), ..none }, first("refs/tags/v1.0.0^{}")),
        (Wanted { name: Some("refs/heads/main"), ..none }, first("refs/heads/main")),
        (Wanted { name: Some("refs/pull/1/head"), ..none }, other("refs/pull/1/head")),
        (Wanted { commit: Some(FIRST), branch: Some("main"), ..none }, first("main")),
        (Wanted { commit: Some(FIRST), ..none }, format!("sha1:{FIRST}")),
        (Wanted { commit: Some(FIRST), name: Some("refs/heads/x"), ..none }, first("refs/heads/x")),
        (Wanted { commit: Some(FIRST), branch: Some(""), tag: Some(""), ..none }, format!("sha1:{FIRST}")),
    ];
    for (wanted, revision) in table {
        assert_eq!(resolve(wanted).map(|found| found.revision), Ok(revision), "{wanted:?}");
    }
}

#[test]
fn the_object_of_an_annotated_tag_is_kept_for_verification() {
    let found = resolve(Wanted { tag: Some("v1.0.0"), ..Wanted::default() }).unwrap();
    assert_eq!((found.commit, found.tag_object), (id(FIRST), Some(id(TAG_OBJECT))));
    assert_eq!(found.reference.as_deref(), Some("refs/tags/v1.0.0"));
    let light = resolve(Wanted { tag: Some("v0.9.0"), ..Wanted::default() }).unwrap();
    assert_eq!((light.commit, light.tag_object), (id(OTHER), None));
}

/// Messages as recorded (scenarios git-no-branch, git-no-ref, git-no-semver) or as the code has them.
#[test]
fn what_is_not_there_is_said_in_the_words_of_flux() {
    let none = Wanted::default();
    let table = [
        (Wanted { branch: Some("nope"), ..none }, r#"couldn't find remote ref "refs/heads/nope""#),
        (none, r#"couldn't find remote ref "refs/heads/master""#),
        (Wanted { tag: Some("nope"), ..none }, r#"couldn't find remote ref "refs/tags/nope""#),
        (Wanted { semver: Some(">=9"), ..none }, "no match found for semver: >=9"),
        (Wanted { semver: Some("nope"), ..none }, r#"semver parse error: improper constraint: "nope""#),
        (Wanted { name: Some("refs/heads/nope"), ..none }, "unable to resolve ref 'refs/heads/nope' to a specific commit"),
        (Wanted { name: Some("/a"), ..none }, "ref /a is invalid; Git refs cannot begin or end with a slash '/'"),
        (Wanted { name: Some("a/"), ..none }, "ref a/ is invalid; Git refs cannot begin or end with a slash '/'"),
        (Wanted { commit: Some("abc"), ..none }, "unable to resolve commit object for 'abc': object not found"),
    ];
    for (wanted, message) in table {
        assert_eq!(resolve(wanted).map(|found| found.revision), Err(message.to_owned()), "{wanted:?}");
    }
}

#[test]
fn only_what_can_answer_is_asked_for() {
    let none = Wanted::default();
    let table = [
        (Wanted { branch: Some("main"), ..none }, "refs/heads/main", true),
        (Wanted { tag: Some("v1"), ..none }, "refs/tags/v1", true),
        (Wanted { semver: Some("*"), ..none }, "refs/tags/", false),
        (Wanted { name: Some("refs/tags/v1^{}"), ..none }, "refs/tags/v1", true),
        (Wanted { commit: Some(FIRST), ..none }, "refs/heads/", false),
        (Wanted { commit: Some(FIRST), branch: Some("main"), ..none }, "refs/heads/main", false),
    ];
    for (wanted, prefix, compared) in table {
        let reference = Reference::choose(&wanted).unwrap();
        assert_eq!(reference.prefixes(), [prefix], "{wanted:?}");
        assert_eq!(reference.is_compared_first(), compared, "{wanted:?}");
    }
}

#[test]
fn of_equal_versions_the_newest_commit_counts() {
    let plain = |name: &str, object| AdvertisedRef { name: format!("refs/tags/{name}"), object: id(object), peeled: None };
    let tags = [plain("1.0.0+b", FIRST), plain("v1.0.0+a", OTHER), plain("0.1.0", OTHER)];
    let reference = Reference::choose(&Wanted { semver: Some("*"), ..Wanted::default() }).unwrap();
    let Ok(Resolution::Newest(candidates)) = reference.resolve(&tags) else { panic!("two tags have the same version") };
    assert_eq!(candidates.len(), 2);
    let times = candidates.into_iter().map(|found| {
        let time = if found.commit == id(OTHER) { 20 } else { 10 };
        (found, time)
    });
    assert_eq!(newest(times).map(|found| found.revision), Some(format!("v1.0.0+a@sha1:{OTHER}")));
    assert_eq!(newest([]), None);
}

#[test]
fn sec_b1_names_that_could_be_options_are_refused() {
    let none = Wanted::default();
    for name in
        ["--upload-pack=touch /tmp/p", "-x", "a b", "a..b", "a\nb", "a\0", "x/-y", "a~1", "a^{}", "a:b", "@", "a@{1}", "a.lock"]
    {
        for wanted in [
            Wanted { branch: Some(name), ..none },
            Wanted { tag: Some(name), ..none },
            Wanted { name: Some(name), ..none },
            Wanted { commit: Some(FIRST), branch: Some(name), ..none },
        ] {
            assert!(Reference::choose(&wanted).is_err(), "{wanted:?}");
        }
    }
}
