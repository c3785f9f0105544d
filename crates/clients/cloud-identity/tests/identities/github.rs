//! GitHub.

use super::{NOW, Outcome, chain, identities, json, key, read};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use cloud_identity::{GithubApp, GithubAppError, Secret, SecretData, Tls};
use serde_json::json as object;
use test_support::scripted::Scripted;

/// An answer of the documentation of installation tokens, shortened.
const GIVEN: &str =
    r#"{"token":"ghs_16C7e42F292c6912E7710c838347Ae178B4a","expires_at":"2023-11-14T23:13:20Z","permissions":{}}"#;
const TOKEN: &str = "ghs_16C7e42F292c6912E7710c838347Ae178B4a";

fn data(pairs: &[(&str, &str)]) -> SecretData {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec())).collect()
}

#[tokio::test]
async fn an_installation_has_a_token() -> Outcome {
    let github = Scripted::start(|_, _| json("201 Created", GIVEN))?;
    let key = key()?;
    // Keys of apps are PKCS#1, which is what is inside of PKCS#8 from its 27th byte on.
    let inner = BASE64_STANDARD.encode(&key.serialize_der()[26..]);
    let pem = format!("-----BEGIN RSA PRIVATE KEY-----\n{inner}\n-----END RSA PRIVATE KEY-----\n");
    let address = format!("http://{}/api/v3", github.address());
    let data = data(&[
        ("githubAppID", "1234\n"),
        ("githubAppInstallationID", "99"),
        ("githubAppPrivateKey", &pem),
        ("githubAppBaseURL", &address),
    ]);
    let app = GithubApp::from_secret(&data)?;
    let identities = identities(&[], &[]);
    for _ in 0..2 {
        let login = identities.github(&app, &Tls::default(), None).await?;
        assert_eq!(login, ("x-access-token".to_owned(), Secret::new(TOKEN)));
    }
    let received = github.received();
    assert_eq!(received.len(), 1, "the token is kept");
    assert!(received[0].starts_with("POST /api/v3/app/installations/99/access_tokens HTTP/1.1\r\n"), "{}", received[0]);
    assert!(received[0].contains("accept: application/vnd.github+json\r\n"), "{}", received[0]);
    let token = received[0].lines().find_map(|line| line.strip_prefix("authorization: Bearer ")).ok_or("a token is sent")?;
    let (header, claims) = read(token, &key)?;
    assert_eq!(header, object!({ "alg": "RS256", "typ": "JWT" }));
    assert_eq!(claims, object!({ "iat": NOW - 30, "exp": NOW + 90, "iss": "1234" }));
    Ok(())
}

#[tokio::test]
async fn the_installation_of_an_owner_is_looked_for() -> Outcome {
    let github = Scripted::start(|_, head| match head.split_whitespace().nth(1) {
        Some("/orgs/me/installation") => json("404 Not Found", r#"{"message":"Not Found"}"#),
        Some("/users/me/installation") => json("200 OK", r#"{"id":7,"account":{"login":"me"}}"#),
        _ => json("201 Created", GIVEN),
    })?;
    let pem = key()?.serialize_pem();
    let address = format!("http://{}", github.address());
    let data = data(&[
        ("githubAppID", "1"),
        ("githubAppInstallationOwner", "me"),
        ("githubAppPrivateKey", &pem),
        ("githubAppBaseURL", &address),
    ]);
    identities(&[], &[]).github(&GithubApp::from_secret(&data)?, &Tls::default(), None).await?;
    let asked: Vec<String> = github.received().iter().filter_map(|head| head.split(" HTTP").next().map(str::to_owned)).collect();
    assert_eq!(asked, ["GET /orgs/me/installation", "GET /users/me/installation", "POST /app/installations/7/access_tokens"]);
    Ok(())
}

#[test]
fn what_is_missing_is_said() {
    let id = ("githubAppID", "1");
    let number = ("githubAppInstallationID", "1");
    let owner = ("githubAppInstallationOwner", "me");
    let key = ("githubAppPrivateKey", "k");
    for (pairs, error) in [
        (vec![number, key], GithubAppError::Id),
        (vec![id, key], GithubAppError::Installation),
        (vec![id, number, owner, key], GithubAppError::OwnerAndId),
        (vec![id, number], GithubAppError::Key),
        (vec![id, ("githubAppInstallationOwner", "../x"), key], GithubAppError::Owner),
    ] {
        assert_eq!(GithubApp::from_secret(&data(&pairs)), Err(error));
    }
}

#[tokio::test]
async fn sec_c1_an_app_leads_to_no_metadata_service() -> Outcome {
    let pem = key()?.serialize_pem();
    let data = data(&[
        ("githubAppID", "1"),
        ("githubAppInstallationID", "1"),
        ("githubAppPrivateKey", &pem),
        ("githubAppBaseURL", "http://169.254.169.254"),
    ]);
    let app = GithubApp::from_secret(&data)?;
    let error = identities(&[], &[]).github(&app, &Tls::default(), None).await.err().ok_or("refused")?;
    assert!(chain(&error).contains("is link-local or of a cloud's metadata service"), "{}", chain(&error));
    Ok(())
}
