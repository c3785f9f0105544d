//! The user's values from all their sources.

use serde_json::Value;

use super::{ReadValuesError, SetError, Setter, Values, merge, read_values, use_floats};

/// Where values come from. Within each kind the order is the user's; the kinds come in the order of this list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source<'s> {
    /// `--values`: the name of a file and its content.
    File(&'s str, &'s [u8]),
    /// `--set-json`: an object, or `name=JSON`.
    Json(&'s str),
    /// `--set`.
    Typed(&'s str),
    /// `--set-string`.
    Text(&'s str),
    /// `--set-file`.
    FileContent(&'s str),
    /// `--set-literal`.
    Literal(&'s str),
}

/// Why the user's values cannot be read; worded as Helm.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UserValuesError {
    /// A file of values.
    #[error("failed to parse {name}")]
    File {
        /// Its name.
        name: String,
        /// What is wrong with it.
        source: ReadValuesError,
    },
    /// `--set-json` with an object that is none.
    #[error("failed parsing --set-json data JSON: {0}")]
    JsonObject(String),
    /// `--set-json` with names.
    #[error("failed parsing --set-json data {0}")]
    Json(String),
    /// One of the other flags.
    #[error("failed parsing {flag} data")]
    Set {
        /// The flag.
        flag: &'static str,
        /// What is wrong with its line.
        source: SetError,
    },
}

/// Merges all sources, the later over the earlier. `read` gives the content of the files that `--set-file` names.
///
/// # Errors
/// [`UserValuesError`], for the first source that cannot be read.
pub fn user_values<'s>(
    sources: impl IntoIterator<Item = Source<'s>>,
    read: &mut dyn FnMut(&str) -> Result<String, String>,
) -> Result<Values, UserValuesError> {
    let mut values = Values::new();
    for source in sources {
        add(&mut values, source, read)?;
    }
    Ok(values)
}

fn add(
    values: &mut Values,
    source: Source<'_>,
    read: &mut dyn FnMut(&str) -> Result<String, String>,
) -> Result<(), UserValuesError> {
    let failed = |flag| move |source| UserValuesError::Set { flag, source };
    match source {
        Source::File(name, text) => {
            let of_file = read_values(text).map_err(|source| UserValuesError::File { name: name.to_owned(), source })?;
            merge(values, of_file);
            Ok(())
        }
        Source::Json(line) if line.trim_start().starts_with('{') => {
            let mut object: Value =
                serde_json::from_str(line.trim()).map_err(|_| UserValuesError::JsonObject(line.to_owned()))?;
            use_floats(&mut object);
            if let Value::Object(object) = object {
                merge(values, object);
            }
            Ok(())
        }
        Source::Json(line) => Setter::new(values).json(line).map_err(|_| UserValuesError::Json(line.to_owned())),
        Source::Typed(line) => Setter::new(values).typed(line).map_err(failed("--set")),
        Source::Text(line) => Setter::new(values).text(line).map_err(failed("--set-string")),
        Source::FileContent(line) => Setter::new(values).file(line, read).map_err(failed("--set-file")),
        Source::Literal(line) => Setter::new(values).literal(line).map_err(failed("--set-literal")),
    }
}
