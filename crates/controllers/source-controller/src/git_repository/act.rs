//! Carries a plan out: asks the remote, fetches, archives. What to want and what to publish is decided elsewhere.

use super::GitRepositories;
use super::decide::{Failure, Login, Plan, Question, Reached};
use super::mounts::{Mount, Mounts};
use super::observe::Observation;
use super::report::{NewArtifact, Outcome};
use crate::storage::{Content, Storage, StorageError};
use api::meta::{Artifact, ConditionType, Reason};
use api::source::GitRepositoryInclude;
use artifact::archive;
use artifact::ignore::IgnoreRules;
use artifact::sparse::{SparseFiles, SparsePaths};
use artifact::{ArtifactPath, Digest};
use cloud_identity::GitLogin;
use file_tree::{Files, TreePath};
use git_client::{Auth, Checkout, Class, Wanted};
use git_model::{AdvertisedRef, Commit, Reference, Resolution, Resolved, newest};
use kube::ResourceExt;
use runtime::error_chain::error_chain;
use std::sync::Arc;

/// The most tags of one and the same version that are compared by their dates: the last by name.
const MOST_EQUAL_TAGS: usize = 8;

impl GitRepositories {
    pub(super) async fn act(&self, plan: Plan, seen: &Observation) -> Outcome {
        match plan {
            Plan::Fail(failure) => Outcome::Failed(failure),
            Plan::Ask(question) => match self.identify(*question, seen).await {
                Ok(question) => self.ask(question, seen).await.unwrap_or_else(Outcome::Failed),
                Err(failure) => Outcome::Failed(failure),
            },
        }
    }

    /// The question with who we are, where somebody else has to say that first.
    async fn identify(&self, mut question: Question, seen: &Observation) -> Result<Question, Failure> {
        let Some(login) = question.login.take() else { return Ok(question) };
        let identities = self.identification.of("GitRepository", &*seen.object);
        let remote = &question.remote;
        let proxy = remote.proxy.as_ref();
        let given = match login {
            Login::Cloud(provider) => identities.git_login(provider, &seen.object.spec.url, proxy).await,
            Login::GitHub(app) => {
                let given = identities.github(&app, &remote.tls, proxy).await;
                given.map(|(username, password)| GitLogin::Basic(username, password))
            }
        };
        let given = given.map_err(|error| {
            let message = format!("failed to configure authentication options: {}", error_chain(&error));
            Failure::fetch(Reason::AuthenticationFailed, message, Reached::Configuration)
        })?;
        question.remote.auth = match given {
            GitLogin::Basic(username, password) => Auth::Basic { username, password },
            GitLogin::Bearer(token) => Auth::Bearer(token),
        };
        Ok(question)
    }

    async fn ask(&self, question: Question, seen: &Observation) -> Result<Outcome, Failure> {
        let candidates = self.candidates(&question).await?;
        if let [only] = candidates.as_slice()
            && question.unchanged.as_deref() == Some(only.revision.as_str())
        {
            return Ok(Outcome::Unchanged {
                revision: only.revision.clone(),
                compared_first: question.reference.is_compared_first(),
            });
        }
        let (checkout, found) = self.check_out(&question, candidates).await?;
        let revision = found.revision;
        if question.unchanged.as_deref() == Some(revision.as_str()) {
            return Ok(Outcome::Unchanged { revision, compared_first: false });
        }
        if seen.object.spec.recurse_submodules && checkout.contents.submodules > 0 {
            let count = checkout.contents.submodules;
            let message = format!("the repository has {count} submodules; unset spec.recurseSubmodules to publish without them");
            return Err(Failure::checkout(&message, question.reached()));
        }
        let signed = question.signed.as_ref().map(|signed| signed.verify(&checkout, found.reference.as_deref(), seen.now));
        let verified = signed.transpose()?;
        let subject = commit_of(&checkout).map(|commit| commit.short_message()).unwrap_or_default();
        let (artifact, includes) = self.archive(question, checkout, (seen, revision)).await?;
        Ok(Outcome::Stored(Box::new(NewArtifact { artifact, includes, subject, verified })))
    }

