//! Why a build fails.

use file_tree::TreePath;

/// What lies below an error of a build.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a build fails. Every variant says which file, field or object is meant.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The directory holds no kustomization file.
    #[error(
        "unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '{directory}'; add one, or correct the path"
    )]
    NoKustomization {
        /// The directory.
        directory: TreePath,
    },
    /// The directory holds several kustomization files.
    #[error("found multiple kustomization files under '{directory}'; keep one of {}", names.join(", "))]
    ManyKustomizations {
        /// The directory.
        directory: TreePath,
        /// Their names.
        names: Vec<&'static str>,
    },
    /// A kustomization is not one.
    #[error("{file}{}: {}{problem}", at_line(*line), of_field(field))]
    Kustomization {
        /// The file.
        file: TreePath,
        /// The line of the field, from 1, where it is known.
        line: Option<usize>,
        /// The field; empty where the whole file is meant.
        field: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// A field of a kustomization, or an entry of it, leads to an error.
    #[error("{file}{}: field '{field}'", at_line(*line))]
    Entry {
        /// The kustomization file.
        file: TreePath,
        /// The line on which the entry is written, from 1, where it is known.
        line: Option<usize>,
        /// The field, with the position in its list: `resources[2]`.
        field: String,
        /// What is wrong there.
        #[source]
        source: Box<BuildError>,
    },
    /// A path that a kustomization names cannot be used.
    #[error("path '{path}' in kustomization '{root}': {problem}")]
    Path {
        /// The path as written.
        path: String,
        /// The directory of the kustomization that names it.
        root: TreePath,
        /// What is wrong and what to do.
        problem: String,
    },
    /// Reading a file failed.
    #[error("read '{path}', which kustomization '{root}' names")]
    Read {
        /// The path as written.
        path: String,
        /// The directory of the kustomization that names it.
        root: TreePath,
        /// Why.
        #[source]
        source: Cause,
    },
    /// A file or a text in a kustomization does not hold what it should.
    #[error("{file}: not usable as {what}")]
    Content {
        /// The file, or where the text stands.
        file: String,
        /// What it should be.
        what: &'static str,
        /// Why it is not.
        #[source]
        source: Cause,
    },
    /// A change to an object failed.
    #[error("{operation} on {object}")]
    Object {
        /// What was done.
        operation: String,
        /// The object.
        object: String,
        /// Why it failed.
        #[source]
        source: Cause,
    },
    /// A step that concerns several objects, or none, failed.
    #[error("{operation}: {problem}")]
    Step {
        /// What was done.
        operation: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// Something that would run programs or reach out is named.
    #[error("{what} is not allowed: {advice}")]
    Refused {
        /// What is named.
        what: String,
        /// What to do instead.
        advice: &'static str,
    },
    /// A bound of [`crate::Limits`] is reached.
    #[error("{what} is beyond the limit of {limit}; divide what is built")]
    Limit {
        /// What grew too large.
        what: String,
        /// The limit.
        limit: usize,
    },
    /// An error in something that was referred to.
    #[error("{what}")]
    Within {
        /// What was referred to.
        what: String,
        /// The error there.
        #[source]
        source: Box<BuildError>,
    },
}

fn at_line(line: Option<usize>) -> String {
    line.map_or_else(String::new, |line| format!(":{line}"))
}

fn of_field(field: &str) -> String {
    if field.is_empty() { String::new() } else { format!("field '{field}': ") }
}

impl BuildError {
    pub(crate) fn content(file: impl Into<String>, what: &'static str, source: impl Into<Cause>) -> Self {
        Self::Content { file: file.into(), what, source: source.into() }
    }

    pub(crate) fn object(operation: impl Into<String>, object: &impl ToString, source: impl Into<Cause>) -> Self {
        Self::Object { operation: operation.into(), object: object.to_string(), source: source.into() }
    }

    pub(crate) fn step(operation: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Step { operation: operation.into(), problem: problem.into() }
    }

    pub(crate) fn within(self, what: impl Into<String>) -> Self {
        Self::Within { what: what.into(), source: Box::new(self) }
    }
}
