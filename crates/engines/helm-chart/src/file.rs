//! A file of a chart.

use bytes::Bytes;

/// A file below the root of a chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The path below the root of the chart that holds it, with slashes.
    pub name: String,
    /// The content, without a byte order mark. Clones share it.
    pub data: Bytes,
}

impl File {
    /// A file, whose byte order mark is cut off.
    pub(crate) fn new(name: impl Into<String>, data: Bytes) -> Self {
        let data = if data.starts_with(b"\xEF\xBB\xBF") { data.slice(3..) } else { data };
        Self { name: name.into(), data }
    }

    /// The last component of the path.
    pub(crate) fn base_name(&self) -> &str {
        base_name(&self.name)
    }

    /// Whether this is one of the files that hold custom resource definitions.
    pub(crate) fn is_crd(&self) -> bool {
        let extension = self.base_name().rsplit_once('.').map_or("", |(_, extension)| extension);
        self.name.starts_with("crds/") && ["yaml", "yml", "json"].iter().any(|known| extension.eq_ignore_ascii_case(known))
    }
}

/// The last component of a path with slashes.
pub(crate) fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A path with its empty and dot components resolved, as Go's `path.Clean` does for relative paths.
pub(crate) fn clean(path: &str) -> String {
    let mut components: Vec<&str> = Vec::new();
    for component in path.split('/') {
        match component {
            "" | "." => {}
            ".." if components.last().is_some_and(|last| *last != "..") => {
                components.pop();
            }
            component => components.push(component),
        }
    }
    components.join("/")
}
