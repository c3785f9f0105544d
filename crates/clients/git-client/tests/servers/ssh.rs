//! Listing and fetching from the system's `sshd`.

use crate::support::{Outcome, chain, client, names, remote};
use file_tree::{Files, TreePath};
use git_client::{Class, GitClient, Options, Remote, SshAlgorithms, Wanted};
use std::time::Duration;
use test_support::{
    SshServer,
    git::{ClientKey, KeyType},
};

fn of(server: &SshServer, key: &ClientKey, known_hosts: &str) -> Result<Remote, Box<dyn std::error::Error>> {
    remote(&server.url("app"), &[("identity", &key.private), ("known_hosts", known_hosts)])
}

#[tokio::test]
async fn every_type_of_key_gets_in_and_every_host_key_is_checked() -> Outcome {
    let server = SshServer::start()?;
    let repository = server.repository("app")?;
    let commit = repository.commit_file("a.yaml", "a: 1\n")?;
    let tag = repository.annotated_tag("v1", &commit, "one")?;
    let directory = tempfile::tempdir()?;
    for kind in [KeyType::Ed25519, KeyType::Ecdsa, KeyType::Rsa] {
        let remote = of(&server, &server.client_key(kind)?, &server.known_host(kind)?)?;
        let listing = client().list_refs(&remote, &["refs/tags/"]).await.map_err(|error| chain(&error) + &server.log())?;
        assert_eq!(names(&listing), ["refs/tags/v1"], "{kind:?}");
        let fetched = client().fetch(&remote, &Wanted::Reference("refs/tags/v1".to_owned()), directory.path()).await?;
        assert_eq!(fetched.commit.id.as_str(), commit);
        assert_eq!(fetched.tag.as_ref().map(|tag| tag.id.to_string()), Some(tag.clone()));
        assert_eq!(fetched.read(&TreePath::parse("a.yaml")?)?, "a: 1\n");
    }
    Ok(())
}

#[tokio::test]
async fn an_encrypted_key_needs_its_passphrase() -> Outcome {
    let server = SshServer::start()?;
    server.repository("app")?.commit_file("a.yaml", "a: 1\n")?;
    let key = server.stranger_key(KeyType::Ed25519, "open sesame")?;
    server.authorize(&key)?;
    let known_hosts = server.known_hosts()?;
    let secret = [("identity", key.private.as_str()), ("known_hosts", &known_hosts), ("password", "open sesame")];
    let listing = client().list_refs(&remote(&server.url("app"), &secret)?, &["refs/"]).await?;
    assert_eq!(names(&listing), ["refs/heads/main"]);
    let before = server.connections();
    for passphrase in ["", "wrong"] {
        let secret = [secret[0], secret[1], ("password", passphrase)];
        let error = client().list_refs(&remote(&server.url("app"), &secret)?, &["refs/"]).await.err().ok_or("locked")?;
        assert_eq!(error.class(), Class::Authentication, "{}", chain(&error));
    }
    assert_eq!(server.connections(), before, "a key that cannot be read is not tried");
    Ok(())
}

#[tokio::test]
async fn a_stranger_is_refused() -> Outcome {
    let server = SshServer::start()?;
    server.repository("app")?.commit_file("a.yaml", "a: 1\n")?;
    let remote = of(&server, &server.stranger_key(KeyType::Ed25519, "")?, &server.known_hosts()?)?;
    let error = client().list_refs(&remote, &["refs/"]).await.err().ok_or("refused")?;
    assert_eq!(error.class(), Class::Authentication);
    assert!(chain(&error).contains("unable to authenticate"), "{}", chain(&error));
    Ok(())
}

#[tokio::test]
async fn sec_b7_a_server_with_another_key_is_refused() -> Outcome {
    let (server, other) = (SshServer::start()?, SshServer::start()?);
    server.repository("app")?.commit_file("a.yaml", "a: 1\n")?;
    let key = server.client_key(KeyType::Ed25519)?;
    let wrong = other.known_hosts()?.replace(&other.address().port().to_string(), &server.address().port().to_string());
    for (known_hosts, expect) in
        [(wrong, "key mismatch"), (other.known_hosts()?, "key is unknown"), ("#".to_owned(), "no host key")]
    {
        let error = client().list_refs(&of(&server, &key, &known_hosts)?, &["refs/"]).await.err().ok_or("not trusted")?;
        assert_eq!(error.class(), Class::HostKey, "{}", chain(&error));
        assert!(chain(&error).contains(expect), "{}", chain(&error));
    }
    Ok(())
}

