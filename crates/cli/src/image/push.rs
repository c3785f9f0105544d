//! The edit as a commit on a remote branch. Nothing is checked out.

use super::authorship::Authorship;
use super::edit::Edits;
use super::origin;
use anyhow::Context;
use file_tree::TreePath;
use git_client::{
    Auth, Checkout, DEFAULT_TIMEOUT, Edit, Editor, GitClient, Options, Publication, Published, Remote, SecretData, Start, Tls,
    Wanted,
};
use git_model::{RepositoryUrl, check_ref_name};
use std::io::Write as _;

/// What to push where.
pub(super) struct Target {
    pub(super) url: Option<String>,
    pub(super) branch: String,
    pub(super) authorship: Authorship,
    pub(super) attempts: usize,
    pub(super) path: TreePath,
    pub(super) edits: Edits,
}

/// The environment variables with the credentials, and the keys of a Secret for Git that they stand for.
const CREDENTIALS: [(&str, &str); 6] = [
    ("WEIR_GIT_USERNAME", "username"),
    ("WEIR_GIT_PASSWORD", "password"),
    ("WEIR_GIT_BEARER_TOKEN", "bearerToken"),
    ("WEIR_GIT_CA", "ca.crt"),
    ("WEIR_GIT_SSH_KEY", "identity"),
    ("WEIR_GIT_KNOWN_HOSTS", "known_hosts"),
];

/// Pushes the edit; prints the commit, or that there is nothing to do.
pub(super) fn push(target: Target) -> anyhow::Result<()> {
    let url = match &target.url {
        Some(url) => url.clone(),
        None => origin::url(&std::env::current_dir().context("find the working directory")?)?,
    };
    // An address may hold a password: what is wrong with it is said without it.
    let url = RepositoryUrl::parse(&url).context("the address of the repository cannot be used")?;
    check_ref_name(&target.branch)?;
    let credentials = CREDENTIALS.iter().filter_map(|(variable, key)| {
        let value = std::env::var_os(variable).filter(|value| !value.is_empty())?;
        Some(((*key).to_owned(), value.into_encoded_bytes()))
    });
    let credentials: SecretData = credentials.collect();
    let remote = Remote {
        auth: Auth::from_secret(&url, &credentials)?,
        tls: Tls::from_secret(&credentials)?,
        proxy: None,
        timeout: DEFAULT_TIMEOUT,
        url,
    };
    let publication = Publication {
        base: Wanted::Reference(format!("refs/heads/{}", target.branch)),
        branch: target.branch.clone(),
        start: Start::Branch,
        refspecs: Vec::new(),
        options: Vec::new(),
        attempts: target.attempts,
    };
    let editor = Edition { authorship: target.authorship, path: target.path, edits: target.edits };
    let scratch = tempfile::Builder::new().prefix("weir-image-").tempdir().context("make a directory")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.context("start")?;
    let published = runtime
        .block_on(async { GitClient::new(Options::default()).publish(&remote, &publication, scratch.path(), editor).await })?;
    match published {
        Published::Pushed { commit, .. } => writeln!(std::io::stdout(), "{commit}")?,
        Published::Unchanged { commit } => eprintln!("Nothing to change on top of {commit}"),
    }
    Ok(())
}

struct Edition {
    authorship: Authorship,
    path: TreePath,
    edits: Edits,
}

/// Why there is no commit.
#[derive(Debug, thiserror::Error)]
#[error("{0:#}")]
struct EditError(anyhow::Error);

impl Editor for Edition {
    type Error = EditError;

    fn edit(&mut self, checkout: &Checkout) -> Result<Option<Edit>, EditError> {
        let files = self.edits.apply(checkout, &self.path, |problem| eprintln!("Warning: {problem}")).map_err(EditError)?;
        Ok((!files.is_empty()).then(|| self.authorship.edit(files)))
    }
}
