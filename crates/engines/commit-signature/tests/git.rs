//! `git verify-commit` accepts the signatures, with keys that gpg and ssh-keygen made.

#![expect(clippy::disallowed_methods, reason = "the judges are programs that read files")]

use commit_signature::{KeyError, SigningKey};
use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

const TREE: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

fn payload() -> String {
    let who = "Weir <weir@example.com> 1700000000 +0000";
    format!("tree {TREE}\nauthor {who}\ncommitter {who}\n\nUpdate images\n\nüñí\n")
}

fn run(directory: &Path, program: &str, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(directory)
        .env("GNUPGHOME", directory)
        .env("HOME", directory)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program is installed");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("input");
    child.wait_with_output().expect("output")
}

fn text(directory: &Path, program: &str, arguments: &[&str], input: &str) -> String {
    let output = run(directory, program, arguments, input);
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text").trim_end().to_owned()
}

/// Stores the commit with `signature` and asks Git about it.
fn verify(directory: &Path, payload: &str, signature: &str) -> Output {
    text(directory, "git", &["init", "--quiet", "--bare", "repository"], "");
    let repository = directory.join("repository");
    text(&repository, "git", &["hash-object", "-t", "tree", "-w", "/dev/null"], "");
    let header = format!("gpgsig {}\n\n", signature.trim_end().lines().collect::<Vec<_>>().join("\n "));
    let commit = payload.replacen("\n\n", &format!("\n{header}"), 1);
    let id = text(&repository, "git", &["hash-object", "-t", "commit", "-w", "--stdin"], &commit);
    let signers = format!("gpg.ssh.allowedSignersFile={}", directory.join("signers").display());
    let mut git = Command::new("git");
    git.args(["-c", &signers, "verify-commit", "--verbose", &id]).current_dir(&repository);
    git.env("GNUPGHOME", directory).env("HOME", directory).env("GIT_CONFIG_NOSYSTEM", "1").env("LC_ALL", "C");
    git.output().expect("git is installed")
}

fn check(directory: &Path, key: &SigningKey) {
    let signature = key.sign(payload().as_bytes(), 1_700_000_000).expect("the key signs");
    let verdict = verify(directory, &payload(), &signature);
    assert!(verdict.status.success(), "{}\n{signature}", String::from_utf8_lossy(&verdict.stderr));
    let verdict = verify(directory, &payload().replace("images", "nothing"), &signature);
    assert!(!verdict.status.success(), "another commit must not pass");
}

#[test]
fn git_accepts_ssh_signatures_of_every_kind_of_key() {
    let kinds: [&[&str]; 5] =
        [&["ed25519"], &["ecdsa", "-b", "256"], &["ecdsa", "-b", "384"], &["ecdsa", "-b", "521"], &["rsa", "-b", "2048"]];
    for kind in kinds {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        text(path, "ssh-keygen", &[&["-q", "-N", "S3NTINEL", "-f", "key", "-t"], kind].concat(), "");
        let public = std::fs::read_to_string(path.join("key.pub")).unwrap();
        std::fs::write(path.join("signers"), format!("weir@example.com {public}")).unwrap();
        let pem = std::fs::read(path.join("key")).unwrap();
        check(path, &SigningKey::ssh(&pem, Some(b"S3NTINEL")).unwrap());
        assert!(matches!(SigningKey::ssh(&pem, None), Err(KeyError::PassphraseMissing)));
        assert!(matches!(SigningKey::ssh(&pem, Some(b"wrong")), Err(KeyError::PassphraseWrong)));
    }
}

#[test]
fn weak_and_foreign_ssh_keys_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    text(directory.path(), "ssh-keygen", &["-q", "-N", "", "-f", "key", "-t", "rsa", "-b", "1024"], "");
    let pem = std::fs::read(directory.path().join("key")).unwrap();
    assert!(matches!(SigningKey::ssh(&pem, None), Err(KeyError::Unusable(_))));
    assert!(matches!(SigningKey::ssh(b"no key", None), Err(KeyError::Malformed { kind: "SSH", .. })));
}

/// Makes a key with gpg and exports it.
fn gpg_key(directory: &Path, algorithm: &str, usage: &str, passphrase: &str) -> Vec<u8> {
    let batch = ["--batch", "--quiet", "--s2k-count", "65536", "--pinentry-mode", "loopback", "--passphrase", passphrase];
    let with = |more: &[&str]| text(directory, "gpg", &[&batch, more].concat(), "");
    with(&["--quick-generate-key", "Weir <weir@example.com>", algorithm, usage, "never"]);
    if usage == "cert" {
        let listing = text(directory, "gpg", &["--batch", "--list-keys", "--with-colons"], "");
        let fingerprint =
            listing.lines().find_map(|line| line.strip_prefix("fpr:::::::::")).expect("a fingerprint").trim_end_matches(':');
        with(&["--quick-add-key", fingerprint, algorithm, "sign", "never"]);
    }
    with(&["--armor", "--export-secret-keys"]).into_bytes()
}

#[test]
fn git_accepts_open_pgp_signatures_of_every_kind_of_key() {
    for (algorithm, usage, passphrase) in
        [("ed25519", "sign", ""), ("ed25519", "cert", ""), ("rsa2048", "sign", ""), ("nistp256", "sign", "S3NTINEL")]
    {
        let directory = tempfile::tempdir().unwrap();
        let armored = gpg_key(directory.path(), algorithm, usage, passphrase);
        let given = Some(passphrase.as_bytes()).filter(|passphrase| !passphrase.is_empty());
        let key = SigningKey::open_pgp(&armored, given).unwrap_or_else(|error| panic!("{algorithm} {usage}: {error}"));
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let signature = key.sign(payload().as_bytes(), i64::try_from(now).unwrap()).unwrap();
        let verdict = verify(directory.path(), &payload(), &signature);
        assert!(verdict.status.success(), "{algorithm} {usage}: {}", String::from_utf8_lossy(&verdict.stderr));
        let verdict = verify(directory.path(), &payload().replace("images", "nothing"), &signature);
        assert!(!verdict.status.success(), "another commit must not pass");
        if given.is_some() {
            assert!(matches!(SigningKey::open_pgp(&armored, None), Err(KeyError::PassphraseMissing)));
            assert!(matches!(SigningKey::open_pgp(&armored, Some(b"wrong")), Err(KeyError::PassphraseWrong)));
        }
        run(directory.path(), "gpgconf", &["--kill", "all"], "");
    }
    assert!(matches!(
        SigningKey::open_pgp(b"no key", None),
        Err(KeyError::Malformed { kind: "OpenPGP", .. } | KeyError::NotOne(0))
    ));
}

#[test]
fn a_key_shows_nothing_of_itself() {
    let directory = tempfile::tempdir().unwrap();
    text(directory.path(), "ssh-keygen", &["-q", "-N", "", "-f", "key", "-t", "ed25519"], "");
    let key = SigningKey::ssh(&std::fs::read(directory.path().join("key")).unwrap(), None).unwrap();
    assert_eq!(format!("{key:?}"), "SigningKey(SSH, ***)");
}
