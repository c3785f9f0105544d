//! What gpg and ssh-keygen sign, and what of it must not count.

#![expect(clippy::disallowed_methods, reason = "the signers are programs that read files")]

use commit_signature::{VerifyError, verify_open_pgp, verify_ssh};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

const PAYLOAD: &str = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\nUpdate images\n";
const DAY: i64 = 86_400;

fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a time after 1970");
    i64::try_from(since.as_secs()).expect("a time before the end")
}

fn run(directory: &Path, program: &str, arguments: &[&str], input: &str) -> String {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(directory).env("GNUPGHOME", directory).env("HOME", directory);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it is installed");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("input");
    let output = child.wait_with_output().expect("output");
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// A home of gpg with one key.
struct Gpg(tempfile::TempDir);

impl Gpg {
    fn new(algorithm: &str, usage: &str, options: &[&str], expiry: &str) -> Self {
        let gpg = Self(tempfile::tempdir().expect("a directory"));
        gpg.run(&[options, &["--quick-generate-key", "Weir <weir@example.com>", algorithm, usage, expiry]].concat(), "");
        gpg
    }

    fn run(&self, arguments: &[&str], input: &str) -> String {
        let batch = ["--batch", "--quiet", "--yes", "--pinentry-mode", "loopback", "--passphrase", ""];
        run(self.0.path(), "gpg", &[&batch, arguments].concat(), input)
    }

    fn fingerprint(&self) -> String {
        let listing = run(self.0.path(), "gpg", &["--batch", "--list-keys", "--with-colons"], "");
        let line = listing.lines().find_map(|line| line.strip_prefix("fpr:::::::::")).expect("a fingerprint");
        line.trim_end_matches(':').to_owned()
    }

    fn public(&self) -> String {
        self.run(&["--armor", "--export"], "")
    }

    fn sign(&self, options: &[&str]) -> String {
        self.run(&[options, &["--armor", "--detach-sign"]].concat(), PAYLOAD)
    }
}

impl Drop for Gpg {
    fn drop(&mut self) {
        run(self.0.path(), "gpgconf", &["--kill", "all"], "");
    }
}

#[test]
fn open_pgp_signatures_of_every_kind_of_key_are_verified() {
    for (algorithm, usage) in
        [("ed25519", "sign"), ("rsa2048", "sign"), ("nistp256", "sign"), ("nistp384", "sign"), ("ed25519", "cert")]
    {
        let gpg = Gpg::new(algorithm, usage, &[], "never");
        let fingerprint = gpg.fingerprint();
        if usage == "cert" {
            gpg.run(&["--quick-add-key", &fingerprint, algorithm, "sign", "never"], "");
        }
        let (public, signature) = (gpg.public(), gpg.sign(&[]));
        let rings = [b"no ring".as_slice(), public.as_bytes()];
        let id = verify_open_pgp(PAYLOAD.as_bytes(), &signature, &rings, now());
        assert_eq!(id.as_deref(), Ok(&fingerprint[24..]), "{algorithm} {usage}");
        let changed = verify_open_pgp(b"tree", &signature, &rings, now());
        assert!(matches!(changed, Err(VerifyError::NoKey { reason: None, .. })), "{changed:?}");
    }
}

#[test]
fn sec_b8_open_pgp_signatures_that_must_not_be_relied_on_do_not_count() {
    let (gpg, stranger) = (Gpg::new("ed25519", "sign", &[], "never"), Gpg::new("ed25519", "sign", &[], "never"));
    let (public, signature) = (gpg.public(), gpg.sign(&[]));
    let verify = |signature: &str, ring: &str, now| verify_open_pgp(PAYLOAD.as_bytes(), signature, &[ring.as_bytes()], now);
    let no_key = |reason| Err(VerifyError::NoKey { kind: "key rings", reason });
    assert!(verify(&signature, &public, now()).is_ok());
    assert_eq!(verify(&signature, &stranger.public(), now()), no_key(None));
    let unreadable = Err(VerifyError::Keys { kind: "armored key ring" });
    assert_eq!(verify(&signature, "no ring", now()), unreadable);
    assert_eq!(verify_open_pgp(PAYLOAD.as_bytes(), &signature, &[], now()), unreadable);
    for junk in ["", "-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----\n", "\u{fffd}"] {
        assert!(matches!(verify(junk, &public, now()), Err(VerifyError::Signature(_))), "{junk}");
    }
    let of_future = Err(VerifyError::Signature("it has expired, or is of the future"));
    assert_eq!(verify(&signature, &public, now() - DAY), of_future);
    let short = gpg.sign(&["--default-sig-expire", "seconds=60"]);
    assert!(verify(&short, &public, now()).is_ok());
    assert_eq!(verify(&short, &public, now() + 61), of_future);
    let weak = gpg.sign(&["--digest-algo", "SHA1"]);
    assert_eq!(verify(&weak, &public, now()), Err(VerifyError::Signature("it is made with a weak or unknown hash")));
    let critical = gpg.sign(&["--sig-notation", "!strange@example.com=1"]);
    assert_eq!(verify(&critical, &public, now()), Err(VerifyError::Signature("it has a critical notation that is not known")));
    let noted = gpg.sign(&["--sig-notation", "known@example.com=1"]);
    assert!(verify(&noted, &public, now()).is_ok());

    let file = gpg.0.path().join(format!("openpgp-revocs.d/{}.rev", gpg.fingerprint()));
    let revocation = fs::read_to_string(file).expect("gpg writes a revocation").replace(":-----BEGIN", "-----BEGIN");
    gpg.run(&["--import"], &revocation);
    assert_eq!(verify(&signature, &gpg.public(), now()), no_key(Some("the key is revoked")));
    assert!(verify(&signature, &public, now()).is_ok(), "who has the old ring only does not know");
}

#[test]
fn sec_b8_keys_that_are_not_good_for_signing_do_not_count() {
    let verify =
        |gpg: &Gpg, signature: &str, now| verify_open_pgp(PAYLOAD.as_bytes(), signature, &[gpg.public().as_bytes()], now);
    let no_key = |reason| Err(VerifyError::NoKey { kind: "key rings", reason: Some(reason) });
    let short = Gpg::new("ed25519", "sign", &[], "1d");
    let signature = short.sign(&[]);
    assert!(verify(&short, &signature, now()).is_ok());
    assert_eq!(verify(&short, &signature, now() + 2 * DAY), no_key("the key has expired, or is of the future"));

    let gpg = Gpg::new("ed25519", "cert", &[], "never");
    gpg.run(&["--quick-add-key", &gpg.fingerprint(), "ed25519", "sign", "1d"], "");
    let signature = gpg.sign(&[]);
    assert!(verify(&gpg, &signature, now()).is_ok());
    assert_eq!(verify(&gpg, &signature, now() + 2 * DAY), no_key("the key has expired, or is of the future"));

    let weak = Gpg::new("rsa1024", "sign", &[], "never");
    assert_eq!(verify(&weak, &weak.sign(&[]), now()), no_key("RSA with fewer than 2048 bits"));
    let dsa = Gpg::new("dsa2048", "sign", &[], "never");
    assert_eq!(verify(&dsa, &dsa.sign(&["--digest-algo", "SHA256"]), now()), no_key("the key is of a kind that is not safe"));
}

/// Signs with a new key for a purpose; gives the public key and the signature.
fn ssh(kind: &[&str], namespace: &str) -> (String, String) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path();
    run(path, "ssh-keygen", &[&["-q", "-N", "", "-C", "me", "-f", "key", "-t"], kind].concat(), "");
    let signature = run(path, "ssh-keygen", &["-q", "-Y", "sign", "-n", namespace, "-f", "key"], PAYLOAD);
    (fs::read_to_string(path.join("key.pub")).expect("a key"), signature)
}

