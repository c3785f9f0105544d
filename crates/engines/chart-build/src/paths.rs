//! Paths that users write, as places in a tree.

use file_tree::TreePath;

/// Where a path leads in a tree whose root is nobody's child: `..` at the root stays there, and a leading slash means the root.
/// What cannot be a path leads to the root, where no file is.
pub fn place(path: &str) -> TreePath {
    let mut place = TreePath::root();
    for component in path.split('/') {
        place = match component {
            "" | "." => place,
            ".." => place.parent().unwrap_or_default(),
            name => place.join(name).unwrap_or_default(),
        };
    }
    place
}

#[cfg(test)]
mod tests {
    use super::place;

    /// `securejoin.SecureJoin`, in a tree without links.
    #[test]
    fn sec_e2_no_path_leads_out_of_the_tree() {
        for (path, expect) in [
            ("charts/app", "charts/app"),
            ("./charts//app/", "charts/app"),
            ("../../etc/passwd", "etc/passwd"),
            ("/etc/passwd", "etc/passwd"),
            ("a/../../b", "b"),
            ("", ""),
        ] {
            assert_eq!(place(path).as_str(), expect, "{path}");
        }
    }
}
