//! One request and its answer, as the blocking readers and writers that gix asks for.
//!
//! A request with a body is sent when the first byte of the answer is asked for; by then gix has written the body. Bodies are
//! kept in memory: a fetch sends a few lines.

use crate::{Cause, wire::Wire};
use bytes::{Buf, Bytes};
use reqwest::{RequestBuilder, Response, StatusCode};
use std::{
    io::{self, BufRead, Cursor, Read, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Whether a request may be sent once more when its connection ends without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// It reads.
    Once,
    /// It writes, and may have done so.
    Never,
}

/// Sends a request and waits for the head of the answer. A connection kept from an earlier operation may turn out to be dead only
/// now, which a second attempt makes up for.
pub(super) fn send(wire: &Wire, request: RequestBuilder, repeat: Repeat) -> io::Result<Response> {
    let again = request.try_clone().filter(|_| repeat == Repeat::Once);
    let answer = match (wire.wait(request.send())?, again) {
        (Err(error), Some(again)) if error.is_request() && !error.is_connect() => wire.wait(again.send())?,
        (answer, _) => answer,
    };
    answer.map_err(|error| wire.fail(broken(error)))
}

/// The address is left out: it is in the outer error, without its secrets.
fn broken(error: reqwest::Error) -> Cause {
    Cause::Connection(Box::new(error.without_url()))
}

/// A request that may have been sent.
pub(super) struct Exchange {
    wire: Wire,
    request: Option<(RequestBuilder, Repeat)>,
    payload: Vec<u8>,
    response: Option<Response>,
}

impl Exchange {
    /// An answer whose head has arrived. Anything but success is a failure.
    pub(super) fn answered(wire: &Wire, response: Response) -> io::Result<Self> {
        if let Some(cause) = refusal(response.status()) {
            return Err(wire.fail(cause));
        }
        Ok(Self { wire: wire.clone(), request: None, payload: Vec::new(), response: Some(response) })
    }

    /// A request that waits for its body.
    pub(super) fn pending(wire: &Wire, request: RequestBuilder, repeat: Repeat) -> Self {
        Self { wire: wire.clone(), request: Some((request, repeat)), payload: Vec::new(), response: None }
    }

    pub(super) fn into_readers(self) -> (ResponseHeaders, ResponseBody) {
        let (_, headers, body) = self.into_writer_and_readers();
        (headers, body)
    }

    pub(super) fn into_writer_and_readers(self) -> (PostBody, ResponseHeaders, ResponseBody) {
        let shared = Arc::new(Mutex::new(self));
        let body = ResponseBody { exchange: Arc::clone(&shared), chunk: Bytes::new() };
        (PostBody(Arc::clone(&shared)), ResponseHeaders { exchange: shared, lines: None }, body)
    }

    fn ensure_sent(&mut self) -> io::Result<()> {
        let Some((request, repeat)) = self.request.take() else { return Ok(()) };
        let response = send(&self.wire, request.body(std::mem::take(&mut self.payload)), repeat)?;
        match refusal(response.status()) {
            Some(cause) => Err(self.wire.fail(cause)),
            None => {
                self.response = Some(response);
                Ok(())
            }
        }
    }

    fn header_lines(&mut self) -> io::Result<Vec<u8>> {
        self.ensure_sent()?;
        let mut lines = Vec::new();
        for (name, value) in self.response.iter().flat_map(|response| response.headers()) {
            lines.extend_from_slice(name.as_str().as_bytes());
            lines.extend_from_slice(b": ");
            lines.extend_from_slice(value.as_bytes());
            lines.push(b'\n');
        }
        Ok(lines)
    }

    /// The next bytes of the body; empty at its end.
    fn next_chunk(&mut self) -> io::Result<Bytes> {
        self.ensure_sent()?;
        let Some(response) = self.response.as_mut() else { return Ok(Bytes::new()) };
        loop {
            match self.wire.wait(response.chunk())?.map_err(|error| self.wire.fail(broken(error)))? {
                Some(chunk) if chunk.is_empty() => {}
                Some(chunk) => {
                    self.wire.receive(chunk.len())?;
                    return Ok(chunk);
                }
                None => {
                    self.response = None;
                    return Ok(Bytes::new());
                }
            }
        }
    }
}

fn refusal(status: StatusCode) -> Option<Cause> {
    match status {
        _ if status.is_success() => None,
        StatusCode::UNAUTHORIZED => Some(Cause::AuthenticationRequired),
        StatusCode::FORBIDDEN => Some(Cause::AuthorizationFailed),
        StatusCode::NOT_FOUND => Some(Cause::RepositoryNotFound),
        _ if status.is_redirection() => Some(Cause::Redirect("only the first request may be redirected")),
        other => Some(Cause::Status(other.as_u16())),
    }
}

fn locked(exchange: &Mutex<Exchange>) -> MutexGuard<'_, Exchange> {
    exchange.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Collects the body of a request.
pub(crate) struct PostBody(Arc<Mutex<Exchange>>);

impl Write for PostBody {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        locked(&self.0).payload.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The head of the answer, one `name: value` a line.
pub(crate) struct ResponseHeaders {
    exchange: Arc<Mutex<Exchange>>,
    lines: Option<Cursor<Vec<u8>>>,
}

impl ResponseHeaders {
    fn lines(&mut self) -> io::Result<&mut Cursor<Vec<u8>>> {
        if self.lines.is_none() {
            self.lines = Some(Cursor::new(locked(&self.exchange).header_lines()?));
        }
        Ok(self.lines.get_or_insert_default())
    }
}

impl Read for ResponseHeaders {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.lines()?.read(buffer)
    }
}

impl BufRead for ResponseHeaders {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.lines()?.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        if let Some(lines) = &mut self.lines {
            lines.consume(amount);
        }
    }
}

/// The body of the answer.
pub(crate) struct ResponseBody {
    exchange: Arc<Mutex<Exchange>>,
    chunk: Bytes,
}

impl Read for ResponseBody {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(buffer.len());
        buffer[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for ResponseBody {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.chunk.is_empty() {
            self.chunk = locked(&self.exchange).next_chunk()?;
        }
        Ok(&self.chunk)
    }

    fn consume(&mut self, amount: usize) {
        self.chunk.advance(amount.min(self.chunk.len()));
    }
}
