//! What logs say: that they have seen a signature, and when.
//!
//! ```text
//!   Entry ─┬─ body ───────────► is it about this signature, certificate and content?
//!          ├─ promise ────────► signed by the log, with the time: the entry will be in the tree
//!          └─ proof ──────────► leads from the entry to the root of the tree
//!               └─ checkpoint ► signed by the log: this is the root
//! ```

mod body;
mod checkpoint;
mod proof;

use crate::SignatureError;
use crate::keyless::root::Log;
use base64::{Engine, prelude::BASE64_STANDARD};
use certificate_chain::Certificate;
use jiff::Timestamp;
pub(crate) use proof::Proof;
use std::fmt::Write as _;

/// What is signed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Content<'a> {
    /// A document as it is.
    Payload(&'a [u8]),
    /// A document in an envelope.
    Envelope {
        /// The document.
        payload: &'a [u8],
        /// What is signed of the envelope.
        message: &'a [u8],
    },
}

impl<'a> Content<'a> {
    /// The bytes that the signature is over.
    pub(crate) fn message(self) -> &'a [u8] {
        match self {
            Self::Payload(message) | Self::Envelope { message, .. } => message,
        }
    }
}

/// A signature and what it belongs to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signed<'a> {
    pub(crate) certificate: &'a Certificate,
    pub(crate) signature: &'a [u8],
    pub(crate) content: Content<'a>,
}

/// An entry of a log.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Which log: the hash of its key.
    pub(crate) log: Vec<u8>,
    /// Where it is among all entries.
    pub(crate) index: u64,
    /// When the log took it, in seconds since 1970; 0 where the log does not say.
    pub(crate) time: i64,
    /// What the log keeps.
    pub(crate) body: Vec<u8>,
    /// The log's signature of all that.
    pub(crate) promise: Option<Vec<u8>>,
    /// That it is in the tree.
    pub(crate) proof: Option<Proof>,
}

impl Entry {
    /// Checks that the log vouches for the entry, and that it is about this signature. Gives the time, where the log signed that.
    ///
    /// # Errors
    /// When it is not so.
    pub(crate) fn verify(&self, log: &Log, signed: &Signed<'_>) -> Result<Option<Timestamp>, SignatureError> {
        let body = body::verify(&self.body, signed)?;
        if let Some(proof) = &self.proof {
            // The older logs count each of their trees on its own.
            let index = if body.is_tiled { self.index } else { proof.index };
            let tree = checkpoint::verify(&proof.checkpoint, log, body.is_tiled)?;
            proof.verify(&self.body, index, &tree)?;
        }
        match (&self.promise, &self.proof) {
            (Some(promise), _) if !body.is_tiled => self.verify_promise(promise, log).map(Some),
            (_, Some(_)) => Ok(None),
            _ => Err(SignatureError::Log("the entry has neither promise nor proof")),
        }
    }

    /// Checks the log's signature of the entry with its time.
    fn verify_promise(&self, promise: &[u8], log: &Log) -> Result<Timestamp, SignatureError> {
        let time = Timestamp::from_second(self.time).map_err(|_| SignatureError::Log("the entry has no time"))?;
        if !log.period.contains(time) {
            return Err(SignatureError::Log("the log was not trusted at the time of the entry"));
        }
        // The keys sorted, no spaces: RFC 8785. None of the values needs escaping.
        let body = BASE64_STANDARD.encode(&self.body);
        let id = to_hex(&self.log);
        let (seconds, index) = (self.time, self.index);
        let message = format!(r#"{{"body":"{body}","integratedTime":{seconds},"logID":"{id}","logIndex":{index}}}"#);
        if log.has_signed(message.as_bytes(), promise) {
            Ok(time)
        } else {
            Err(SignatureError::Log("the log did not promise it"))
        }
    }
}

/// The bytes that pairs of hexadecimal digits stand for.
pub(crate) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    pairs.map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?)).collect()
}

/// Pairs of small hexadecimal digits.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
