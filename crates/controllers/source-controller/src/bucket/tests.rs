//! What is decided of a bucket and its Secrets.

use super::decide::{Plan, Terms, Wish, decide};
use super::observe::Secrets;
use crate::secrets::SecretRead;
use crate::source::{Failure, FailureClass};
use api::meta::Reason;
use api::source::Bucket;
use bucket_client::{AzureProof, S3, Secret, Store};
use cloud_identity::AzureProof as ClientProof;
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
    let terms = Terms { object_level_identity: spec_has(&object, "gated"), google_emulator: None };
    decide(&object, &Secrets { credentials, certificates, proxy, user, user_certificates }, &terms)
}

/// Whether the gate is on for an object: the test says so by its ServiceAccount's name.
fn spec_has(object: &Bucket, account: &str) -> bool {
    object.spec.service_account_name.as_deref() == Some(account)
}

fn s3(plan: Plan) -> S3 {
    match plan.options.store {
        Store::S3(s3) => s3,
        other => panic!("{other:?}"),
    }
}

/// Upstream's `newCredsFromSecret` and `ValidateSecret`.
#[test]
fn keys_come_from_the_secret() {
    let plan = decided(json!({}), secret(&[("accesskey", "a"), ("secretkey", "s")])).expect("the bucket is asked");
    let credentials = s3(plan).credentials.expect("there are keys");
    assert_eq!((credentials.access_key.as_str(), credentials.secret_key.as_slice()), ("a", &b"s"[..]));
    for credentials in [secret(&[("accesskey", "a"), ("secretkey", "")]), SecretRead::NotWanted] {
        let plan = decided(json!({}), credentials).expect("the bucket is asked");
        assert_eq!(plan.wish, Wish::Nothing);
        assert_eq!(s3(plan).credentials, None);
    }
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
            json!({ "provider": "aws", "serviceAccountName": "sa" }),
            keys(),
            FailureClass::Stalled,
            Reason::FeatureGateDisabled,
            "to use spec.serviceAccountName ",
        ),
        (
            json!({ "provider": "aws", "serviceAccountName": "gated" }),
            keys(),
            FailureClass::Retry,
            Reason::AuthenticationFailed,
            "identities of ServiceAccounts that objects name are not supported; ",
        ),
        (
            json!({ "provider": "gcp" }),
            keys(),
            FailureClass::Retry,
            Reason::AuthenticationFailed,
            "invalid 'keys' secret data: required fields 'serviceaccount'",
        ),
        (
            json!({ "provider": "azure" }),
            keys(),
            FailureClass::Retry,
            Reason::AuthenticationFailed,
            "invalid 'keys' secret data: requires a 'clientId' or 'accountKey' field, a combination of ",
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
    let Wish::Directory(user) = plan.wish else { panic!("there is a user") };
    assert_eq!((user.username.as_str(), user.endpoint.as_str()), ("me", "https://sts/"));
    let keys = secret(&[("accesskey", "a"), ("secretkey", "s")]);
    assert_eq!(decided(sts("https://sts/"), keys).expect("the bucket is asked").wish, Wish::Nothing);
    let failure = decided(sts("https://"), SecretRead::NotWanted).expect_err("it is refused");
    assert_eq!((failure.class, failure.reason), (FailureClass::Stalled, Reason::UrlInvalid));
}

#[test]
fn amazon_and_google_are_asked_for_what_opens_their_buckets() {
    let sts = json!({ "provider": "aws", "region": "eu-west-2", "sts": { "provider": "aws", "endpoint": "https://sts.amazonaws.com" } });
    let Wish::Aws(wish) = decided(sts, SecretRead::NotWanted).expect("the bucket is asked").wish else {
        panic!("Amazon is asked")
    };
    assert_eq!((wish.region.as_deref(), wish.endpoint.as_deref()), (Some("eu-west-2"), Some("https://sts.amazonaws.com")));
    let gcp = || json!({ "provider": "gcp", "endpoint": "evil.example" });
    let plan = decided(gcp(), secret(&[("serviceaccount", "{}")])).expect("the bucket is asked");
    assert_eq!(plan.wish, Wish::GoogleKey(Secret::new("{}")));
    let Store::Google(google) = plan.options.store else { panic!("Google is asked") };
    assert_eq!((google.emulator, google.token), (None, None), "the endpoint does not count");
    assert_eq!(decided(gcp(), SecretRead::NotWanted).expect("the bucket is asked").wish, Wish::Google);
}

