//! What is decided of an object and its Secrets.

use super::decide::{Question, decide};
use super::observe::Secrets;
use crate::secrets::SecretRead;
use crate::source::{Failure, FailureClass};
use api::meta::Reason;
use api::source::HelmRepository;
use serde_json::{Value, json};

fn secret(entries: &[(&str, &str)]) -> SecretRead {
    SecretRead::Found(entries.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec())).collect())
}

fn decided(spec: Value, credentials: SecretRead, certificates: SecretRead) -> Result<Question, Failure> {
    let object = json!({
        "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "HelmRepository",
        "metadata": { "name": "charts", "namespace": "ns" }, "spec": spec,
    });
    let object: HelmRepository = serde_json::from_value(object).expect("the object is valid");
    decide(&object, &Secrets { credentials, certificates })
}

fn named(url: &str) -> Value {
    json!({ "url": url, "secretRef": { "name": "user" }, "certSecretRef": { "name": "tls" } })
}

#[test]
fn the_index_is_beside_the_charts() {
    let question = decided(named("https://h/charts?k=v"), SecretRead::NotWanted, SecretRead::NotWanted).expect("it is asked");
    assert_eq!(question.index.as_str(), "https://h/charts/index.yaml?k=v");
    assert_eq!((question.options.credentials, question.options.pass_credentials), (None, false));
}

#[test]
fn an_address_that_is_none_stalls() {
    for (url, expect) in [
        ("oci://h/charts", "invalid Helm repository URL: 'oci' URL scheme cannot be used with 'default' HelmRepository type"),
        ("https://", "invalid Helm repository URL: parse \"https://\": empty host"),
    ] {
        let failure = decided(named(url), SecretRead::NotWanted, SecretRead::NotWanted).expect_err("it is refused");
        assert_eq!(
            (failure.class, failure.reason, failure.message.as_str()),
            (FailureClass::Stalled, Reason::UrlInvalid, expect)
        );
    }
}

#[test]
fn secrets_that_cannot_be_used_are_named() {
    let gone = || SecretRead::Failed("secrets \"x\" not found".to_owned());
    for (credentials, certificates, expect) in [
        (gone(), SecretRead::NotWanted, "failed to get authentication secret 'ns/user': secrets \"x\" not found"),
        (SecretRead::NotWanted, gone(), "failed to get TLS authentication secret 'ns/tls': secrets \"x\" not found"),
        (
            secret(&[("username", "u")]),
            SecretRead::NotWanted,
            "failed to detect authentication methods: secret 'ns/user': malformed basic auth - has 'username' but missing 'password'",
        ),
        (
            SecretRead::NotWanted,
            secret(&[("tls.crt", "c")]),
            "failed to construct Helm client's TLS config: secret 'ns/tls' contains 'tls.crt' but missing 'tls.key'",
        ),
        (
            SecretRead::NotWanted,
            secret(&[("other", "c")]),
            "failed to construct Helm client's TLS config: secret 'ns/tls' must contain either 'ca.crt' or both 'tls.crt' and 'tls.key'",
        ),
    ] {
        let failure = decided(named("https://h/charts"), credentials, certificates).expect_err("it is refused");
        assert_eq!((failure.class, failure.reason), (FailureClass::Retry, Reason::AuthenticationFailed));
        assert_eq!(failure.message, expect);
    }
}

#[test]
fn certificates_of_their_own_secret_win() {
    let both = secret(&[("username", "u"), ("password", "p"), ("ca.crt", "old")]);
    let question = decided(named("https://h"), both, secret(&[("ca.crt", "new")])).expect("it is asked");
    assert_eq!(question.options.tls.ca.as_deref(), Some(&b"new"[..]));
    assert_eq!(question.options.credentials.map(|(user, _)| user).as_deref(), Some("u"));
    let question = decided(named("https://h"), secret(&[("ca.crt", "old")]), SecretRead::NotWanted).expect("it is asked");
    assert_eq!(question.options.tls.ca.as_deref(), Some(&b"old"[..]));
}
