//! The scalar at a path of a YAML file, such as `image.tag` in the values of a chart.

use crate::{scalar::Scalar, splice, text};
use manifest::yaml::{Content, Dialect, Entry, Limits, Node, YamlError, parse_documents};

/// Why the scalar at a path cannot be set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// The text is no YAML.
    #[error("read the values")]
    Yaml(#[source] YamlError),
    /// Nothing is there. Values are changed, not added: a path with a typing error would go unnoticed otherwise.
    #[error("nothing is at '{0}'")]
    NotFound(String),
    /// The path leads to a mapping, a sequence or an alias.
    #[error("line {line}: '{path}' is not a scalar that can be set")]
    NotScalar {
        /// The path.
        path: String,
        /// The line, from 1.
        line: usize,
    },
}

/// The text with `value`, a string, at `path`: keys of mappings, and numbers from 0 for the items of sequences. Only the first
/// document is looked at.
///
/// # Errors
/// [`ValueError`].
pub fn set_value(content: &str, path: &[&str], value: &str) -> Result<String, ValueError> {
    let (text, mark) = text::without_mark(content);
    let documents = parse_documents(text, Dialect::V3, &Limits::default()).map_err(ValueError::Yaml)?;
    let not_found = |depth: usize| ValueError::NotFound(path[..depth].join("."));
    let mut here = documents.first().ok_or_else(|| not_found(path.len()))?;
    let mut entry: Option<&Entry> = None;
    for (depth, part) in path.iter().enumerate() {
        let missing = || not_found(depth + 1);
        (here, entry) = match &here.content {
            _ if here.alias => return Err(not_scalar(path, here)),
            Content::Mapping { entries, .. } => {
                let found = entries.iter().rev().find(|entry| entry.key.as_text() == Some(part)).ok_or_else(missing)?;
                (&found.value, Some(found))
            }
            Content::Sequence { items, .. } => {
                let index: usize = part.parse().map_err(|_| missing())?;
                (items.get(index).ok_or_else(missing)?, None)
            }
            Content::Scalar { .. } => return Err(missing()),
        };
    }
    let splices = match entry {
        Some(entry) => Scalar::replace(text, entry, value),
        None => Scalar::written(text, here, text::line_at(text, here.span.start.offset).start)
            .map(|scalar| scalar.holding(text, value)),
    };
    let splices = splices.ok_or_else(|| not_scalar(path, here))?;
    Ok(format!("{}{}", &content[..mark], splice::apply(text, splices)))
}

fn not_scalar(path: &[&str], node: &Node) -> ValueError {
    ValueError::NotScalar { path: path.join("."), line: node.span.start.line }
}