/// Upstream's `ValidateSecret` and `NewClient` of Azure, in their order.
#[test]
fn azure_is_opened_by_what_the_secret_has() {
    let azure = |endpoint: &str, credentials| decided(json!({ "provider": "azure", "endpoint": endpoint }), credentials);
    let account = "https://me.blob.core.windows.net";
    let everything = [
        ("tenantId", "t"),
        ("clientId", "c"),
        ("clientSecret", "s"),
        ("clientCertificate", "pem"),
        ("authorityHost", "https://login"),
        ("accountKey", "key"),
        ("sasKey", "?sig=1"),
    ];
    let Wish::AzureClient(client) = azure(account, secret(&everything)).expect("asked").wish else {
        panic!("an application asks")
    };
    assert_eq!((client.tenant.as_str(), client.client.as_str(), client.authority.as_deref()), ("t", "c", Some("https://login")));
    assert_eq!(client.proof, ClientProof::Secret(Secret::new("s")));
    let certificate =
        [("tenantId", "t"), ("clientId", "c"), ("clientCertificate", "pem"), ("clientCertificateSendChain", "True")];
    let Wish::AzureClient(client) = azure(account, secret(&certificate)).expect("asked").wish else {
        panic!("an application asks")
    };
    assert_eq!(client.proof, ClientProof::Certificate { pem: Secret::new("pem"), send_chain: true });
    for (entries, proof) in [
        (
            vec![("accountKey", "key"), ("sasKey", "?sig=1")],
            AzureProof::SharedKey { account: "me".to_owned(), key: Secret::new("key") },
        ),
        (vec![("sasKey", "?sig=1")], AzureProof::Signed(vec![("sig".to_owned(), Secret::new("1"))])),
    ] {
        let plan = azure(account, secret(&entries)).expect("the bucket is asked");
        assert_eq!(plan.wish, Wish::Nothing);
        let Store::Azure(azure) = plan.options.store else { panic!("Azure is asked") };
        assert_eq!(azure.proof, proof);
    }
    for (entries, part) in [
        (vec![("clientId", "c")], "failed to create token credential from 'keys' Secret: a managed identity, "),
        (vec![("authorityHost", "https://evil.example")], "invalid 'keys' secret data: 'authorityHost' needs "),
    ] {
        let failure = azure(account, secret(&entries)).expect_err("it is refused");
        assert!(failure.message.starts_with(part), "{}", failure.message);
    }
    let failure = azure("https://me", secret(&[("accountKey", "key")])).expect_err("it is refused");
    let said = "failed to create shared credential from 'keys' Secret data: failed to extract account name from endpoint: expected 'me' \
                to be a subdomain";
    assert_eq!(failure.message, said);
}

#[test]
fn sec_c2_the_token_of_the_controller_goes_to_azures_endpoints_only() {
    let azure = |endpoint: &str| decided(json!({ "provider": "azure", "endpoint": endpoint }), SecretRead::NotWanted);
    assert_eq!(azure("https://me.blob.core.windows.net").expect("asked").wish, Wish::Azure);
    for endpoint in [
        "http://me.blob.core.windows.net",
        "https://me.blob.core.windows.net.evil.example",
        "https://evil.example/me.blob.core.windows.net",
        "https://evil.example#.blob.core.windows.net",
    ] {
        let failure = azure(endpoint).expect_err("it is refused");
        assert!(failure.message.starts_with("the identity of the controller is shown to Azure's own endpoints"), "{endpoint}");
    }
}
