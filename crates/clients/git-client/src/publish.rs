//! From a fetched commit to the next one on a branch, again and again until nobody else was faster.

use crate::{Cause, Checkout, Class, Error, Expected, GitClient, Push, RefPush, Remote, Wanted, references::Listing};
use git_model::{
    ObjectId, Person,
    write::{FileEdit, NewCommit, NewObject, Refspec, edit_tree},
};
use std::{collections::BTreeMap, path::Path};

/// Where an edit begins and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// The commit to begin with.
    pub base: Wanted,
    /// The short name of the branch to push.
    pub branch: String,
    /// What a branch that exists is to the edit.
    pub start: Start,
    /// Where the commit is pushed to besides.
    pub refspecs: Vec<Refspec>,
    /// `git push -o`.
    pub options: Vec<String>,
    /// How often to begin anew when others push meanwhile; at least one attempt is made.
    pub attempts: usize,
}

/// What to begin with where the branch exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// The branch: commits are added to it, and nothing is ever thrown away.
    Branch,
    /// The base: the branch is made anew from it, by force.
    Base,
}

/// What the next commit is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The files that change, by their paths from the root.
    pub files: BTreeMap<String, FileEdit>,
    /// Who wrote it.
    pub author: Person,
    /// Who commits it.
    pub committer: Person,
    /// The message.
    pub message: String,
}

/// Whoever knows what to change. It is asked again whenever the branch moved, and must answer by what it is shown.
pub trait Editor: Send + 'static {
    /// Why there is no edit.
    type Error: std::error::Error + Send + Sync + 'static;

    /// The change to make on top of `checkout`; `None` where there is nothing to do.
    ///
    /// # Errors
    /// Whatever keeps the editor from its work; nothing is pushed then.
    fn edit(&mut self, checkout: &Checkout) -> Result<Option<Edit>, Self::Error>;

    /// The armored signature over the bytes of a commit; `None` for a commit without one.
    ///
    /// # Errors
    /// Whatever keeps the editor from signing; nothing is pushed then.
    fn sign(&mut self, _payload: &[u8]) -> Result<Option<String>, Self::Error> {
        Ok(None)
    }
}

/// What became of an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Published {
    /// There was nothing to change on top of this commit; nothing was pushed.
    Unchanged {
        /// The commit that was looked at.
        commit: ObjectId,
    },
    /// A commit was pushed.
    Pushed {
        /// The commit.
        commit: ObjectId,
        /// The one before it.
        parent: ObjectId,
        /// Its message.
        message: String,
        /// The full names of the refs that lead to it, the branch first.
        refs: Vec<String>,
        /// How many attempts it took.
        attempts: usize,
    },
}

/// Why nothing was pushed.
#[derive(Debug, thiserror::Error)]
pub enum PublishError<E: std::error::Error + 'static> {
    /// Git did not work.
    #[error(transparent)]
    Git(Box<Error>),
    /// The editor did not.
    #[error(transparent)]
    Edit(E),
    /// A refspec pushes something else than the branch.
    #[error("cannot push")]
    Refspec(#[source] git_model::write::RefspecError),
    /// The editor panicked.
    #[error("internal error while editing")]
    Panicked,
}

impl<E: std::error::Error + 'static> From<Error> for PublishError<E> {
    fn from(error: Error) -> Self {
        Self::Git(Box::new(error))
    }
}

