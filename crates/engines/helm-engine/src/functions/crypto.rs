//! Digests, passwords, keys and certificates.

use go_template::Functions;

/// Adds these functions.
pub(super) fn register(_: &mut Functions) {}