    /// Which commits may be the wanted one, as far as that is known without fetching: all tags of the highest version, or one
    /// commit, or nothing where a fetch finds out just as well.
    async fn candidates(&self, question: &Question) -> Result<Vec<Resolved>, Failure> {
        let reference = &question.reference;
        let advertised = match reference {
            Reference::Commit { .. } => Vec::new(),
            Reference::Semver(_) => self.advertised(question).await?,
            _ if question.unchanged.is_none() => return Ok(Vec::new()),
            _ => self.advertised(question).await?,
        };
        match reference.resolve(&advertised).map_err(|error| question.failed(&error))? {
            Resolution::Found(found) => Ok(vec![found]),
            Resolution::Newest(mut found) => Ok(found.split_off(found.len().saturating_sub(MOST_EQUAL_TAGS))),
        }
    }

    async fn advertised(&self, question: &Question) -> Result<Vec<AdvertisedRef>, Failure> {
        let prefixes = question.reference.prefixes();
        let prefixes: Vec<&str> = prefixes.iter().map(String::as_str).collect();
        let listing = self.git.list_refs(&question.remote, &prefixes).await.map_err(|error| question.git_failed(&error))?;
        if listing.is_empty_repository {
            return Err(question.empty());
        }
        Ok(listing.refs)
    }

    /// Fetches the wanted commit: of several candidates the one that was committed last.
    async fn check_out(&self, question: &Question, candidates: Vec<Resolved>) -> Result<(Checkout, Resolved), Failure> {
        let mut best: Option<((Resolved, i64), (Checkout, Resolved))> = None;
        for candidate in candidates {
            let (checkout, found) = self.fetch(question, Some(&candidate)).await?;
            let time = commit_of(&checkout).map_or(0, |commit| commit.committer.seconds);
            let dated = (candidate, time);
            let pair = best.iter().map(|(known, _)| known.clone()).chain([dated.clone()]);
            if newest(pair).as_ref() == Some(&dated.0) {
                best = Some((dated, (checkout, found)));
            }
        }
        match best {
            Some((_, fetched)) => Ok(fetched),
            None => self.fetch(question, None).await,
        }
    }

    async fn fetch(&self, question: &Question, candidate: Option<&Resolved>) -> Result<(Checkout, Resolved), Failure> {
        let wanted = match (&question.reference, candidate) {
            (Reference::Commit { id, branch, .. }, _) => Wanted::Commit { id: id.clone(), branch: branch.clone() },
            (_, Some(Resolved { reference: Some(name), .. })) => Wanted::Reference(name.clone()),
            (reference, _) => Wanted::Reference(reference.prefixes().into_iter().next().unwrap_or_default()),
        };
        let checkout = self.git.fetch(&question.remote, &wanted, &self.scratch).await;
        let checkout = checkout.map_err(|error| question.git_failed(&error))?;
        let advertised = match wanted {
            Wanted::Reference(name) => vec![AdvertisedRef { name, object: checkout.commit.id.clone(), peeled: None }],
            Wanted::Commit { .. } => Vec::new(),
        };
        match question.reference.resolve(&advertised).map_err(|error| question.failed(&error))? {
            Resolution::Found(found) => Ok((checkout, found)),
            Resolution::Newest(_) => Err(Failure::checkout("one ref resolved to several commits", question.reached())),
        }
    }

    async fn archive(
        &self,
        question: Question,
        checkout: Checkout,
        (seen, revision): (&Observation, String),
    ) -> Result<(Artifact, Vec<Artifact>), Failure> {
        let changed = seen.artifact().is_none_or(|artifact| artifact.revision != revision);
        let reached = Reached::Archive { new_revision: changed.then(|| revision.clone()) };
        let (storage, object, now) = (Arc::clone(&self.storage), Arc::clone(&seen.object), seen.now);
        let work = move || {
            let job = Job { storage: &storage, question: &question, checkout: &checkout };
            job.run(&object, &revision, now)
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(done) => done.map_err(|fault| fault.into_failure(reached)),
            Err(error) => Err(Fault::Other(error.to_string()).into_failure(reached)),
        }
    }
}

/// What an archive is made of. Runs on a blocking thread.
struct Job<'a> {
    storage: &'a Storage,
    question: &'a Question,
    checkout: &'a Checkout,
}

/// Why no archive was made, by the condition that tells.
enum Fault {
    Sparse(String),
    Include(Reason, String),
    Ignore(String),
    Storage(StorageError),
    Other(String),
}

