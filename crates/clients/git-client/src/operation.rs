//! Listing, fetching, and the conversation that all operations have, from the first connection to the result. Blocking; the
//! client runs them on their own threads.

use crate::{
    Cause, Checkout, Listing, Remote, Wanted,
    checkout::Found,
    client::Shared,
    http,
    pack::Store,
    protocol::{Conversation, History},
    references::to_gix,
    ssh,
    wire::Wire,
};
use git_model::{
    ObjectId, Scheme, check_ref_name,
    write::{PushReport, RefUpdate},
};
use gix::{
    objs::Exists,
    protocol::transport::{Protocol, Service, client::blocking_io::Transport},
};
use std::path::Path;

/// Lists refs.
pub(crate) fn list(shared: &Shared, wire: &Wire, remote: &Remote, prefixes: &[String]) -> Result<Listing, Cause> {
    converse(shared, wire, remote, Service::UploadPack, |talk| talk.list(prefixes))
}

/// Fetches one commit.
pub(crate) fn fetch(shared: &Shared, wire: &Wire, remote: &Remote, wanted: &Wanted, directory: &Path) -> Result<Checkout, Cause> {
    let target = Target { shared, wire, remote, directory };
    match wanted {
        Wanted::Reference(name) => target.reference(name),
        Wanted::Commit { id, branch } => target.commit(id, branch.as_deref()),
    }
}

/// The steps of a conversation that do not depend on how the server is reached.
pub(crate) trait Talk {
    fn list(&mut self, prefixes: &[String]) -> Result<Listing, Cause>;
    fn fetch(&mut self, wanted: &[gix::ObjectId], history: History, store: &Store, shared: &Shared) -> Result<(), Cause>;
    fn push(&mut self, updates: &[RefUpdate], options: &[String], pack: &[u8]) -> Result<(PushReport, String), Cause>;
}

impl<T: Transport> Talk for Conversation<T> {
    fn list(&mut self, prefixes: &[String]) -> Result<Listing, Cause> {
        self.list(prefixes)
    }

    fn fetch(&mut self, wanted: &[gix::ObjectId], history: History, store: &Store, shared: &Shared) -> Result<(), Cause> {
        self.fetch(wanted, history, store, &shared.options.limits)
    }

    fn push(&mut self, updates: &[RefUpdate], options: &[String], pack: &[u8]) -> Result<(PushReport, String), Cause> {
        self.push(updates, options, pack)
    }
}

/// Connects, greets, does `work`, and says good-bye.
pub(crate) fn converse<R>(
    shared: &Shared,
    wire: &Wire,
    remote: &Remote,
    service: Service,
    work: impl FnOnce(&mut dyn Talk) -> Result<R, Cause>,
) -> Result<R, Cause> {
    // Values of russh and reqwest spawn tasks when they are dropped.
    let _runtime = wire.runtime().enter();
    // What an earlier conversation of the same operation failed of is not the fault of this one.
    wire.take_fault();
    wire.allow(shared.options.limits.reference_bytes, "bytes of refs");
    let agent = &shared.options.user_agent;
    // There is no second version of pushing.
    let protocol = if service == Service::UploadPack { Protocol::V2 } else { Protocol::V1 };
    match remote.url.scheme() {
        Scheme::Http | Scheme::Https => {
            let mut talk = Conversation::open(http::connect(&shared.pool, wire, remote, protocol)?, service, wire, agent)?;
            work(&mut talk)
        }
        Scheme::Ssh => {
            let connection = ssh::connect(&shared.options.ssh, wire, remote, service)?;
            let (transport, explain) = connection.into_transport(protocol);
            let result = Conversation::open(transport, service, wire, agent).and_then(|mut talk| {
                let result = work(&mut talk)?;
                talk.close();
                Ok(result)
            });
            result.map_err(|cause| explain.better_than(cause))
        }
    }
}

/// Everything that a fetch goes by but what is wanted.
struct Target<'a> {
    shared: &'a Shared,
    wire: &'a Wire,
    remote: &'a Remote,
    directory: &'a Path,
}

