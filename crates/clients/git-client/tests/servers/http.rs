//! Listing and fetching from `git http-backend`.

use crate::support::{Outcome, Scripted, chain, client, names, remote};
use file_tree::{EntryKind, Files, ReadError, TreePath};
use git_client::{Class, Contents, Wanted};
use std::{
    io::Write,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};
use test_support::{GitServer, git::Exchange};

fn reference(name: &str) -> Wanted {
    Wanted::Reference(name.to_owned())
}

#[tokio::test]
async fn a_full_name_lists_that_ref_and_downloads_nothing() -> Outcome {
    let server = GitServer::start()?;
    let repository = server.repository("app")?;
    let commit = repository.commit_file("a.yaml", "a: 1\n")?;
    repository.branch("other", &commit)?;
    let remote = remote(&server.url("app"), &[])?;
    let listing = client().list_refs(&remote, &["refs/heads/main"]).await?;
    assert_eq!(names(&listing), ["refs/heads/main"]);
    assert_eq!(listing.find("refs/heads/main").map(|found| found.object.as_str()), Some(commit.as_str()));
    assert!(!listing.is_empty_repository);
    assert_eq!(server.count(Exchange::Advertisement), 1);
    assert_eq!(server.count(Exchange::ListReferences), 1);
    assert_eq!(server.count(Exchange::Fetch), 0);
    assert!(server.requests().iter().all(|request| request.user_agent.starts_with("weir/")));
    Ok(())
}

#[tokio::test]
async fn prefixes_list_tags_with_what_they_point_to() -> Outcome {
    let server = GitServer::start()?;
    let repository = server.repository("app")?;
    let commit = repository.commit_file("a.yaml", "a: 1\n")?;
    repository.tag("v1.0.0", &commit)?;
    let tag = repository.annotated_tag("v1.1.0", &commit, "release")?;
    let listing = client().list_refs(&remote(&server.url("app"), &[])?, &["refs/tags/"]).await?;
    assert_eq!(names(&listing), ["refs/tags/v1.0.0", "refs/tags/v1.1.0"]);
    assert_eq!(listing.refs[0].object.as_str(), commit);
    assert_eq!(listing.refs[0].peeled, None);
    assert_eq!(listing.refs[1].object.as_str(), tag);
    assert_eq!(listing.refs[1].peeled, Some(commit.parse()?));
    Ok(())
}

#[tokio::test]
async fn an_empty_repository_is_told_from_one_without_the_ref() -> Outcome {
    let server = GitServer::start()?;
    server.repository("empty")?;
    server.repository("app")?.commit_file("a.yaml", "a: 1\n")?;
    let listing = client().list_refs(&remote(&server.url("empty"), &[])?, &["refs/heads/main"]).await?;
    assert!(listing.refs.is_empty() && listing.is_empty_repository);
    let listing = client().list_refs(&remote(&server.url("app"), &[])?, &["refs/heads/nope"]).await?;
    assert!(listing.refs.is_empty() && !listing.is_empty_repository);
    let directory = tempfile::tempdir()?;
    let error = client().fetch(&remote(&server.url("empty"), &[])?, &reference("refs/heads/main"), directory.path()).await;
    let error = error.err().ok_or("nothing can be fetched")?;
    assert_eq!(error.class(), Class::Empty, "{}", chain(&error));
    Ok(())
}

