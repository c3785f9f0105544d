//! Values files that are laid over each other and replace a chart's own.

use bytes::Bytes;
use file_tree::{EntryKind, Files, TreePath};
use helm_chart::{Chart, ReadValuesError, Values, merge, read_values};
use serde_json::Value;
use std::sync::Arc;

/// The values that a chart brings.
const OWN_VALUES: &str = "values.yaml";

/// Why values cannot be merged.
#[derive(Debug, thiserror::Error)]
pub enum ValuesError {
    /// A file is not in the source.
    #[error("no values file found at path '{path}' (reference '{reference}')")]
    NotInTree {
        /// Where it was looked for, from the root of the source.
        path: String,
        /// As the user wrote it.
        reference: String,
    },
    /// A file is not in the chart.
    #[error("no values file found at path '{0}'")]
    NotInChart(String),
    /// A file cannot be read.
    #[error("could not read values from file '{path}'")]
    Read {
        /// As the user wrote it.
        path: String,
        /// Why.
        #[source]
        source: file_tree::ReadError,
    },
    /// A file holds no values.
    #[error("unmarshaling values from '{path}' failed")]
    Parse {
        /// As the user wrote it.
        path: String,
        /// Why.
        #[source]
        source: ReadValuesError,
    },
    /// The chart has no values that could be replaced.
    #[error("failed to locate values file: values.yaml")]
    NoOwnValues,
}

/// What came of merging.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct MergedValues {
    /// The values.
    pub values: Values,
    /// The files that they came from, in their order.
    pub files: Vec<String>,
}

/// The files that are to be merged: none where the only one is the chart's own.
pub fn wanted_files(files: &[String]) -> &[String] {
    match files {
        [only] if TreePath::confined(only).as_str() == OWN_VALUES => &[],
        files => files,
    }
}

/// Merges files of a tree, later ones over earlier ones.
///
/// # Errors
/// When one cannot be read, or is missing and that is not to be ignored.
pub fn merge_from_tree(tree: &dyn Files, files: &[String], ignore_missing: bool) -> Result<MergedValues, ValuesError> {
    let mut merged = MergedValues::default();
    for file in files {
        let path = TreePath::confined(file);
        let read = |source| ValuesError::Read { path: file.clone(), source };
        match tree.kind(&path).map_err(read)? {
            Some(EntryKind::File { .. }) => merged.add(file, &tree.read(&path).map_err(read)?)?,
            None if ignore_missing => {}
            _ => return Err(ValuesError::NotInTree { path: format!("/{}", path.as_str()), reference: file.clone() }),
        }
    }
    Ok(merged)
}

/// Merges files of a chart, later ones over earlier ones.
///
/// # Errors
/// When one cannot be read, or is missing and that is not to be ignored.
pub fn merge_from_chart(chart: &Chart, files: &[String], ignore_missing: bool) -> Result<MergedValues, ValuesError> {
    let mut merged = MergedValues::default();
    for file in files {
        let path = TreePath::confined(file);
        if path.as_str() == OWN_VALUES {
            merge(&mut merged.values, Values::clone(&chart.values));
            merged.files.push(file.clone());
            continue;
        }
        match chart.files.iter().find(|candidate| candidate.name == path.as_str()) {
            Some(found) => merged.add(file, &found.data)?,
            None if ignore_missing => {}
            None => return Err(ValuesError::NotInChart(file.clone())),
        }
    }
    Ok(merged)
}

impl MergedValues {
    fn add(&mut self, file: &str, text: &[u8]) -> Result<(), ValuesError> {
        let values = read_values(text).map_err(|source| ValuesError::Parse { path: file.to_owned(), source })?;
        merge(&mut self.values, values);
        self.files.push(file.to_owned());
        Ok(())
    }
}

/// Puts merged values in the place of a chart's own; whether that changed anything.
///
/// # Errors
/// When the chart has none of its own.
pub fn replace_values(chart: &mut Chart, merged: &MergedValues) -> Result<bool, ValuesError> {
    let own = chart.values_file.as_mut().ok_or(ValuesError::NoOwnValues)?;
    let text =
        if merged.values.is_empty() { String::new() } else { manifest::yaml::to_yaml(&Value::Object(merged.values.clone())) };
    if own[..] == *text.as_bytes() {
        return Ok(false);
    }
    *own = Bytes::from(text);
    chart.values = Arc::new(merged.values.clone());
    Ok(true)
}
