//! Carries a plan out: asks the remote, fetches, archives. What to want and what to publish is decided elsewhere.

use super::GitRepositories;
use super::decide::{Failure, Plan, Question, Reached};
use super::mounts::{Mount, Mounts};
use super::observe::Observation;
use super::report::{NewArtifact, Outcome};
use crate::storage::{Storage, StorageError};
use api::meta::{Artifact, ConditionType, Reason};
use api::source::GitRepositoryInclude;
use artifact::archive;
use artifact::ignore::IgnoreRules;
use artifact::sparse::{SparseFiles, SparsePaths};
use artifact::{ArtifactPath, Digest};
use file_tree::{Files, TreePath};
use git_client::{Checkout, Class, ObjectId, Wanted};
use git_model::{Commit, Target};
use kube::ResourceExt;
use runtime::error_chain::error_chain;
use std::sync::Arc;

/// The commit that the remote has for what is wanted, where asking for it is cheap.
struct Current {
    /// The full name of the ref.
    reference: String,
    /// Its commit.
    commit: String,
}

impl GitRepositories {
    pub(super) async fn act(&self, plan: Plan, seen: &Observation) -> Outcome {
        match plan {
            Plan::Fail(failure) => Outcome::Failed(failure),
            Plan::Ask(question) => self.ask(*question, seen).await.unwrap_or_else(Outcome::Failed),
        }
    }

    async fn ask(&self, question: Question, seen: &Observation) -> Result<Outcome, Failure> {
        let failed = |message: String| checkout_failure(&question, Reason::GitOperationFailed, &message);
        let target = question.reference.target().map_err(|error| failed(error_chain(&error)))?;
        let current = self.current(&question, &target).await?;
        let known = current.as_ref().map(|found| question.reference.revision(Some(&found.reference), &found.commit));
        let pinned = match &target {
            Target::Commit { id, .. } => Some(question.reference.revision(None, id)),
            _ => None,
        };
        if let Some(revision) = &question.unchanged
            && (known.as_ref() == Some(revision) || pinned.as_ref() == Some(revision))
        {
            return Ok(Outcome::Unchanged { revision: revision.clone() });
        }
        let wanted = wanted(&target, current.as_ref()).map_err(|error| failed(error_chain(&error)))?;
        let checkout = self.git.fetch(&question.remote, &wanted, &self.scratch).await;
        let checkout = checkout.map_err(|error| git_failure(&question, &error))?;
        let commit = checkout.commit.id.as_str();
        let resolved = match &wanted {
            Wanted::Reference(name) => Some(name.as_str()),
            Wanted::Commit { .. } => None,
        };
        let revision = question.reference.revision(resolved, commit);
        if seen.object.spec.recurse_submodules && checkout.contents.submodules > 0 {
            let count = checkout.contents.submodules;
            return Err(failed(format!(
                "the repository has {count} submodules, which are not supported; unset spec.recurseSubmodules to publish without them"
            )));
        }
        let subject = Commit::parse(&checkout.commit.bytes).map(|commit| commit.short_message()).unwrap_or_default();
        let (artifact, includes) = self.archive(question, checkout, (seen, revision)).await?;
        Ok(Outcome::Stored(Box::new(NewArtifact { artifact, includes, subject })))
    }

    /// Asks which commit the remote has, where that can spare a download or is needed to choose a tag.
    async fn current(&self, question: &Question, target: &Target) -> Result<Option<Current>, Failure> {
        let prefix = match target {
            Target::Commit { .. } => return Ok(None),
            Target::Ref(_) if question.unchanged.is_none() => return Ok(None),
            Target::Ref(name) => name.trim_end_matches("^{}"),
            Target::Semver(_) => "refs/tags/",
        };
        let listing = self.git.list_refs(&question.remote, &[prefix]).await;
        let listing = listing.map_err(|error| git_failure(question, &error))?;
        let name = match target {
            Target::Semver(range) => {
                let tags = listing.refs.iter().filter_map(|found| found.name.strip_prefix("refs/tags/"));
                let chosen = git_model::choose_tag(range, tags)
                    .map_err(|error| checkout_failure(question, Reason::GitOperationFailed, &error_chain(&error)))?;
                format!("refs/tags/{chosen}")
            }
            _ => prefix.to_owned(),
        };
        Ok(listing.find(&name).map(|found| Current { reference: name.clone(), commit: found.commit().to_string() }))
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
        let rules = IgnoreRules::load(&files, object.spec.ignore.as_deref()).map_err(|error| Fault::Ignore(error_chain(&error)))?;
        let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
        let path = ArtifactPath::git(&namespace, &name, self.checkout.commit.id.as_str())
            .map_err(|error| Fault::Other(error.to_string()))?;
        let artifact = self.storage.archive(&path, revision, (&files, &rules), now).map_err(Fault::Storage)?;
        Ok((artifact, self.question.includes.iter().map(|(_, artifact)| artifact.clone()).collect()))
    }

    fn mount(&self, include: &GitRepositoryInclude, artifact: &Artifact) -> Result<Mount, Fault> {
        let name = &include.git_repository_ref.name;
        let fault = |error: String| Fault::Include(Reason::CopyFailure, format!("failed to copy '{name}' include: {error}"));
        let place = |path: &str| {
            TreePath::parse(path.trim_start_matches('/'))
                .map_err(|error| Fault::Include(Reason::IllegalPath, format!("path calculation for include '{name}' failed: {error}")))
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
            Self::Other(error) => storage(Reason::ArchiveOperationFailed, format!("unable to archive artifact to storage: {error}")),
        }
    }
}

fn wanted(target: &Target, current: Option<&Current>) -> Result<Wanted, git_client::InvalidObjectId> {
    Ok(match (target, current) {
        (Target::Commit { id, branch }, _) => Wanted::Commit { id: ObjectId::parse(id)?, branch: branch.clone() },
        (_, Some(current)) => Wanted::Reference(current.reference.clone()),
        (Target::Ref(name), None) => Wanted::Reference(name.clone()),
        // A range always has a current tag; without one the choice has failed before.
        (Target::Semver(_), None) => Wanted::Reference("refs/tags/".to_owned()),
    })
}

fn git_failure(question: &Question, error: &git_client::Error) -> Failure {
    if error.class() == Class::Empty {
        let reached = Reached::Remote { includes_changed: question.includes_changed };
        return Failure::fetch(Reason::EmptyGitRepository, "git repository is empty", reached);
    }
    checkout_failure(question, Reason::GitOperationFailed, &error_chain(error))
}

fn checkout_failure(question: &Question, reason: Reason, error: &str) -> Failure {
    let reached = Reached::Remote { includes_changed: question.includes_changed };
    Failure::fetch(reason, format!("failed to checkout and determine revision: {error}"), reached)
}
