//! Random strings, numbers and identifiers.

use go_template::Functions;

/// Adds these functions.
pub(super) fn register(_: &mut Functions) {}
