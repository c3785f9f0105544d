//! Asks the repository, and pushes what the editor makes of it. What to want of which repository is decided elsewhere.

use super::Automations;
use super::decide::{Plan, Work};
use super::editor::EditError;
use super::report::{Outcome, Pushed};
use api::meta::Reason;
use commit_message::MessageError;
use git_client::{Publication, PublishError, Published, Wanted};
use git_model::{AdvertisedRef, Reference, Resolution, Resolved};
use jiff::Timestamp;
use runtime::error_chain::error_chain;
use std::sync::{Arc, PoisonError};

/// How often to begin anew when others push meanwhile: of those who collide one gets through each time.
const ATTEMPTS: usize = 16;

impl Automations {
    pub(super) async fn act(&self, plan: Plan) -> Outcome {
        match plan {
            Plan::Stall(reason, message) => Outcome::Stalled(reason, message),
            Plan::Fail(reason, message) => Outcome::Failed(reason, message),
            Plan::Work(work) => self.work(*work).await,
        }
    }

    async fn work(&self, mut work: Work) -> Outcome {
        if let Some(login) = &work.access.login {
            match login.ask(&self.identities, &work.access.remote).await {
                Ok(auth) => work.access.remote.auth = auth,
                Err(error) => {
                    let message = format!("failed configuring source manager: {error}");
                    return Outcome::Failed(Reason::SourceManagerFailed, message);
                }
            }
        }
        let checkout = match self.resolve(&work).await {
            Ok(checkout) => checkout,
            Err(error) => {
                return Outcome::Failed(Reason::GitOperationFailed, format!("failed to checkout source: {error}"));
            }
        };
        if work.settled.as_ref() == Some(&checkout.revision) {
            return Outcome::Settled;
        }
        let publication = Publication {
            base: base(&work.branches.checkout, &checkout),
            branch: work.branches.push.clone(),
            start: work.start,
            refspecs: work.refspec.into_iter().collect(),
            options: work.options,
            attempts: ATTEMPTS,
        };
        let problems = Arc::clone(&work.editor.problems);
        let published = self.git.publish(&work.access.remote, &publication, &self.scratch, work.editor).await;
        let problems = std::mem::take(&mut *problems.lock().unwrap_or_else(PoisonError::into_inner));
        let looked_at = |commit: &git_model::ObjectId| match work.branches.switches {
            true => checkout.revision.clone(),
            // The branch may have moved since it was listed.
            false => format!("{}@{}", publication.branch, commit.digest()),
        };
        match published {
            Ok(Published::Unchanged { commit }) => {
                Outcome::Unchanged { revision: looked_at(&commit), images: work.images, problems }
            }
            Ok(Published::Pushed { commit, message, .. }) => Outcome::Pushed(Box::new(Pushed {
                revision: looked_at(&commit),
                branch: publication.branch.clone(),
                refspec: work.refspec_text,
                time: Timestamp::now(),
                images: work.images,
                commit,
                message,
                problems,
            })),
            Err(error) => failed(error),
        }
    }

    /// The commit to begin with, as the remote has it now.
    async fn resolve(&self, work: &Work) -> Result<Resolved, String> {
        let reference = &work.branches.checkout;
        let advertised: Vec<AdvertisedRef> = match reference {
            Reference::Commit { .. } => Vec::new(),
            _ => {
                let prefixes = reference.prefixes();
                let prefixes: Vec<&str> = prefixes.iter().map(String::as_str).collect();
                self.git.list_refs(&work.access.remote, &prefixes).await.map_err(|error| error_chain(&error))?.refs
            }
        };
        match reference.resolve(&advertised).map_err(|error| error_chain(&error))? {
            Resolution::Found(found) => Ok(found),
            Resolution::Newest(mut equal) => equal.pop().ok_or_else(|| "no tag has the highest version".to_owned()),
        }
    }
}

/// What to fetch to have the commit.
fn base(reference: &Reference, resolved: &Resolved) -> Wanted {
    match (reference, &resolved.reference) {
        (Reference::Commit { id, branch, .. }, _) => Wanted::Commit { id: id.clone(), branch: branch.clone() },
        (_, Some(name)) => Wanted::Reference(name.clone()),
        (_, None) => Wanted::Commit { id: resolved.commit.clone(), branch: None },
    }
}

fn failed(error: PublishError<EditError>) -> Outcome {
    let git = |step: &str, error: String| Outcome::Failed(Reason::GitOperationFailed, format!("{step}: {error}"));
    let (checkout, update) = ("failed to checkout source", "failed to update source");
    match error {
        PublishError::Edit(EditError::Files(error)) => {
            Outcome::Failed(Reason::UpdateFailed, format!("failed to apply policies: {}", error_chain(&error)))
        }
        PublishError::Edit(EditError::Message(error @ MessageError::Removed { .. })) => {
            Outcome::Stalled(Reason::RemovedTemplateField, error.to_string())
        }
        PublishError::Git(error) => {
            let step = if matches!(*error, git_client::Error::Push { .. }) { update } else { checkout };
            git(step, error_chain(&*error))
        }
        error => git(update, error_chain(&error)),
    }
}
