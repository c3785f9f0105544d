//! What clients asked of a Git server, so that a test can say "it listed references and fetched nothing".

use flate2::read::GzDecoder;
use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};

/// What a request over smart HTTP is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exchange {
    /// `GET /info/refs`: capabilities, and in protocols 0 and 1 all references.
    Advertisement,
    /// Protocol 2's `ls-refs`: references and nothing else.
    ListReferences,
    /// Objects are downloaded: protocol 2's `fetch`, or any upload-pack request of protocols 0 and 1.
    Fetch,
    /// Objects are uploaded.
    Push,
    /// Anything else, such as a file of the dumb protocol.
    Other,
}

/// One request that a server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitRequest {
    /// The path of the URL, without the query.
    pub path: String,
    /// What it was for.
    pub exchange: Exchange,
    /// The status of the answer, 401 included.
    pub status: u16,
    /// The request's `User-Agent`, empty where there was none.
    pub user_agent: String,
}

/// The requests of one server, in the order of their answers. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct RequestLog(Arc<Mutex<Vec<GitRequest>>>);

impl RequestLog {
    pub(super) fn add(&self, request: GitRequest) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(request);
    }

    pub(super) fn all(&self) -> Vec<GitRequest> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Tells what a request is for by its path and the first line of its body.
pub(super) fn classify(path: &str, content_encoding: &str, body: &[u8]) -> Exchange {
    if path.ends_with("/info/refs") {
        return Exchange::Advertisement;
    }
    if path.ends_with("/git-receive-pack") {
        return Exchange::Push;
    }
    if !path.ends_with("/git-upload-pack") {
        return Exchange::Other;
    }
    let mut start = Vec::new();
    let readable = match content_encoding {
        "gzip" => GzDecoder::new(body).take(64).read_to_end(&mut start),
        _ => body.take(64).read_to_end(&mut start),
    };
    // A packet line: four hexadecimal digits of length, then the text.
    match (readable, start.get(4..)) {
        (Ok(_), Some(text)) if text.starts_with(b"command=ls-refs") => Exchange::ListReferences,
        _ => Exchange::Fetch,
    }
}