impl Target<'_> {
    fn reference(&self, name: &str) -> Result<Checkout, Cause> {
        let plain = name.strip_suffix("^{}").unwrap_or(name);
        if !is_valid_reference(plain) {
            return Err(Cause::InvalidReference(plain.escape_debug().to_string()));
        }
        let store = self.store()?;
        let found = converse(self.shared, self.wire, self.remote, Service::UploadPack, |talk| {
            let id = tip(talk, plain)?;
            talk.fetch(&[id], History::None, &store, self.shared)?;
            Ok(Found { id, wants_tag: plain == name, asked_for: plain.to_owned() })
        })?;
        Checkout::open(store, &found, &self.shared.options.limits)
    }

    fn commit(&self, id: &ObjectId, branch: Option<&str>) -> Result<Checkout, Cause> {
        let commit = supported(id)?;
        let store = match branch {
            Some(branch) => self.history_of(branch, commit)?,
            None => self.alone_or_with_history(commit)?,
        };
        let found = Found { id: commit, wants_tag: false, asked_for: id.to_string() };
        Checkout::open(store, &found, &self.shared.options.limits)
    }

    /// A commit counts as one of a branch only when the branch's own history, fetched without asking for the commit, holds it:
    /// forges give out commits of forks by id. The commits of a history are small; its content is fetched only from a server
    /// that cannot leave it out.
    fn history_of(&self, branch: &str, commit: gix::ObjectId) -> Result<Store, Cause> {
        let name = format!("refs/heads/{branch}");
        if !is_valid_reference(&name) {
            return Err(Cause::InvalidReference(name.escape_debug().to_string()));
        }
        let store = self.store()?;
        let is_tip = converse(self.shared, self.wire, self.remote, Service::UploadPack, |talk| {
            let tip = tip(talk, &name)?;
            let history = if tip == commit { History::None } else { History::CommitsAlone };
            talk.fetch(&[tip], history, &store, self.shared)?;
            Ok(tip == commit)
        })?;
        if !store.objects.exists(&commit) {
            return Err(Cause::CommitNotFound(commit.to_string()));
        }
        if is_tip || store.has_content_of(commit)? { Ok(store) } else { self.alone_or_with_history(commit) }
    }

    /// Not every server gives out a commit by its id; then all branches with their history have it, or nobody.
    fn alone_or_with_history(&self, commit: gix::ObjectId) -> Result<Store, Cause> {
        let store = self.store()?;
        let alone = converse(self.shared, self.wire, self.remote, Service::UploadPack, |talk| {
            talk.fetch(&[commit], History::None, &store, self.shared)
        });
        match alone {
            Err(Cause::Protocol(_)) => {}
            Err(other) => return Err(other),
            Ok(()) => return Ok(store),
        }
        let store = self.store()?;
        converse(self.shared, self.wire, self.remote, Service::UploadPack, |talk| {
            let listing = talk.list(&["refs/heads/".to_owned()])?;
            if listing.is_empty_repository {
                return Err(Cause::EmptyRepository);
            }
            let mut tips: Vec<gix::ObjectId> = listing.refs.iter().filter_map(|reference| to_gix(&reference.object)).collect();
            tips.sort();
            tips.dedup();
            if tips.is_empty() {
                return Err(Cause::CommitNotFound(commit.to_string()));
            }
            talk.fetch(&tips, History::All, &store, self.shared)
        })?;
        Ok(store)
    }

    fn store(&self) -> Result<Store, Cause> {
        Store::create(self.directory, &self.shared.options.limits)
    }
}

fn tip(talk: &mut dyn Talk, name: &str) -> Result<gix::ObjectId, Cause> {
    let listing = talk.list(&[name.to_owned()])?;
    if listing.is_empty_repository {
        return Err(Cause::EmptyRepository);
    }
    let found = listing.find(name).ok_or_else(|| Cause::ReferenceNotFound(name.to_owned()))?;
    supported(&found.object)
}

/// Flux knows no other ids either.
fn supported(id: &ObjectId) -> Result<gix::ObjectId, Cause> {
    let sha1 = to_gix(id).filter(|id| id.kind() == gix::hash::Kind::Sha1);
    sha1.ok_or(Cause::Unsupported("only repositories with SHA-1 object ids can be fetched"))
}

/// A full name that Git allows; there is no room in it for options, spaces or line breaks.
pub(crate) fn is_valid_reference(name: &str) -> bool {
    (name == "HEAD" || name.starts_with("refs/")) && check_ref_name(name).is_ok()
}
