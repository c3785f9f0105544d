//! Decisions and reports over one valid observation of which one thing is changed.

use super::decide::{Plan, decide};
use super::observe::{Found, Observation};
use super::report::{Outcome, report};
use crate::registry::RegistrySecrets;
use crate::watches::repository_of;
use api::image::{ImagePolicy, ImageReference};
use api::meta::Stamp;
use image_policy::{Exclusion, Tags};
use runtime::events::Severity;
use runtime::reconciler::Next;
use runtime::secrets::SecretRead;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// A policy over a repository with three tags.
fn seen(change: impl FnOnce(&mut Value), also: impl FnOnce(&mut Observation)) -> Observation {
    let mut object = json!({
        "apiVersion": "image.toolkit.fluxcd.io/v1", "kind": "ImagePolicy",
        "metadata": {"name": "app", "namespace": "ns", "generation": 1},
        "spec": {"imageRepositoryRef": {"name": "app"}, "policy": {"semver": {"range": "1.x"}}},
        "status": {"observedGeneration": 1},
    });
    change(&mut object);
    let object: ImagePolicy = serde_json::from_value(object).expect("a policy");
    let listed = ["1.0.0", "1.1.0", "2.0.0"].map(str::to_owned);
    let mut seen = Observation {
        reference: repository_of(&object),
        repository: repository(json!({})),
        labels: Ok(BTreeMap::new()),
        tags: Ok(Tags::new(listed, &Exclusion::default())),
        secrets: None,
        no_cross_namespace_refs: false,
        requeue_dependency: Duration::from_secs(30),
        object_level_identity: false,
        object: Arc::new(object),
    };
    also(&mut seen);
    seen
}

fn repository(spec: Value) -> Found {
    let mut full = json!({"image": "ghcr.io/org/app", "interval": "1m"});
    if let (Some(full), Value::Object(spec)) = (full.as_object_mut(), spec) {
        full.extend(spec);
    }
    let object = json!({"apiVersion": "image.toolkit.fluxcd.io/v1", "kind": "ImageRepository",
        "metadata": {"name": "app", "namespace": "ns"}, "spec": full});
    Found::Repository(Arc::new(serde_json::from_value(object).expect("a repository")))
}

fn check(change: impl FnOnce(&mut Value), also: impl FnOnce(&mut Observation), expect: &str) {
    let plan = match decide(&seen(change, also)) {
        Plan::Stall(reason, message) => format!("stall {reason}: {message}"),
        Plan::Fail(reason, message) => format!("fail {reason}: {message}"),
        Plan::Wait(message, delay) => format!("wait {}s: {message}", delay.as_secs()),
        Plan::Done(image) => image.to_string(),
        Plan::Ask(question) => format!("ask {}", question.image),
    };
    assert_eq!(plan, expect);
}

#[test]
fn the_wanted_tag_follows_from_tags_and_policy() {
    let nothing = |_: &mut Observation| {};
    check(|_| {}, nothing, "ghcr.io/org/app:1.1.0");
    let both = json!({"alphabetical": {}, "numerical": {"order": "asc"}});
    check(|object| object["spec"]["policy"] = both, nothing, "ghcr.io/org/app:2.0.0");
    let filter = json!({"pattern": "^(1.*)$", "extract": "$1"});
    check(|object| object["spec"]["filterTags"] = filter, nothing, "ghcr.io/org/app:1.1.0");
}

#[test]
fn a_policy_that_is_none_stalls() {
    let nothing = |_: &mut Observation| {};
    check(
        |object| object["spec"]["policy"] = json!({}),
        nothing,
        "stall InvalidPolicy: invalid policy: given ImagePolicyChoice object is invalid",
    );
    check(
        |object| object["spec"]["policy"] = json!({"semver": {"range": "x y z"}}),
        nothing,
        "stall InvalidPolicy: invalid policy: improper constraint: \"x y z\"",
    );
    check(
        |object| object["spec"]["filterTags"] = json!({"pattern": "("}),
        nothing,
        "stall InvalidPolicy: failed to filter tags: invalid regular expression pattern '(': error parsing regexp: missing \
         closing ): `(`",
    );
    check(
        |object| object["spec"]["digestReflectionPolicy"] = json!("Always"),
        nothing,
        "stall IntervalNotConfigured: spec.interval must be set when spec.digestReflectionPolicy is set to 'Always'",
    );
    check(
        |_| {},
        |seen| seen.repository = repository(json!({"image": "ghcr.io/org/app:1"})),
        "stall ImageURLInvalid: image 'ghcr.io/org/app:1' should not include a tag; remove ':1'",
    );
}

