//! The entry point: options, limits, shared connections, and the bridge from asynchronous callers to gix's blocking code.

use crate::{
    Cause, Checkout, Error, Listing, Push, Remote, Wanted, operation, push,
    ssh::SshAlgorithms,
    wire::{StopOnDrop, Wire},
};
use http_client::Pool;
use std::{path::Path, sync::Arc};
use tokio::sync::Semaphore;

/// The most that a server may make us receive and hold. Flux has no such limits; these are far above ordinary repositories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the answers that come before a pack: capabilities and refs.
    pub reference_bytes: u64,
    /// Bytes of a pack as sent.
    pub pack_bytes: u64,
    /// Objects in a pack.
    pub objects: u32,
    /// Bytes of one object, unpacked; also of the delta that makes it.
    pub object_bytes: usize,
    /// Files, links and directories of a commit, however often an object repeats.
    pub entries: u64,
    /// Directories above a file.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            reference_bytes: 64 << 20,
            pack_bytes: 1 << 30,
            objects: 4_000_000,
            object_bytes: 128 << 20,
            entries: 2_000_000,
            depth: 512,
        }
    }
}

/// How a client behaves towards all its remotes.
#[derive(Debug, Clone)]
pub struct Options {
    /// What servers see as user agent and as Git's agent capability.
    pub user_agent: String,
    /// Operations that run at once; more wait for their turn, and a timeout counts from then on.
    pub concurrency: usize,
    /// What a server may make us receive.
    pub limits: Limits,
    /// Algorithms offered to SSH servers.
    pub ssh: SshAlgorithms,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            user_agent: concat!("weir/", env!("CARGO_PKG_VERSION")).to_owned(),
            concurrency: 32,
            limits: Limits::default(),
            ssh: SshAlgorithms::default(),
        }
    }
}

/// Lists, fetches and pushes. Keeps HTTP connections open between operations; cheap to clone. A client belongs to the Tokio runtime it
/// was first used on.
#[derive(Clone)]
pub struct GitClient(Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) pool: Pool,
    turns: Arc<Semaphore>,
}

impl GitClient {
    /// A client without connections yet.
    pub fn new(options: Options) -> Self {
        let pool = Pool::new(options.user_agent.clone());
        let turns = Arc::new(Semaphore::new(options.concurrency.max(1)));
        Self(Arc::new(Shared { options, pool, turns }))
    }

    /// Lists the refs whose full names start with one of `prefixes`, with what tags finally point to. A full name is the
    /// cheapest prefix: the answer is then one line. This is what a poll costs: over HTTP two small requests on a connection
    /// that stays open.
    pub async fn list_refs(&self, remote: &Remote, prefixes: &[&str]) -> Result<Listing, Error> {
        let prefixes: Vec<String> = prefixes.iter().map(|prefix| (*prefix).to_owned()).collect();
        let run = {
            let (shared, remote) = (Arc::clone(&self.0), remote.clone());
            move |wire: &Wire| operation::list(&shared, wire, &remote, &prefixes)
        };
        self.run(remote, run).await.map_err(|cause| Error::List { url: remote.url.clone(), cause })
    }

    /// Fetches one commit into a new directory below `directory`, which is removed when the checkout is dropped. A ref is
    /// resolved and fetched in one conversation, so the commit returned is the one whose content was received.
    pub async fn fetch(&self, remote: &Remote, wanted: &Wanted, directory: &Path) -> Result<Checkout, Error> {
        let run = {
            let (shared, remote, wanted) = (Arc::clone(&self.0), remote.clone(), wanted.clone());
            let directory = directory.to_owned();
            move |wire: &Wire| operation::fetch(&shared, wire, &remote, &wanted, &directory)
        };
        self.run(remote, run).await.map_err(|cause| Error::Fetch { url: remote.url.clone(), cause })
    }

    /// Pushes objects and moves refs to them, all or none of them where the server can do that. An error says whether others moved
    /// a ref meanwhile ([`Class::Moved`](crate::Class::Moved)) or the server refuses the push.
    pub async fn push(&self, remote: &Remote, push: Push) -> Result<(), Error> {
        let run = {
            let (shared, remote) = (Arc::clone(&self.0), remote.clone());
            move |wire: &Wire| push::push(&shared, wire, &remote, &push)
        };
        self.run(remote, run).await.map_err(|cause| Error::Push { url: remote.url.clone(), cause })
    }

    /// Runs blocking work on its own thread, for as long as the caller waits and the deadline allows. A panic of the work is a
    /// cause like any other.
    async fn run<T: Send + 'static>(
        &self,
        remote: &Remote,
        work: impl FnOnce(&Wire) -> Result<T, Cause> + Send + 'static,
    ) -> Result<T, Cause> {
        let Ok(turn) = Arc::clone(&self.0.turns).acquire_owned().await else { return Err(Cause::Cancelled) };
        let wire = Wire::start(remote.timeout, remote.redactor());
        let _stop = StopOnDrop(wire.clone());
        let task = tokio::task::spawn_blocking({
            let wire = wire.clone();
            move || {
                let _turn = turn;
                work(&wire)
            }
        });
        match tokio::time::timeout_at(wire.deadline(), task).await {
            Ok(Ok(result)) => result,
            Ok(Err(joined)) if joined.is_panic() => Err(Cause::Panicked),
            Ok(Err(_)) => Err(Cause::Cancelled),
            Err(_) => Err(wire.timeout()),
        }
    }
}
