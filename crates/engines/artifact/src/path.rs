//! Where an artifact lies below the root of the storage.

use std::fmt;

/// `<kind in lower case>/<namespace>/<name>/<file>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArtifactPath {
    directory: String,
    file: String,
}

/// Why a path cannot be made: a part of it is not one plain name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' cannot be part of an artifact's path")]
pub struct ArtifactPathError(pub String);

impl ArtifactPath {
    /// A path from its parts. None of them may be empty, `.` or `..`, or hold a slash, backslash or control character.
    pub fn new(kind: &str, namespace: &str, name: &str, file: &str) -> Result<Self, ArtifactPathError> {
        let plain =
            |part: &str| !matches!(part, "" | "." | "..") && !part.contains(|c: char| c == '/' || c == '\\' || c.is_control());
        match [kind, namespace, name, file].into_iter().find(|part| !plain(part)) {
            Some(part) => Err(ArtifactPathError(part.to_owned())),
            None => Ok(Self { directory: format!("{}/{namespace}/{name}", kind.to_ascii_lowercase()), file: file.to_owned() }),
        }
    }

    /// The path of a GitRepository's artifact; `commit` is the commit's hash in hexadecimal digits.
    pub fn git(namespace: &str, name: &str, commit: &str) -> Result<Self, ArtifactPathError> {
        Self::new("gitrepository", namespace, name, &format!("{commit}.tar.gz"))
    }

    /// The directory that holds all artifacts of the object.
    pub fn directory(&self) -> &str {
        &self.directory
    }

    /// The name of the file in its directory.
    pub fn file(&self) -> &str {
        &self.file
    }
}

impl fmt::Display for ArtifactPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.directory, self.file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_consists_of_kind_namespace_name_and_commit() {
        let path = ArtifactPath::git("git-branch", "src", "20f22736e85dcc71fde2cf5abf410eb74e3e5a4a").unwrap();
        assert_eq!(path.to_string(), "gitrepository/git-branch/src/20f22736e85dcc71fde2cf5abf410eb74e3e5a4a.tar.gz");
        assert_eq!(path.directory(), "gitrepository/git-branch/src");
    }

    #[test]
    fn sec_a10_no_part_of_a_path_leads_elsewhere() {
        for part in ["", ".", "..", "a/b", "../x", "a\\b", "a\0", "a\n"] {
            assert_eq!(ArtifactPath::new("bucket", "ns", part, "f"), Err(ArtifactPathError(part.to_owned())), "{part:?}");
            assert_eq!(ArtifactPath::new("bucket", "ns", "n", part), Err(ArtifactPathError(part.to_owned())), "{part:?}");
        }
    }
}
