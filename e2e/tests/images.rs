//! `cargo xtask image`: what is in an image is enough to run it.

use anyhow::{Context, ensure};
use flate2::read::GzDecoder;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use test_support::registry::{PASSWORD, Protection, RegistryServer, USER};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// A small program of ours: what holds for one holds for all.
const PROGRAM: &str = "weir";

fn blob(layout: &Path, digest: &Value) -> anyhow::Result<PathBuf> {
    let digest = digest.as_str().and_then(|digest| digest.strip_prefix("sha256:")).context("a digest")?;
    Ok(layout.join("blobs/sha256").join(digest))
}

fn read(path: &Path) -> anyhow::Result<Value> {
    Ok(serde_json::from_slice(&std::fs::read(path)?)?)
}

/// The smallest, for what does not look into it.
const SMALLEST: &str = "xtask";

#[tokio::test]
async fn an_image_is_pushed_to_a_registry_that_wants_a_password() -> anyhow::Result<()> {
    let binary = Path::new(env!("CARGO_BIN_EXE_e2e")).with_file_name(SMALLEST);
    if !binary.exists() {
        eprintln!("SKIPPED: {} is not built; `cargo xtask test` builds it", binary.display());
        return Ok(());
    }
    let registry = RegistryServer::start(Protection { password: true, tls: false }).await?;
    let directory = tempfile::tempdir()?;
    let push = |config: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_e2e"));
        command
            .args(["image", SMALLEST, "--tag=v1", "--insecure", "--output"])
            .arg(directory.path())
            .env("DOCKER_CONFIG", config);
        command.arg("--push").arg(format!("{}/tools", registry.address())).output()
    };
    let refused = push(&directory.path().join("nobody"))?;
    ensure!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("401 Unauthorized"));
    std::fs::write(directory.path().join("config.json"), registry.docker_config())?;
    let pushed = push(directory.path())?;
    ensure!(pushed.status.success(), "{}", String::from_utf8_lossy(&pushed.stderr));
    let password = Some(PASSWORD);
    let manifest = format!("http://{}/v2/tools/{SMALLEST}/manifests/v1", registry.address());
    let answer = reqwest::Client::new().get(manifest).basic_auth(USER, password).header("accept", MANIFEST).send().await?;
    let stored: Value = serde_json::from_slice(&answer.error_for_status()?.bytes().await?)?;
    let index = read(&directory.path().join(SMALLEST).join("index.json"))?;
    let made = read(&blob(&directory.path().join(SMALLEST), &index["manifests"][0]["digest"])?)?;
    ensure!(stored == made, "the registry has {stored}");
    for part in [&stored["config"], &stored["layers"][0]] {
        let digest = part["digest"].as_str().context("a digest")?;
        let address = format!("http://{}/v2/tools/{SMALLEST}/blobs/{digest}", registry.address());
        let blob =
            reqwest::Client::new().get(address).basic_auth(USER, password).send().await?.error_for_status()?.bytes().await?;
        ensure!(part["size"] == blob.len());
    }
    Ok(())
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
