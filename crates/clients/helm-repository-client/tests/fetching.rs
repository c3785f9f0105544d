//! Who is told who we are, and what is taken, against servers whose answers are scripted.

use helm_repository_client::{HelmRepositoryClient, Options, Secret, Tls};
use std::time::Duration;
use test_support::scripted::{Answer, Scripted};
use url::Url;

type Outcome = Result<(), Box<dyn std::error::Error>>;

const LIMIT: u64 = 1_000;

fn options(pass_credentials: bool) -> Options {
    let credentials = Some(("me".to_owned(), Secret::new("S3NTINEL")));
    Options { credentials, pass_credentials, tls: Tls::default(), timeout: Duration::from_secs(30) }
}

fn url(server: &Scripted, path: &str) -> Result<Url, url::ParseError> {
    format!("http://{}/{path}", server.address()).parse()
}

fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

fn knows_us(server: &Scripted) -> bool {
    server.received().iter().any(|head| head.to_ascii_lowercase().contains("authorization: basic bwu6uznoveloruw="))
}

fn content() -> Answer {
    ("200 OK", Vec::new(), "content".to_owned())
}

#[tokio::test]
async fn sec_c2_the_own_host_learns_the_password_and_others_only_when_told() -> Outcome {
    let client = HelmRepositoryClient::new("test/1");
    let home = Scripted::start(|_, _| content())?;
    let repository = url(&home, "charts")?;
    assert_eq!(&client.fetch(&repository, &url(&home, "charts/index.yaml")?, &options(false), LIMIT).await?[..], b"content");
    assert!(knows_us(&home));
    for told in [false, true] {
        let other = Scripted::start(|_, _| content())?;
        client.fetch(&repository, &url(&other, "a-1.tgz")?, &options(told), LIMIT).await?;
        assert_eq!(knows_us(&other), told);
    }
    Ok(())
}

#[tokio::test]
async fn sec_b5_a_redirect_takes_the_password_to_the_same_party_only() -> Outcome {
    let client = HelmRepositoryClient::new("test/1");
    let other = Scripted::start(|_, _| content())?;
    for told in [false, true] {
        let to = url(&other, "stolen")?.to_string();
        let home = Scripted::start(move |_, _| ("302 Found", vec![("location", to.clone())], String::new()))?;
        client.fetch(&url(&home, "")?, &url(&home, "index.yaml")?, &options(told), LIMIT).await?;
        assert!(knows_us(&home) && !knows_us(&other));
    }
    let home = Scripted::start(|_, head| match head.starts_with("GET /moved") {
        true => content(),
        false => ("301 Moved Permanently", vec![("location", "/moved".to_owned())], String::new()),
    })?;
    client.fetch(&url(&home, "")?, &url(&home, "index.yaml")?, &options(false), LIMIT).await?;
    assert!(home.received().iter().all(|head| head.to_ascii_lowercase().contains("authorization: basic")));
    Ok(())
}

#[tokio::test]
async fn sec_c3_c11_what_is_too_large_or_not_there_or_never_ends_is_an_error() -> Outcome {
    let client = HelmRepositoryClient::new("test/1");
    let server = Scripted::start(|_, head| match head.split(' ').nth(1) {
        Some("/large") => ("200 OK", Vec::new(), "x".repeat(1_001)),
        Some("/circle") => ("302 Found", vec![("location", "/circle".to_owned())], String::new()),
        _ => ("404 Not Found", Vec::new(), "S3NTINEL".to_owned()),
    })?;
    for (path, expect) in [
        ("large", "the answer is larger than 1000 bytes"),
        ("circle", "refused redirect: too many in a row"),
        ("absent?token=S3NTINEL", "404 Not Found"),
    ] {
        let address = url(&server, path)?;
        let error = client.fetch(&address, &address, &options(false), LIMIT).await.expect_err("refused");
        let shown = path.split('?').next().unwrap_or_default();
        assert_eq!(chain(&error), format!("failed to fetch http://{}/{shown}: {expect}", server.address()));
    }
    Ok(())
}

#[tokio::test]
async fn sec_c13_an_archive_that_is_called_compressed_stays_as_it_is() -> Outcome {
    let server = Scripted::start(|_, head| {
        assert!(!head.to_ascii_lowercase().contains("accept-encoding"), "{head}");
        ("200 OK", vec![("content-encoding", "gzip".to_owned())], "as it is".to_owned())
    })?;
    let address = url(&server, "a-1.tgz")?;
    let content = HelmRepositoryClient::new("test/1").fetch(&address, &address, &options(false), LIMIT).await?;
    assert_eq!(&content[..], b"as it is");
    Ok(())
}

#[tokio::test]
async fn sec_c1_nobody_is_led_to_a_metadata_service() -> Outcome {
    let client = HelmRepositoryClient::new("test/1");
    let home = Scripted::start(|_, _| ("302 Found", vec![("location", "http://169.254.169.254/".to_owned())], String::new()))?;
    for address in [url(&home, "index.yaml")?, "http://[::ffff:a9fe:a9fe]/chart.tgz".parse()?] {
        let error = client.fetch(&url(&home, "")?, &address, &options(false), LIMIT).await.expect_err("refused");
        assert!(matches!(error.cause, helm_repository_client::Cause::Forbidden(_)), "{}", chain(&error));
    }
    Ok(())
}