#[tokio::test]
async fn what_is_absent_is_named() -> Outcome {
    let server = SshServer::start()?;
    server.repository("app")?.commit_file("a.yaml", "a: 1\n")?;
    let key = server.client_key(KeyType::Ed25519)?;
    let known_hosts = server.known_hosts()?;
    let directory = tempfile::tempdir()?;
    let branch = Wanted::Reference("refs/heads/nope".to_owned());
    let error = client().fetch(&of(&server, &key, &known_hosts)?, &branch, directory.path()).await.err().ok_or("absent")?;
    assert!(chain(&error).ends_with(": couldn't find remote ref \"refs/heads/nope\""), "{}", chain(&error));
    let absent = remote(&server.url("absent"), &[("identity", &key.private), ("known_hosts", &known_hosts)])?;
    let error = client().fetch(&absent, &branch, directory.path()).await.err().ok_or("absent")?;
    assert!(chain(&error).ends_with(": repository not found"), "{}", chain(&error));
    Ok(())
}

#[tokio::test]
async fn only_the_chosen_algorithms_are_offered() -> Outcome {
    let server = SshServer::start()?;
    server.repository("app")?.commit_file("a.yaml", "a: 1\n")?;
    let remote = of(&server, &server.client_key(KeyType::Ed25519)?, &server.known_hosts()?)?;
    let client_with = |exchange: &str, host: &str| -> Result<GitClient, Box<dyn std::error::Error>> {
        let ssh = SshAlgorithms::parse(&[exchange.to_owned()], &[host.to_owned()])?;
        Ok(GitClient::new(Options { ssh, ..Options::default() }))
    };
    client_with("curve25519-sha256", "rsa-sha2-256")?.list_refs(&remote, &["refs/"]).await?;
    // sshd of today offers neither by default.
    for client in [client_with("diffie-hellman-group1-sha1", "ssh-ed25519")?, client_with("curve25519-sha256", "ssh-dss")?] {
        let error = client.list_refs(&remote, &["refs/"]).await.err().ok_or("nothing in common")?;
        assert_eq!(error.class(), Class::Transport, "{}", chain(&error));
    }
    Ok(())
}

#[tokio::test]
async fn sec_b1_a_path_cannot_run_a_command_on_the_server() -> Outcome {
    let server = SshServer::start()?;
    server.repository("app")?.commit_file("a.yaml", "a: 1\n")?;
    let key = server.client_key(KeyType::Ed25519)?;
    let directory = tempfile::tempdir()?;
    let mark = directory.path().join("mark");
    for path in [
        format!("';touch {};'", mark.display()),
        format!("$(touch {})", mark.display()),
        format!("x -oX --x;touch {}", mark.display()),
    ] {
        let url = format!("ssh://{}@{}/{path}", server.user(), server.address());
        let remote = remote(&url, &[("identity", &key.private), ("known_hosts", &server.known_hosts()?)])?;
        let error = client().list_refs(&remote, &["refs/"]).await.err().ok_or("no such path")?;
        assert!(chain(&error).ends_with(": repository not found"), "{}", chain(&error));
    }
    assert!(!mark.exists());
    Ok(())
}

#[tokio::test]
async fn sec_c11_a_silent_ssh_server_ends_with_the_timeout() -> Outcome {
    let known = SshServer::start()?;
    let key = known.client_key(KeyType::Ed25519)?;
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?;
    let known_hosts = known.known_hosts()?.replace(&known.address().port().to_string(), &address.port().to_string());
    let secret = [("identity", key.private.as_str()), ("known_hosts", &known_hosts)];
    let mut remote = remote(&format!("ssh://git@{address}/app.git"), &secret)?;
    remote.timeout = Duration::from_millis(300);
    let error = client().list_refs(&remote, &["refs/"]).await.err().ok_or("nobody answers")?;
    assert_eq!(error.class(), Class::Timeout, "{}", chain(&error));
    drop(listener);
    Ok(())
}