impl GitClient {
    /// Fetches, edits, commits and pushes; when others pushed meanwhile, all of it anew, up to `publication.attempts` times. The
    /// objects fetched are kept below `directory` for as long as an attempt takes. A commit whose tree equals its parent's is not
    /// made.
    ///
    /// # Errors
    /// [`PublishError`]; of the class [`Class::Moved`] when every attempt came too late.
    pub async fn publish<E: Editor>(
        &self,
        remote: &Remote,
        publication: &Publication,
        directory: &Path,
        mut editor: E,
    ) -> Result<Published, PublishError<E::Error>> {
        let branch = format!("refs/heads/{}", publication.branch);
        let mut others = Vec::new();
        for refspec in &publication.refspecs {
            let name = refspec.destination(&branch).map_err(PublishError::Refspec)?;
            if name != branch {
                others.push((name, refspec.force));
            }
        }
        let mut attempts = 0;
        loop {
            attempts += 1;
            let (checkout, expected) = self.base(remote, publication, &branch, directory).await?;
            let parent = checkout.commit.id.clone();
            let (returned, made) = commit(remote, checkout, editor).await?;
            editor = returned;
            let Some(Made { commit, objects, message }) = made? else { return Ok(Published::Unchanged { commit: parent }) };
            let other = |(name, force): &(String, bool)| RefPush {
                name: name.clone(),
                expected: if *force { Expected::Anything } else { Expected::AtOrAbsent(parent.clone()) },
                new: commit.clone(),
            };
            let mut refs = vec![RefPush { name: branch.clone(), expected, new: commit.clone() }];
            refs.extend(others.iter().map(other));
            let names = refs.iter().map(|reference| reference.name.clone()).collect();
            match self.push(remote, Push { refs, objects, options: publication.options.clone() }).await {
                Ok(()) => return Ok(Published::Pushed { commit, parent, message, refs: names, attempts }),
                Err(error) if error.class() == Class::Moved && attempts < publication.attempts => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The commit to begin with, and what the branch must be when the next one is pushed.
    async fn base(
        &self,
        remote: &Remote,
        publication: &Publication,
        branch: &str,
        directory: &Path,
    ) -> Result<(Checkout, Expected), Error> {
        let on_branch = Wanted::Reference(branch.to_owned());
        if publication.base == on_branch {
            let checkout = self.fetch(remote, &on_branch, directory).await?;
            let expected = Expected::At(checkout.commit.id.clone());
            return Ok((checkout, expected));
        }
        if publication.start == Start::Base {
            return Ok((self.fetch(remote, &publication.base, directory).await?, Expected::Anything));
        }
        let listing: Listing = self.list_refs(remote, &[branch]).await?;
        if listing.find(branch).is_none() {
            return Ok((self.fetch(remote, &publication.base, directory).await?, Expected::Absent));
        }
        let checkout = self.fetch(remote, &on_branch, directory).await?;
        let expected = Expected::At(checkout.commit.id.clone());
        Ok((checkout, expected))
    }
}

/// A commit that nobody has yet.
struct Made {
    commit: ObjectId,
    objects: Vec<NewObject>,
    message: String,
}

type MadeOrNot<E> = Result<Option<Made>, PublishError<E>>;

/// Asks the editor on a thread where it may take its time.
async fn commit<E: Editor>(
    remote: &Remote,
    checkout: Checkout,
    mut editor: E,
) -> Result<(E, MadeOrNot<E::Error>), PublishError<E::Error>> {
    let url = remote.url.clone();
    let task = tokio::task::spawn_blocking(move || {
        let made = make(&checkout, &mut editor, |cause| Error::Push { url, cause });
        (editor, made)
    });
    task.await.map_err(|_| PublishError::Panicked)
}

fn make<E: Editor>(checkout: &Checkout, editor: &mut E, failed: impl FnOnce(Cause) -> Error) -> MadeOrNot<E::Error> {
    let Some(edit) = editor.edit(checkout).map_err(PublishError::Edit)? else { return Ok(None) };
    let next = match next_commit(checkout, edit) {
        Ok(next) => next,
        Err(cause) => return Err(failed(cause).into()),
    };
    let Some((new, mut objects)) = next else { return Ok(None) };
    let signature = editor.sign(&new.payload()).map_err(PublishError::Edit)?;
    let object = new.object(signature.as_deref());
    let commit = object.id.clone();
    objects.push(object);
    Ok(Some(Made { commit, objects, message: new.message }))
}

/// The commit that an edit makes on top of another one, and the objects that it needs besides; nothing where no file changes.
pub(crate) fn next_commit(checkout: &Checkout, edit: Edit) -> Result<Option<(NewCommit, Vec<NewObject>)>, Cause> {
    let root = checkout.root();
    let edited = edit_tree(&root, &edit.files, |id| checkout.tree_bytes(id));
    let (tree, objects) = edited.map_err(|error| Cause::Edit(crate::error::chain(&error)))?;
    if tree == root {
        return Ok(None);
    }
    let parents = vec![checkout.commit.id.clone()];
    let Edit { author, committer, message, .. } = edit;
    Ok(Some((NewCommit { tree, parents, author, committer, message }, objects)))
}
