//! The Git protocol over any transport: who answers, which refs there are, send me these objects.

use crate::{Cause, Limits, Listing, pack::Store, references::from_gix, wire::Wire};
use git_model::{
    AdvertisedRef,
    write::{PushReport, RefUpdate, encode_updates},
};
use gix::{
    ObjectId,
    bstr::BString,
    progress::Discard,
    protocol::{
        Command, Handshake, LsRefsCommand,
        fetch::{Arguments, Response},
        handshake::Ref,
        ls_refs::RefPrefixes,
        transport::{
            Service,
            client::{MessageKind, WriteMode, blocking_io::Transport},
        },
    },
};
use std::{
    collections::BTreeMap,
    io::{Read, Write},
    ops::ControlFlow,
};

/// A conversation with one repository.
pub(crate) struct Conversation<T> {
    transport: T,
    handshake: Handshake,
    wire: Wire,
    agent: String,
}

impl<T: Transport> Conversation<T> {
    /// Greets the server and says what is wanted of it.
    pub(crate) fn open(mut transport: T, service: Service, wire: &Wire, agent: &str) -> Result<Self, Cause> {
        // Credentials went with the first request already; there are no others to ask for.
        let no_other_credentials = |_| Ok(None);
        let handshake = gix::protocol::handshake(&mut transport, service, no_other_credentials, vec![], &mut Discard)
            .map_err(|error| if error.is_unauthenticated() { Cause::AuthenticationRequired } else { wire.cause_of(&error) })?;
        Ok(Self { transport, handshake, wire: wire.clone(), agent: agent.to_owned() })
    }

    /// The refs whose names start with one of `prefixes`, and whether there are any refs at all.
    pub(crate) fn list(&mut self, prefixes: &[String]) -> Result<Listing, Cause> {
        if let Some(refs) = &self.handshake.refs {
            let is_empty_repository = !refs.iter().any(|reference| resolved(reference).is_some());
            return Ok(Listing { refs: select(refs, prefixes), is_empty_repository });
        }
        let refs = select(&self.request_refs(prefixes)?, prefixes);
        // Only an answer without refs leaves it open whether others exist.
        let is_empty_repository = refs.is_empty() && self.request_refs(&["refs/".to_owned()])?.is_empty();
        Ok(Listing { refs, is_empty_repository })
    }

    fn request_refs(&mut self, prefixes: &[String]) -> Result<Vec<Ref>, Cause> {
        let mut wanted = RefPrefixes::new();
        wanted.extend(prefixes.iter().map(|prefix| BString::from(prefix.as_str())));
        let agent = ("agent", Some(self.agent.clone()));
        LsRefsCommand::new(Some(wanted), &self.handshake.capabilities, agent)
            .invoke_blocking(&mut self.transport, &mut Discard, false)
            .map_err(|error| self.wire.cause_of(&error))
    }

