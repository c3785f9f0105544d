//! Whether what was fetched is signed as the object wants.

use super::decide::{Failure, FailureClass, Reached};
use api::meta::{ConditionType, Reason};
use api::source::{GitRepositoryVerification, GitVerificationMode};
use commit_signature::{VerifyError, verify_open_pgp, verify_ssh};
use git_client::{Checkout, SecretData};
use git_model::{Commit, Signature, SignatureKind, Tag};
use jiff::Timestamp;
use runtime::error_chain::error_chain;

/// What the names of entries with SSH keys end with; all others are rings of OpenPGP keys.
const SSH_SUFFIX: &str = ".sshpub";
/// What the names of the others should end with.
const OPEN_PGP_SUFFIX: &str = ".asc";
/// Where tags are.
const TAGS: &str = "refs/tags/";

/// What has to be signed, and with which keys.
#[derive(Debug, Clone)]
pub(crate) struct Demand {
    mode: GitVerificationMode,
    key_rings: Vec<Vec<u8>>,
    authorized_keys: Vec<Vec<u8>>,
}

/// What was found to be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verified {
    /// What had to be.
    pub(crate) mode: GitVerificationMode,
    /// The objects and keys.
    pub(crate) message: String,
}

impl Demand {
    /// What an object demands with the keys of a Secret.
    pub(crate) fn new(wanted: &GitRepositoryVerification, keys: &SecretData) -> Self {
        let (ssh, open_pgp): (Vec<_>, Vec<_>) = keys.iter().partition(|(name, _)| name.ends_with(SSH_SUFFIX));
        let texts = |pairs: Vec<(&String, &Vec<u8>)>| pairs.into_iter().map(|(_, text)| text.clone()).collect();
        let mode = wanted.mode.unwrap_or_default().normalized();
        Self { mode, key_rings: texts(open_pgp), authorized_keys: texts(ssh) }
    }

    /// Whether the commit, and the tag by which it was found, are signed as they have to be. `reference` is the full name by which
    /// it was found.
    pub(super) fn verify(&self, checkout: &Checkout, reference: Option<&str>, now: Timestamp) -> Result<Verified, Failure> {
        let mut lines = Vec::new();
        if self.mode.verifies_tag() {
            let name = reference.and_then(|name| name.strip_prefix(TAGS)).ok_or_else(|| {
                let message = "cannot verify tag object's signature if a tag reference is not specified";
                Failure { class: FailureClass::Stalled, ..failure(Reason::InvalidVerificationMode, message.to_owned()) }
            })?;
            lines.push(self.verify_tag(checkout, name, now)?);
        }
        if self.mode.verifies_commit() {
            let id = checkout.commit.id.as_str();
            let failed = |why: String| {
                failure(Reason::InvalidCommitSignature, format!("signature verification of commit '{id}' failed: {why}"))
            };
            let commit = Commit::parse(checkout.commit.id.clone(), &checkout.commit.bytes);
            let commit = commit.map_err(|error| failed(error_chain(&error)))?;
            let key = self.key(commit.signature.as_ref(), "commit", now).map_err(failed)?;
            lines.push(format!("commit '{id}' with key '{key}'"));
        }
        let message = lines.iter().fold("verified signature of".to_owned(), |message, line| format!("{message}\n\t- {line}"));
        Ok(Verified { mode: self.mode, message })
    }

    fn verify_tag(&self, checkout: &Checkout, name: &str, now: Timestamp) -> Result<String, Failure> {
        let object = checkout.tag.as_ref();
        let shown = object.map_or_else(|| name.to_owned(), |object| format!("{name}@{}", object.id.as_str()));
        let unsigned = || {
            let message = format!("cannot verify signature of tag '{shown}' since it is not signed");
            failure(Reason::InvalidGitObject, message)
        };
        let failed =
            |why: String| failure(Reason::InvalidTagSignature, format!("signature verification of tag '{shown}' failed: {why}"));
        let object = object.ok_or_else(unsigned)?;
        let tag = Tag::parse(object.id.clone(), &object.bytes).map_err(|error| failed(error_chain(&error)))?;
        let signature = tag.signature.as_ref().ok_or_else(unsigned)?;
        // Else whoever may write refs could pass the signed object of one version for another.
        if tag.name != name {
            return Err(failed(format!("the tag was signed under the name '{}'", tag.name)));
        }
        let key = self.key(Some(signature), "tag", now).map_err(failed)?;
        Ok(format!("tag '{shown}' with key '{key}'"))
    }

    /// The name of the key that signed; in words why there is none.
    fn key(&self, signature: Option<&Signature>, what: &str, now: Timestamp) -> Result<String, String> {
        let said = |kind: &str, error: VerifyError| format!("unable to verify Git {what}{kind}: {error}");
        match signature.map(|signature| (signature.kind, signature)) {
            Some((SignatureKind::Pgp, _)) if self.key_rings.is_empty() => {
                Err(format!("PGP signature detected but no PGP public keys found in secret (keys with {OPEN_PGP_SUFFIX} suffix)"))
            }
            Some((SignatureKind::Ssh, _)) if self.authorized_keys.is_empty() => {
                Err(format!("SSH signature detected but no SSH public keys found in secret (keys with {SSH_SUFFIX} suffix)"))
            }
            Some((SignatureKind::Pgp, signature)) => {
                let rings: Vec<&[u8]> = self.key_rings.iter().map(Vec::as_slice).collect();
                verify_open_pgp(&signature.payload, &signature.text, &rings, now.as_second()).map_err(|error| said("", error))
            }
            Some((SignatureKind::Ssh, signature)) => {
                let authorized: Vec<&[u8]> = self.authorized_keys.iter().map(Vec::as_slice).collect();
                verify_ssh(&signature.payload, &signature.text, &authorized).map_err(|error| said(" SSH signature", error))
            }
            Some((kind, _)) => Err(format!("unsupported signature type: {}", kind.as_str())),
            None => Err("unsupported signature type: empty".to_owned()),
        }
    }
}

fn failure(reason: Reason, message: String) -> Failure {
    let condition = Some(ConditionType::SourceVerified);
    Failure { class: FailureClass::Retry, condition, reason, message, reached: Reached::Verification }
}
