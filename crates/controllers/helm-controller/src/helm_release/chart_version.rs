//! The digest of a chart's artifact in its version, so that a tag that moved is a new version.

use version_select::Version;

/// How much of the digest the version gets.
const LENGTH: usize = 12;

/// Why a revision does not fit its chart; worded as Flux.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ChartVersionError {
    #[error("invalid chart version {0}")]
    Version(String),
    #[error("artifact revision {revision} does not match chart version {version}")]
    Mismatch { revision: String, version: String },
    #[error("invalid artifact revision {0}")]
    Revision(String),
}

/// The version of a chart with build metadata, and the whole digest; `revision` is `<tag>@<algorithm>:<hex>` or `<algorithm>:<hex>`.
///
/// # Errors
/// The revision has no digest, or its tag is another version than the chart's.
pub(crate) fn with_digest(version: &str, revision: &str) -> Result<(String, String), ChartVersionError> {
    let parsed: Version = version.parse().map_err(|_| ChartVersionError::Version(version.to_owned()))?;
    let digest = match tag_version(revision) {
        None => revision,
        Some(tagged) => match revision.split('@').collect::<Vec<_>>()[..] {
            [_, digest] if tagged == parsed => digest,
            [tag, ..] => return Err(ChartVersionError::Mismatch { revision: tag.to_owned(), version: version.to_owned() }),
            [] => return Err(ChartVersionError::Revision(revision.to_owned())),
        },
    };
    let invalid = || ChartVersionError::Revision(digest.to_owned());
    let [_, hash] = digest.split(':').collect::<Vec<_>>()[..] else { return Err(invalid()) };
    let metadata = hash.get(..LENGTH).ok_or_else(invalid)?;
    let version = parsed.with_metadata(metadata).map_err(|_| invalid())?;
    Ok((version.to_string(), digest.to_owned()))
}

/// The version that the tag of a revision is. Tags have `_` for `+`, which registries refuse.
fn tag_version(revision: &str) -> Option<Version> {
    match revision.split_once('@') {
        Some((tag, _)) => tag.replace('_', "+").parse().ok(),
        None => revision.parse().ok(),
    }
}

/// The digest of a revision; of one with several `@` there is none.
pub(crate) fn digest_of(revision: &str) -> Option<&str> {
    match revision.split('@').collect::<Vec<_>>()[..] {
        [digest] | [_, digest] => Some(digest),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:1111111111112222222222222222222222222222222222222222222222222222";

    /// The cases of `TestHelmReleaseReconciler_mutateChartWithSourceRevision` of Flux.
    #[test]
    fn versions_get_the_beginning_of_the_digest() {
        let whole = |revision: &str| with_digest("0.1.0", revision).map(|(version, digest)| (version, digest == DIGEST));
        let expected = Ok(("0.1.0+111111111111".to_owned(), true));
        assert_eq!(whole(&format!("0.1.0@{DIGEST}")), expected);
        assert_eq!(whole(&format!("v0.1.0@{DIGEST}")), expected);
        // A tag that is no version is part of what Flux calls the digest.
        let latest = format!("latest@{DIGEST}");
        assert_eq!(with_digest("0.1.0", &latest), Ok(("0.1.0+111111111111".to_owned(), latest)));
        assert_eq!(whole(DIGEST), expected);
        let mismatch = with_digest("0.1.0", &format!("0.2.0@{DIGEST}")).map_err(|error| error.to_string());
        assert_eq!(mismatch, Err("artifact revision 0.2.0 does not match chart version 0.1.0".to_owned()));
        assert!(with_digest("0.1.0", "0.1.0@sha256:short").is_err() && with_digest("nope", DIGEST).is_err());
    }

    #[test]
    fn tags_have_underscores_for_plus_signs() {
        let version = with_digest("1.0.0+build", &format!("1.0.0_build@{DIGEST}")).map(|(version, _)| version);
        assert_eq!(version, Ok("1.0.0+111111111111".to_owned()));
    }

    #[test]
    fn digests_stand_behind_the_tag() {
        assert_eq!(digest_of("1.0.0@sha256:ab"), Some("sha256:ab"));
        assert_eq!(digest_of("sha256:ab"), Some("sha256:ab"));
        assert_eq!(digest_of("a@b@c"), None);
    }
}