    /// Fetches `wanted` and what they need into `store`: their content alone, or with all their history.
    pub(crate) fn fetch(&mut self, wanted: &[ObjectId], history: History, store: &Store, limits: &Limits) -> Result<(), Cause> {
        let version = self.handshake.server_protocol_version;
        let mut features = Command::Fetch.default_features(version, &self.handshake.capabilities);
        features.push(("agent", Some(self.agent.clone())));
        let sideband_all = features.iter().any(|(name, _)| *name == "sideband-all");
        let mut arguments = Arguments::new(version, features, false);
        match history {
            History::None if arguments.can_use_deepen() => arguments.deepen(1),
            History::CommitsAlone if arguments.can_use_filter() => arguments.filter(COMMITS_ALONE),
            _ => {}
        }
        for id in wanted {
            arguments.want(id);
        }
        let failed = |error: &(dyn std::error::Error + 'static)| self.wire.cause_of(error);
        self.wire.allow(limits.pack_bytes, "bytes in a pack");
        let mut reader = arguments.send(&mut self.transport, true).map_err(|error| failed(&error))?;
        if sideband_all {
            reader.set_progress_handler(Some(progress(&self.wire)));
        }
        let response = Response::from_line_reader(version, &mut reader, true, false).map_err(|error| failed(&error))?;
        if !response.has_pack() {
            return Err(Cause::Protocol("the server sent no pack".to_owned()));
        }
        // A refusal in the older protocol stands where the pack would be.
        if let Some(Ok(Ok(line))) = reader.peek_data_line()
            && let Some(text) = line.strip_prefix(b"ERR ")
        {
            return Err(Cause::Protocol(format!("remote: {}", self.wire.clean(&String::from_utf8_lossy(text)))));
        }
        if !sideband_all {
            reader.set_progress_handler(Some(progress(&self.wire)));
        }
        store.receive(&self.wire, &mut reader, limits)
    }

    /// Moves refs and hands over the objects for it. What the server says meanwhile comes back with its report.
    pub(crate) fn push(&mut self, updates: &[RefUpdate], options: &[String], pack: &[u8]) -> Result<(PushReport, String), Cause> {
        let has = |capability: &str| self.handshake.capabilities.contains(capability);
        if !has("report-status") {
            return Err(Cause::Unsupported("pushing to a server that does not report the result"));
        }
        if !options.is_empty() && !has("push-options") {
            return Err(Cause::Unsupported("push options with a server that does not take them"));
        }
        let sideband = has("side-band-64k");
        let mut capabilities = vec!["report-status".to_owned()];
        capabilities.extend(sideband.then(|| "side-band-64k".to_owned()));
        capabilities.extend((updates.len() > 1 && has("atomic")).then(|| "atomic".to_owned()));
        capabilities.extend((!options.is_empty()).then(|| "push-options".to_owned()));
        capabilities.push(format!("agent={}", self.agent));
        let options = (!options.is_empty()).then_some(options);
        let request = encode_updates(updates, &capabilities.join(" "), options);

        let mut said = Vec::new();
        let mut report = Vec::new();
        self.wire.allow(REPORT_BYTES, "bytes of a report");
        let failed = |error: &(dyn std::error::Error + 'static)| self.wire.cause_of(error);
        let exchange = self.transport.request(WriteMode::Binary, MessageKind::Flush, false).map_err(|error| failed(&error))?;
        let (mut writer, mut reader) = exchange.into_parts();
        let sent = writer.write_all(&request).and_then(|()| writer.write_all(pack)).and_then(|()| writer.flush());
        sent.map_err(|error| failed(&error))?;
        drop(writer);
        if sideband {
            reader.set_progress_handler(Some(Box::new(|is_error, text| {
                if is_error {
                    let text = self.wire.clean(&String::from_utf8_lossy(text));
                    self.wire.fail(Cause::Protocol(format!("remote: {text}")));
                    return ControlFlow::Break(());
                }
                said.extend_from_slice(&text[..text.len().min(SAID_BYTES.saturating_sub(said.len()))]);
                ControlFlow::Continue(())
            })));
        }
        reader.read_to_end(&mut report).map_err(|error| failed(&error))?;
        drop(reader);
        let report = PushReport::parse(&report).map_err(|error| failed(&error))?;
        Ok((report, self.wire.clean(&String::from_utf8_lossy(&said))))
    }

    /// Says good-bye where the server waits for more, which is over SSH.
    pub(crate) fn close(&mut self) {
        // The result is ours already; a server that hangs up first takes nothing from it.
        gix::protocol::indicate_end_of_interaction(&mut self.transport, false).ok();
    }
}

/// Git's name for a selection of objects without trees and what hangs on them.
const COMMITS_ALONE: &str = "tree:0";

/// The most that a server may report about a push.
const REPORT_BYTES: u64 = 1 << 20;
/// How much is kept of what hooks print.
const SAID_BYTES: usize = 4096;

/// How much of the past to fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum History {
    /// The content of the commits and nothing before them.
    None,
    /// All commits before them and no content at all, where the server can tell them apart; otherwise everything.
    CommitsAlone,
    /// Everything.
    All,
}

/// Drops progress messages; keeps what the server says on the error band, which ends the conversation.
fn progress<'a>(wire: &'a Wire) -> gix::protocol::transport::client::blocking_io::HandleProgress<'a> {
    Box::new(|is_error, text| {
        if is_error {
            wire.fail(Cause::Protocol(format!("remote: {}", wire.clean(&String::from_utf8_lossy(text)))));
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })
}

fn select(refs: &[Ref], prefixes: &[String]) -> Vec<AdvertisedRef> {
    let selected: BTreeMap<String, AdvertisedRef> = refs
        .iter()
        .filter_map(resolved)
        .filter(|reference| prefixes.iter().any(|prefix| reference.name.starts_with(prefix.as_str())))
        .map(|reference| (reference.name.clone(), reference))
        .collect();
    selected.into_values().collect()
}

/// The ref as it resolves; `None` for one that leads nowhere or whose name is not text.
fn resolved(reference: &Ref) -> Option<AdvertisedRef> {
    let (name, object, peeled) = match reference {
        Ref::Direct { full_ref_name, object } => (full_ref_name, *object, None),
        Ref::Peeled { full_ref_name, tag, object } => (full_ref_name, *tag, Some(*object)),
        Ref::Symbolic { full_ref_name, object, tag: None, .. } => (full_ref_name, *object, None),
        Ref::Symbolic { full_ref_name, object, tag: Some(tag), .. } => (full_ref_name, *tag, Some(*object)),
        Ref::Unborn { .. } => return None,
    };
    let name = std::str::from_utf8(name).ok()?.to_owned();
    // An empty repository announces its capabilities on a line of this name (protocol version 1).
    (name != "capabilities^{}").then(|| AdvertisedRef { name, object: from_gix(object), peeled: peeled.map(from_gix) })
}
