//! Whom connections are made to, and who learns what on the way.

use http_client::{OptionError, Pool, Proxy, Secret, Tls};
use std::error::Error;
use test_support::certificates::{Authority, Validity};
use test_support::scripted::Scripted;
use test_support::tls_server::TlsServer;

type Outcome = Result<(), Box<dyn Error>>;

const HERE: &[&str] = &["127.0.0.1", "localhost"];

fn trusting(ca: impl Into<Vec<u8>>) -> Tls {
    Tls { ca: Some(ca.into()), ..Tls::default() }
}

/// What comes of asking a server: its status, or why there is none.
async fn ask(server: &TlsServer, tls: &Tls) -> Result<u16, String> {
    let client = Pool::new("test".to_owned()).client(tls, None).map_err(|error| error.to_string())?;
    let sent = client.get(format!("https://{}/", server.address())).send().await;
    sent.map(|response| response.status().as_u16()).map_err(|error| {
        let (mut text, mut next) = (error.to_string(), error.source());
        while let Some(cause) = next {
            text = format!("{text}: {cause}");
            next = cause.source();
        }
        text
    })
}

#[tokio::test]
async fn sec_c9_a_server_has_to_prove_who_it_is() -> Outcome {
    let (ours, other) = (Authority::new()?, Authority::new()?);
    let server = TlsServer::start(&ours, (HERE, Validity::Now), None).await?;
    let elsewhere = TlsServer::start(&ours, (&["other.example"], Validity::Now), None).await?;
    let expired = TlsServer::start(&ours, (HERE, Validity::Over), None).await?;
    let tls = trusting(ours.certificate_pem());
    assert_eq!(ask(&server, &tls).await, Ok(200));
    for (server, tls, cause) in [
        (&server, &Tls::default(), "UnknownIssuer"),
        (&server, &trusting(other.certificate_pem()), "invalid peer certificate"),
        (&elsewhere, &tls, "certificate not valid for name"),
        (&expired, &tls, "expired"),
    ] {
        let before = server.received().len();
        let error = ask(server, tls).await.err().ok_or("nobody is trusted without proof")?;
        assert!(error.contains(cause), "{error}");
        assert_eq!(server.received().len(), before, "nothing was asked of it");
    }
    Ok(())
}

#[tokio::test]
async fn sec_c9_what_follows_a_bundle_trusts_nobody() -> Outcome {
    let (ours, other) = (Authority::new()?, Authority::new()?);
    let server = TlsServer::start(&ours, (HERE, Validity::Now), None).await?;
    let strange = TlsServer::start(&other, (HERE, Validity::Now), None).await?;
    let pem = ours.certificate_pem();
    let trailing = trusting(format!("{pem}\nnot a certificate \0\u{1b}[31m\n"));
    assert_eq!(ask(&server, &trailing).await, Ok(200));
    assert!(ask(&strange, &trailing).await.is_err());
    let cut = &pem[..pem.len() / 2];
    for bundle in [
        "garbage".to_owned(),
        String::new(),
        cut.to_owned(),
        format!("{pem}-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n"),
    ] {
        let refused = Pool::new("test".to_owned()).client(&trusting(bundle.clone()), None);
        assert!(matches!(refused, Err(OptionError::Authorities | OptionError::NoAuthority)), "{bundle}");
    }
    Ok(())
}

/// Over HTTP a proxy reads everything, over TLS it is only told where to: its password is for it alone either way.
#[tokio::test]
async fn sec_c12_the_password_of_a_proxy_goes_to_the_proxy_alone() -> Outcome {
    let recording = Scripted::start(|_, _| ("502 Bad Gateway", Vec::new(), String::new()))?;
    let credentials = Some(("me".to_owned(), Secret::new("S3NTINEL")));
    let proxy = Proxy { address: format!("http://{}", recording.address()), credentials };
    let client = Pool::new("test".to_owned()).client(&Tls::default(), Some(&proxy))?;
    client.get("http://origin.invalid/a?b").basic_auth("user", Some("of the origin")).send().await?;
    let error = client.get("https://origin.invalid/a?b").basic_auth("user", Some("of the origin")).send().await;
    assert!(error.is_err_and(|error| !format!("{error:?}").contains("S3NTINEL")), "errors do not hold it");
    let heads: Vec<String> = recording.received().iter().map(|head| head.to_lowercase()).collect();
    // `me:S3NTINEL` in base64, in small letters.
    assert!(heads.iter().all(|head| head.contains("proxy-authorization: basic bwu6uznoveloruw=\r\n")), "{heads:?}");
    assert!(heads[0].starts_with("get http://origin.invalid/a?b "), "{heads:?}");
    assert!(heads[1].starts_with("connect origin.invalid:443 ") && !heads[1].contains("\r\nauthorization:"), "{heads:?}");

    let origin = Scripted::start(|_, _| ("200 OK", Vec::new(), String::new()))?;
    let direct = Pool::new("test".to_owned()).client(&Tls::default(), None)?;
    direct.get(format!("http://{}/", origin.address())).send().await?;
    assert!(!origin.received()[0].to_lowercase().contains("proxy-"), "a way of its own has a connection of its own");
    Ok(())
}
