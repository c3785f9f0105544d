//! Marks of a version that say what a package was made of.

use version_select::{Version, VersionError};

/// Why a version cannot be marked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VersionMetadataError {
    /// The chart's version is none.
    #[error("failed to parse version from chart metadata as SemVer")]
    Version(#[source] VersionError),
    /// The mark holds characters that no mark has.
    #[error("failed to set SemVer metadata on chart version")]
    Metadata(#[source] VersionError),
}

/// `version` with `metadata` behind a `+`, instead of what was there; printed in full and without a leading `v`. Empty metadata
/// leave the text as it is.
///
/// # Errors
/// When the version is none, or the metadata cannot be part of one.
pub fn with_metadata(version: &str, metadata: &str) -> Result<String, VersionMetadataError> {
    if metadata.is_empty() {
        return Ok(version.to_owned());
    }
    let parsed: Version = version.parse().map_err(VersionMetadataError::Version)?;
    let marked = parsed.with_metadata(metadata).map_err(VersionMetadataError::Metadata)?;
    Ok(marked.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Masterminds' `SetMetadata` and `String`.
    #[test]
    fn marks_replace_marks() {
        for (version, metadata, expect) in [
            ("1.2.3", "abcdef012345.1", "1.2.3+abcdef012345.1"),
            ("v1.2", "4", "1.2.0+4"),
            ("1.2.3-rc.1+old", "new", "1.2.3-rc.1+new"),
            ("v1.2", "", "v1.2"),
        ] {
            assert_eq!(with_metadata(version, metadata).as_deref(), Ok(expect), "{version}");
        }
        assert!(with_metadata("one", "1").is_err());
        assert!(with_metadata("1.0.0", "a_b").is_err());
    }
}