impl Job<'_> {
    fn run(
        &self,
        object: &api::source::GitRepository,
        revision: &str,
        now: jiff::Timestamp,
    ) -> Result<(Artifact, Vec<Artifact>), Fault> {
        let sparse = SparsePaths::new(object.spec.sparse_checkout.iter().map(String::as_str));
        sparse.check(self.checkout).map_err(|error| Fault::Sparse(error_chain(&error)))?;
        let selected = SparseFiles::new(self.checkout, &sparse);
        let mounts = self.question.includes.iter().map(|(include, artifact)| self.mount(include, artifact));
        let files = Mounts::new(&selected, mounts.collect::<Result<_, _>>()?);
        let rules =
            IgnoreRules::load(&files, object.spec.ignore.as_deref()).map_err(|error| Fault::Ignore(error_chain(&error)))?;
        let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
        let path = ArtifactPath::git(&namespace, &name, self.checkout.commit.id.as_str())
            .map_err(|error| Fault::Other(error.to_string()))?;
        let artifact = self.storage.write(&path, revision, Content::Files(&files, &rules), now).map_err(Fault::Storage)?;
        Ok((artifact, self.question.includes.iter().map(|(_, artifact)| artifact.clone()).collect()))
    }

    fn mount(&self, include: &GitRepositoryInclude, artifact: &Artifact) -> Result<Mount, Fault> {
        let name = &include.git_repository_ref.name;
        let fault = |error: String| Fault::Include(Reason::CopyFailure, format!("failed to copy '{name}' include: {error}"));
        let place = |path: &str| {
            TreePath::parse(path.trim_start_matches('/')).map_err(|error| {
                Fault::Include(Reason::IllegalPath, format!("path calculation for include '{name}' failed: {error}"))
            })
        };
        let bytes = self.storage.read(artifact).map_err(|error| fault(error.to_string()))?;
        let digest: Digest = artifact.digest.parse().map_err(|error: artifact::DigestError| fault(error.to_string()))?;
        digest.verify(&bytes).map_err(|error| fault(error.to_string()))?;
        let tree = archive::read(&bytes, &archive::Limits::default()).map_err(|error| fault(error_chain(&error)))?;
        let mount = Mount { at: place(include.to_path())?, from: place(include.from_path())?, tree };
        match mount.tree.kind(&mount.from) {
            Ok(Some(_)) if !mount.at.is_root() => Ok(mount),
            Ok(Some(_)) => Err(fault("it would replace the whole repository; set toPath".to_owned())),
            _ => Err(fault(format!("{}: no such file or directory", mount.from))),
        }
    }
}

impl Fault {
    fn into_failure(self, reached: Reached) -> Failure {
        let storage = |reason, message| Failure {
            condition: Some(ConditionType::StorageOperationFailed),
            ..Failure::fetch(reason, message, reached.clone())
        };
        match self {
            Self::Sparse(error) => {
                let message = format!("failed to sparse checkout directories : {error}");
                Failure::fetch(Reason::GitOperationFailed, message, Reached::Remote { includes_changed: false })
            }
            Self::Include(reason, message) => storage(reason, message),
            Self::Ignore(error) => Failure {
                condition: None,
                ..Failure::fetch(
                    Reason::SourceIgnoreError,
                    format!("failed to load source ignore patterns from repository: {error}"),
                    reached,
                )
            },
            Self::Storage(error) => {
                let reason = match &error {
                    StorageError::CreateDirectory { .. } => Reason::DirectoryCreationFailed,
                    StorageError::Lock { .. } => Reason::AcquireLockFailed,
                    _ => Reason::ArchiveOperationFailed,
                };
                storage(reason, error_chain(&error))
            }
            Self::Other(error) => {
                storage(Reason::ArchiveOperationFailed, format!("unable to archive artifact to storage: {error}"))
            }
        }
    }
}

impl Question {
    fn reached(&self) -> Reached {
        Reached::Remote { includes_changed: self.includes_changed }
    }

    fn failed(&self, error: &(dyn std::error::Error + 'static)) -> Failure {
        Failure::checkout(&error_chain(error), self.reached())
    }

    fn git_failed(&self, error: &git_client::Error) -> Failure {
        if error.class() == Class::Empty { self.empty() } else { self.failed(error) }
    }

    fn empty(&self) -> Failure {
        Failure::fetch(Reason::EmptyGitRepository, "git repository is empty", self.reached())
    }
}

fn commit_of(checkout: &Checkout) -> Option<Commit> {
    Commit::parse(checkout.commit.id.clone(), &checkout.commit.bytes).ok()
}
