//! Images of the controllers as OCI layouts, made without a container daemon: a binary, the libraries it is linked with, certificates.

mod layout;
mod push;
mod root;

use anyhow::Context;
use layout::Layout;
use std::path::PathBuf;
use test_support::controller::binaries;

/// What images are made of where nothing is named.
const CONTROLLERS: [&str; 5] =
    ["source-controller", "kustomize-controller", "helm-controller", "image-reflector-controller", "image-automation-controller"];

/// Flags of `cargo xtask image`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The controllers; all of them if none is named
    names: Vec<String>,
    /// Where the layouts go, a directory for each controller
    #[arg(long, default_value = "target/images")]
    output: PathBuf,
    /// The tag
    #[arg(long, default_value = env!("CARGO_PKG_VERSION"))]
    tag: String,
    /// Also push them, as whom the Docker configuration says: the address of a registry, and a path in it, before the controller's name
    #[arg(long, value_name = "HOST[:PORT]/PATH")]
    push: Option<String>,
    /// The registry is reached without TLS
    #[arg(long)]
    insecure: bool,
}

/// Makes, and pushes if that is asked for.
#[expect(clippy::print_stdout, reason = "what was made is the result")]
pub async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let directory = binaries()?;
    let all: Vec<String> = CONTROLLERS.map(str::to_owned).to_vec();
    for name in if arguments.names.is_empty() { &all } else { &arguments.names } {
        let files = root::files(&directory.join(name)).with_context(|| format!("collect the files of {name}"))?;
        let layout = Layout::new(name, &files).with_context(|| format!("make the image of {name}"))?;
        let place = arguments.output.join(name);
        layout.write(&place, &arguments.tag).with_context(|| format!("write {}", place.display()))?;
        println!("{name}:{} {} in {}, {} bytes", arguments.tag, layout.digest(), place.display(), layout.bytes());
        if let Some(registry) = &arguments.push {
            let address = format!("{registry}/{name}");
            push::push(&layout, &address, &arguments.tag, arguments.insecure).await.with_context(|| format!("push {address}"))?;
            println!("{registry}/{name}:{}@{}", arguments.tag, layout.digest());
        }
    }
    Ok(())
}