#[tokio::test]
async fn a_branch_is_fetched_without_history_and_reads_as_files() -> Outcome {
    let server = GitServer::start()?;
    let repository = server.repository("app")?;
    repository.commit_file("old.yaml", "x".repeat(1000))?;
    let commit = repository
        .commit("Second\n\nbody")
        .remove("old.yaml")
        .file("b/c/deep.yaml", "deep\n")
        .file("b.yaml", "b\n")
        .executable("run.sh", "#!/bin/sh\n")
        .symlink("link", "/etc/passwd")
        .submodule("vendor", "1111111111111111111111111111111111111111")
        .create()?;
    let directory = tempfile::tempdir()?;
    let checkout = client().fetch(&remote(&server.url("app"), &[])?, &reference("refs/heads/main"), directory.path()).await?;
    assert_eq!(checkout.commit.id.as_str(), commit);
    assert!(String::from_utf8_lossy(&checkout.commit.bytes).ends_with("\n\nSecond\n\nbody"));
    assert_eq!(checkout.tag, None);
    let expect = Contents { files: 3, directories: 2, symbolic_links: 1, submodules: 1, unreadable_names: 0 };
    assert_eq!(checkout.contents, expect);

    let path = |text| TreePath::parse(text);
    let listed: Vec<String> = checkout.list(&TreePath::root())?.into_iter().map(|entry| entry.name).collect();
    assert_eq!(listed, ["b", "b.yaml", "run.sh"]);
    assert_eq!(checkout.read(&path("b/c/deep.yaml")?)?, "deep\n");
    assert_eq!(checkout.kind(&path("run.sh")?)?, Some(EntryKind::File { executable: true }));
    assert_eq!(checkout.kind(&path("b/c")?)?, Some(EntryKind::Directory));
    for absent in ["link", "vendor", "old.yaml", "b/c/deep.yaml/x", "vendor/x"] {
        assert_eq!(checkout.kind(&path(absent)?)?, None, "{absent}");
        assert!(matches!(checkout.read(&path(absent)?), Err(ReadError::NotFound(_))), "{absent}");
    }
    assert!(matches!(checkout.read(&path("b")?), Err(ReadError::IsDirectory(_))));
    assert!(matches!(checkout.list(&path("b.yaml")?), Err(ReadError::NotDirectory(_))));
    assert_eq!(server.count(Exchange::Fetch), 1);

    assert_eq!(std::fs::read_dir(directory.path())?.count(), 1);
    drop(checkout);
    assert_eq!(std::fs::read_dir(directory.path())?.count(), 0, "the objects go with the checkout");
    Ok(())
}

