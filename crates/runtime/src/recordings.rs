//! Where the recordings of Flux's own behaviour are, for tests that compare with them.

use std::path::PathBuf;

/// The folder `recorded/flux`. `None`, with a notice, where the recordings are not at hand; a failure when `CI` is `true`.
///
/// # Panics
/// When `CI=true` and the folder is absent: a check that silently did nothing would look like one that passed.
pub(crate) fn folder() -> Option<PathBuf> {
    let shared = std::env::var_os("WEIR_SHARED")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")), PathBuf::from);
    let folder = shared.join("recorded/flux");
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{} is absent", folder.display());
    eprintln!("{} is absent: nothing was compared", folder.display());
    None
}
