//! What is asked of whom for a credential. Requests and answers are those of the providers' documentations.

mod aws;
mod azure;
mod github;
mod google;

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use cloud_identity::{Error, Identities, Keeping, Surroundings};
use jiff::Timestamp;
use rcgen::{KeyPair, PKCS_RSA_SHA256, PublicKeyData};
use serde_json::Value;
use std::collections::BTreeMap;
use std::error::Error as _;
use std::sync::Arc;

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// When all of this happens.
const NOW: i64 = 1_700_000_000;

/// Variables and files that a test says are there.
#[derive(Debug, Default)]
struct Around {
    variables: BTreeMap<String, String>,
    files: BTreeMap<String, Vec<u8>>,
}

impl Surroundings for Around {
    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }

    fn file(&self, path: &str) -> std::io::Result<Vec<u8>> {
        self.files.get(path).cloned().ok_or_else(|| std::io::ErrorKind::NotFound.into())
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_second(NOW).unwrap_or_default()
    }
}

/// Identities with these variables and files.
fn identities(variables: &[(&str, &str)], files: &[(&str, &str)]) -> Identities {
    let around = Around {
        variables: variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        files: files.iter().map(|(path, content)| ((*path).to_owned(), content.as_bytes().to_vec())).collect(),
    };
    Identities::of("test", Keeping::default(), Arc::new(around))
}

fn json(status: &'static str, body: &str) -> test_support::scripted::Answer {
    (status, vec![("content-type", "application/json".to_owned())], body.to_owned())
}

/// An error with its causes.
fn chain(error: &Error) -> String {
    let (mut text, mut next) = (error.to_string(), error.source());
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

/// A new RSA key.
fn key() -> Result<KeyPair, rcgen::Error> {
    KeyPair::generate_for(&PKCS_RSA_SHA256)
}

/// The value of a field of a form; tokens need no decoding, and of what is encoded the encoded form is compared.
fn field<'b>(body: &'b str, name: &str) -> &'b str {
    body.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap_or_default()
}

/// Header and claims of a token, whose signature has to be of `key`.
fn read(token: &str, key: &KeyPair) -> Result<(Value, Value), Box<dyn std::error::Error>> {
    let (signed, signature) = token.rsplit_once('.').ok_or("a token has three parts")?;
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature)?;
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.der_bytes()).verify(signed.as_bytes(), &signature)?;
    let (header, claims) = signed.split_once('.').ok_or("a token has three parts")?;
    let part = |text| -> Result<Value, Box<dyn std::error::Error>> {
        Ok(serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(text)?)?)
    };
    Ok((part(header)?, part(claims)?))
}
