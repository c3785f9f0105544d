//! Stores that lie, move, echo and never end.

use bucket_client::{Bucket, BucketClient, Credentials, Limits, Options, S3, Store, Tls};
use std::error::Error;
use std::time::Duration;
use test_support::scripted::{Answer, Scripted};

type Outcome = Result<(), Box<dyn Error>>;

fn bucket(server: &Scripted, limits: Limits) -> Result<Bucket, bucket_client::Error> {
    let credentials = Credentials { access_key: "weir".to_owned(), secret_key: b"S3NTINEL".to_vec(), session_token: None };
    BucketClient::new("test", limits).bucket(Options {
        bucket: "bucket".to_owned(),
        store: Store::S3(S3 {
            endpoint: server.address().to_string(),
            region: None,
            credentials: Some(credentials),
            insecure: true,
        }),
        tls: Tls::default(),
        proxy: None,
        timeout: Duration::from_secs(20),
    })
}

fn ok(body: String) -> Answer {
    ("200 OK", Vec::new(), body)
}

fn page(token: &str, keys: &[&str]) -> String {
    let entries: String = keys.iter().map(|key| format!("<Contents><Key>{key}</Key><ETag>1</ETag></Contents>")).collect();
    let next = format!("<IsTruncated>true</IsTruncated><NextContinuationToken>{token}</NextContinuationToken>");
    let end = if token.is_empty() { "" } else { next.as_str() };
    format!("<ListBucketResult>{end}{entries}</ListBucketResult>")
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
async fn objects_come_over_pages() -> Outcome {
    let server = Scripted::start(|_, head| {
        ok(if head.contains("continuation-token=n%2Fext") { page("", &["c"]) } else { page("n/ext", &["a", "b"]) })
    })?;
    let objects = bucket(&server, Limits::default())?.list("p").await?;
    assert_eq!(objects.iter().map(|object| object.key.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    assert!(server.received()[0].contains("prefix=p"), "{:?}", server.received());
    Ok(())
}

#[tokio::test]
async fn sec_a13_pages_that_never_end_or_are_too_many_are_refused() -> Outcome {
    let circle = Scripted::start(|_, _| ok(page("again", &["a"])))?;
    let error = bucket(&circle, Limits::default())?.list("").await.err().ok_or("it is refused")?;
    assert!(chain(&error).ends_with("the pages of objects lead in a circle"), "{}", chain(&error));
    let many = Scripted::start(|_, head| ok(page(&format!("{}", head.len()), &["a", "b"])))?;
    let error = bucket(&many, Limits { objects: 3, ..Limits::default() })?.list("").await.err().ok_or("it is refused")?;
    assert!(chain(&error).ends_with("the bucket exceeds the limit of 3 objects"), "{}", chain(&error));
    Ok(())
}

#[tokio::test]
async fn a_bucket_in_another_region_is_asked_there() -> Outcome {
    let server = Scripted::start(|_, head| {
        if head.contains("/eu-west-1/s3/aws4_request") {
            return ok(page("", &["a"]));
        }
        let body = "<Error><Code>AuthorizationHeaderMalformed</Code><Message>wrong</Message><Region>eu-west-1</Region></Error>";
        ("400 Bad Request", Vec::new(), body.to_owned())
    })?;
    let bucket = bucket(&server, Limits::default())?;
    assert_eq!(bucket.list("").await?.len(), 1);
    assert_eq!(bucket.list("").await?.len(), 1);
    assert_eq!(server.received().len(), 3, "the region is remembered");
    Ok(())
}

#[tokio::test]
async fn sec_c10_what_a_store_echoes_is_cleaned() -> Outcome {
    let server = Scripted::start(|_, _| {
        let body = "<Error><Code>AccessDenied</Code><Message>no \u{1b}[31m S3NTINEL</Message></Error>";
        ("403 Forbidden", Vec::new(), body.to_owned())
    })?;
    let error = bucket(&server, Limits::default())?.get("a/b c").await.err().ok_or("it is refused")?;
    assert_eq!(chain(&error), format!("GET http://{}/bucket/a/b c: no [31m ***", server.address()));
    Ok(())
}

#[tokio::test]
async fn sec_b5_nobody_is_followed_elsewhere() -> Outcome {
    let other = Scripted::start(|_, _| ok(String::new()))?;
    let address = other.address();
    let server =
        Scripted::start(move |_, _| ("307 Temporary Redirect", vec![("location", format!("http://{address}/"))], String::new()))?;
    bucket(&server, Limits::default())?.get("a").await.err().ok_or("it is refused")?;
    assert!(other.received().is_empty(), "{:?}", other.received());
    Ok(())
}

#[tokio::test]
async fn an_object_is_bounded_and_may_be_gone() -> Outcome {
    let server = Scripted::start(|_, head| {
        if head.contains("/gone") {
            return ("404 Not Found", Vec::new(), "<Error><Code>NoSuchKey</Code></Error>".to_owned());
        }
        ("200 OK", vec![("etag", "\"e\"".to_owned())], "content".to_owned())
    })?;
    let bucket = bucket(&server, Limits { object_bytes: 7, ..Limits::default() })?;
    assert_eq!(bucket.get("a").await?, Some(("content".into(), "e".to_owned())));
    assert_eq!(bucket.get("gone").await?, None);
    let small = self::bucket(&server, Limits { object_bytes: 6, ..Limits::default() })?;
    let error = small.get("a").await.err().ok_or("it is refused")?;
    assert!(chain(&error).ends_with("the bucket exceeds the limit of 6 bytes of an object"), "{}", chain(&error));
    Ok(())
}

#[test]
fn sec_c1_an_endpoint_is_a_host_and_nothing_else() {
    let options = |endpoint: &str, bucket: &str| Options {
        bucket: bucket.to_owned(),
        store: Store::S3(S3 { endpoint: endpoint.to_owned(), region: None, credentials: None, insecure: true }),
        tls: Tls::default(),
        proxy: None,
        timeout: Duration::from_secs(1),
    };
    let client = BucketClient::new("test", Limits::default());
    for (endpoint, bucket) in [("h/path", "bucket"), ("u:p@h", "bucket"), ("h?q", "bucket"), ("", "bucket"), ("h", "../x")] {
        assert!(client.bucket(options(endpoint, bucket)).is_err(), "{endpoint} {bucket}");
    }
    assert!(client.bucket(options("h:9000", "bucket")).is_ok());
}

#[tokio::test]
async fn sec_c1_metadata_services_are_not_asked() -> Outcome {
    let options = Options {
        bucket: "latest".to_owned(),
        store: Store::S3(S3 { endpoint: "169.254.169.254".to_owned(), region: None, credentials: None, insecure: true }),
        tls: Tls::default(),
        proxy: None,
        timeout: Duration::from_secs(20),
    };
    let bucket = BucketClient::new("test", Limits::default()).bucket(options)?;
    let error = bucket.get("meta-data").await.err().ok_or("it is refused")?;
    assert!(matches!(error.cause, bucket_client::Cause::Forbidden(_)), "{}", chain(&error));
    Ok(())
}
