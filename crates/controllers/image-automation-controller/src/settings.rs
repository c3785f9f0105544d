//! The flags of image-automation-controller besides those that all controllers have; names, defaults and gates are Flux's.

use git_client::SshAlgorithms;
use runtime::flags::{CommaList, CommonDefaults, CommonFlags, FlagError, FlagSet, OptionalFlag};
use std::ffi::OsString;
use std::process::ExitCode;

/// Feature gates and their defaults. Of a repository only the tip is ever fetched and only what is read is unpacked, whatever the
/// gates for shallow clones and sparse checkouts say.
const GATES: [(&str, bool); 6] = [
    ("CacheSecretsAndConfigMaps", false),
    ("GitAllBranchReferences", true),
    ("GitForcePushBranch", true),
    ("GitShallowClone", true),
    ("GitSparseCheckout", false),
    ("ObjectLevelWorkloadIdentity", false),
];

/// The values of image-automation-controller's own flags.
#[derive(Debug)]
pub(crate) struct Settings {
    /// `--ssh-kex-algos` and `--ssh-hostkey-algos`.
    pub(crate) ssh: SshAlgorithms,
}

impl Settings {
    /// Reads a command line. `Err` is how the process ends: after the usage, or after a complaint.
    pub(crate) fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<(CommonFlags, Self), ExitCode> {
        let mut set = FlagSet::new("image-automation-controller");
        let parsed = parse(&mut set, arguments);
        parsed.map_err(|error| error.report(&set.usage()))
    }
}

fn parse(set: &mut FlagSet, arguments: impl IntoIterator<Item = OsString>) -> Result<(CommonFlags, Settings), FlagError> {
    let defaults = CommonDefaults {
        optional: &[OptionalFlag::NoCrossNamespaceRefs, OptionalFlag::WatchLabelSelector],
        gates: &GATES,
        ..CommonDefaults::default()
    };
    let common = CommonFlags::define(set, &defaults);
    let kex = set.add("ssh-kex-algos", CommaList::default(), "The SSH key exchange algorithms, most preferred first.");
    let hostkey = set.add("ssh-hostkey-algos", CommaList::default(), "The SSH host key algorithms, most preferred first.");
    set.parse(arguments)?;
    let ssh = SshAlgorithms::parse(&kex.get().0, &hostkey.get().0)
        .map_err(|error| FlagError::Inconsistent(format!("--ssh-kex-algos or --ssh-hostkey-algos: {error}")))?;
    Ok((common()?, Settings { ssh }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines_of_flux_are_accepted() {
        let arguments = [
            "--events-addr=http://notification-controller.flux-system.svc.cluster.local./",
            "--watch-all-namespaces=true",
            "--enable-leader-election",
            "--no-cross-namespace-refs=true",
            "--ssh-hostkey-algos=ssh-ed25519",
            "--feature-gates=GitForcePushBranch=false,GitSparseCheckout=true",
        ];
        let mut set = FlagSet::new("image-automation-controller");
        let (common, _) = parse(&mut set, arguments.iter().map(OsString::from)).expect("they are read");
        let gates = &common.feature_gates;
        assert!(!gates.enabled("GitForcePushBranch") && gates.enabled("GitAllBranchReferences"));
        assert_eq!((common.concurrent, common.no_cross_namespace_refs), (4, true));
    }
}
