//! What a real registry gives and refuses.

use crate::support::{Outcome, chain, open, options, user};
use oci_client::{Credentials, Descriptor, DockerConfig, Limits, Options, Reference, Repository, Tls};
use test_support::registry::{Layer, PASSWORD, Protection, RegistryServer, USER};

const MEDIA_TYPE: &str = "application/vnd.example";

fn layer(text: &str) -> Layer {
    Layer { media_type: MEDIA_TYPE.to_owned(), content: text.as_bytes().to_vec() }
}

fn tag(text: &str) -> Result<Reference, oci_client::ReferenceError> {
    Reference::tag(text)
}

#[tokio::test]
async fn tags_come_over_pages() -> Outcome {
    let server = RegistryServer::start(Protection::default()).await?;
    let names = ["a", "b", "c", "d", "e", "f", "g"];
    for name in names {
        server.push("org/app", name, &[layer(name)], &[]).await?;
    }
    let name = format!("{}/org/app", server.address());
    for page_tags in [1, 3, 7, 1_000] {
        let registry = open(&name, &options(Credentials::Anonymous), Limits { page_tags, ..Limits::default() })?;
        assert_eq!(registry.list_tags().await?, names, "{page_tags} at once");
    }
    for (limits, expect) in [
        (Limits { tags: 6, page_tags: 2, ..Limits::default() }, "the registry exceeds the limit of 6 tags"),
        (Limits { pages: 2, page_tags: 2, ..Limits::default() }, "the registry exceeds the limit of 2 pages of tags"),
    ] {
        let error = open(&name, &options(Credentials::Anonymous), limits)?.list_tags().await.expect_err("too many");
        assert!(chain(&error).ends_with(expect), "{}", chain(&error));
    }
    Ok(())
}

#[tokio::test]
async fn sec_c6_manifests_and_blobs_are_those_of_their_digests() -> Outcome {
    let server = RegistryServer::start(Protection::default()).await?;
    let digest = server.push("org/app", "1.0.0", &[layer("content")], &[("key", "value")]).await?;
    let registry = open(&format!("{}/org/app", server.address()), &options(Credentials::Anonymous), Limits::default())?;
    let resolved = registry.resolve(&tag("1.0.0")?).await?;
    assert_eq!((resolved.digest.as_str(), resolved.manifest), (digest.as_str(), None), "one HEAD is enough");
    let manifest = registry.manifest(&Reference::Digest(digest)).await?;
    assert_eq!(manifest.annotations.get("key").map(String::as_str), Some("value"));
    let [found] = manifest.layers.as_slice() else { return Err("one layer is expected".into()) };
    assert_eq!(found.media_type, MEDIA_TYPE);
    assert_eq!(&registry.blob(found, 7).await?[..], b"content");
    let error = registry.blob(found, 6).await.expect_err("too large");
    assert!(chain(&error).ends_with("the registry exceeds the limit of 6 bytes of a layer"), "{}", chain(&error));
    Ok(())
}

#[tokio::test]
async fn what_is_not_there_is_said_in_the_words_of_the_registry() -> Outcome {
    let server = RegistryServer::start(Protection::default()).await?;
    server.push("org/app", "1.0.0", &[layer("content")], &[]).await?;
    let registry = open(&format!("{}/org/app", server.address()), &options(Credentials::Anonymous), Limits::default())?;
    let error = registry.resolve(&tag("2.0.0")?).await.expect_err("no such tag");
    assert!(chain(&error).contains("MANIFEST_UNKNOWN: manifest unknown"), "{}", chain(&error));
    assert_eq!(error.class(), oci_client::Class::NotFound);
    let absent = format!("sha256:{}", "0".repeat(64));
    let descriptor = Descriptor {
        media_type: String::new(),
        artifact_type: String::new(),
        digest: absent,
        size: 0,
        annotations: Default::default(),
        platform: None,
    };
    let error = registry.blob(&descriptor, 1).await.expect_err("no such blob");
    assert!(chain(&error).contains("BLOB_UNKNOWN"), "{}", chain(&error));
    let other = open(&format!("{}/org/other", server.address()), &options(Credentials::Anonymous), Limits::default())?;
    let error = other.list_tags().await.expect_err("no such repository");
    assert!(chain(&error).contains("NAME_UNKNOWN"), "{}", chain(&error));
    Ok(())
}

#[tokio::test]
async fn a_protected_registry_wants_its_password_and_its_authority() -> Outcome {
    let server = RegistryServer::start(Protection { password: true, tls: true }).await?;
    server.push("org/app", "1.0.0", &[layer("content")], &[]).await?;
    let name = format!("{}/org/app", server.address());
    let tls = Tls { ca: server.authority_pem().map(String::into_bytes), ..Tls::default() };
    let config = DockerConfig::parse(server.docker_config().as_bytes())?;
    let from_config = config.credentials(&Repository::parse(&name)?).cloned().unwrap_or_default();
    let secure = |credentials| Options { tls: tls.clone(), insecure: false, ..options(credentials) };
    for credentials in [user(USER, PASSWORD), from_config] {
        assert_eq!(open(&name, &secure(credentials), Limits::default())?.list_tags().await?, ["1.0.0"]);
    }
    for credentials in [Credentials::Anonymous, user(USER, "S3NTINEL"), user("other", PASSWORD)] {
        let error = open(&name, &secure(credentials), Limits::default())?.list_tags().await.expect_err("refused");
        assert_eq!(error.class(), oci_client::Class::Authentication, "{}", chain(&error));
        assert!(!chain(&error).contains("S3NTINEL"), "{}", chain(&error));
    }
    let strange = Options { insecure: false, ..options(user(USER, PASSWORD)) };
    let error = open(&name, &strange, Limits::default())?.list_tags().await.expect_err("an unknown authority");
    assert!(chain(&error).contains("certificate"), "{}", chain(&error));
    Ok(())
}
