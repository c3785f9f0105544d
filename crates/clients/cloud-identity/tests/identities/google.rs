//! Google.

use super::{NOW, Outcome, chain, field, identities, json, key, read};
use cloud_identity::{CLOUD_SCOPES, Provider, STORAGE_SCOPE, Secret};
use jiff::Timestamp;
use serde_json::json as object;
use test_support::scripted::Scripted;

/// An answer of the documentation of OAuth 2.0 for service accounts.
const GIVEN: &str =
    r#"{"access_token":"1/8xbJqaOZXSUZbHLl5EOtu1pxz3fmmetKx9W8CV4t79M","scope":"x","token_type":"Bearer","expires_in":3600}"#;
const TOKEN: &str = "1/8xbJqaOZXSUZbHLl5EOtu1pxz3fmmetKx9W8CV4t79M";
const EMAIL: &str = "761326798069-r5mljlln1rd4lrbhg75efgigp36m78j5@developer.gserviceaccount.com";
const FILE: (&str, &str) = ("GOOGLE_APPLICATION_CREDENTIALS", "/google.json");

#[tokio::test]
async fn a_service_account_has_a_key() -> Outcome {
    let service = Scripted::start(|_, _| json("200 OK", GIVEN))?;
    let key = key()?;
    let address = format!("http://{}/token", service.address());
    let file = object!({
        "type": "service_account", "client_email": EMAIL, "private_key": key.serialize_pem(), "private_key_id": "370ab79b",
        "token_uri": address,
    });
    let file = file.to_string();
    let identities = identities(&[FILE], &[("/google.json", &file)]);
    let token = identities.google_key(&Secret::new(file.clone()), &[STORAGE_SCOPE], None).await?;
    assert_eq!((token.secret, token.expires), (Secret::new(TOKEN), Some(Timestamp::from_second(NOW + 3_600)?)));
    let body = &service.bodies()[0];
    assert_eq!(field(body, "grant_type"), "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer");
    let (header, claims) = read(field(body, "assertion"), &key)?;
    assert_eq!(header, object!({ "alg": "RS256", "typ": "JWT", "kid": "370ab79b" }));
    let expect = object!({ "iss": EMAIL, "scope": STORAGE_SCOPE, "aud": address, "iat": NOW, "exp": NOW + 3_600 });
    assert_eq!(claims, expect);
    // The same file, named by the environment, is this process.
    identities.google(CLOUD_SCOPES, None).await?;
    let (_, claims) = read(field(&service.bodies()[1], "assertion"), &key)?;
    assert_eq!(claims["scope"], CLOUD_SCOPES.join(" "));
    let login = identities.registry_login(Provider::Gcp, "us-central1-docker.pkg.dev", None).await?;
    assert_eq!(login, ("oauth2accesstoken".to_owned(), Secret::new(TOKEN)));
    assert_eq!(service.bodies().len(), 2, "the token is kept");
    Ok(())
}

fn federated(service: &Scripted, source: &serde_json::Value, impersonates: bool) -> String {
    let mut file = object!({
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/cluster",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": format!("http://{}/v1/token", service.address()),
        "credential_source": source,
    });
    if impersonates {
        let address = format!("http://{}/v1/projects/-/serviceAccounts/a@b:generateAccessToken", service.address());
        file["service_account_impersonation_url"] = address.into();
    }
    file.to_string()
}

#[tokio::test]
async fn a_federated_identity_has_a_token_in_a_file() -> Outcome {
    let service = Scripted::start(|_, _| json("200 OK", GIVEN))?;
    for (source, token) in [
        (object!({ "file": "/token" }), "eyJ.text\n"),
        (
            object!({ "file": "/token", "format": { "type": "json", "subject_token_field_name": "access_token" } }),
            r#"{"access_token":"eyJ.text"}"#,
        ),
    ] {
        let identities = identities(&[FILE], &[("/google.json", &federated(&service, &source, false)), ("/token", token)]);
        identities.google(CLOUD_SCOPES, None).await?;
        let asked = "audience=%2F%2Fiam.googleapis.com%2Fprojects%2F1%2Flocations%2Fglobal%2FworkloadIdentityPools%2Fpool%2Fproviders\
                     %2Fcluster&grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&\
                     requested_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token&\
                     scope=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fcloud-platform+https%3A%2F%2Fwww.googleapis.com%2Fauth%2F\
                     userinfo.email&subject_token=eyJ.text&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Ajwt";
        assert_eq!(service.bodies().last().map(String::as_str), Some(asked));
    }
    Ok(())
}

