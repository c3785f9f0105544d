//! Charts and values from the disk.

use super::arguments::ValueArguments;
use crate::disk::{Disk, Links};
use anyhow::bail;
use file_tree::TreePath;
use helm_chart::{Chart, Limits, LoadError, Source, Values, load_archive, load_directory, user_values};
use std::io::{self, Read};
use std::path::Path;

/// Loads a chart from a directory or an archive.
pub(crate) fn chart(name: &str) -> anyhow::Result<Chart> {
    let name = name.trim();
    let path = Path::new(name);
    let Ok(metadata) = path.metadata() else {
        if path.is_absolute() || name.starts_with('.') {
            bail!("path {name:?} not found");
        }
        bail!("path {name:?} not found, and charts are not fetched from repositories");
    };
    let limits = Limits::default();
    if metadata.is_dir() {
        // As in Helm, links may lead out of the chart.
        return load_directory(&Disk::new(path, Links::Free), &TreePath::root(), &limits).map_err(reading_only);
    }
    let absolute = path.canonicalize()?;
    let archive = read(name)?;
    check_archive(&absolute.display().to_string(), &archive)?;
    Ok(load_archive(&archive, &limits)?)
}

/// Of a link that leads nowhere Helm does not say what it was read for.
fn reading_only(error: LoadError) -> anyhow::Error {
    let is_link = |cause: &str| cause.starts_with("error evaluating symlink");
    let error = anyhow::Error::new(error);
    let message = error.chain().map(ToString::to_string).find(|cause| is_link(cause));
    message.map_or(error, anyhow::Error::msg)
}

/// Helm's hint when something else is given where a chart is expected.
fn check_archive(name: &str, content: &[u8]) -> anyhow::Result<()> {
    if content.starts_with(b"\x1f\x8b\x08") {
        return Ok(());
    }
    if name.ends_with(".yml") || name.ends_with(".yaml") {
        bail!("file '{name}' seems to be a YAML file, but expected a gzipped archive");
    }
    let is_text = content.iter().take(512).all(|byte| *byte >= b' ' || byte.is_ascii_whitespace() || *byte == 0x1b);
    let kind = if is_text { "text/plain; charset=utf-8" } else { "application/octet-stream" };
    bail!("file '{name}' does not appear to be a gzipped archive; got '{kind}'")
}

/// Merges the values of all flags.
pub(crate) fn values(arguments: &ValueArguments) -> anyhow::Result<Values> {
    let files: Vec<(&str, Vec<u8>)> =
        arguments.files.iter().map(|name| Ok((name.as_str(), read(name)?))).collect::<anyhow::Result<_>>()?;
    let sources = files.iter().map(|(name, content)| Source::File(name, content));
    let sources = sources.chain(arguments.set_json.iter().map(|line| Source::Json(line)));
    let sources = sources.chain(arguments.set.iter().map(|line| Source::Typed(line)));
    let sources = sources.chain(arguments.set_string.iter().map(|line| Source::Text(line)));
    let sources = sources.chain(arguments.set_file.iter().map(|line| Source::FileContent(line)));
    let sources = sources.chain(arguments.set_literal.iter().map(|line| Source::Literal(line)));
    let mut read_text = |name: &str| {
        let content = read(name).map_err(|error| error.to_string())?;
        Ok(String::from_utf8_lossy(&content).into_owned())
    };
    Ok(user_values(sources, &mut read_text)?)
}

/// The content of a file, or of standard input for `-`.
fn read(name: &str) -> anyhow::Result<Vec<u8>> {
    if name.trim() == "-" {
        let mut content = Vec::new();
        io::stdin().read_to_end(&mut content)?;
        return Ok(content);
    }
    if name.contains("://") {
        bail!("{name}: values are not fetched from addresses");
    }
    std::fs::read(name).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => anyhow::anyhow!("open {name}: no such file or directory"),
        io::ErrorKind::PermissionDenied => anyhow::anyhow!("open {name}: permission denied"),
        io::ErrorKind::IsADirectory => anyhow::anyhow!("read {name}: is a directory"),
        _ => anyhow::Error::new(error).context(format!("read {name}")),
    })
}
