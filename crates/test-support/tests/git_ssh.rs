//! The Git server over SSH answers the real `git` and `ssh` clients.

use std::process::{Command, Output};
use test_support::SshServer;
use test_support::git::{ClientKey, KeyType};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn list(server: &SshServer, key: &ClientKey, known_hosts: &str) -> Result<Output, Box<dyn std::error::Error>> {
    let directory = tempfile::tempdir()?;
    let (identity, hosts) = (directory.path().join("identity"), directory.path().join("known_hosts"));
    std::fs::write(&identity, &key.private)?;
    std::fs::set_permissions(&identity, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    std::fs::write(&hosts, known_hosts)?;
    let ssh = format!(
        "ssh -F /dev/null -i {} -o IdentitiesOnly=yes -o IdentityAgent=none -o BatchMode=yes -o UserKnownHostsFile={} -o StrictHostKeyChecking=yes",
        identity.display(),
        hosts.display()
    );
    Ok(Command::new("git").args(["ls-remote", &server.url("app"), "HEAD"]).env("GIT_SSH_COMMAND", ssh).output()?)
}

#[test]
fn known_keys_get_in_and_strangers_do_not() -> Outcome {
    let server = SshServer::start()?;
    let commit = server.repository("app")?.commit_file("a.yaml", "a: 1\n")?;
    for kind in [KeyType::Ed25519, KeyType::Ecdsa, KeyType::Rsa] {
        let output = list(&server, &server.client_key(kind)?, &server.known_hosts()?)?;
        assert_eq!(String::from_utf8(output.stdout)?, format!("{commit}\tHEAD\n"), "{kind:?}: {}", server.log());
    }
    let stranger = list(&server, &server.stranger_key(KeyType::Ed25519, "")?, &server.known_hosts()?)?;
    assert!(!stranger.status.success());
    Ok(())
}

#[test]
fn another_host_key_is_noticed() -> Outcome {
    let (server, other) = (SshServer::start()?, SshServer::start()?);
    server.repository("app")?.commit_file("a.yaml", "a: 1\n")?;
    let wrong = other.known_hosts()?.replace(&other.address().port().to_string(), &server.address().port().to_string());
    let output = list(&server, &server.client_key(KeyType::Ed25519)?, &wrong)?;
    assert!(String::from_utf8(output.stderr)?.contains("REMOTE HOST IDENTIFICATION HAS CHANGED"));
    Ok(())
}
