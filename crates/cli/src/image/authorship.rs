//! Who commits an edit, and with which words.

use anyhow::bail;
use bytes::Bytes;
use file_tree::TreePath;
use git_client::Edit;
use git_model::Person;
use git_model::write::FileEdit;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// The author and the message of a commit.
#[derive(Debug, Clone)]
pub(super) struct Authorship {
    author: Person,
    message: String,
}

impl Authorship {
    /// Reads `Name <address>`.
    pub(super) fn new(author: &str, message: &str) -> anyhow::Result<Self> {
        Ok(Self { author: person(author)?, message: format!("{}\n", message.trim_end()) })
    }

    /// The commit of these contents, made now.
    pub(super) fn edit(&self, files: BTreeMap<TreePath, Bytes>) -> Edit {
        let author = Person { seconds: Timestamp::now().as_second(), ..self.author.clone() };
        let files = files.into_iter().map(|(path, content)| (path.as_str().to_owned(), FileEdit::Write(content))).collect();
        Edit { files, committer: author.clone(), author, message: self.message.clone() }
    }
}

fn person(author: &str) -> anyhow::Result<Person> {
    let parts = author.trim().strip_suffix('>').and_then(|text| text.split_once('<'));
    let Some((name, email)) = parts else { bail!("{author:?} is not of the form 'Name <address>'") };
    Ok(Person { name: name.trim().to_owned(), email: email.trim().to_owned(), ..Person::default() })
}
