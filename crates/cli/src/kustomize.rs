//! `weir kustomize`: what `kustomize` does, with its flags.

use crate::disk::{Disk, Links};
use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use file_tree::TreePath;
use kustomize_build::{LoadRestrictions, NoRemoteResources, Options, Reorder, build};
use std::path::{Path, PathBuf};

/// The sub-commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Build a kustomization and print its objects.
    Build(BuildArguments),
}

/// Arguments of `build`.
#[derive(Debug, Args)]
pub(crate) struct BuildArguments {
    /// The directory of the kustomization.
    #[arg(default_value = ".")]
    directory: PathBuf,
    /// Which files a kustomization may name.
    #[arg(long, value_enum, default_value_t = LoadRestrictor::LoadRestrictionsRootOnly)]
    load_restrictor: LoadRestrictor,
    /// The order of the objects, unless the kustomization's `sortOptions` says.
    #[arg(long, value_enum, default_value_t = ReorderFlag::Legacy)]
    reorder: ReorderFlag,
    /// Write the objects to this file, or one file per object into this directory.
    #[arg(short, long)]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "PascalCase")]
enum LoadRestrictor {
    LoadRestrictionsRootOnly,
    LoadRestrictionsNone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ReorderFlag {
    None,
    Legacy,
}

/// Runs a sub-command.
pub(crate) fn run(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::Build(arguments) => build_directory(arguments),
    }
}

fn build_directory(arguments: &BuildArguments) -> anyhow::Result<()> {
    let directory = &arguments.directory;
    let absolute = directory.canonicalize().with_context(|| format!("open '{}'", directory.display()))?;
    let Some(text) = absolute.to_str() else { bail!("'{}' is not UTF-8", absolute.display()) };
    let path = TreePath::parse(text.trim_start_matches('/'))?;
    let restricted = arguments.load_restrictor == LoadRestrictor::LoadRestrictionsRootOnly;
    let options = Options {
        reorder: match arguments.reorder {
            ReorderFlag::None => Reorder::None,
            ReorderFlag::Legacy => Reorder::Legacy,
        },
        load_restrictions: if restricted { LoadRestrictions::RootOnly } else { LoadRestrictions::None },
        ..Options::default()
    };
    let disk = Disk::new("/", if restricted { Links::Confined } else { Links::Free });
    let built = build(&disk, &path, &options, &NoRemoteResources)?;
    // The process ends here: taking a large result apart would be work for nothing.
    let built = std::mem::ManuallyDrop::new(built);
    built.warnings().iter().for_each(|warning| eprintln!("{warning}"));
    match &arguments.output {
        None => Ok(built.write_yaml(&mut std::io::stdout().lock())?),
        Some(path) if path.is_dir() => write_files(path, &built),
        Some(path) => {
            let written = std::fs::File::create(path).and_then(|mut file| built.write_yaml(&mut file));
            written.with_context(|| format!("write '{}'", path.display()))
        }
    }
}

/// Writes one file per object, under the names that kustomize gives them.
fn write_files(directory: &Path, built: &kustomize_build::Build) -> anyhow::Result<()> {
    for (name, object) in built.file_names().into_iter().zip(built.objects()) {
        let file = directory.join(name);
        std::fs::write(&file, manifest::yaml::to_yaml(&object)).with_context(|| format!("write '{}'", file.display()))?;
    }
    Ok(())
}
