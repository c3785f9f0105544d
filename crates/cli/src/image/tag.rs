//! `weir image tag`: a tag that sorts as commits follow each other.

use super::origin::git_directory;
use anyhow::{Context, bail};
use clap::Args;
use git_model::Commit;
use jiff::Timestamp;
use std::io::Write as _;
use std::path::PathBuf;

/// How many digits of the commit's id are in a tag.
const DIGITS: usize = 8;

/// Arguments of `tag`.
#[derive(Debug, Args)]
pub(crate) struct TagArguments {
    /// A directory of the clone.
    #[arg(default_value = ".")]
    directory: PathBuf,
    /// What is in front, with a hyphen behind it: the branch, mostly.
    #[arg(long)]
    prefix: Option<String>,
}

/// Runs the command: prints `[prefix-]20260131T120000Z-0a1b2c3d`, the time of the commit and its id.
pub(super) fn run(arguments: &TagArguments) -> anyhow::Result<()> {
    let directory = arguments.directory.canonicalize();
    let directory = directory.with_context(|| format!("open '{}'", arguments.directory.display()))?;
    let commit = git_client::read_head(&git_directory(&directory)?)?;
    Ok(writeln!(std::io::stdout(), "{}", tag(arguments.prefix.as_deref(), &commit)?)?)
}

fn tag(prefix: Option<&str>, commit: &Commit) -> anyhow::Result<String> {
    let time = Timestamp::from_second(commit.committer.seconds).context("the commit has no time")?;
    let id: String = commit.id.as_str().chars().take(DIGITS).collect();
    let tag = format!("{}-{id}", time.strftime("%Y%m%dT%H%M%SZ"));
    let Some(prefix) = prefix.filter(|prefix| !prefix.is_empty()) else { return Ok(tag) };
    let good = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    if !prefix.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '_') || prefix.len() > 80 {
        bail!("{prefix:?} cannot begin a tag");
    }
    let prefix: String = prefix.chars().map(|letter| if good(letter) { letter } else { '-' }).collect();
    Ok(format!("{prefix}-{tag}"))
}
