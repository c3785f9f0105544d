//! What is decided of a bucket and its Secrets.

use super::decide::{Plan, decide};
use super::observe::Secrets;
use crate::secrets::SecretRead;
use crate::source::{Failure, FailureClass};
use api::meta::Reason;
use api::source::Bucket;
use serde_json::{Value, json};

fn secret(entries: &[(&str, &str)]) -> SecretRead {
    SecretRead::Found(entries.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec())).collect())
}

fn decided(spec: Value, credentials: SecretRead) -> Result<Plan, Failure> {
    let mut fields =
        json!({ "bucketName": "bucket", "endpoint": "store:9000", "interval": "1m", "secretRef": { "name": "keys" } });
    if let (Some(fields), Value::Object(spec)) = (fields.as_object_mut(), spec) {
        fields.extend(spec);
    }
    let object = json!({
        "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "Bucket",
        "metadata": { "name": "b", "namespace": "ns" }, "spec": fields,
    });
    let object: Bucket = serde_json::from_value(object).expect("the object is valid");
    let user = secret(&[("username", "me"), ("password", "p")]);
    let (certificates, proxy, user_certificates) = (SecretRead::NotWanted, SecretRead::NotWanted, SecretRead::NotWanted);
    decide(&object, &Secrets { credentials, certificates, proxy, user, user_certificates }, false)
}

/// Upstream's `newCredsFromSecret` and `ValidateSecret`.
#[test]
fn keys_come_from_the_secret() {
    let options = decided(json!({}), secret(&[("accesskey", "a"), ("secretkey", "s")])).expect("the bucket is asked").options;
    let credentials = options.credentials.expect("there are keys");
    assert_eq!((credentials.access_key.as_str(), credentials.secret_key.as_slice()), ("a", &b"s"[..]));
    assert_eq!(decided(json!({}), secret(&[("accesskey", "a"), ("secretkey", "")])).expect("asked").options.credentials, None);
    assert_eq!(decided(json!({}), SecretRead::NotWanted).expect("asked").options.credentials, None);
}

#[test]
fn what_cannot_work_is_said_at_once() {
    let keys = || secret(&[("accesskey", "a"), ("secretkey", "s")]);
    let ldap = json!({ "provider": "ldap", "endpoint": "https://sts" });
    for (spec, credentials, class, reason, part) in [
        (
            json!({}),
            secret(&[("accesskey", "a")]),
            FailureClass::Retry,
            Reason::AuthenticationFailed,
            "invalid 'keys' secret data: required fields 'accesskey' and 'secretkey'",
        ),
        (
            json!({}),
            SecretRead::Failed("gone".to_owned()),
            FailureClass::Retry,
            Reason::AuthenticationFailed,
            "failed to get secret 'ns/keys': gone",
        ),
        (
            json!({ "provider": "aws" }),
            SecretRead::NotWanted,
            FailureClass::Retry,
            Reason::AuthenticationFailed,
            "AWS authentication failed: ",
        ),
        (
            json!({ "provider": "aws", "serviceAccountName": "sa" }),
            keys(),
            FailureClass::Stalled,
            Reason::FeatureGateDisabled,
            "to use spec.serviceAccountName ",
        ),
        (
            json!({ "provider": "gcp" }),
            keys(),
            FailureClass::Stalled,
            Reason::InvalidProviderConfiguration,
            "buckets of the provider 'gcp' are not supported",
        ),
        (
            json!({ "provider": "azure" }),
            keys(),
            FailureClass::Stalled,
            Reason::InvalidProviderConfiguration,
            "buckets of the provider 'azure' are not supported",
        ),
        (
            json!({ "provider": "aws", "sts": ldap }),
            keys(),
            FailureClass::Stalled,
            Reason::InvalidStsConfiguration,
            "STS provider 'ldap' is not supported for 'aws' bucket provider",
        ),
    ] {
        let failure = decided(spec.clone(), credentials).expect_err("it is refused");
        assert_eq!((failure.class, failure.reason), (class, reason), "{spec}");
        assert!(failure.message.starts_with(part), "{}", failure.message);
    }
}

#[test]
fn a_user_of_a_directory_asks_for_credentials_unless_there_are_keys() {
    let sts = |endpoint: &str| json!({ "sts": { "provider": "ldap", "endpoint": endpoint } });
    let plan = decided(sts("https://sts/"), SecretRead::NotWanted).expect("the service is asked");
    let user = plan.user.expect("there is a user");
    assert_eq!((user.username.as_str(), user.endpoint.as_str()), ("me", "https://sts/"));
    let keys = secret(&[("accesskey", "a"), ("secretkey", "s")]);
    assert!(decided(sts("https://sts/"), keys).expect("the bucket is asked").user.is_none());
    let failure = decided(sts("https://"), SecretRead::NotWanted).expect_err("it is refused");
    assert_eq!((failure.class, failure.reason), (FailureClass::Stalled, Reason::UrlInvalid));
}