#[test]
fn without_tags_it_waits_and_without_a_match_it_fails() {
    check(|_| {}, |seen| seen.tags = Ok(Tags::default()), "wait 30s: retrying in 30s error: no tags in database");
    check(
        |object| object["spec"]["policy"]["semver"]["range"] = json!(">9"),
        |_| {},
        "fail Failure: unable to determine latest version from provided list",
    );
    check(
        |object| object["spec"]["policy"] = json!({"numerical": {}}),
        |_| {},
        "fail Failure: failed to parse invalid numeric value '2.0.0'",
    );
    check(
        |_| {},
        |seen| seen.repository = Found::Nothing,
        "fail DependencyNotReady: failed to get the referred ImageRepository: referenced ImageRepository does not exist: \
         ImageRepository.image.toolkit.fluxcd.io \"app\" not found",
    );
}

#[test]
fn other_namespaces_are_let_in_by_their_labels_only() {
    let elsewhere = |object: &mut Value| object["spec"]["imageRepositoryRef"]["namespace"] = json!("other");
    let denied =
        "fail AccessDenied: failed to get the referred ImageRepository: access denied: 'other/app' can't be accessed due to";
    check(elsewhere, |_| {}, &format!("{denied} missing ACL labels on 'accessFrom'"));
    let access = json!({"accessFrom": {"namespaceSelectors": [{"matchLabels": {"team": "a"}}, {"matchLabels": {"team": "b"}}]}});
    check(
        elsewhere,
        |seen| seen.repository = repository(access.clone()),
        &format!("{denied} ACL labels mismatch on namespace 'ns'"),
    );
    let team = |seen: &mut Observation| {
        seen.repository = repository(access.clone());
        seen.labels = Ok(BTreeMap::from([("team".to_owned(), "b".to_owned())]));
    };
    check(elsewhere, team, "ghcr.io/org/app:1.1.0");
    check(
        elsewhere,
        |seen| seen.no_cross_namespace_refs = true,
        "fail AccessDenied: failed to get the referred ImageRepository: cannot access 'ImageRepository/other/app', \
         cross-namespace references have been blocked",
    );
}

#[test]
fn a_digest_is_asked_for_when_it_is_wanted_and_not_known() {
    let pinned = |object: &mut Value| object["spec"]["digestReflectionPolicy"] = json!("IfNotPresent");
    let secrets = |seen: &mut Observation| {
        seen.secrets = Some(RegistrySecrets {
            credentials: SecretRead::NotWanted,
            account: Ok(Vec::new()),
            certificates: SecretRead::NotWanted,
            proxy: SecretRead::NotWanted,
        });
    };
    check(pinned, secrets, "ask ghcr.io/org/app:1.1.0");
    let known = |tag: &'static str| {
        move |object: &mut Value| {
            pinned(object);
            object["status"]["latestRef"] = json!({"name": "ghcr.io/org/app", "tag": tag, "digest": "sha256:1"});
        }
    };
    check(known("1.1.0"), secrets, "ghcr.io/org/app:1.1.0@sha256:1");
    check(known("1.0.0"), secrets, "ask ghcr.io/org/app:1.1.0");
}

#[test]
fn what_was_wanted_before_is_remembered() {
    let image = |tag: &str, digest: Option<&str>| ImageReference {
        name: "ghcr.io/org/app".to_owned(),
        tag: tag.to_owned(),
        digest: digest.map(str::to_owned),
    };
    let stamp = Stamp { generation: 1, now: "2026-01-01T00:01:00Z".parse().expect("a time") };
    let old = |object: &mut Value| {
        object["status"]["latestRef"] = json!({"name": "ghcr.io/org/app", "tag": "1.0.0"});
    };
    let first = report(&seen(|_| {}, |_| {}), Outcome::Resolved(image("1.0.0", None)), &stamp);
    assert_eq!(first.events[0].message, "Latest image tag for ghcr.io/org/app resolved to 1.0.0");
    assert_eq!((first.next, first.status.observed_previous_ref), (Next::WhenChanged, None));
    let new = report(&seen(old, |_| {}), Outcome::Resolved(image("1.1.0", Some("sha256:1"))), &stamp);
    let message =
        "Latest image tag for ghcr.io/org/app resolved to 1.1.0 with digest sha256:1 (previously ghcr.io/org/app:1.0.0)";
    assert_eq!((new.events[0].severity, new.events[0].message.as_str()), (Severity::Info, message));
    assert_eq!(new.status.observed_previous_ref, Some(image("1.0.0", None)));
    assert_eq!(new.status.latest_ref, Some(image("1.1.0", Some("sha256:1"))));
}
