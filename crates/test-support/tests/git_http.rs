//! The Git server over HTTP answers the real `git` client.

use std::process::{Command, Output};
use test_support::GitServer;
use test_support::git::Exchange;

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn git(arguments: &[&str]) -> std::io::Result<Output> {
    Command::new("git")
        .args(["-c", "protocol.version=2"])
        .args(arguments)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env_remove("GIT_SSL_CAINFO")
        .output()
}

#[test]
fn the_same_calls_give_the_same_commits() -> Outcome {
    let server = GitServer::start()?;
    let ids = ["one", "two"].map(|name| {
        let repository = server.repository(name).unwrap();
        let commit = repository
            .commit("First")
            .file("a b/\"c\".yaml", "k: v\n")
            .executable("run", "")
            .symlink("l", "run")
            .create()
            .unwrap();
        repository.annotated_tag("v1.0.0", &commit, "Release").unwrap()
    });
    assert_eq!(ids[0], ids[1]);
    Ok(())
}

#[test]
fn listing_references_is_told_from_fetching() -> Outcome {
    let server = GitServer::start()?;
    let repository = server.repository("app")?;
    let first = repository.commit_file("a.yaml", "a: 1\n")?;
    let second = repository.commit("More").file("b.yaml", "b: 1\n").remove("a.yaml").create()?;
    repository.tag("v1.0.0", &first)?;

    let listed = git(&["ls-remote", &server.url("app"), "refs/heads/main"])?;
    assert_eq!(String::from_utf8(listed.stdout)?, format!("{second}\trefs/heads/main\n"));
    assert_eq!((server.count(Exchange::ListReferences), server.count(Exchange::Fetch)), (1, 0));

    let clone = tempfile::tempdir()?;
    let target = clone.path().join("clone").display().to_string();
    let cloned = git(&["clone", "--quiet", "--depth=1", "--branch=v1.0.0", &server.url("app"), &target])?;
    assert!(cloned.status.success(), "{cloned:?}");
    assert!(clone.path().join("clone/a.yaml").exists() && !clone.path().join("clone/b.yaml").exists());
    assert_eq!(server.count(Exchange::Fetch), 1);
    Ok(())
}

#[test]
fn only_the_right_credentials_get_in() -> Outcome {
    for (server, right, wrong) in [
        (GitServer::builder().basic("u", "p").start()?, "Basic dTpw", "Basic dTpx"),
        (GitServer::builder().bearer("t0ken").start()?, "Bearer t0ken", "Bearer other"),
    ] {
        server.repository("app")?.commit_file("a", "")?;
        for (header, succeeds) in [(right, true), (wrong, false)] {
            let output = git(&["-c", &format!("http.extraHeader=Authorization: {header}"), "ls-remote", &server.url("app")])?;
            assert_eq!(output.status.success(), succeeds, "{header}: {output:?}");
        }
    }
    Ok(())
}

#[test]
fn tls_is_trusted_by_its_own_authority_only() -> Outcome {
    let server = GitServer::builder().tls().start()?;
    server.repository("app")?.commit_file("a", "")?;
    let directory = tempfile::tempdir()?;
    let authority = directory.path().join("ca.crt");
    std::fs::write(&authority, server.authority_pem())?;
    let trusted = git(&["-c", &format!("http.sslCAInfo={}", authority.display()), "ls-remote", &server.url("app")])?;
    assert!(trusted.status.success(), "{trusted:?}");
    assert!(!git(&["ls-remote", &server.url("app")])?.status.success());
    Ok(())
}

#[test]
fn mutual_tls_wants_a_certificate() -> Outcome {
    let server = GitServer::builder().mutual_tls().start()?;
    server.repository("app")?.commit_file("a", "")?;
    let directory = tempfile::tempdir()?;
    let path = |name: &str| directory.path().join(name).display().to_string();
    let (certificate, key) = server.client_certificate()?.ok_or("a server with TLS has client certificates")?;
    for (name, text) in [("ca.crt", server.authority_pem()), ("tls.crt", certificate), ("tls.key", key)] {
        std::fs::write(path(name), text)?;
    }
    let authority = format!("http.sslCAInfo={}", path("ca.crt"));
    let (certificate, key) = (format!("http.sslCert={}", path("tls.crt")), format!("http.sslKey={}", path("tls.key")));
    assert!(!git(&["-c", &authority, "ls-remote", &server.url("app")])?.status.success());
    let output = git(&["-c", &authority, "-c", &certificate, "-c", &key, "ls-remote", &server.url("app")])?;
    assert!(output.status.success(), "{output:?}");
    Ok(())
}

#[test]
fn a_server_can_be_made_to_fail_and_to_recover() -> Outcome {
    let server = GitServer::start()?;
    server.repository("app")?.commit_file("a", "")?;
    server.fail_with(Some(503));
    assert!(!git(&["ls-remote", &server.url("app")])?.status.success());
    server.fail_with(None);
    assert!(git(&["ls-remote", &server.url("app")])?.status.success());
    Ok(())
}
