//! The `flux` command on objects of every kind that our controllers reconcile.

use super::estate::{Estate, NAMESPACE};
use super::fleet::Fleet;
use anyhow::{Context, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;
use test_support::controller::binaries;

/// Flags of `cargo xtask conformance flux-cli`.
#[derive(clap::Args)]
pub(in crate::conformance) struct Arguments {
    /// The `flux` binary
    flux: PathBuf,
}

/// What is called, and what it must print besides succeeding.
const COMMANDS: [(&str, &str); 48] = [
    ("get all", "helmrelease/by-template"),
    ("get all --status-selector ready=false", ""),
    ("get sources all", "ocirepository/chart"),
    ("get sources git", "stored artifact for revision"),
    ("get sources oci", "stored artifact for digest"),
    ("get sources chart", "pulled 'chart' chart with version"),
    ("get sources helm", "stored artifact: revision"),
    ("get sources bucket", "stored artifact: revision"),
    ("get kustomizations", "Applied revision"),
    ("get helmreleases", "Helm install succeeded for release estate/by-template.v1"),
    ("get images all", "imagepolicy/shop"),
    ("get images repository", "successful scan"),
    ("get images policy", "Latest image tag for"),
    ("get images update", "repository up-to-date"),
    ("reconcile source git source", "fetched revision main@sha1:"),
    ("reconcile source oci chart", "fetched revision 1.0.0@sha256:"),
    ("reconcile source helm charts", "fetched revision sha256:"),
    ("reconcile source bucket bucket", "fetched revision sha256:"),
    ("reconcile source chart estate-by-template", "fetched revision 1.0.0"),
    ("reconcile kustomization apps --with-source", "applied revision main@sha1:"),
    ("reconcile helmrelease by-template --with-source", "applied revision 1.0.0"),
    ("reconcile helmrelease by-reference --with-source", "applied revision 1.0.0"),
    ("reconcile helmrelease by-reference --force", "applied revision 1.0.0"),
    ("reconcile helmrelease by-reference --reset", "applied revision 1.0.0"),
    ("reconcile image repository shop", "scan fetched 1 tags"),
    ("reconcile image policy shop", "selected ref"),
    ("reconcile image update shop", ""),
    ("suspend helmrelease by-template", "helmrelease suspended"),
    ("resume helmrelease by-template", "applied revision 1.0.0"),
    ("suspend source oci chart", "source oci suspended"),
    ("resume source oci chart", "fetched revision 1.0.0"),
    ("suspend source chart estate-by-template", "source chart suspended"),
    ("resume source chart estate-by-template", "fetched revision 1.0.0"),
    ("suspend source bucket bucket", "source bucket suspended"),
    ("resume source bucket bucket", "fetched revision sha256:"),
    ("suspend image repository shop", "image repository suspended"),
    ("resume image repository shop", "scan fetched 1 tags"),
    ("suspend image update shop", "image update automation suspended"),
    ("resume image update shop", ""),
    ("export helmrelease by-template", "kind: HelmRelease"),
    ("export image policy shop", "kind: ImagePolicy"),
    ("tree kustomization apps", "Deployment/estate/app"),
    ("trace configmap by-template", "HelmRelease"),
    ("debug helmrelease by-template --show-values", "round: "),
    ("debug helmrelease by-template --show-status", "lastAttemptedReleaseAction: install"),
    ("stats", "HelmRelease"),
    ("events --for HelmRelease/by-template", "InstallSucceeded"),
    ("delete helmrelease by-template --silent", "helmrelease deleted"),
];

/// Runs the commands against our controllers; one that fails, or does not say what it should, is an error.
#[expect(clippy::print_stdout, reason = "the comparison is the result")]
pub(in crate::conformance) async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let fleet = Fleet::start(binaries()?).await?;
    let _estate = Estate::create(&fleet.world).await?;
    let kubeconfig = fleet.world.cluster.kubeconfig().canonicalize().context("find the kubeconfig")?;
    let mut failed = 0;
    for (command, says) in COMMANDS {
        let (succeeded, output) = call(&arguments.flux, command, &kubeconfig)?;
        let passed = succeeded && output.contains(says);
        println!("{}  flux {command}", if passed { "ok    " } else { "FAILED" });
        if !passed {
            failed += 1;
            output.lines().for_each(|line| println!("          {line}"));
        }
    }
    println!("{} passed, {failed} failed", COMMANDS.len() - failed);
    ensure!(failed == 0, "{failed} commands failed");
    Ok(())
}

fn call(flux: &Path, command: &str, kubeconfig: &Path) -> anyhow::Result<(bool, String)> {
    let output = Command::new(flux)
        .args(command.split(' '))
        .args(["--namespace", NAMESPACE, "--timeout=30s"])
        .env("KUBECONFIG", kubeconfig)
        .output()
        .with_context(|| format!("start {}", flux.display()))?;
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    Ok((output.status.success(), String::from_utf8_lossy(&text).into_owned()))
}
