//! What is refused, and how that is said: one valid observation with one thing changed.

use super::decide::{Failure, FailureClass, Login, Plan, decide};
use super::observe::Observation;
use super::report::{Outcome, report};
use crate::secrets::SecretRead;
use crate::storage::Stored;
use api::meta::{ConditionType, Stamp};
use cloud_identity::Provider;
use git_client::SecretData;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

fn observed(spec: &Value, status: &Value) -> Observation {
    let mut object = json!({
        "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
        "metadata": {"name": "app", "namespace": "ns", "generation": 1},
        "spec": {"interval": "1m", "url": "https://git.example/app"}, "status": status,
    });
    for (name, value) in spec.as_object().into_iter().flatten() {
        object["spec"][name] = value.clone();
    }
    Observation {
        object: Arc::new(serde_json::from_value(object).expect("the object is valid")),
        now: "2024-05-06T07:08:09Z".parse().expect("the time is valid"),
        stored: Stored::Nothing,
        collected: Vec::new(),
        credentials: SecretRead::NotWanted,
        proxy: SecretRead::NotWanted,
        keys: SecretRead::NotWanted,
        includes: Vec::new(),
        requeue_dependency: Duration::from_secs(30),
        object_level_identity: true,
    }
}

fn failure(seen: &Observation) -> Failure {
    match decide(seen) {
        Plan::Fail(failure) => failure,
        Plan::Ask(_) => panic!("nothing is refused"),
    }
}

fn secret(pairs: &[(&str, &str)]) -> SecretRead {
    let data: SecretData = pairs.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec())).collect();
    SecretRead::Found(data)
}

#[test]
fn a_plain_repository_is_asked() {
    let seen = observed(&json!({}), &json!({}));
    let Plan::Ask(question) = decide(&seen) else { panic!("it is refused") };
    assert_eq!((question.remote.url.to_string().as_str(), question.unchanged), ("https://git.example/app", None));
}

#[test]
fn content_whose_signature_is_wanted_is_never_published_unverified() {
    let spec = json!({"verify": {"mode": "HEAD", "secretRef": {"name": "keys"}}});
    let keys = |keys| Observation { keys, ..observed(&spec, &json!({})) };
    for seen in [keys(SecretRead::NotWanted), keys(SecretRead::Failed("not found".to_owned()))] {
        let failure = failure(&seen);
        assert_eq!((failure.condition, failure.reason.as_ref()), (Some(ConditionType::SourceVerified), "VerificationError"));
        assert_eq!(failure.class, FailureClass::Retry);
    }
    let Plan::Ask(question) = decide(&keys(secret(&[("a.asc", "key")]))) else { panic!("it is refused") };
    assert!(question.signed.is_some());
}

/// Upstream's `requiresVerification`.
#[test]
fn what_was_not_verified_is_made_anew() {
    for (mode, recorded, is_made_anew) in [
        (json!(null), json!(null), true),
        (json!("HEAD"), json!("HEAD"), false),
        (json!("head"), json!("HEAD"), false),
        (json!("Tag"), json!("HEAD"), true),
        (json!("TagAndHEAD"), json!("HEAD"), true),
        (json!("HEAD"), json!("Tag"), true),
        (json!("TagAndHEAD"), json!("Tag"), true),
        (json!("HEAD"), json!("TagAndHEAD"), false),
        (json!("Tag"), json!("TagAndHEAD"), false),
    ] {
        let spec = json!({"verify": {"mode": mode, "secretRef": {"name": "keys"}}});
        let artifact = json!({
            "path": "p", "url": "u", "revision": "main@sha1:1", "digest": "sha256:1", "lastUpdateTime": "2024-05-06T07:08:09Z",
        });
        let status = json!({"artifact": artifact, "sourceVerificationMode": recorded});
        let seen = Observation { keys: secret(&[("a.asc", "key")]), stored: Stored::Present, ..observed(&spec, &status) };
        let Plan::Ask(question) = decide(&seen) else { panic!("it is refused") };
        assert_eq!(question.unchanged.is_none(), is_made_anew, "{mode} {recorded}");
    }
}

