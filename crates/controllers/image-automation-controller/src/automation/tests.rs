//! Decisions and reports over one valid observation of which one thing is changed.

use super::Rules;
use super::decide::{Plan, decide};
use super::observe::{Found, Observation};
use super::report::{Outcome, Pushed, report};
use crate::source::SourceSecrets;
use crate::watches::repository_of;
use api::image::ImageUpdateAutomation;
use api::meta::Stamp;
use git_client::Start;
use runtime::events::Severity;
use runtime::reconciler::Next;
use runtime::secrets::SecretRead;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

const REVISION: &str = "main@sha1:0123456789012345678901234567890123456789";

/// An automation whose repository and policy were looked at before.
fn seen(change: impl FnOnce(&mut Value), also: impl FnOnce(&mut Observation)) -> Observation {
    let mut object = json!({
        "apiVersion": "image.toolkit.fluxcd.io/v1", "kind": "ImageUpdateAutomation",
        "metadata": {"name": "auto", "namespace": "ns", "generation": 1},
        "spec": {
            "interval": "1m", "sourceRef": {"kind": "GitRepository", "name": "repo"}, "update": {"strategy": "Setters"},
            "git": {"commit": {"author": {"name": "Bot", "email": "bot@example.com"}}},
        },
        "status": {
            "observedGeneration": 1, "observedSourceRevision": REVISION,
            "observedPolicies": {"app": {"name": "ghcr.io/org/app", "tag": "1.0.0"}},
            "conditions": [{"type": "Ready", "status": "True", "reason": "Succeeded", "observedGeneration": 1,
                "message": "repository up-to-date", "lastTransitionTime": "2026-01-01T00:00:00Z"}],
        },
    });
    change(&mut object);
    let object: ImageUpdateAutomation = serde_json::from_value(object).expect("an automation");
    let mut seen = Observation {
        now: "2026-01-01T00:00:00Z".parse().expect("a time"),
        policies: vec![policy("1.0.0", json!({}))],
        source: repository_of(&object),
        repository: repository(json!({"ref": {"branch": "main"}})),
        secrets: SourceSecrets { credentials: SecretRead::NotWanted, proxy: SecretRead::NotWanted },
        signing: SecretRead::NotWanted,
        rules: Rules { no_cross_namespace_refs: true, keeps_push_branch: true, object_level_identity: false },
        object: Arc::new(object),
    };
    also(&mut seen);
    seen
}

fn policy(tag: &str, labels: Value) -> Arc<api::image::ImagePolicy> {
    let object = json!({
        "apiVersion": "image.toolkit.fluxcd.io/v1", "kind": "ImagePolicy",
        "metadata": {"name": "app", "namespace": "ns", "labels": labels},
        "spec": {"imageRepositoryRef": {"name": "app"}, "policy": {"alphabetical": {}}},
        "status": {"latestRef": {"name": "ghcr.io/org/app", "tag": tag}},
    });
    Arc::new(serde_json::from_value(object).expect("a policy"))
}

fn repository(spec: Value) -> Found {
    let mut full = json!({"url": "https://git.example.com/org/repo", "interval": "1m"});
    if let (Some(full), Value::Object(spec)) = (full.as_object_mut(), spec) {
        full.extend(spec);
    }
    let object = json!({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
        "metadata": {"name": "repo", "namespace": "ns"}, "spec": full});
    Found::Repository(Arc::new(serde_json::from_value(object).expect("a repository")))
}

fn check(change: impl FnOnce(&mut Value), also: impl FnOnce(&mut Observation), expect: &str) {
    let plan = match decide(&seen(change, also)) {
        Plan::Stall(reason, message) => format!("stall {reason}: {message}"),
        Plan::Fail(reason, message) => format!("fail {reason}: {message}"),
        Plan::Work(work) => {
            let settled = if work.settled.is_some() { ", settled" } else { "" };
            let switches = if work.branches.switches { ", another branch" } else { "" };
            let force = if work.start == Start::Base { ", by force" } else { "" };
            format!("push {}{switches}{force}{settled}", work.branches.push)
        }
    };
    assert_eq!(plan, expect);
}

const NOTHING: fn(&mut Observation) = |_| {};

#[test]
fn branches_come_from_the_automation_before_the_repository() {
    let spec = |spec: Value| move |object: &mut Value| object["spec"]["git"]["push"] = spec;
    check(|_| {}, NOTHING, "push main, settled");
    check(spec(json!({"branch": "main"})), NOTHING, "push main, settled");
    check(spec(json!({"branch": "images"})), NOTHING, "push images, another branch");
    check(
        spec(json!({"branch": "images"})),
        |seen| seen.rules.keeps_push_branch = false,
        "push images, another branch, by force",
    );
    check(spec(json!({"refspec": "refs/heads/main:refs/heads/x"})), NOTHING, "push main");
    check(|object| object["spec"]["git"]["checkout"] = json!({"ref": {"branch": "dev"}}), NOTHING, "push dev, settled");
    check(
        spec(json!({"branch": "images"})),
        |seen| seen.repository = repository(json!({"ref": {"tag": "v1"}})),
        "push images, another branch",
    );
    check(
        |_| {},
        |seen| seen.repository = repository(json!({"ref": {"tag": "v1"}})),
        "fail SourceManagerFailed: failed configuring source manager: push spec not provided, and cannot be inferred from \
         .spec.git.checkout.ref or GitRepository .spec.ref",
    );
}