#[tokio::test]
async fn a_tag_is_fetched_with_its_tag_object() -> Outcome {
    let server = GitServer::start()?;
    let repository = server.repository("app")?;
    let commit = repository.commit_file("a.yaml", "a: 1\n")?;
    repository.tag("light", &commit)?;
    let tag = repository.annotated_tag("v1.0.0", &commit, "the release")?;
    repository.reference("refs/pull/1/head", &commit)?;
    let remote = remote(&server.url("app"), &[])?;
    let directory = tempfile::tempdir()?;
    let fetched = client().fetch(&remote, &reference("refs/tags/v1.0.0"), directory.path()).await?;
    assert_eq!(fetched.commit.id.as_str(), commit);
    let object = fetched.tag.ok_or("the tag object is returned")?;
    assert_eq!(object.id.as_str(), tag);
    assert!(object.bytes.starts_with(format!("object {commit}\ntype commit\ntag v1.0.0\n").as_bytes()));
    for name in ["refs/tags/v1.0.0^{}", "refs/tags/light", "refs/pull/1/head", "HEAD"] {
        let fetched = client().fetch(&remote, &reference(name), directory.path()).await?;
        assert_eq!((fetched.commit.id.as_str(), fetched.tag), (commit.as_str(), None), "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn a_ref_to_a_blob_is_not_a_commit() -> Outcome {
    let server = GitServer::start()?;
    let repository = server.repository("app")?;
    repository.commit_file("a.yaml", "a: 1\n")?;
    repository.reference("refs/tags/blob", &repository.resolve("main:a.yaml")?)?;
    let directory = tempfile::tempdir()?;
    let error = client().fetch(&remote(&server.url("app"), &[])?, &reference("refs/tags/blob"), directory.path()).await;
    let error = error.err().ok_or("a blob is not fetched")?;
    assert_eq!(chain(&error), format!("unable to clone '{}': 'refs/tags/blob' does not name a commit", server.url("app")));
    Ok(())
}

/// The words after the colon are those of `recorded/flux/git-no-branch.json` and `git-no-repository.json`.
#[tokio::test]
async fn what_is_absent_is_named_in_the_words_of_flux() -> Outcome {
    let server = GitServer::start()?;
    server.repository("app")?.commit_file("a.yaml", "a: 1\n")?;
    let directory = tempfile::tempdir()?;
    for (name, wanted, expect) in [
        ("app", "refs/heads/nope", "couldn't find remote ref \"refs/heads/nope\""),
        ("absent", "refs/heads/main", "repository not found"),
    ] {
        let error = client().fetch(&remote(&server.url(name), &[])?, &reference(wanted), directory.path()).await;
        let error = error.err().ok_or("nothing can be fetched")?;
        assert_eq!(chain(&error), format!("unable to clone '{}': {expect}", server.url(name)));
        assert_eq!(error.class(), Class::NotFound);
    }
    let (address, url) = (server.address(), server.url("app"));
    drop(server);
    let error = client().list_refs(&remote(&url, &[])?, &["HEAD"]).await.err().ok_or("nobody listens")?;
    assert_eq!(error.class(), Class::Transport);
    let text = chain(&error);
    assert!(text.starts_with(&format!("unable to list remote for 'http://{address}/app.git': ")), "{text}");
    assert!(text.contains("Connection refused"), "{text}");
    Ok(())
}

#[tokio::test]
async fn credentials_go_with_the_first_request() -> Outcome {
    let basic = GitServer::builder().basic("user", "pass").start()?;
    let bearer = GitServer::builder().bearer("token").start()?;
    for (server, secret) in [(&basic, &[("username", "user"), ("password", "pass")][..]), (&bearer, &[("bearerToken", "token")])]
    {
        let commit = server.repository("app")?.commit_file("a.yaml", "a: 1\n")?;
        let directory = tempfile::tempdir()?;
        let fetched =
            client().fetch(&remote(&server.url("app"), secret)?, &reference("refs/heads/main"), directory.path()).await?;
        assert_eq!(fetched.commit.id.as_str(), commit);
        assert!(server.requests().iter().all(|request| request.status == 200), "{:?}", server.requests());
    }
    Ok(())
}

#[tokio::test]
async fn refusals_are_of_the_class_authentication() -> Outcome {
    let server = GitServer::builder().basic("user", "pass").start()?;
    server.repository("app")?.commit_file("a.yaml", "a: 1\n")?;
    for secret in [&[][..], &[("username", "user"), ("password", "wrong")], &[("bearerToken", "pass")]] {
        let error = client().list_refs(&remote(&server.url("app"), secret)?, &["HEAD"]).await.err().ok_or("refused")?;
        assert_eq!(chain(&error), format!("unable to list remote for '{}': authentication required", server.url("app")));
        assert_eq!(error.class(), Class::Authentication);
    }
    assert_eq!(server.requests().len(), 3, "nobody tries twice");
    server.fail_with(Some(403));
    let error = client().list_refs(&remote(&server.url("app"), &[])?, &["HEAD"]).await.err().ok_or("refused")?;
    assert!(chain(&error).ends_with(": authorization failed"));
    server.fail_with(Some(502));
    let error = client().list_refs(&remote(&server.url("app"), &[])?, &["HEAD"]).await.err().ok_or("broken")?;
    assert_eq!((error.class(), error.cause().to_string().as_str()), (Class::Transport, "unexpected HTTP status 502"));
    Ok(())
}

#[tokio::test]
async fn tls_trusts_the_given_authority_and_nobody_unknown() -> Outcome {
    let server = GitServer::builder().tls().start()?;
    server.repository("app")?.commit_file("a.yaml", "a: 1\n")?;
    let authority = server.authority_pem();
    let trusted = remote(&server.url("app"), &[("ca.crt", &authority)])?;
    assert_eq!(names(&client().list_refs(&trusted, &["refs/"]).await?), ["refs/heads/main"]);
    let error = client().list_refs(&remote(&server.url("app"), &[])?, &["HEAD"]).await.err().ok_or("not trusted")?;
    assert_eq!(error.class(), Class::Transport);
    assert!(chain(&error).contains("certificate"), "{}", chain(&error));
    let error = client().list_refs(&remote(&server.url("app"), &[("ca.crt", "garbage")])?, &["HEAD"]).await;
    assert_eq!(error.err().map(|error| error.class()), Some(Class::Invalid));
    Ok(())
}

#[tokio::test]
async fn a_client_certificate_opens_a_server_that_asks_for_one() -> Outcome {
    let server = GitServer::builder().mutual_tls().start()?;
    server.repository("app")?.commit_file("a.yaml", "a: 1\n")?;
    let authority = server.authority_pem();
    let (certificate, key) = server.client_certificate()?.ok_or("the server speaks TLS")?;
    let known = remote(&server.url("app"), &[("ca.crt", &authority), ("tls.crt", &certificate), ("tls.key", &key)])?;
    assert_eq!(names(&client().list_refs(&known, &["refs/"]).await?), ["refs/heads/main"]);
    let unknown = remote(&server.url("app"), &[("ca.crt", &authority)])?;
    assert_eq!(client().list_refs(&unknown, &["refs/"]).await.err().map(|error| error.class()), Some(Class::Transport));
    Ok(())
}

#[tokio::test]
async fn an_older_protocol_serves_as_well() -> Outcome {
    let server = GitServer::start()?;
    let repository = server.repository("app")?;
    let commit = repository.commit_file("a.yaml", "a: 1\n")?;
    let tag = repository.annotated_tag("v1", &commit, "one")?;
    server.repository("empty")?;
    let proxy = crate::support::rewriting_proxy(server.address(), b"git-protocol", b"old-protocol")?;
    let remote_of = |name: &str| remote(&format!("http://{proxy}/{name}.git"), &[]);
    let listing = client().list_refs(&remote_of("app")?, &["refs/tags/"]).await?;
    assert_eq!(names(&listing), ["refs/tags/v1"]);
    assert_eq!(listing.refs[0].object.as_str(), tag);
    assert_eq!(listing.refs[0].peeled, Some(commit.parse()?));
    assert!(client().list_refs(&remote_of("empty")?, &["refs/"]).await?.is_empty_repository);
    let directory = tempfile::tempdir()?;
    let fetched = client().fetch(&remote_of("app")?, &reference("refs/heads/main"), directory.path()).await?;
    assert_eq!(fetched.read(&TreePath::parse("a.yaml")?)?, "a: 1\n");
    assert_eq!(server.count(Exchange::ListReferences), 0, "the proxy hides the wish for protocol 2");
    Ok(())
}

#[tokio::test]
async fn one_client_serves_many_remotes_at_once() -> Outcome {
    let server = GitServer::start()?;
    let commit = server.repository("app")?.commit_file("a.yaml", "a: 1\n")?;
    let (client, remote) = (client(), remote(&server.url("app"), &[])?);
    let polls = (0..64).map(|_| {
        let (client, remote) = (client.clone(), remote.clone());
        tokio::spawn(async move { client.list_refs(&remote, &["refs/heads/main"]).await })
    });
    for poll in polls.collect::<Vec<_>>() {
        assert_eq!(poll.await??.refs[0].object.as_str(), commit);
    }
    Ok(())
}

#[tokio::test]
async fn a_slow_server_ends_with_the_timeout() -> Outcome {
    let server = GitServer::start()?;
    server.repository("app")?.commit_file("a.yaml", "a: 1\n")?;
    server.delay(Duration::from_secs(600));
    let mut remote = remote(&server.url("app"), &[])?;
    remote.timeout = Duration::from_millis(200);
    let error = client().list_refs(&remote, &["HEAD"]).await.err().ok_or("nobody answers")?;
    assert_eq!(error.class(), Class::Timeout);
    assert!(chain(&error).ends_with(": timed out after 0.2s"), "{}", chain(&error));
    Ok(())
}

#[tokio::test]
async fn a_repository_with_longer_ids_is_listed_and_not_fetched() -> Outcome {
    let server = GitServer::start()?;
    let neighbour = server.repository("app")?;
    let path = neighbour.path().with_file_name("long.git").display().to_string();
    neighbour.git(&["init", "--quiet", "--bare", "--object-format=sha256", &path])?;
    let within = |arguments: &[&str]| neighbour.git(&[&["--git-dir", path.as_str()], arguments].concat());
    let tree = within(&["hash-object", "-t", "tree", "-w", "/dev/null"])?;
    let commit = within(&["commit-tree", "-m", "one", &tree])?;
    within(&["update-ref", "refs/heads/main", &commit])?;
    let remote = remote(&server.url("long"), &[])?;
    let listing = client().list_refs(&remote, &["refs/"]).await?;
    assert_eq!(listing.find("refs/heads/main").map(|found| found.object.as_str()), Some(commit.as_str()));
    let directory = tempfile::tempdir()?;
    let error = client().fetch(&remote, &reference("refs/heads/main"), directory.path()).await.err().ok_or("unsupported")?;
    assert_eq!(error.class(), Class::Unsupported, "{}", chain(&error));
    Ok(())
}

#[tokio::test]
async fn a_connection_that_ends_without_an_answer_is_replaced_once() -> Outcome {
    for (silent, expect) in [(1, Class::NotFound), (2, Class::Transport)] {
        let connections = AtomicUsize::new(0);
        let server = Scripted::start(move |stream, _| match connections.fetch_add(1, Ordering::Relaxed) {
            number if number < silent => Ok(()),
            _ => stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"),
        })?;
        let error = client().list_refs(&remote(&server.url(), &[])?, &["HEAD"]).await.err().ok_or("404")?;
        assert_eq!(error.class(), expect, "{}", chain(&error));
        assert_eq!(server.received().len(), 2);
    }
    Ok(())
}

#[tokio::test]
async fn a_commit_without_any_file_is_an_empty_tree() -> Outcome {
    let server = GitServer::start()?;
    let repository = server.repository("app")?;
    repository.commit_file("a.yaml", "a: 1\n")?;
    repository.commit("Nothing left").clear().create()?;
    let directory = tempfile::tempdir()?;
    let fetched = client().fetch(&remote(&server.url("app"), &[])?, &reference("refs/heads/main"), directory.path()).await?;
    assert_eq!(fetched.list(&TreePath::root())?, []);
    assert_eq!(fetched.contents, Contents::default());
    Ok(())
}
