//! Whom to believe: `trusted_root.json`, which Sigstore's own root has too.

use base64::{Engine, prelude::BASE64_STANDARD};
use certificate_chain::{Certificate, CertificateError, KeyKind, Scheme, key_kind};
use jiff::Timestamp;
use serde::Deserialize;

/// What the file says it is.
const MEDIA_TYPES: [&str; 2] =
    ["application/vnd.dev.sigstore.trustedroot+json;version=0.1", "application/vnd.dev.sigstore.trustedroot.v0.1+json"];
/// The most bytes of the file, and members of its lists.
const MOST_BYTES: usize = 4 << 20;
const MOST: usize = 100;

/// The authorities and logs that are believed.
#[derive(Debug)]
pub struct TrustedRoot {
    pub(super) authorities: Vec<CertificateAuthority>,
    pub(super) certificate_logs: Vec<Log>,
    pub(super) logs: Vec<Log>,
    pub(super) timestamp_authorities: Vec<CertificateAuthority>,
}

/// Why a file is no trusted root.
#[derive(Debug, thiserror::Error)]
pub enum RootError {
    /// Not JSON of one.
    #[error("it cannot be read")]
    Json(#[source] serde_json::Error),
    /// Of another kind.
    #[error("unsupported TrustedRoot media type: {0}")]
    MediaType(String),
    /// It has too much.
    #[error("it has more than {MOST_BYTES} bytes, or one of its lists more than {MOST} members")]
    Large,
    /// A part is not base64, in words which.
    #[error("its {0} is not base64")]
    Base64(&'static str),
    /// A certificate is none.
    #[error("one of its authorities is not known")]
    Certificate(#[source] CertificateError),
    /// An authority has no certificates.
    #[error("one of its authorities has no certificates")]
    NoCertificates,
    /// A log has a key or a hash of another kind.
    #[error("the log {0} has a key or a hash of a kind that is not supported")]
    Log(String),
}

/// An authority for certificates or timestamps.
#[derive(Debug)]
pub(super) struct CertificateAuthority {
    pub(super) roots: Vec<Certificate>,
    pub(super) intermediates: Vec<Certificate>,
    /// The certificate that signs timestamps, where it is given.
    pub(super) leaf: Option<Certificate>,
    pub(super) period: Period,
}

/// A log of signatures or certificates.
#[derive(Debug)]
pub(crate) struct Log {
    /// The hash of its key.
    pub(crate) id: Vec<u8>,
    /// Its host.
    pub(crate) host: String,
    /// When it was trusted.
    pub(crate) period: Period,
    key: Vec<u8>,
    scheme: Scheme,
}

/// From when to when something was trusted; open where it does not say.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub(crate) struct Period {
    start: Option<Timestamp>,
    end: Option<Timestamp>,
}

impl Period {
    /// Whether a time is in it.
    pub(crate) fn contains(&self, time: Timestamp) -> bool {
        self.start.is_none_or(|start| start <= time) && self.end.is_none_or(|end| time <= end)
    }
}

impl Log {
    /// Whether its key made that signature.
    pub(crate) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.scheme.is_signature(&self.key, message, signature)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    media_type: String,
    #[serde(default)]
    tlogs: Vec<LogText>,
    #[serde(default)]
    certificate_authorities: Vec<AuthorityText>,
    #[serde(default)]
    ctlogs: Vec<LogText>,
    #[serde(default)]
    timestamp_authorities: Vec<AuthorityText>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogText {
    #[serde(default)]
    base_url: String,
    hash_algorithm: String,
    public_key: KeyText,
    log_id: IdText,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeyText {
    raw_bytes: String,
    valid_for: Period,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct IdText {
    key_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AuthorityText {
    cert_chain: ChainText,
    #[serde(default)]
    valid_for: Period,
}

#[derive(Deserialize)]
struct ChainText {
    certificates: Vec<CertificateText>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CertificateText {
    raw_bytes: String,
}

impl TrustedRoot {
    /// Reads `trusted_root.json`.
    ///
    /// # Errors
    /// When it is no such file, or names what is not supported: a root that is believed in part would surprise.
    pub fn parse(json: &[u8]) -> Result<Self, RootError> {
        if json.len() > MOST_BYTES {
            return Err(RootError::Large);
        }
        let file: File = serde_json::from_slice(json).map_err(RootError::Json)?;
        if !MEDIA_TYPES.contains(&file.media_type.as_str()) {
            return Err(RootError::MediaType(file.media_type));
        }
        Ok(Self {
            authorities: all(&file.certificate_authorities, |authority| authority.read(Leaf::None))?,
            certificate_logs: all(&file.ctlogs, LogText::read)?,
            logs: all(&file.tlogs, LogText::read)?,
            timestamp_authorities: all(&file.timestamp_authorities, |authority| authority.read(Leaf::First))?,
        })
    }
}

fn all<T, U>(list: &[T], read: impl Fn(&T) -> Result<U, RootError>) -> Result<Vec<U>, RootError> {
    if list.len() > MOST { Err(RootError::Large) } else { list.iter().map(read).collect() }
}

impl LogText {
    fn read(&self) -> Result<Log, RootError> {
        let unsupported = || RootError::Log(self.base_url.clone());
        let key = BASE64_STANDARD.decode(&self.public_key.raw_bytes).map_err(|_| RootError::Base64("key of a log"))?;
        let id = BASE64_STANDARD.decode(&self.log_id.key_id).map_err(|_| RootError::Base64("name of a log"))?;
        if self.hash_algorithm != "SHA2_256" {
            return Err(unsupported());
        }
        let scheme = match key_kind(&key) {
            Some(KeyKind::Ec(256)) => Scheme::EcdsaSha256,
            Some(KeyKind::Ec(384)) => Scheme::EcdsaSha384,
            Some(KeyKind::Ec(_)) => Scheme::EcdsaSha512,
            Some(KeyKind::Rsa(_)) => Scheme::RsaSha256,
            Some(KeyKind::Ed25519) => Scheme::Ed25519,
            None => return Err(unsupported()),
        };
        let host = self.base_url.split_once("://").map_or(self.base_url.as_str(), |(_, rest)| rest);
        let host = host.split(['/', ':']).next().unwrap_or_default().to_owned();
        Ok(Log { id, host, period: self.public_key.valid_for, key, scheme })
    }
}

/// Whether the first certificate of a chain may be one that issues no others.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leaf {
    None,
    First,
}

impl AuthorityText {
    fn read(&self, leaf: Leaf) -> Result<CertificateAuthority, RootError> {
        let mut chain = all(&self.cert_chain.certificates, |certificate| {
            let der = BASE64_STANDARD.decode(&certificate.raw_bytes).map_err(|_| RootError::Base64("certificate"))?;
            Certificate::from_der(&der).map_err(RootError::Certificate)
        })?;
        let first = chain.first().ok_or(RootError::NoCertificates)?;
        let issues = first.constraints().map_err(RootError::Certificate)?.is_some_and(|(_, constraints)| constraints.ca);
        let leaf = (leaf == Leaf::First && !issues).then(|| chain.remove(0));
        // The last is the root.
        let root = chain.pop().ok_or(RootError::NoCertificates)?;
        Ok(CertificateAuthority { roots: vec![root], intermediates: chain, leaf, period: self.valid_for })
    }
}
