//! `cargo xtask image`: what is in an image is enough to run it.

use anyhow::{Context, ensure};
use flate2::read::GzDecoder;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A small program of ours: what holds for one holds for all.
const PROGRAM: &str = "weir";

fn blob(layout: &Path, digest: &Value) -> anyhow::Result<PathBuf> {
    let digest = digest.as_str().and_then(|digest| digest.strip_prefix("sha256:")).context("a digest")?;
    Ok(layout.join("blobs/sha256").join(digest))
}

fn read(path: &Path) -> anyhow::Result<Value> {
    Ok(serde_json::from_slice(&std::fs::read(path)?)?)
}

#[test]
fn an_image_holds_what_its_program_needs_and_runs_as_nobody() -> anyhow::Result<()> {
    let directory = tempfile::tempdir()?;
    let binary = Path::new(env!("CARGO_BIN_EXE_e2e")).with_file_name(PROGRAM);
    if !binary.exists() {
        eprintln!("SKIPPED: {} is not built; `cargo xtask test` builds it", binary.display());
        return Ok(());
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_e2e"));
    let made = command.args(["image", PROGRAM, "--tag=v1", "--output"]).arg(directory.path()).output()?;
    ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let layout = directory.path().join(PROGRAM);
    let index = read(&layout.join("index.json"))?;
    ensure!(index["manifests"][0]["annotations"]["org.opencontainers.image.ref.name"] == "v1");
    let manifest = read(&blob(&layout, &index["manifests"][0]["digest"])?)?;
    let config = read(&blob(&layout, &manifest["config"]["digest"])?)?;
    ensure!(config["config"]["User"] == "65532:65532" && config["config"]["Entrypoint"][0] == "/weir", "{config}");
    let root = directory.path().join("root");
    let layer = std::fs::File::open(blob(&layout, &manifest["layers"][0]["digest"])?)?;
    tar::Archive::new(GzDecoder::new(layer)).unpack(&root)?;
    // The image's own loader with the image's own libraries, as far as that goes without becoming root.
    let libraries: Vec<String> = ["lib", "lib64", "lib/x86_64-linux-gnu", "lib/aarch64-linux-gnu", "usr/lib"]
        .map(|path| root.join(path).display().to_string())
        .to_vec();
    let loader = ["lib64/ld-linux-x86-64.so.2", "lib/ld-linux-aarch64.so.1"].map(|path| root.join(path));
    let loader = loader.iter().find(|path| path.exists()).context("the image has a loader")?;
    let mut run = Command::new(loader);
    let ran = run
        .args(["--inhibit-cache", "--library-path", &libraries.join(":")])
        .arg(root.join(PROGRAM))
        .arg("--version")
        .output()?;
    ensure!(String::from_utf8_lossy(&ran.stdout).starts_with("weir "), "{}", String::from_utf8_lossy(&ran.stderr));
    ensure!(root.join("etc/ssl/certs/ca-certificates.crt").exists() && root.join("tmp").is_dir());
    Ok(())
}