#[test]
fn a_failed_verification_is_the_first_thing_that_ready_says() {
    let spec = json!({"verify": {"mode": "HEAD", "secretRef": {"name": "keys"}}});
    let seen = Observation { keys: SecretRead::Failed("not found".to_owned()), ..observed(&spec, &json!({})) };
    let stamp = Stamp { generation: 1, now: seen.now };
    let conditions = report(&seen, Outcome::Failed(failure(&seen)), &stamp).status.conditions;
    for condition in [ConditionType::SourceVerified, ConditionType::Ready] {
        assert!(conditions.is_false(condition));
        assert_eq!(conditions.message(condition), "public keys secret error: not found");
    }
}

#[test]
fn clouds_and_github_are_asked_for_what_opens_their_repositories() {
    let login = |provider: &str, credentials: SecretRead| {
        let spec = json!({"provider": provider, "secretRef": {"name": "app"}});
        match decide(&Observation { credentials, ..observed(&spec, &json!({})) }) {
            Plan::Ask(question) => question.login,
            Plan::Fail(failure) => panic!("{failure:?}"),
        }
    };
    assert!(matches!(login("aws", secret(&[])), Some(Login::Cloud(Provider::Aws))));
    assert!(matches!(login("azure", secret(&[])), Some(Login::Cloud(Provider::Azure))));
    let app = [("githubAppID", "1"), ("githubAppInstallationID", "2"), ("githubAppPrivateKey", "key")];
    assert!(matches!(login("github", secret(&app)), Some(Login::GitHub(_))));
    assert!(login("generic", secret(&[])).is_none());
}

#[test]
fn who_cannot_be_asked_for_a_login_is_said_at_once() {
    for (spec, credentials, reason, message) in [
        (
            json!({"provider": "github", "secretRef": {"name": "app"}}),
            secret(&[("githubAppID", "1")]),
            "AuthenticationFailed",
            "failed to configure authentication options: app installation owner or ID must be provided to use github app authentication",
        ),
        (
            json!({"provider": "azure", "serviceAccountName": "sa"}),
            SecretRead::NotWanted,
            "AuthenticationFailed",
            "failed to configure authentication options: identities of ServiceAccounts that objects name are not supported; remove \
             spec.serviceAccountName to use the identity of the controller",
        ),
    ] {
        let failure = failure(&Observation { credentials, ..observed(&spec, &json!({})) });
        assert_eq!((failure.reason.as_ref(), failure.message.as_str()), (reason, message), "{spec}");
    }
}

#[test]
fn half_a_client_certificate_is_refused() {
    for (present, missing) in [("tls.crt", "tls.key"), ("tls.key", "tls.crt")] {
        let spec = json!({"secretRef": {"name": "tls"}});
        let failure = failure(&Observation { credentials: secret(&[(present, "pem")]), ..observed(&spec, &json!({})) });
        assert_eq!(failure.reason.as_ref(), "AuthenticationFailed");
        assert!(failure.message.contains(missing), "{}", failure.message);
    }
}

#[test]
fn sec_c10_a_refused_address_is_quoted_without_its_password() {
    for url in
        ["https://user:S3NTINEL@good.example@evil.example/x", "https://user:S3NTINEL@h/x\\y", "https://user:S3NTINEL@h/%zz"]
    {
        let failure = failure(&observed(&json!({"url": url}), &json!({})));
        assert_eq!((failure.class, failure.reason.as_ref()), (FailureClass::Stalled, "URLInvalid"));
        assert!(!failure.message.contains("S3NTINEL"), "{}", failure.message);
    }
    let unclosed = failure(&observed(&json!({"url": "http://[::1"}), &json!({})));
    assert!(unclosed.message.starts_with("failed to parse url 'http://[::1': "), "{}", unclosed.message);
}
