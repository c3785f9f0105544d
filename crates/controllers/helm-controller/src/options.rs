//! The command line: the flags of all controllers and those of this one, with Flux's names, defaults and gates.

use std::ffi::OsString;
use std::time::Duration;

use cluster_client::{Allowed, KubeconfigPolicy};
use helm_release::observation::Algorithm;
use runtime::flags::{CommonDefaults, CommonFlags, FlagError, FlagSet, FlagValue, OptionalFlag};

/// Feature gates and their defaults.
const GATES: [(&str, bool); 15] = [
    ("AdditiveCELDependencyCheck", false),
    ("AdoptLegacyReleases", false),
    ("AllowDNSLookups", false),
    ("CacheSecretsAndConfigMaps", false),
    ("CancelHealthCheckOnNewRevision", false),
    ("CorrectDrift", false),
    ("DefaultToRetryOnFailure", false),
    ("DetectDrift", false),
    ("DirectSourceFetch", false),
    ("DisableChartDigestTracking", false),
    ("DisableConfigWatchers", false),
    ("ExternalArtifact", false),
    ("OOMWatch", false),
    ("ObjectLevelWorkloadIdentity", false),
    ("UseHelm3Defaults", false),
];

/// What Flux says of default accounts for other clusters or clouds where such are not allowed.
const INCONSISTENT: &str = "cannot set default service accounts when the feature gate ObjectLevelWorkloadIdentity is not enabled";

/// What the operator decides besides the shared flags.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// `--graceful-shutdown-timeout`: how long actions may go on after SIGTERM.
    pub(crate) grace: Duration,
    /// `--http-timeout`: how long a download of a chart may take.
    pub(crate) http_timeout: Duration,
    /// `--snapshot-digest-algo`.
    pub(crate) digest_algorithm: Algorithm,
    /// `--override-manager`: field managers whose fields are taken over.
    pub(crate) override_managers: Vec<String>,
    /// `--default-kubeconfig-service-account`: whose tokens other clusters are shown where nobody is named.
    pub(crate) default_kubeconfig_account: Option<String>,
    /// `--insecure-kubeconfig-exec` and `--insecure-kubeconfig-tls`.
    pub(crate) kubeconfigs: KubeconfigPolicy,
}

/// Reads the command line.
///
/// # Errors
/// What is wrong with it, and the usage.
pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<(CommonFlags, Options), (FlagError, String)> {
    let mut set = FlagSet::new("helm-controller");
    let defaults = CommonDefaults {
        optional: &[
            OptionalFlag::NoCrossNamespaceRefs,
            OptionalFlag::IntervalJitter,
            OptionalFlag::RequeueDependency,
            OptionalFlag::HttpRetry,
            OptionalFlag::WatchLabelSelector,
        ],
        gates: &GATES,
        ..CommonDefaults::default()
    };
    let common = CommonFlags::define(&mut set, &defaults);
    let grace =
        set.add("graceful-shutdown-timeout", Duration::from_secs(600), "How long actions may go on when the process ends.");
    let http_timeout = set.add("http-timeout", Duration::from_secs(30), "The timeout for HTTP requests when fetching artifacts.");
    let algorithm =
        set.add("snapshot-digest-algo", DigestAlgorithm(Algorithm::Sha256), "The algorithm of digests of releases in storage.");
    let override_managers =
        set.add("override-manager", Vec::<String>::new(), "A field manager whose fields are taken over; repeatable.");
    // Accepted so that installations of Flux start: the memory of this process has bounds of its own.
    set.add("oom-watch-memory-threshold", 95_usize, "Without effect.");
    set.add("oom-watch-interval", Duration::from_millis(500), "Without effect.");
    for name in ["oom-watch-max-memory-path", "oom-watch-current-memory-path"] {
        set.add(name, String::new(), "Without effect.");
    }
    let kubeconfig_account = set.add(
        "default-kubeconfig-service-account",
        String::new(),
        "The service account whose tokens other clusters are shown where none is named.",
    );
    let kubeconfig_exec = set.add("insecure-kubeconfig-exec", false, "Let kubeconfigs run programs to get credentials.");
    let kubeconfig_tls = set.add("insecure-kubeconfig-tls", false, "Let kubeconfigs switch the check of certificates off.");
    let outcome = set.parse(arguments).and_then(|()| common());
    let common = outcome.map_err(|error| (error, set.usage()))?;
    let options = Options {
        grace: grace.get(),
        http_timeout: http_timeout.get(),
        digest_algorithm: algorithm.get().0,
        override_managers: override_managers.get(),
        default_kubeconfig_account: Some(kubeconfig_account.get()).filter(|name| !name.is_empty()),
        kubeconfigs: KubeconfigPolicy { programs: allowed(kubeconfig_exec.get()), unverified_tls: allowed(kubeconfig_tls.get()) },
    };
    if options.default_kubeconfig_account.is_some() && !common.feature_gates.enabled("ObjectLevelWorkloadIdentity") {
        return Err((FlagError::Inconsistent(INCONSISTENT.to_owned()), set.usage()));
    }
    Ok((common, options))
}

fn allowed(flag: bool) -> Allowed {
    if flag { Allowed::Yes } else { Allowed::No }
}

/// The name of a digest algorithm.
#[derive(Debug, Clone, Copy)]
struct DigestAlgorithm(Algorithm);

impl FlagValue for DigestAlgorithm {
    const TYPE_NAME: &'static str = "string";

    fn parse(text: &str) -> Result<Self, String> {
        Algorithm::from_name(text).map(Self).ok_or_else(|| "must be sha256, sha384, sha512 or blake3".to_owned())
    }

    fn print(&self) -> String {
        format!("{:?}", self.0).to_lowercase()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines_of_flux_are_accepted() {
        // The arguments of Flux's own manifest, and those of its lockdown recipe.
        let arguments = [
            "--events-addr=http://notification-controller.flux-system.svc.cluster.local./",
            "--watch-all-namespaces=true",
            "--log-level=info",
            "--log-encoding=json",
            "--enable-leader-election",
            "--no-cross-namespace-refs=true",
            "--default-service-account=default",
            "--feature-gates=ExternalArtifact=true,OOMWatch=true",
            "--oom-watch-memory-threshold=95",
            "--override-manager=a",
            "--override-manager=b",
            "--graceful-shutdown-timeout=1m",
            "--snapshot-digest-algo=blake3",
            "--http-timeout=1m30s",
        ];
        let (common, options) = parse(arguments.iter().map(OsString::from)).map_err(|(error, _)| error).unwrap();
        assert!(common.no_cross_namespace_refs && common.feature_gates.enabled("ExternalArtifact"));
        assert_eq!(options.override_managers, ["a", "b"]);
        assert_eq!((options.grace, options.http_timeout), (Duration::from_secs(60), Duration::from_secs(90)));
        assert_eq!(options.digest_algorithm, Algorithm::Blake3);
        assert_eq!(common.requeue_dependency, Duration::from_secs(30));
    }

    #[test]
    fn unknown_flags_gates_and_algorithms_stop_the_start() {
        for argument in ["--nope", "--feature-gates=Nope=true", "--snapshot-digest-algo=md5", "--concurrent-ssa=4"] {
            assert!(parse([OsString::from(argument)].into_iter()).is_err(), "{argument}");
        }
    }
}
