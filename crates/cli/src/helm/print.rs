//! Printing what was rendered, or writing it to files.

use super::arguments::TemplateArguments;
use anyhow::bail;
use helm_chart::manifests::{Hook, HookEvent, split};
use helm_chart::{Rendered, match_file_name};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Prints a rendering as the flags ask for it.
pub(crate) fn print(rendered: &Rendered, release: &str, arguments: &TemplateArguments) -> anyhow::Result<()> {
    let hooks: Vec<&Hook> = rendered.hooks.iter().filter(|hook| is_wanted(hook, arguments)).collect();
    let text = match &arguments.output_dir {
        Some(directory) => {
            write_files(rendered, &hooks, (directory, release), arguments)?;
            "\n".to_owned()
        }
        None => text(rendered, &hooks, arguments.include_crds),
    };
    let mut output = io::stdout().lock();
    if arguments.show_only.is_empty() {
        output.write_all(text.as_bytes())?;
    } else {
        for document in chosen(&text, &arguments.show_only)? {
            output.write_all(b"---\n")?;
            output.write_all(document)?;
            output.write_all(b"\n")?;
        }
    }
    Ok(output.flush()?)
}

/// Prints rendered files as they are, which may be no YAML.
pub(crate) fn print_files(files: &BTreeMap<String, Vec<u8>>) -> anyhow::Result<()> {
    let mut output = io::stdout().lock();
    for (path, content) in files.iter().filter(|(path, _)| !path.ends_with("NOTES.txt")) {
        let content = String::from_utf8_lossy(content);
        if !content.trim().is_empty() {
            output.write_all(document(path, &content).as_bytes())?;
        }
    }
    Ok(output.flush()?)
}

fn is_wanted(hook: &Hook, arguments: &TemplateArguments) -> bool {
    let is_test = hook.events.contains(&HookEvent::Test);
    !arguments.no_hooks && (!arguments.skip_tests || !is_test)
}

/// Everything as one text.
fn text(rendered: &Rendered, hooks: &[&Hook], with_crds: bool) -> String {
    let mut text = if with_crds { rendered.crds() } else { String::new() };
    text.push_str(&rendered.manifest());
    text.truncate(text.trim_end().len());
    let blanks = text.len() - text.trim_start().len();
    text.drain(..blanks);
    text.push('\n');
    for hook in hooks {
        text.push_str(&document(&hook.path, &hook.content));
    }
    text
}

fn document(path: &str, content: &str) -> String {
    format!("---\n# Source: {path}\n{content}\n")
}

/// The documents that came of templates whose paths match one of the patterns, in the order of the patterns.
fn chosen<'t>(text: &'t str, patterns: &[String]) -> anyhow::Result<Vec<&'t [u8]>> {
    let documents = split(text.as_bytes());
    let mut chosen = Vec::new();
    for pattern in patterns {
        let before = chosen.len();
        let is_meant = |document: &&[u8]| template_of(document).is_some_and(|path| match_file_name(pattern, &path));
        chosen.extend(documents.iter().copied().filter(is_meant));
        if chosen.len() == before {
            bail!("could not find template {pattern} in chart");
        }
    }
    Ok(chosen)
}

/// The path below the chart that the comment of a document names.
fn template_of(document: &[u8]) -> Option<String> {
    String::from_utf8_lossy(document).lines().find_map(|line| {
        let (_, path) = line.split_once("# Source: ")?;
        let (chart, path) = path.split_once('/')?;
        (!chart.is_empty() && !path.is_empty()).then(|| path.to_owned())
    })
}

/// Writes a file for each template.
fn write_files(
    rendered: &Rendered,
    hooks: &[&Hook],
    (directory, release): (&Path, &str),
    arguments: &TemplateArguments,
) -> anyhow::Result<()> {
    if arguments.include_crds {
        let mut written = BTreeSet::new();
        for crd in rendered.chart.crds() {
            let content = String::from_utf8_lossy(&crd.data);
            write(directory, &crd.path, &content, Mode::after(&mut written, &crd.path))?;
        }
    }
    let directory = if arguments.release_name { directory.join(release) } else { directory.to_owned() };
    let mut written = BTreeSet::new();
    for manifest in &rendered.manifests {
        write(&directory, &manifest.path, &manifest.content, Mode::after(&mut written, &manifest.path))?;
    }
    for hook in hooks {
        // As in Helm, also to a file that was there before.
        let mode = if directory.join(&hook.path).exists() { Mode::Append } else { Mode::Create };
        write(&directory, &hook.path, &hook.content, mode)?;
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Create,
    Append,
}

impl Mode {
    /// The first document of a path makes the file, the others are appended.
    fn after(written: &mut BTreeSet<String>, path: &str) -> Self {
        if written.insert(path.to_owned()) { Self::Create } else { Self::Append }
    }
}

fn write(directory: &Path, path: &str, content: &str, mode: Mode) -> anyhow::Result<()> {
    let file: PathBuf = directory.join(path);
    if let Some(parent) = file.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut opened = if mode == Mode::Append { OpenOptions::new().append(true).open(&file)? } else { File::create(&file)? };
    opened.write_all(document(path, content).as_bytes())?;
    writeln!(io::stdout(), "wrote {}/{path}", directory.display())?;
    Ok(())
}
