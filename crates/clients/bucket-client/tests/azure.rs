//! Containers of a scripted store, whose answers are those of Microsoft's documentation.

use bucket_client::{Azure, AzureProof, Bucket, BucketClient, Limits, Options, Secret, Store, Tls, sas_pairs};
use std::error::Error;
use std::time::Duration;
use test_support::scripted::Scripted;

type Outcome = Result<(), Box<dyn Error>>;

fn bucket(endpoint: &str, proof: AzureProof) -> Result<Bucket, bucket_client::Error> {
    BucketClient::new("test", Limits::default()).bucket(Options {
        bucket: "content".to_owned(),
        store: Store::Azure(Azure { endpoint: endpoint.to_owned(), proof }),
        tls: Tls::default(),
        proxy: None,
        timeout: Duration::from_secs(20),
    })
}

fn key() -> AzureProof {
    // `S3NTINEL-hunter2` in base64.
    AzureProof::SharedKey { account: "devstoreaccount1".to_owned(), key: Secret::new("UzNOVElORUwtaHVudGVyMg==") }
}

fn refusal(code: &str, message: &str) -> String {
    format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{message}\nRequestId:1\nTime:2</Message></Error>")
}

/// An error with its causes.
fn chain(error: &bucket_client::Error) -> String {
    let (mut text, mut next) = (error.to_string(), error.source());
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

#[tokio::test]
async fn blobs_are_listed_over_pages_and_read() -> Outcome {
    let server = Scripted::start(|_, head| {
        let page = |name: &str, next: &str| {
            format!(
                "<EnumerationResults><Blobs><Blob><Name>{name}</Name><Properties><Etag>0x{name}</Etag></Properties></Blob></Blobs>\
                 <NextMarker>{next}</NextMarker></EnumerationResults>"
            )
        };
        match head.split_whitespace().nth(1).unwrap_or_default() {
            target if target.contains("marker=2%21") => ("200 OK", Vec::new(), page("b", "")),
            target if target.contains("comp=list") => ("200 OK", Vec::new(), page("a", "2!")),
            target if target.ends_with("/gone") => ("404 Not Found", Vec::new(), refusal("BlobNotFound", "gone")),
            _ => ("200 OK", vec![("etag", "\"0xa\"".to_owned())], "content".to_owned()),
        }
    })?;
    let bucket = bucket(&format!("http://{}/devstoreaccount1", server.address()), key())?;
    assert!(bucket.exists().await?);
    let objects = bucket.list("p/").await?;
    let found: Vec<(&str, &str)> = objects.iter().map(|object| (object.key.as_str(), object.etag.as_str())).collect();
    assert_eq!(found, [("a", "\"0xa\""), ("b", "\"0xb\"")]);
    assert_eq!(bucket.get("a").await?, Some(("content".into(), "\"0xa\"".to_owned())));
    assert_eq!(bucket.get("gone").await?, None);
    let heads = server.received();
    assert!(
        heads[0].starts_with("GET /devstoreaccount1/content?restype=container&comp=list&maxresults=1 HTTP/1.1\r\n"),
        "{}",
        heads[0]
    );
    assert!(
        heads[1].starts_with("GET /devstoreaccount1/content?restype=container&comp=list&prefix=p%2F HTTP/1.1\r\n"),
        "{}",
        heads[1]
    );
    assert!(heads.iter().all(|head| head.contains("authorization: SharedKey devstoreaccount1:")), "{heads:?}");
    Ok(())
}

#[tokio::test]
async fn a_container_that_is_not_there_or_not_open_is_told_apart() -> Outcome {
    let absent = Scripted::start(|_, _| {
        ("404 Not Found", Vec::new(), refusal("ContainerNotFound", "The specified container does not exist."))
    })?;
    assert!(!bucket(&format!("http://{}/a", absent.address()), key())?.exists().await?);
    let closed = Scripted::start(|_, _| {
        ("403 Forbidden", Vec::new(), refusal("AuthenticationFailed", "Server failed to authenticate UzNOVElORUwtaHVudGVyMg==."))
    })?;
    let endpoint = format!("http://{}/a", closed.address());
    let error = bucket(&endpoint, key())?.exists().await.err().ok_or("it is refused")?;
    let said = "the specified bucket name may be incorrect, nonexistent, or the caller might lack sufficient permissions to access it: \
                Server failed to authenticate ***.";
    assert_eq!(chain(&error), format!("GET {endpoint}/content: {said}"));
    Ok(())
}

#[tokio::test]
async fn sec_c10_no_signature_is_in_an_error() -> Outcome {
    let server = Scripted::start(|_, _| ("403 Forbidden", Vec::new(), refusal("AuthorizationFailure", "not with S3NTINEL=")))?;
    let endpoint = format!("http://{}?sig=S3NTINEL-of-the-endpoint", server.address());
    let pairs = sas_pairs(b"sv=2021-12-02&sig=S3NTINEL%3D", &endpoint)?;
    let error = bucket(&endpoint, AzureProof::Signed(pairs))?.list("").await.err().ok_or("it is refused")?;
    assert_eq!(chain(&error), format!("GET http://{}/content: not with ***", server.address()));
    for key in ["not base64: S3NTINEL", "S3NTINEL!"] {
        let proof = AzureProof::SharedKey { account: "a".to_owned(), key: Secret::new(key) };
        let error = bucket(&endpoint, proof).err().ok_or("it is refused")?;
        assert!(!chain(&error).contains("S3NTINEL"), "{}", chain(&error));
    }
    Ok(())
}