#[tokio::test]
async fn a_federated_identity_may_be_a_service_account() -> Outcome {
    let service = Scripted::start(|_, head| {
        if head.contains("generateAccessToken") {
            return json("200 OK", r#"{"accessToken":"of the account","expireTime":"2023-11-14T23:13:20Z"}"#);
        }
        json("200 OK", GIVEN)
    })?;
    let file = federated(&service, &object!({ "file": "/token" }), true);
    let token = identities(&[FILE], &[("/google.json", &file), ("/token", "eyJ")]).google(CLOUD_SCOPES, None).await?;
    assert_eq!((token.secret, token.expires), (Secret::new("of the account"), Some(Timestamp::from_second(NOW + 3_600)?)));
    let head = &service.received()[1];
    assert!(head.contains(&format!("authorization: Bearer {TOKEN}\r\n")), "{head}");
    let asked: serde_json::Value = serde_json::from_str(&service.bodies()[1])?;
    assert_eq!(asked, object!({ "lifetime": "3600s", "scope": CLOUD_SCOPES }));
    assert_eq!(field(&service.bodies()[0], "scope"), "https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fcloud-platform");
    Ok(())
}

/// Whoever writes a Secret must not read files of the controller with it, nor have them sent somewhere.
#[tokio::test]
async fn sec_c14_a_secret_is_a_key_and_nothing_else() -> Outcome {
    let service = Scripted::start(|_, _| json("200 OK", GIVEN))?;
    let identities = identities(&[], &[("/token", "S3NTINEL")]);
    let file = federated(&service, &object!({ "file": "/token" }), false);
    let error = identities.google_key(&Secret::new(file), &[STORAGE_SCOPE], None).await.err().ok_or("refused")?;
    let said =
        "a Secret with credentials of the type 'external_account', which may name files of the controller, is not supported; ";
    assert!(chain(&error).starts_with(said), "{}", chain(&error));
    assert!(service.received().is_empty());
    Ok(())
}

#[tokio::test]
async fn sec_c1_c10_a_users_key_leads_to_no_metadata_service_and_is_not_repeated() -> Outcome {
    let identities = identities(&[], &[]);
    for (address, cause) in [
        ("http://169.254.169.254/token", "is link-local or of a cloud's metadata service"),
        ("http://token.example/", "credentials are sent over TLS only"),
    ] {
        let file = object!({ "type": "service_account", "client_email": EMAIL, "private_key": key()?.serialize_pem(), "token_uri": address });
        let error = identities.google_key(&Secret::new(file.to_string()), &[STORAGE_SCOPE], None).await.err().ok_or("refused")?;
        assert!(chain(&error).contains(cause), "{}", chain(&error));
    }
    for file in [
        r#"{"type":"service_account","private_key":"S3NTINEL","client_email":"a"}"#,
        r#"{"type":"service_account","private_key":7}"#,
        "S3NTINEL",
    ] {
        let error = identities.google_key(&Secret::new(file), &[STORAGE_SCOPE], None).await.err().ok_or("refused")?;
        assert!(!chain(&error).contains("S3NTINEL"), "{}", chain(&error));
    }
    Ok(())
}

#[tokio::test]
async fn the_metadata_service_is_refused_in_words() -> Outcome {
    let error = identities(&[], &[]).google(CLOUD_SCOPES, None).await.err().ok_or("refused")?;
    assert!(chain(&error).contains("by the metadata service, is not supported; "), "{}", chain(&error));
    let error = identities(&[FILE], &[("/google.json", r#"{"type":"authorized_user"}"#)]).google(CLOUD_SCOPES, None).await;
    assert!(error.is_err_and(|error| chain(&error).starts_with("a file of the type 'authorized_user' is not supported; ")));
    Ok(())
}