#[test]
fn ssh_signatures_of_every_kind_of_key_are_verified() {
    let kinds: [&[&str]; 5] =
        [&["ed25519"], &["ecdsa", "-b", "256"], &["ecdsa", "-b", "384"], &["ecdsa", "-b", "521"], &["rsa", "-b", "2048"]];
    for kind in kinds {
        let (public, signature) = ssh(kind, "git");
        let (other, _) = ssh(&["ed25519"], "git");
        let text = format!("# keys\n\n{other}{public}");
        let directory = tempfile::tempdir().expect("a directory");
        fs::write(directory.path().join("key.pub"), &public).expect("written");
        let listed = run(directory.path(), "ssh-keygen", &["-l", "-E", "sha256", "-f", "key.pub"], "");
        let fingerprint = listed.split(' ').nth(1).expect("a fingerprint");
        let texts = [b"no key".as_slice(), text.as_bytes()];
        assert_eq!(verify_ssh(PAYLOAD.as_bytes(), &signature, &texts).as_deref(), Ok(fingerprint), "{kind:?}");
    }
}

#[test]
fn sec_b8_ssh_signatures_that_must_not_be_relied_on_do_not_count() {
    let (public, signature) = ssh(&["ed25519"], "git");
    let (stranger, _) = ssh(&["ed25519"], "git");
    let verify = |payload: &str, signature: &str, text: &str| verify_ssh(payload.as_bytes(), signature, &[text.as_bytes()]);
    let no_key = |reason| Err(VerifyError::NoKey { kind: "authorized keys", reason });
    assert!(verify(PAYLOAD, &signature, &public).is_ok());
    assert_eq!(verify(PAYLOAD, &signature, &stranger), no_key(None));
    let other = no_key(Some("it is over something else, or for something else than Git"));
    assert_eq!(verify("tree", &signature, &public), other);
    let (of_files, for_files) = ssh(&["ed25519"], "file");
    assert_eq!(verify(PAYLOAD, &for_files, &of_files), other);
    let (weak, by_weak) = ssh(&["rsa", "-b", "1024"], "git");
    assert_eq!(verify(PAYLOAD, &by_weak, &weak), no_key(Some("RSA with fewer than 2048 bits")));
    for text in ["no key", &format!("{public}\nno key")] {
        assert_eq!(verify(PAYLOAD, &signature, text), Err(VerifyError::Keys { kind: "authorized keys" }), "{text}");
    }
    for junk in ["", "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n"] {
        assert!(matches!(verify(PAYLOAD, junk, &public), Err(VerifyError::Signature(_))), "{junk}");
    }
}
