//! Signatures that openssl makes, in the forms that cosign gives them.

#![expect(clippy::disallowed_methods, reason = "openssl is given keys and messages by path")]

use base64::{Engine, prelude::BASE64_STANDARD};
use cosign_signature::{KeyError, PublicKey, SignatureError, Signers, signature_tag, verify_bundle};
use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::process::Command;

type Outcome = Result<(), Box<dyn Error>>;

const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const OTHER: &str = "sha256:1123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// A key pair.
struct Signer {
    directory: tempfile::TempDir,
    is_edwards: bool,
}

impl Signer {
    fn new(kind: &[&str]) -> Result<Self, Box<dyn Error>> {
        let directory = tempfile::tempdir()?;
        let key = directory.path().join("key");
        openssl(directory.path(), &[&["genpkey", "-out", "key"], kind].concat())?;
        openssl(directory.path(), &["pkey", "-in", "key", "-pubout", "-out", "key.pub"])?;
        assert!(key.exists());
        Ok(Self { directory, is_edwards: kind.contains(&"ed25519") })
    }

    fn public(&self) -> Result<PublicKey, Box<dyn Error>> {
        Ok(PublicKey::from_pem(&std::fs::read(self.directory.path().join("key.pub"))?)?)
    }

    /// The signature in base64.
    fn sign(&self, message: &[u8]) -> Result<String, Box<dyn Error>> {
        let path = self.directory.path();
        std::fs::write(path.join("message"), message)?;
        if self.is_edwards {
            openssl(path, &["pkeyutl", "-sign", "-rawin", "-inkey", "key", "-in", "message", "-out", "signature"])?;
        } else {
            openssl(path, &["dgst", "-sha256", "-sign", "key", "-out", "signature", "message"])?;
        }
        Ok(BASE64_STANDARD.encode(std::fs::read(path.join("signature"))?))
    }

    /// A bundle about an artifact.
    fn bundle(&self, digest: &str) -> Result<String, Box<dyn Error>> {
        let hex = digest.trim_start_matches("sha256:");
        let statement = format!(
            r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[{{"digest":{{"sha256":"{hex}"}}}}],"predicateType":"https://sigstore.dev/cosign/sign/v1","predicate":{{}}}}"#
        );
        let kind = "application/vnd.in-toto+json";
        let signature = self.sign(format!("DSSEv1 {} {kind} {} {statement}", kind.len(), statement.len()).as_bytes())?;
        let payload = BASE64_STANDARD.encode(&statement);
        Ok(format!(
            r#"{{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{{"publicKey":{{"hint":"h"}}}},"dsseEnvelope":{{"payload":"{payload}","payloadType":"{kind}","signatures":[{{"sig":"{signature}"}}]}}}}"#
        ))
    }
}

fn openssl(directory: &Path, arguments: &[&str]) -> Outcome {
    let output = Command::new("openssl").args(arguments).current_dir(directory).output()?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into()) }
}

fn payload(digest: &str) -> String {
    format!(
        r#"{{"critical":{{"identity":{{"docker-reference":"h/app"}},"image":{{"docker-manifest-digest":"{digest}"}},"type":"cosign container image signature"}},"optional":null}}"#
    )
}

/// Whether one of `keys` signed a payload.
fn verify_payload(payload: &[u8], signature: &str, digest: &str, keys: &Signers) -> Result<(), SignatureError> {
    let annotations = BTreeMap::from([("dev.cosignproject.cosign/signature".to_owned(), signature.to_owned())]);
    cosign_signature::verify_payload(payload, &annotations, digest, keys)
}

const P256: [&str; 4] = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];

#[test]
fn signatures_of_all_known_kinds_of_key_are_verified() -> Outcome {
    for kind in [&P256[..], &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], &["-algorithm", "ed25519"]] {
        let signer = Signer::new(kind)?;
        let keys = Signers::Keys(vec![signer.public()?]);
        let text = payload(DIGEST);
        let signature = signer.sign(text.as_bytes())?;
        assert_eq!(verify_payload(text.as_bytes(), &signature, DIGEST, &keys), Ok(()), "{kind:?}");
        assert_eq!(verify_bundle(signer.bundle(DIGEST)?.as_bytes(), DIGEST, &keys), Ok(()), "{kind:?}");
    }
    Ok(())
}

#[test]
fn sec_c8_what_is_not_signed_for_this_artifact_does_not_count() -> Outcome {
    let (signer, stranger) = (Signer::new(&P256)?, Signer::new(&P256)?);
    let stranger = Signers::Keys(vec![stranger.public()?]);
    let keys = Signers::Keys(vec![signer.public()?]);
    let text = payload(DIGEST);
    let signature = signer.sign(text.as_bytes())?;
    assert_eq!(verify_payload(text.as_bytes(), &signature, OTHER, &keys), Err(SignatureError::OtherArtifact));
    assert_eq!(verify_payload(payload(OTHER).as_bytes(), &signature, OTHER, &keys), Err(SignatureError::OtherKey));
    assert_eq!(verify_payload(text.as_bytes(), &signature, DIGEST, &stranger), Err(SignatureError::OtherKey));
    assert_eq!(verify_payload(text.as_bytes(), &signature, DIGEST, &Signers::Keys(Vec::new())), Err(SignatureError::OtherKey));
    assert!(matches!(verify_payload(text.as_bytes(), "no base64!", DIGEST, &keys), Err(SignatureError::Malformed(_))));
    for junk in ["", "{}", "null", r#"{"critical":{"image":{"docker-manifest-digest":1}}}"#] {
        let signature = signer.sign(junk.as_bytes())?;
        assert!(
            matches!(verify_payload(junk.as_bytes(), &signature, DIGEST, &keys), Err(SignatureError::Malformed(_))),
            "{junk}"
        );
    }
    let bundle = signer.bundle(DIGEST)?;
    assert_eq!(verify_bundle(bundle.as_bytes(), OTHER, &keys), Err(SignatureError::OtherArtifact));
    assert_eq!(verify_bundle(bundle.as_bytes(), DIGEST, &stranger), Err(SignatureError::OtherKey));
    let retyped = bundle.replace("in-toto+json", "in-toto+yaml");
    assert!(matches!(verify_bundle(retyped.as_bytes(), DIGEST, &keys), Err(SignatureError::Malformed(_))));
    for junk in ["", "{}", "[]", r#"{"dsseEnvelope":{"payload":"","payloadType":"application/vnd.in-toto+json"}}"#] {
        assert!(verify_bundle(junk.as_bytes(), DIGEST, &keys).is_err(), "{junk}");
    }
    Ok(())
}

#[test]
fn what_is_no_key_is_refused() -> Outcome {
    let certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let damaged = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
    assert_eq!(PublicKey::from_pem(certificate.as_bytes()).err(), Some(KeyError::Pem));
    assert_eq!(PublicKey::from_pem(damaged.as_bytes()).err(), Some(KeyError::Kind));
    assert_eq!(PublicKey::from_pem(&[0xff; 10]).err(), Some(KeyError::Pem));
    let other = Signer::new(&["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"])?;
    assert!(other.public().is_err());
    Ok(())
}

#[test]
fn signatures_have_a_tag_of_their_own() {
    let expect = "sha256-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.sig";
    assert_eq!(signature_tag(DIGEST).as_deref(), Some(expect));
    for text in ["", "sha256:", "latest", "sha256:../x", "sha256:a/b"] {
        assert_eq!(signature_tag(text), None, "{text}");
    }
}
