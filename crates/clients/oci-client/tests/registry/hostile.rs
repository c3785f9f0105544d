//! Servers that lie, lead in circles, or want our password for somebody else.

use crate::support::{Outcome, chain, open, options, user};
use oci_client::{Credentials, Limits, Options, Reference, Secret, Tls};
use std::net::SocketAddr;
use test_support::certificates::{Authority, Validity};
use test_support::scripted::{Answer, Scripted};
use test_support::tls_server::TlsServer;

const SECRET: &str = "S3NTINEL";

fn ok(headers: Vec<(&'static str, String)>, body: &str) -> Answer {
    ("200 OK", headers, body.to_owned())
}

fn authorized(head: &str) -> bool {
    head.lines().any(|line| line.to_ascii_lowercase().starts_with("authorization:"))
}

#[tokio::test]
async fn a_manifest_that_is_not_that_of_its_digest_is_refused() -> Outcome {
    let server = Scripted::start(|_, _| ok(vec![], "{}"))?;
    let registry = open(&format!("{}/org/app", server.address()), &options(Credentials::Anonymous), Limits::default())?;
    let wanted = format!("sha256:{}", "0".repeat(64));
    let error = registry.manifest(&Reference::Digest(wanted.clone())).await.expect_err("a lie");
    let expect = format!(
        "the content does not match its digest: want {wanted}, got sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    );
    assert!(chain(&error).ends_with(&expect), "{}", chain(&error));
    Ok(())
}

#[tokio::test]
async fn sec_a13_pages_that_never_end_or_lead_elsewhere_are_refused() -> Outcome {
    for (next, expect) in [
        ("</v2/org/app/tags/list?last=a>; rel=\"next\"", "the pages of tags lead in a circle"),
        ("<https://elsewhere.example.com/v2/org/app/tags/list>; rel=\"next\"", "the next page is at another server"),
    ] {
        let server = Scripted::start(move |_, _| ok(vec![("link", next.to_owned())], r#"{"tags": ["a"]}"#))?;
        let registry = open(&format!("{}/org/app", server.address()), &options(user("me", SECRET)), Limits::default())?;
        let error = registry.list_tags().await.expect_err("no end");
        assert!(chain(&error).ends_with(expect), "{}", chain(&error));
    }
    Ok(())
}

#[tokio::test]
async fn a_token_is_asked_of_the_realm_and_kept() -> Outcome {
    let server = Scripted::start(|address: SocketAddr, head: &str| {
        if head.starts_with("GET /token?") {
            return ok(vec![], r#"{"token": "given"}"#);
        }
        if head.to_ascii_lowercase().contains("authorization: bearer given") {
            return ok(vec![], r#"{"tags": ["a"]}"#);
        }
        let challenge = format!("Bearer realm=\"http://{address}/token\",service=\"registry\"");
        ("401 Unauthorized", vec![("www-authenticate", challenge)], String::new())
    })?;
    let registry = open(&format!("{}/org/app", server.address()), &options(user("me", SECRET)), Limits::default())?;
    for _ in 0..2 {
        assert_eq!(registry.list_tags().await?, ["a"]);
    }
    let received = server.received();
    let lines: Vec<&str> = received.iter().filter_map(|head| head.lines().next()).collect();
    let list = "GET /v2/org/app/tags/list?n=1000 HTTP/1.1";
    let token = "GET /token?scope=repository%3Aorg%2Fapp%3Apull&service=registry HTTP/1.1";
    assert_eq!(lines, [list, token, list, list]);
    assert!(!authorized(&received[0]), "nobody is told who we are before asking");
    assert!(received[1].to_ascii_lowercase().contains("authorization: basic "), "the realm learns the password");
    Ok(())
}

#[tokio::test]
async fn a_refresh_token_is_exchanged_and_a_registry_token_sent_as_it_is() -> Outcome {
    let script = |address: SocketAddr, head: &str| {
        if head.starts_with("POST /token") {
            return ok(vec![], r#"{"access_token": "given"}"#);
        }
        if authorized(head) {
            return ok(vec![], r#"{"tags": ["a"]}"#);
        }
        let challenge = format!("Bearer realm=\"http://{address}/token\",service=\"registry\"");
        ("401 Unauthorized", vec![("www-authenticate", challenge)], String::new())
    };
    for (credentials, expect) in [
        (Credentials::IdentityToken(Secret::new("refresh")), "bearer given"),
        (Credentials::RegistryToken(Secret::new("mine")), "bearer mine"),
    ] {
        let server = Scripted::start(script)?;
        let registry = open(&format!("{}/org/app", server.address()), &options(credentials), Limits::default())?;
        assert_eq!(registry.list_tags().await?, ["a"]);
        let last = server.received().pop().unwrap_or_default().to_ascii_lowercase();
        assert!(last.contains(&format!("authorization: {expect}")), "{last}");
    }
    Ok(())
}

#[tokio::test]
async fn sec_b5_whom_the_registry_redirects_to_learns_nothing_of_us() -> Outcome {
    let phishing = "Basic realm=\"give it to me\"".to_owned();
    let other = Scripted::start(move |_, _| ("401 Unauthorized", vec![("www-authenticate", phishing.clone())], String::new()))?;
    let to = format!("http://{}/stolen", other.address());
    let server = Scripted::start(move |_, head| {
        if authorized(head) {
            return ("307 Temporary Redirect", vec![("location", to.clone())], String::new());
        }
        ("401 Unauthorized", vec![("www-authenticate", "Basic realm=\"registry\"".to_owned())], String::new())
    })?;
    let registry = open(&format!("{}/org/app", server.address()), &options(user("me", SECRET)), Limits::default())?;
    let error = registry.list_tags().await.expect_err("the other one gives nothing");
    assert!(!chain(&error).contains(SECRET), "{}", chain(&error));
    let stolen = other.received();
    assert!(!stolen.is_empty() && !stolen.iter().any(|head| authorized(head)), "{stolen:?}");
    Ok(())
}

#[tokio::test]
async fn sec_c9_lenience_for_a_registry_does_not_extend_to_whom_it_redirects_to() -> Outcome {
    let (authority, names) = (Authority::new()?, (&["127.0.0.1"][..], Validity::Now));
    let other = TlsServer::start(&authority, names, None).await?;
    let location = format!("https://{}/tags", other.address());
    let server = TlsServer::start(&authority, names, Some(location)).await?;
    let lenient = Options {
        tls: Tls { accept_any_certificate: true, ..Tls::default() },
        insecure: true,
        ..options(Credentials::Anonymous)
    };
    let registry = open(&format!("{}/org/app", server.address()), &lenient, Limits::default())?;
    let error = registry.list_tags().await.expect_err("the other one has no certificate that holds");
    assert!(!server.received().is_empty() && other.received().is_empty(), "{}", chain(&error));
    let trusting = Options { tls: Tls { ca: Some(authority.certificate_pem().into()), ..lenient.tls.clone() }, ..lenient };
    let registry = open(&format!("{}/org/app", server.address()), &trusting, Limits::default())?;
    // What it says is no list of tags, but it was asked.
    let _ = registry.list_tags().await;
    assert_eq!(other.received().first().map(String::as_str), Some("/tags"));
    Ok(())
}

#[tokio::test]
async fn a_busy_registry_is_asked_again_and_its_text_is_cleaned() -> Outcome {
    let server = Scripted::start(|_, _| {
        ("503 Service Unavailable", vec![("retry-after", "0".to_owned())], format!("{SECRET}\u{1b}[31m is what you sent"))
    })?;
    let registry = open(&format!("{}/org/app", server.address()), &options(user("me", SECRET)), Limits::default())?;
    let error = registry.list_tags().await.expect_err("busy");
    assert_eq!(server.received().len(), 3);
    assert!(
        chain(&error).contains("unexpected status code 503 Service Unavailable: *** [31m is what you sent"),
        "{}",
        chain(&error)
    );
    Ok(())
}

#[tokio::test]
async fn sec_c1_nobody_is_led_to_a_metadata_service() -> Outcome {
    let there = "http://169.254.169.254/latest";
    let redirecting = Scripted::start(move |_, _| ("302 Found", vec![("location", there.to_owned())], String::new()))?;
    let realm = format!("Bearer realm=\"{there}\"");
    let challenging =
        Scripted::start(move |_, _| ("401 Unauthorized", vec![("www-authenticate", realm.clone())], String::new()))?;
    for host in [redirecting.address().to_string(), challenging.address().to_string(), "169.254.169.254".to_owned()] {
        let registry = open(&format!("{host}/org/app"), &options(user("me", SECRET)), Limits::default())?;
        let error = registry.list_tags().await.expect_err("refused");
        assert!(matches!(error.cause, oci_client::Cause::Forbidden(_)), "{host}: {}", chain(&error));
    }
    Ok(())
}

#[tokio::test]
async fn referrers_are_listed_by_the_registry_or_under_their_tag() -> Outcome {
    let list = r#"{"manifests": [{"digest": "sha256:1", "artifactType": "a/b"}]}"#;
    let digest = format!("sha256:{}", "0".repeat(64));
    for (path, expect) in [("/referrers/sha256:", 1), ("/manifests/sha256-", 1), ("/nothing", 0)] {
        let server = Scripted::start(move |_, head| match head.contains(path) {
            true => ok(vec![], list),
            false => ("404 Not Found", Vec::new(), String::new()),
        })?;
        let registry = open(&format!("{}/org/app", server.address()), &options(Credentials::Anonymous), Limits::default())?;
        assert_eq!(registry.referrers(&digest).await?.len(), expect, "{path}");
    }
    Ok(())
}
