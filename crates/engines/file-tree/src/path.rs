//! A relative path that cannot leave its root.

use std::fmt;

/// A normalised, relative, slash-separated path: no empty, `.` or `..` component, no NUL. The root itself is the empty path
/// and prints as `.`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TreePath(String);

/// Why a text is not a path below the root.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// The path starts at the root of a file system.
    #[error("path '{0}' is absolute; use a path relative to the root")]
    Absolute(String),
    /// The path leads above the root.
    #[error("path '{0}' leads outside of the root")]
    Escapes(String),
    /// The path holds a NUL byte.
    #[error("path {0:?} contains a NUL byte")]
    Nul(String),
}

impl TreePath {
    /// The root of the tree.
    pub fn root() -> Self {
        Self::default()
    }

    /// Reads a relative path. `.` components and repeated slashes are dropped, `..` is resolved against what precedes it.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        Self::root().join(text)
    }

    /// Resolves `relative` against this path taken as a directory, as `cd` would; the result stays below the root.
    pub fn join(&self, relative: &str) -> Result<Self, PathError> {
        if relative.starts_with('/') {
            return Err(PathError::Absolute(relative.to_owned()));
        }
        if relative.contains('\0') {
            return Err(PathError::Nul(relative.to_owned()));
        }
        let mut path = String::with_capacity(self.0.len() + 1 + relative.len());
        path.push_str(&self.0);
        for component in relative.split('/') {
            match component {
                "" | "." => {}
                ".." if path.is_empty() => return Err(PathError::Escapes(relative.to_owned())),
                ".." => path.truncate(path.rfind('/').unwrap_or(0)),
                name => {
                    if !path.is_empty() {
                        path.push('/');
                    }
                    path.push_str(name);
                }
            }
        }
        Ok(Self(path))
    }

    /// Where any text leads in a tree whose root has no parent: `..` at the root stays there, a leading slash means the root, and what
    /// no name can hold is left out.
    pub fn confined(text: &str) -> Self {
        let mut components: Vec<&str> = Vec::new();
        for component in text.split(['/', '\0']) {
            match component {
                "" | "." => {}
                ".." => drop(components.pop()),
                name => components.push(name),
            }
        }
        Self(components.join("/"))
    }

    /// The path as text; empty for the root.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the root.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The components from the root downward.
    pub fn components(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/').filter(|component| !component.is_empty())
    }

    /// The last component; `None` for the root.
    pub fn file_name(&self) -> Option<&str> {
        self.components().next_back()
    }

    /// The directory that holds this path; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        let end = self.0.rfind('/').unwrap_or(0);
        Some(Self(self.0[..end].to_owned()))
    }

    /// Whether this path is `ancestor` or lies below it.
    pub fn starts_with(&self, ancestor: &Self) -> bool {
        ancestor.is_root()
            || self.0 == ancestor.0
            || (self.0.starts_with(&ancestor.0) && self.0.as_bytes()[ancestor.0.len()] == b'/')
    }
}

impl fmt::Display for TreePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_root() { "." } else { &self.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(base: &str, relative: &str, expect: Result<&str, PathError>) {
        let base = TreePath::parse(base).expect("the base is valid");
        assert_eq!(base.join(relative), expect.map(|text| TreePath(text.to_owned())), "{base} + {relative}");
    }

    #[test]
    fn joining_resolves_dots_and_never_leaves_the_root() {
        check("", ".", Ok(""));
        check("", "./a//b/", Ok("a/b"));
        check("a/b", "../c", Ok("a/c"));
        check("a/b", "../../..", Err(PathError::Escapes("../../..".into())));
        check("a", "/etc/passwd", Err(PathError::Absolute("/etc/passwd".into())));
        check("a", "x\0y", Err(PathError::Nul("x\0y".into())));
        check("", "a/..", Ok(""));
    }

    /// `securejoin.SecureJoin`, in a tree without links.
    #[test]
    fn sec_e2_no_text_leads_out_of_the_tree() {
        for (text, expect) in [
            ("charts/app", "charts/app"),
            ("./charts//app/", "charts/app"),
            ("../../etc/passwd", "etc/passwd"),
            ("/etc/passwd", "etc/passwd"),
            ("a/../../b", "b"),
            ("a\0/../b", "b"),
            ("", ""),
        ] {
            assert_eq!(TreePath::confined(text).as_str(), expect, "{text:?}");
        }
    }

    #[test]
    fn starts_with_compares_whole_components() {
        let path = |text| TreePath::parse(text).expect("the path is valid");
        assert!(path("a/b").starts_with(&path("a")));
        assert!(path("a/b").starts_with(&TreePath::root()));
        assert!(!path("ab/c").starts_with(&path("a")));
        assert_eq!(path("a/b").parent(), Some(path("a")));
        assert_eq!(path("a").parent(), Some(TreePath::root()));
        assert_eq!(TreePath::root().parent(), None);
    }
}
