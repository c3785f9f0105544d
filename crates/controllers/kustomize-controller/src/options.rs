//! The command line: the flags of all controllers and those of this one, with Flux's names, defaults and gates.

use std::ffi::OsString;

use cluster_client::{Allowed, KubeconfigPolicy};
use runtime::flags::{CommonDefaults, CommonFlags, FlagError, FlagSet, OptionalFlag};

/// Feature gates and their defaults.
const GATES: [(&str, bool); 12] = [
    ("AdditiveCELDependencyCheck", false),
    ("CacheSecretsAndConfigMaps", false),
    ("CancelHealthCheckOnNewRevision", false),
    ("DirectSourceFetch", false),
    ("DisableConfigWatchers", false),
    ("DisableFailFastBehavior", false),
    ("DisableStatusPollerCache", true),
    ("ExternalArtifact", false),
    ("GroupChangeLog", false),
    ("MigrateAPIVersion", false),
    ("ObjectLevelWorkloadIdentity", false),
    ("StrictPostBuildSubstitutions", true),
];

/// What Flux says of default accounts for other clusters or clouds where such are not allowed.
const INCONSISTENT: &str = "cannot set default service accounts when the feature gate ObjectLevelWorkloadIdentity is not enabled";

/// What the operator decides besides the shared flags.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// `--concurrent-ssa`: requests at a time within one Kustomization.
    pub(crate) concurrent_ssa: usize,
    /// `--no-remote-bases`.
    pub(crate) no_remote_bases: bool,
    /// `--override-manager`: field managers whose fields are taken over.
    pub(crate) override_managers: Vec<String>,
    /// `--custom-apply-stage-kinds`.
    pub(crate) custom_stage_kinds: String,
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
    let mut set = FlagSet::new("kustomize-controller");
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
    let concurrent_ssa = set.add("concurrent-ssa", 4_usize, "Server-side apply requests at a time within one Kustomization.");
    let no_remote_bases = set.add("no-remote-bases", false, "Refuse kustomize bases that are not in the source.");
    let override_managers =
        set.add("override-manager", Vec::<String>::new(), "A field manager whose fields are taken over; repeatable.");
    let custom_stage_kinds =
        set.add("custom-apply-stage-kinds", String::new(), "Comma separated group/Kind that are applied before the others.");
    // Accepted so that installations of Flux start; what they configure is refused where an object asks for it.
    for name in ["default-decryption-service-account", "sops-age-secret", "sops-vault-configmap"] {
        set.add(name, String::new(), "Not supported yet.");
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
        concurrent_ssa: concurrent_ssa.get().max(1),
        no_remote_bases: no_remote_bases.get(),
        override_managers: override_managers.get(),
        custom_stage_kinds: custom_stage_kinds.get(),
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
            "--no-remote-bases=true",
            "--default-service-account=default",
            "--feature-gates=ExternalArtifact=true",
            "--override-manager=a",
            "--override-manager=b",
            "--concurrent-ssa=8",
        ];
        let (common, options) = parse(arguments.iter().map(OsString::from)).map_err(|(error, _)| error).unwrap();
        assert!(common.no_cross_namespace_refs && options.no_remote_bases && common.feature_gates.enabled("ExternalArtifact"));
        assert_eq!((options.concurrent_ssa, options.override_managers), (8, vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(common.requeue_dependency, std::time::Duration::from_secs(30));
    }

    #[test]
    fn unknown_flags_and_gates_stop_the_start() {
        assert!(parse([OsString::from("--nope")].into_iter()).is_err());
        assert!(parse([OsString::from("--feature-gates=Nope=true")].into_iter()).is_err());
    }
}
