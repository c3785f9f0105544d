//! `weir image set`: writes files, commits the change in the clone, or pushes a commit of it.

use super::authorship::Authorship;
use super::commit;
use super::edit::{self, Edits};
use super::push::{self, Target};
use crate::disk::{Disk, Links};
use anyhow::{Context, bail, ensure};
use clap::Args;
use file_tree::TreePath;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use yaml_setters::{Image, NewImage};

/// Arguments of `set`.
#[derive(Debug, Args)]
pub(crate) struct SetArguments {
    /// A directory with a kustomization, or a file; for markers, where to look. With --push, the path in the repository.
    #[arg(default_value = ".")]
    path: PathBuf,
    /// In a kustomization: `name=repository:tag[@digest]`; parts may be missing as in `kustomize edit set image`. Repeatable.
    #[arg(long, value_parser = NewImage::parse)]
    image: Vec<NewImage>,
    /// In the values of a chart: `path.to.value=text`. Repeatable.
    #[arg(long, value_parser = edit::value)]
    value: Vec<(Vec<String>, String)>,
    /// In fields marked `# {"$imagepolicy": "namespace:policy"}`: `namespace:policy=repository:tag[@digest]`. Repeatable.
    #[arg(long, value_parser = edit::marker)]
    marker: Vec<Image>,
    /// Commit the change on top of what is checked out, and write it to the files on disk. What else is changed or staged stays so; a
    /// file with staged changes is refused. Neither hooks nor the configuration of Git are used.
    #[arg(long, group = "committing")]
    commit: bool,
    /// Commit the change on top of the remote branch and push it; files on disk stay as they are. When others push meanwhile, the
    /// change is made again on top of theirs. Credentials come from the environment: WEIR_GIT_USERNAME and WEIR_GIT_PASSWORD,
    /// WEIR_GIT_BEARER_TOKEN, WEIR_GIT_CA, or for SSH WEIR_GIT_SSH_KEY and WEIR_GIT_KNOWN_HOSTS.
    #[arg(long, group = "committing")]
    push: bool,
    /// The repository to push to; without it, the remote `origin` of the clone in the working directory.
    #[arg(long, requires = "push")]
    url: Option<String>,
    /// The branch to push.
    #[arg(long, requires = "push", default_value = "main")]
    branch: String,
    /// The message of the commit.
    #[arg(long, requires = "committing", default_value = "Update images")]
    message: String,
    /// The author of the commit: `Name <address>`.
    #[arg(long, requires = "committing", default_value = "weir <weir@localhost>")]
    author: String,
    /// How often to begin anew when others push meanwhile.
    #[arg(long, requires = "push", default_value_t = 32)]
    attempts: usize,
}

/// Runs the command.
pub(super) fn run(arguments: &SetArguments) -> anyhow::Result<()> {
    let edits = Edits { images: arguments.image.clone(), values: arguments.value.clone(), markers: arguments.marker.clone() };
    let is_empty = edits.images.is_empty() && edits.values.is_empty() && edits.markers.is_empty();
    ensure!(!is_empty, "nothing to set: use --image, --value or --marker");
    let authorship = Authorship::new(&arguments.author, &arguments.message)?;
    match (arguments.commit, arguments.push) {
        (true, _) => return commit::commit(&edits, &arguments.path, &authorship),
        (_, false) => return on_disk(&edits, &arguments.path),
        (false, true) => {}
    }
    let Some(path) = arguments.path.to_str() else { bail!("'{}' is not UTF-8", arguments.path.display()) };
    push::push(Target {
        url: arguments.url.clone(),
        branch: arguments.branch.clone(),
        authorship,
        attempts: arguments.attempts,
        path: TreePath::parse(path)?,
        edits,
    })
}

fn on_disk(edits: &Edits, path: &Path) -> anyhow::Result<()> {
    let absolute = path.canonicalize().with_context(|| format!("open '{}'", path.display()))?;
    let Some(text) = absolute.to_str() else { bail!("'{}' is not UTF-8", absolute.display()) };
    let disk = Disk::new("/", Links::Confined);
    let path = TreePath::parse(text.trim_start_matches('/'))?;
    for (file, content) in edits.apply(&disk, &path, |problem| eprintln!("Warning: {problem}"))? {
        let file = Path::new("/").join(file.as_str());
        std::fs::write(&file, content).with_context(|| format!("write '{}'", file.display()))?;
        writeln!(std::io::stdout(), "{}", file.display())?;
    }
    Ok(())
}
