//! Buckets of a server that speaks Google's interface, and what a scripted one says.

use bucket_client::{Bucket, BucketClient, Google, Limits, Options, Secret, Store, Tls};
use std::error::Error;
use std::time::Duration;
use test_support::google_store::GoogleStore;
use test_support::scripted::Scripted;

type Outcome = Result<(), Box<dyn Error>>;

fn bucket(address: &str, name: &str, token: Option<&str>) -> Result<Bucket, bucket_client::Error> {
    BucketClient::new("test", Limits::default()).bucket(Options {
        bucket: name.to_owned(),
        store: Store::Google(Google { emulator: Some(address.to_owned()), token: token.map(Secret::new) }),
        tls: Tls::default(),
        proxy: None,
        timeout: Duration::from_secs(20),
    })
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
async fn the_objects_of_a_bucket_are_listed_and_read() -> Outcome {
    let store = GoogleStore::start().await?;
    store.create_bucket("content").await?;
    for (key, content) in [("app/with space & ü+?#%.md", "odd"), ("app/a.yaml", "a: 1"), ("other", "o"), ("empty", "")] {
        store.put("content", key, content).await?;
    }
    let content = bucket(store.address(), "content", None)?;
    assert!(content.exists().await?);
    assert!(!bucket(store.address(), "absent", None)?.exists().await?);
    let listed = content.list("app/").await?;
    assert_eq!(listed.iter().map(|object| object.key.as_str()).collect::<Vec<_>>(), ["app/a.yaml", "app/with space & ü+?#%.md"]);
    for object in &listed {
        let (read, etag) = content.get(&object.key).await?.ok_or("the object is there")?;
        assert_eq!(etag, object.etag, "an object has the same as the page");
        assert_eq!(&read[..], if object.key.ends_with("md") { &b"odd"[..] } else { b"a: 1" });
    }
    assert_eq!(content.list("").await?.len(), 4);
    assert_eq!(content.get("gone").await?, None);
    assert!(content.get("empty").await?.is_some_and(|(read, _)| read.is_empty()));
    store.put("content", "app/a.yaml", "a: 2").await?;
    let changed = content.list("app/a").await?;
    assert_ne!(changed[0].etag, listed[0].etag);
    Ok(())
}

#[tokio::test]
async fn pages_are_followed_with_the_token() -> Outcome {
    // The forms of the documentation of Objects: list.
    let server = Scripted::start(|_, head| {
        let body = if head.contains("pageToken=Cg%3D") {
            r#"{"kind":"storage#objects","items":[{"name":"c","etag":"CKih16GjycICEAE="}]}"#
        } else {
            r#"{"kind":"storage#objects","nextPageToken":"Cg=","items":[{"name":"a","etag":"1"},{"name":"b","etag":"2"}]}"#
        };
        ("200 OK", Vec::new(), body.to_owned())
    })?;
    let objects = bucket(&format!("http://{}", server.address()), "content", Some("ya29"))?.list("p/").await?;
    let found: Vec<(&str, &str)> = objects.iter().map(|object| (object.key.as_str(), object.etag.as_str())).collect();
    assert_eq!(found, [("a", "1"), ("b", "2"), ("c", "CKih16GjycICEAE=")]);
    let heads = server.received();
    let asked = "GET /storage/v1/b/content/o?fields=items%28name%2Cetag%29%2CnextPageToken&prefix=p%2F HTTP/1.1\r\n";
    assert!(heads[0].starts_with(asked), "{}", heads[0]);
    assert!(heads.iter().all(|head| head.contains("authorization: Bearer ya29\r\n")), "{heads:?}");
    Ok(())
}

#[tokio::test]
async fn content_is_of_the_version_whose_attributes_were_read() -> Outcome {
    let server = Scripted::start(|_, head| {
        if head.contains("alt=media") {
            let status = if head.contains("ifGenerationMatch=1700") { "200 OK" } else { "400 Bad Request" };
            return (status, vec![("etag", "\"of the content\"".to_owned())], "content".to_owned());
        }
        ("200 OK", Vec::new(), r#"{"name":"a","etag":"CKih","generation":"1700"}"#.to_owned())
    })?;
    let got = bucket(&format!("http://{}", server.address()), "content", None)?.get("a/b").await?;
    assert_eq!(got, Some(("content".into(), "CKih".to_owned())));
    assert!(server.received()[0].starts_with("GET /storage/v1/b/content/o/a%2Fb HTTP/1.1\r\n"), "{:?}", server.received());
    Ok(())
}

#[tokio::test]
async fn sec_c10_what_a_store_echoes_is_cleaned() -> Outcome {
    let server = Scripted::start(|_, head| {
        let body = if head.contains("/o?") {
            r#"{"error":{"code":403,"message":"no access for S3NTINEL","errors":[{"message":"m","domain":"global","reason":"forbidden"}]}}"#
        } else {
            "no S3NTINEL here"
        };
        ("403 Forbidden", Vec::new(), body.to_owned())
    })?;
    let address = format!("http://{}", server.address());
    let bucket = bucket(&address, "content", Some("S3NTINEL"))?;
    let error = bucket.list("").await.err().ok_or("it is refused")?;
    assert_eq!(chain(&error), format!("GET {address}/content: no access for ***"));
    let error = bucket.get("a").await.err().ok_or("it is refused")?;
    assert_eq!(chain(&error), format!("GET {address}/content/a: no *** here"));
    Ok(())
}
