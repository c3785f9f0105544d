//! An SSH channel as a blocking reader and writer.

use super::{HostKeyCheck, broken};
use crate::{Cause, wire::Wire};
use bytes::{Buf, Bytes};
use gix::protocol::transport::Service;
use russh::{ChannelMsg, ChannelReadHalf, ChannelWriteHalf, client};
use std::{
    io::{self, Read, Write},
    sync::{Arc, Mutex, PoisonError},
};

/// What the service printed on its standard error, which says more than the silence on its output.
#[derive(Clone)]
pub(crate) struct Explanation {
    wire: Wire,
    text: Arc<Mutex<Vec<u8>>>,
}

const MOST_TEXT_BYTES: usize = 4096;

impl Explanation {
    pub(super) fn new(wire: &Wire) -> Self {
        Self { wire: wire.clone(), text: Arc::default() }
    }

    fn add(&self, bytes: &[u8]) {
        let mut text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        let room = MOST_TEXT_BYTES.saturating_sub(text.len());
        text.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// `cause`, or what the server said when `cause` is only that it went away.
    pub(crate) fn better_than(&self, cause: Cause) -> Cause {
        if !matches!(cause, Cause::Protocol(_) | Cause::Connection(_)) {
            return cause;
        }
        let text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        let text = self.wire.clean(&String::from_utf8_lossy(&text));
        let lower = text.to_lowercase();
        let absent =
            ["not found", "does not appear to be a git repository", "does not exist", "no such file", "could not be found"];
        if absent.iter().any(|phrase| lower.contains(phrase)) {
            return Cause::RepositoryNotFound;
        }
        if lower.contains("denied") {
            return Cause::AuthorizationFailed;
        }
        if text.is_empty() { cause } else { Cause::Protocol(format!("remote: {text}")) }
    }
}

/// The output of the service.
pub(crate) struct ChannelReader {
    service: Service,
    wire: Wire,
    channel: ChannelReadHalf,
    explanation: Explanation,
    unread: Bytes,
}

impl ChannelReader {
    pub(super) fn new(wire: Wire, channel: ChannelReadHalf, explanation: Explanation, service: Service) -> Self {
        Self { service, wire, channel, explanation, unread: Bytes::new() }
    }
}

impl Read for ChannelReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.unread.is_empty() {
            match self.wire.wait(self.channel.wait())? {
                Some(ChannelMsg::Data { data }) => {
                    self.wire.receive(data.len())?;
                    self.unread = data;
                }
                Some(ChannelMsg::ExtendedData { data, .. }) => self.explanation.add(&data),
                // The error text may come after the end of the output: wait for the channel to close.
                Some(ChannelMsg::Close) | None => return Ok(0),
                Some(ChannelMsg::Failure) => {
                    let refused = format!("the server refused to run {}", self.service.as_str());
                    return Err(self.wire.fail(Cause::Protocol(refused)));
                }
                Some(_) => {}
            }
        }
        let count = self.unread.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.unread[..count]);
        self.unread.advance(count);
        Ok(count)
    }
}

/// The input of the service. Holds the session, which ends when this is dropped.
pub(crate) struct ChannelWriter {
    wire: Wire,
    channel: ChannelWriteHalf<client::Msg>,
    session: client::Handle<HostKeyCheck>,
}

impl ChannelWriter {
    pub(super) fn new(wire: Wire, channel: ChannelWriteHalf<client::Msg>, session: client::Handle<HostKeyCheck>) -> Self {
        Self { wire, channel, session }
    }
}

impl Write for ChannelWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.wire.wait(self.channel.data_bytes(Bytes::copy_from_slice(bytes)))?;
        sent.map_err(|error| broken(&self.wire, error))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for ChannelWriter {
    fn drop(&mut self) {
        // A courtesy to the server's log; the socket closes in any case.
        let goodbye = self.session.disconnect(russh::Disconnect::ByApplication, "", "");
        self.wire.wait(goodbye).ok();
    }
}
