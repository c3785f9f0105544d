//! The flags of source-controller besides those that all controllers have; names, defaults and environment are Flux's.

use crate::helm_chart;
use artifact::Algorithm;
use artifact::retention::Retention;
use cosign_signature::TrustedRoot;
use git_client::SshAlgorithms;
use runtime::error_chain::error_chain;
use runtime::flags::{CommaList, CommonDefaults, CommonFlags, FlagError, FlagSet, OptionalFlag, environment_or};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// The values of source-controller's own flags.
#[derive(Debug)]
pub(crate) struct Settings {
    /// `--storage-path`: where artifacts lie.
    pub(crate) storage_path: PathBuf,
    /// `--storage-addr`: where they are served.
    pub(crate) storage_addr: String,
    /// `--storage-adv-addr`: where others reach that server.
    pub(crate) advertised: String,
    /// `--artifact-retention-ttl` and `--artifact-retention-records`.
    pub(crate) retention: Retention,
    /// `--artifact-digest-algo`.
    pub(crate) algorithm: Algorithm,
    /// `--helm-index-max-size`, `--helm-chart-max-size` and `--helm-chart-file-max-size`.
    pub(crate) helm_limits: helm_chart::Limits,
    /// `--sigstore-trusted-root`, which Flux does not have: the content of the file.
    pub(crate) trusted_root: Option<Arc<[u8]>>,
    /// `--helm-cache-max-size` and `--helm-cache-ttl`.
    pub(crate) helm_caching: helm_chart::Caching,
    /// `--helm-cache-purge-interval`.
    pub(crate) helm_purge_interval: Duration,
    /// `--ssh-kex-algos` and `--ssh-hostkey-algos`.
    pub(crate) ssh: SshAlgorithms,
}

impl Settings {
    /// Reads a command line. `Err` is how the process ends: after the usage, or after a complaint.
    pub(crate) fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<(CommonFlags, Self), ExitCode> {
        let mut set = FlagSet::new("source-controller");
        let parsed = parse(&mut set, arguments);
        parsed.map_err(|error| error.report(&set.usage()))
    }
}

fn parse(set: &mut FlagSet, arguments: impl IntoIterator<Item = OsString>) -> Result<(CommonFlags, Settings), FlagError> {
    let common = CommonFlags::define(
        set,
        &CommonDefaults {
            concurrent: 2,
            metrics_addr: environment_or("METRICS_ADDR", ":8080"),
            events_addr: environment_or("EVENTS_ADDR", ""),
            optional: &[OptionalFlag::IntervalJitter, OptionalFlag::RequeueDependency, OptionalFlag::WatchLabelSelector],
            gates: &[("ObjectLevelWorkloadIdentity", false), ("CacheSecretsAndConfigMaps", false)],
        },
    );
    let path = set.add("storage-path", environment_or("STORAGE_PATH", "/data"), "The local storage path.");
    let address = set.add("storage-addr", environment_or("STORAGE_ADDRESS", ":9090"), "The address the file server binds to.");
    let advertised = environment_or("STORAGE_ADV_ADDR", "");
    let advertised = set.add("storage-adv-addr", advertised, "The advertised address of the file server.");
    let ttl = set.add("artifact-retention-ttl", Duration::from_secs(60), "How long old artifacts are kept.");
    let records = set.add("artifact-retention-records", 2_usize, "How many artifacts are kept.");
    let digest = set.add("artifact-digest-algo", "sha256".to_owned(), "The algorithm of artifact digests.");
    let kex = set.add("ssh-kex-algos", CommaList::default(), "The SSH key exchange algorithms, most preferred first.");
    let hostkey = set.add("ssh-hostkey-algos", CommaList::default(), "The SSH host key algorithms, most preferred first.");
    let index = set.add("helm-index-max-size", 52_428_800_i64, "The largest index of a Helm repository in bytes.");
    let chart = set.add("helm-chart-max-size", 10_485_760_i64, "The largest chart in bytes.");
    let chart_file = set.add("helm-chart-file-max-size", 5_242_880_i64, "The largest file of a chart in bytes.");
    let root = "The trusted_root.json for signatures without keys of objects that name none.";
    let root = set.add("sigstore-trusted-root", String::new(), root);
    let cached = set.add("helm-cache-max-size", 0_i64, "The most indexes of Helm repositories in the cache; 0 disables it.");
    let life = set.add("helm-cache-ttl", Duration::from_secs(15 * 60), "How long an index stays in the cache.");
    let purge = set.add("helm-cache-purge-interval", Duration::from_secs(60), "How often the cache is purged.");
    set.parse(arguments)?;
    let algorithm = digest.get();
    let algorithm = algorithm.parse().map_err(|error: artifact::DigestError| FlagError::Value {
        name: "artifact-digest-algo".to_owned(),
        value: algorithm.clone(),
        reason: error.to_string(),
    })?;
    let ssh = SshAlgorithms::parse(&kex.get().0, &hostkey.get().0)
        .map_err(|error| FlagError::Inconsistent(format!("--ssh-kex-algos or --ssh-hostkey-algos: {error}")))?;
    let storage_addr = address.get();
    let trusted_root = Some(root.get()).filter(|path| !path.is_empty()).map(|path| trusted_root(&path)).transpose()?;
    let settings = Settings {
        storage_path: PathBuf::from(path.get()),
        advertised: advertised_address(&advertised.get(), &storage_addr, &runtime::identity::hostname()),
        storage_addr,
        retention: Retention { ttl: ttl.get(), records: records.get() },
        algorithm,
        helm_limits: helm_chart::Limits {
            index_bytes: limit(index.get()),
            chart_bytes: limit(chart.get()),
            file_bytes: limit(chart_file.get()),
        },
        trusted_root,
        helm_caching: helm_chart::Caching { most: usize::try_from(cached.get()).unwrap_or_default(), life: life.get() },
        helm_purge_interval: purge.get(),
        ssh,
    };
    Ok((common()?, settings))
}

/// Read at the start, so that a root that cannot be used is known then.
fn trusted_root(path: &str) -> Result<Arc<[u8]>, FlagError> {
    let failed = |reason: String| FlagError::Value { name: "sigstore-trusted-root".to_owned(), value: path.to_owned(), reason };
    let json = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
    TrustedRoot::parse(&json).map_err(|error| failed(error_chain(&error)))?;
    Ok(json.into())
}

/// As Flux: of less than nothing, nothing is taken.
fn limit(bytes: i64) -> u64 {
    u64::try_from(bytes).unwrap_or_default()
}

/// Where others reach the file server: as told, else as derived from where it listens.
fn advertised_address(advertised: &str, listening: &str, hostname: &str) -> String {
    if !advertised.is_empty() {
        return advertised.to_owned();
    }
    match listening.rsplit_once(':') {
        Some(("", port)) => format!("localhost:{port}"),
        Some(("0.0.0.0", port)) => format!("{hostname}:{port}"),
        _ => listening.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_advertised_address_follows_from_the_one_listened_on() {
        for (advertised, listening, expect) in [
            ("source-controller.flux-system.svc.cluster.local.", ":9090", "source-controller.flux-system.svc.cluster.local."),
            ("", ":9090", "localhost:9090"),
            ("", "0.0.0.0:9090", "pod-1:9090"),
            ("", "10.0.0.1:9090", "10.0.0.1:9090"),
        ] {
            assert_eq!(advertised_address(advertised, listening, "pod-1"), expect);
        }
    }
}
