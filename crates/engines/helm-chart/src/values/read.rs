//! Reading files of values: YAML documents, which are merged.

use serde_json::{Number, Value};

use super::{Values, merge};
use crate::decode::{DecodeError, Place, parse};
use crate::manifests::separators;

/// Why a file of values cannot be read; worded as Helm.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadValuesError {
    /// A document is not YAML or no map.
    #[error("cannot unmarshal yaml document")]
    Document(#[from] DecodeError),
    /// Something else than a comment follows `---` on its line.
    #[error("error reading yaml document: invalid Yaml document separator: {0}")]
    Separator(String),
}

/// Reads a file of values. Later documents go over earlier ones; null there replaces.
///
/// # Errors
/// [`ReadValuesError`], for the first thing that is wrong.
pub fn read_values(text: &[u8]) -> Result<Values, ReadValuesError> {
    let mut values: Option<Values> = None;
    for document in documents(text)? {
        let mut value = parse(document)?;
        use_floats(&mut value);
        let document = match value {
            Value::Object(document) => document,
            Value::Null => Values::new(),
            other => return Err(Place::default().mismatch(&other, "map[string]interface {}").into()),
        };
        match &mut values {
            Some(values) => merge(values, document),
            None => values = Some(document),
        }
    }
    Ok(values.unwrap_or_default())
}

/// Turns all numbers into floats, as Go's JSON gives them.
pub fn use_floats(value: &mut Value) {
    match value {
        Value::Number(number) if !number.is_f64() => {
            *value = number.as_f64().and_then(Number::from_f64).map_or(Value::Null, Value::Number);
        }
        Value::Array(items) => items.iter_mut().for_each(use_floats),
        Value::Object(entries) => entries.values_mut().for_each(use_floats),
        _ => {}
    }
}

/// Cuts at lines that begin with `---`. The first of them, when nothing stands before it, belongs to its document.
fn documents(text: &[u8]) -> Result<Vec<&[u8]>, ReadValuesError> {
    let mut documents = Vec::new();
    let mut start = 0;
    for at in separators(text) {
        let line = text[at..].split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
        let after = line[3..].trim_ascii();
        if !after.is_empty() && !after.starts_with(b"#") {
            return Err(ReadValuesError::Separator(String::from_utf8_lossy(after).into_owned()));
        }
        if at > start {
            documents.push(&text[start..at]);
            start = at + line.len();
        }
    }
    if text.len() > start {
        documents.push(&text[start..]);
    }
    Ok(documents)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        let documents = documents(text.as_bytes()).expect("the separators are well formed");
        documents.into_iter().map(|document| String::from_utf8_lossy(document).into_owned()).collect()
    }

    /// As `k8s.io/apimachinery`'s `YAMLReader` cuts.
    #[test]
    fn documents_are_cut_at_separator_lines() {
        assert_eq!(texts("a: 1\n---\nb: 2\n"), ["a: 1\n", "b: 2\n"]);
        assert_eq!(texts("---\na: 1\n--- # c\nb: 2"), ["---\na: 1\n", "b: 2"]);
        assert_eq!(texts("---\n---\na: 1"), ["---\n", "a: 1"]);
        assert_eq!(texts(""), Vec::<String>::new());
    }

    #[test]
    fn numbers_of_files_are_floats_and_later_documents_win() {
        let values = read_values(b"a: {b: 1, c: 2}\n---\na: {b: null}\n").expect("the values are well formed");
        assert_eq!(Value::Object(values), serde_json::json!({"a": {"b": null, "c": 2.0}}));
    }

    #[test]
    fn what_is_no_map_is_refused_in_helms_words() {
        let message = |text: &str| {
            let error = read_values(text.as_bytes()).expect_err("the values are refused");
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            cause.unwrap_or_else(|| error.to_string())
        };
        assert_eq!(
            message("- a\n"),
            "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go \
             value of type map[string]interface {}"
        );
        assert_eq!(message("a: 1\n--- b\n"), "error reading yaml document: invalid Yaml document separator: b");
    }
}
