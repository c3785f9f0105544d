//! Signature Version 4: what makes Amazon Web Services, and whatever speaks like them, believe that a request is ours.
//!
//! [`sign`] is a pure function of the request, the credentials and the time. What this is not: a client, or a source of credentials.

mod encode;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;

/// The name of the algorithm.
const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Who signs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Credentials {
    /// The public half.
    pub access_key: String,
    /// The secret half.
    pub secret_key: Vec<u8>,
    /// What temporary credentials are accompanied by.
    pub session_token: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("access_key", &self.access_key).finish_non_exhaustive()
    }
}

/// A request without what [`sign`] adds.
#[derive(Debug, Clone, Copy)]
pub struct Request<'r> {
    /// The method, in capitals.
    pub method: &'r str,
    /// Host, with a port where it is not the scheme's own.
    pub host: &'r str,
    /// The path, not encoded; begins with a slash.
    pub path: &'r str,
    /// The query, not encoded.
    pub query: &'r [(&'r str, &'r str)],
    /// Further headers to sign, their names in small letters.
    pub headers: &'r [(&'r str, &'r str)],
    /// The body.
    pub body: &'r [u8],
}

/// For what a signature is good.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'s> {
    /// Such as `us-east-1`.
    pub region: &'s str,
    /// Such as `s3`.
    pub service: &'s str,
    /// When the request is made.
    pub time: Timestamp,
}

/// What to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Path and query, encoded as they were signed.
    pub path_and_query: String,
    /// The headers that were signed, besides `host`, and the signature.
    pub headers: BTreeMap<String, String>,
}

/// The path and query of a request as they are sent, whether it is signed or not.
pub fn path_and_query(request: &Request<'_>) -> String {
    let (path, query) = (encode::path(request.path), encode::query(request.query));
    if query.is_empty() { path } else { format!("{path}?{query}") }
}

/// Signs a request.
pub fn sign(request: &Request<'_>, credentials: &Credentials, scope: &Scope<'_>) -> Signed {
    let time = scope.time.to_zoned(TimeZone::UTC);
    let (date, stamp) = (time.strftime("%Y%m%d").to_string(), time.strftime("%Y%m%dT%H%M%SZ").to_string());
    let body_hash = hex(&Sha256::digest(request.body));
    let mut headers: BTreeMap<String, String> =
        request.headers.iter().map(|(name, value)| ((*name).to_owned(), value.trim().to_owned())).collect();
    headers.insert("x-amz-content-sha256".to_owned(), body_hash.clone());
    headers.insert("x-amz-date".to_owned(), stamp.clone());
    if let Some(token) = &credentials.session_token {
        headers.insert("x-amz-security-token".to_owned(), token.clone());
    }
    headers.insert("host".to_owned(), request.host.to_owned());
    let names: Vec<&str> = headers.keys().map(String::as_str).collect();
    let names = names.join(";");
    let listed: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let (path, query) = (encode::path(request.path), encode::query(request.query));
    let canonical = format!("{}\n{path}\n{query}\n{listed}\n{names}\n{body_hash}", request.method);
    let (terms, signature) = signature(&canonical, (&date, &stamp), credentials, scope);
    let access_key = &credentials.access_key;
    let authorization = format!("{ALGORITHM} Credential={access_key}/{terms},SignedHeaders={names},Signature={signature}");
    headers.remove("host");
    headers.insert("authorization".to_owned(), authorization);
    Signed { path_and_query: path_and_query(request), headers }
}

/// The password with which CodeCommit is reached over Git: a time, and a signature of nothing but the repository's address. `path` is
/// as it is sent.
pub fn sign_git(host: &str, path: &str, credentials: &Credentials, scope: &Scope<'_>) -> String {
    let time = scope.time.to_zoned(TimeZone::UTC);
    // Neither a hash of a body nor the letter of the time zone: that is what CodeCommit expects.
    let (date, stamp) = (time.strftime("%Y%m%d").to_string(), time.strftime("%Y%m%dT%H%M%S").to_string());
    let canonical = format!("GIT\n{path}\n\nhost:{host}\n\nhost\n");
    let (_, signature) = signature(&canonical, (&date, &stamp), credentials, scope);
    format!("{stamp}Z{signature}")
}

/// What is signed for, and the signature of a request in its canonical form.
fn signature(canonical: &str, (date, stamp): (&str, &str), credentials: &Credentials, scope: &Scope<'_>) -> (String, String) {
    let terms = format!("{date}/{}/{}/aws4_request", scope.region, scope.service);
    let text = format!("{ALGORITHM}\n{stamp}\n{terms}\n{}", hex(&Sha256::digest(canonical.as_bytes())));
    let mut key = hmac(&[b"AWS4", credentials.secret_key.as_slice()].concat(), date.as_bytes());
    for part in [scope.region, scope.service, "aws4_request"] {
        key = hmac(&key, part.as_bytes());
    }
    (terms, hex(&hmac(&key, text.as_bytes())))
}

fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    // A key of any length will do.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

#[cfg(test)]
mod tests;
