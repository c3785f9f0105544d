//! The flags of image-reflector-controller besides those that all controllers have; names, defaults and gates are Flux's.

use runtime::flags::{CommonDefaults, CommonFlags, FlagError, FlagSet, OptionalFlag};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// The values of image-reflector-controller's own flags.
#[derive(Debug)]
pub(crate) struct Settings {
    /// `--storage-path`: where tags lie.
    pub(crate) storage_path: PathBuf,
}

impl Settings {
    /// Reads a command line. `Err` is how the process ends: after the usage, or after a complaint.
    pub(crate) fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<(CommonFlags, Self), ExitCode> {
        let mut set = FlagSet::new("image-reflector-controller");
        let parsed = parse(&mut set, arguments);
        parsed.map_err(|error| error.report(&set.usage()))
    }
}

fn parse(set: &mut FlagSet, arguments: impl IntoIterator<Item = OsString>) -> Result<(CommonFlags, Settings), FlagError> {
    let defaults = CommonDefaults {
        optional: &[OptionalFlag::NoCrossNamespaceRefs, OptionalFlag::RequeueDependency, OptionalFlag::WatchLabelSelector],
        gates: &[("CacheSecretsAndConfigMaps", false), ("FluxStorage", false), ("ObjectLevelWorkloadIdentity", false)],
        ..CommonDefaults::default()
    };
    let common = CommonFlags::define(set, &defaults);
    let path = set.add("storage-path", "/data".to_owned(), "Where the tags are kept.");
    // Flags of Flux's database: accepted, as manifests of Flux set them.
    set.add("storage-value-log-file-size", 268_435_456_i64, "Without effect: of Flux's database.");
    set.add("storage-compression-threshold", 64_i64, "Without effect: of Flux's database.");
    set.add("gc-interval", 10_i64, "Without effect: of Flux's database.");
    set.parse(arguments)?;
    let settings = Settings { storage_path: PathBuf::from(path.get()) };
    Ok((common()?, settings))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines_of_flux_are_accepted() {
        let arguments = [
            "--events-addr=http://notification-controller.flux-system.svc.cluster.local./",
            "--watch-all-namespaces=true",
            "--log-level=info",
            "--enable-leader-election",
            "--storage-path=/data",
            "--storage-value-log-file-size=1",
            "--gc-interval=5",
            "--no-cross-namespace-refs=true",
            "--feature-gates=FluxStorage=true",
        ];
        let mut set = FlagSet::new("image-reflector-controller");
        let (common, settings) = parse(&mut set, arguments.iter().map(OsString::from)).expect("they are read");
        assert_eq!((common.concurrent, common.no_cross_namespace_refs), (4, true));
        assert_eq!(settings.storage_path, PathBuf::from("/data"));
    }
}
