//! Changes the files of one commit: what `git-client` asks, again for each commit that it begins with.

use commit_message::{MessageError, Subject};
use commit_signature::{SignError, SigningKey};
use file_tree::{ReadError, TreePath};
use git_client::{Checkout, Edit};
use git_model::Person;
use git_model::write::FileEdit;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use yaml_setters::{Problem, Setters};

/// Writes the wanted images and says so in a commit.
#[derive(Debug)]
pub(crate) struct Editor {
    /// What to write where.
    pub(crate) setters: Setters,
    /// Where to look.
    pub(crate) path: TreePath,
    /// The namespace of the automation.
    pub(crate) namespace: String,
    /// Its name.
    pub(crate) name: String,
    /// The name and address of the author, who commits too.
    pub(crate) author: (String, String),
    /// The template of the message.
    pub(crate) template: String,
    /// Values for the template.
    pub(crate) values: BTreeMap<String, String>,
    /// What signs; nothing where absent.
    pub(crate) key: Option<SigningKey>,
    /// When the last commit was made, in seconds since 1970.
    pub(crate) seconds: i64,
    /// The markers that set nothing in what was looked at last.
    pub(crate) problems: Arc<Mutex<Vec<Problem>>>,
}

/// Why there is no commit.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EditError {
    /// The files cannot be read.
    #[error(transparent)]
    Files(#[from] ReadError),
    /// There is no message.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// There is no signature.
    #[error("unable to sign the commit")]
    Sign(#[from] SignError),
}

impl git_client::Editor for Editor {
    type Error = EditError;

    fn edit(&mut self, checkout: &Checkout) -> Result<Option<Edit>, EditError> {
        let update = yaml_setters::update(checkout, &self.path, &self.setters)?;
        *self.problems.lock().unwrap_or_else(PoisonError::into_inner) = update.problems;
        if update.files.is_empty() {
            return Ok(None);
        }
        let subject = Subject { namespace: &self.namespace, name: &self.name, changes: &update.changes, values: &self.values };
        let message = commit_message::render(&self.template, &subject)?;
        self.seconds = Timestamp::now().as_second();
        let (name, email) = self.author.clone();
        let author = Person { name, email, seconds: self.seconds, offset_minutes: 0 };
        let files = update.files.into_iter();
        let files = files.map(|(path, content)| (path.as_str().to_owned(), FileEdit::Write(content))).collect();
        Ok(Some(Edit { files, committer: author.clone(), author, message }))
    }

    fn sign(&mut self, payload: &[u8]) -> Result<Option<String>, EditError> {
        Ok(self.key.as_ref().map(|key| key.sign(payload, self.seconds)).transpose()?)
    }
}