#[test]
fn another_image_or_selection_unsettles() {
    check(|_| {}, |seen| seen.policies = vec![policy("1.1.0", json!({}))], "push main");
    let selector = json!({"matchLabels": {"team": "a"}});
    check(|object| object["spec"]["policySelector"] = selector, NOTHING, "push main");
    check(
        |object| object["spec"]["policySelector"] = json!({"matchLabels": {"team": "a"}}),
        |seen| seen.policies = vec![policy("1.0.0", json!({"team": "a"}))],
        "push main, settled",
    );
}

#[test]
fn what_cannot_work_is_said_in_the_words_of_flux() {
    check(
        |object| object["spec"]["git"] = Value::Null,
        NOTHING,
        "stall InvalidSourceConfiguration: source kind 'GitRepository' necessitates field .spec.git: invalid source configuration",
    );
    check(
        |object| object["spec"]["policySelector"] = json!({"matchExpressions": [{"key": "a", "operator": "Near"}]}),
        NOTHING,
        "stall InvalidPolicySelector: failed to parse policy selector: \"Near\" is not a valid label selector operator",
    );
    check(
        |object| object["spec"]["sourceRef"]["namespace"] = json!("other"),
        NOTHING,
        "stall AccessDenied: can't access 'GitRepository/other/repo', cross-namespace references have been blocked",
    );
    check(|object| object["spec"]["update"] = Value::Null, NOTHING, "stall InvalidUpdateStrategy: no update strategy");
    check(
        |_| {},
        |seen| seen.repository = repository(json!({"provider": "github"})),
        "fail SourceManagerFailed: failed configuring source manager: push spec not provided, and cannot be inferred from \
         .spec.git.checkout.ref or GitRepository .spec.ref",
    );
    check(
        |_| {},
        |seen| seen.repository = repository(json!({"provider": "github", "ref": {"branch": "main"}})),
        "stall InvalidSourceConfiguration: secretRef with github app data must be specified when provider is set to github: \
         invalid source configuration",
    );
    check(
        |_| {},
        |seen| {
            seen.repository = repository(json!({"provider": "azure", "serviceAccountName": "tenant", "ref": {"branch": "main"}}));
            seen.rules.object_level_identity = true;
        },
        "fail SourceManagerFailed: failed configuring source manager: failed to configure authentication options: identities of \
         ServiceAccounts that objects name are not supported; remove spec.serviceAccountName to use the identity of the controller",
    );
    check(
        |_| {},
        |seen| seen.repository = Found::Nothing,
        "fail SourceManagerFailed: failed configuring source manager: referenced git repository does not exist: \
         GitRepository.source.toolkit.fluxcd.io \"repo\" not found",
    );
    check(
        |object| object["spec"]["git"]["commit"]["signingKey"] = json!({"secretRef": {"name": "keys"}}),
        |seen| seen.signing = SecretRead::Found(BTreeMap::new()),
        "fail SourceManagerFailed: failed configuring source manager: signing key secret 'keys' does not contain a 'git.asc' key",
    );
}

#[test]
fn sec_b11_b12_names_that_are_more_than_names_are_refused() {
    check(
        |object| object["spec"]["git"]["push"] = json!({"branch": "main --force"}),
        NOTHING,
        "fail SourceManagerFailed: failed configuring source manager: ref \"main --force\" is invalid",
    );
    check(
        |object| object["spec"]["git"]["push"] = json!({"refspec": ":refs/heads/main"}),
        NOTHING,
        "fail GitOperationFailed: failed to update source: refspec \":refs/heads/main\" is not of the form \
         [+]source:destination with full names",
    );
    check(
        |object| object["spec"]["update"]["path"] = json!("../../etc"),
        NOTHING,
        "fail UpdateFailed: failed to apply policies: path '../../etc' leads outside of the root",
    );
    let plan = decide(&seen(|_| {}, |seen| seen.policies = vec![policy("1\nSigned-off-by: x", json!({}))]));
    let Plan::Fail(reason, message) = plan else { unreachable!("because such a tag is none") };
    assert_eq!(reason.as_str(), "UpdateFailed");
    assert!(message.starts_with("failed to apply policies: encountered invalid image ref"), "{message}");
}

#[test]
fn a_push_is_told_with_its_message_and_remembered() {
    let stamp = Stamp { generation: 1, now: "2026-01-01T00:01:00Z".parse().expect("a time") };
    let commit = "abcdef0123456789012345678901234567890123";
    let pushed = Pushed {
        commit: commit.parse().expect("an id"),
        message: "Update\n".to_owned(),
        branch: "main".to_owned(),
        refspec: Some("refs/heads/main:refs/heads/x".to_owned()),
        time: "2026-01-01T00:00:59Z".parse().expect("a time"),
        revision: format!("main@sha1:{commit}"),
        images: BTreeMap::new(),
        problems: Vec::new(),
    };
    let done = report(&seen(|_| {}, |_| {}), Outcome::Pushed(Box::new(pushed)), &stamp);
    let event = &done.events[0];
    let message = "pushed commit 'abcdef0' to branch 'main' and refspecs 'refs/heads/main:refs/heads/x'\nUpdate\n";
    assert_eq!((event.severity, event.message.as_str()), (Severity::Info, message));
    assert_eq!(done.status.conditions.message("Ready"), "repository up-to-date");
    assert_eq!(done.status.last_push_commit.as_deref(), Some(commit));
    assert_eq!(done.next, Next::After(Duration::from_secs(60)));
    let settled = report(&seen(|_| {}, |_| {}), Outcome::Settled, &stamp);
    assert_eq!(settled.events[0].message, "no change since last reconciliation");
    assert_eq!(settled.status.observed_source_revision.as_deref(), Some(REVISION));
}
