//! What a clone on disk says of itself: its remote `origin` and the commit that is checked out. No program is run.

use anyhow::{Context, bail};
use std::path::{Path, PathBuf};

/// The directory with the data of the clone that `directory` is in.
pub(super) fn git_directory(directory: &Path) -> anyhow::Result<PathBuf> {
    for parent in directory.ancestors() {
        let entry = parent.join(".git");
        if entry.is_dir() {
            return Ok(entry);
        }
        // In further working trees and submodules it is a file that says where.
        if let Ok(text) = std::fs::read_to_string(&entry)
            && let Some(path) = text.strip_prefix("gitdir:")
        {
            return Ok(parent.join(path.trim()));
        }
    }
    bail!("'{}' is not in a clone", directory.display())
}

/// Where the data are that all working trees of a clone share.
pub(super) fn common_directory(git: &Path) -> PathBuf {
    match std::fs::read_to_string(git.join("commondir")) {
        Ok(path) => git.join(path.trim()),
        Err(_) => git.to_owned(),
    }
}

/// The address of the remote `origin`.
pub(super) fn url(directory: &Path) -> anyhow::Result<String> {
    let file = common_directory(&git_directory(directory)?).join("config");
    let text = std::fs::read_to_string(&file).with_context(|| format!("read '{}'", file.display()))?;
    origin(&text).context("the clone has no remote 'origin'; use --url")
}

/// `url` in the section `[remote "origin"]`.
fn origin(config: &str) -> Option<String> {
    let mut within = false;
    for line in config.lines().map(str::trim) {
        if line.starts_with('[') {
            within = line.replace(' ', "").eq_ignore_ascii_case("[remote\"origin\"]");
        } else if within
            && let Some((key, value)) = line.split_once('=')
            && key.trim().eq_ignore_ascii_case("url")
        {
            return Some(value.trim().trim_matches('"').to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::origin;

    #[test]
    fn the_address_of_origin_is_found() {
        let config =
            "[core]\n\tbare = false\n[remote \"other\"]\n\turl = a\n[remote \"origin\"]\n\tfetch = +x:y\n\turl = https://h/r\n";
        assert_eq!(origin(config).as_deref(), Some("https://h/r"));
        assert_eq!(origin("[remote \"other\"]\nurl = a\n"), None);
    }
}
