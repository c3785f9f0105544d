//! The values of a release: those of references in order, and those of the spec over them.
//!
//! Source of the behaviour: `chartutil.ChartValuesFromReferences` of Flux, including what its sharing of maps comes to. Before a value is set
//! at a target path, the values of the spec are merged in. Maps and lists that only the spec has are then not copies but those of the spec: what
//! is set within them changes the spec's values too, and wins for that reason over them at the end. See [`Shared`].

use api::helm::{ValuesKind, ValuesReference};
use helm_chart::{ReadValuesError, SetError, Setter, Values, merge, read_values};
use serde_json::Value;

/// What a reference led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// The text under the key.
    Text(Vec<u8>),
    /// There is no such object; what the API server says.
    NoObject(String),
    /// The object has no such key.
    NoKey,
}

/// Why there are no values; worded as Flux.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("could not resolve{} {} chart values reference '{namespace}/{name}' with key '{key}': {problem}", if *.optional { " optional" } else { "" }, .kind.as_str())]
pub(crate) struct ValuesError {
    kind: ValuesKind,
    namespace: String,
    name: String,
    key: String,
    optional: bool,
    problem: Box<Problem>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Problem {
    #[error("{0}")]
    NoObject(String),
    #[error("key not found")]
    NoKey,
    #[error("{}", runtime::error_chain::error_chain(.0))]
    Read(ReadValuesError),
    #[error("{0}")]
    Set(SetError),
}

/// Composes values. Of what is missing and may be, the messages are given.
///
/// # Errors
/// The first reference that leads nowhere or to something else than values.
pub(crate) fn compose(
    namespace: &str,
    inline: Values,
    references: &[(ValuesReference, Found)],
) -> Result<(Values, Vec<String>), ValuesError> {
    let mut inline = inline;
    let mut values = Values::new();
    let mut missing = Vec::new();
    for (reference, found) in references {
        let failed = |problem| ValuesError {
            kind: reference.kind,
            namespace: namespace.to_owned(),
            name: reference.name.clone(),
            key: reference.values_key().to_owned(),
            optional: reference.optional,
            problem: Box::new(problem),
        };
        let text = match found {
            Found::Text(text) => text,
            Found::NoObject(_) | Found::NoKey => {
                let problem = match found {
                    Found::NoObject(message) => Problem::NoObject(message.clone()),
                    _ => Problem::NoKey,
                };
                if !reference.optional {
                    return Err(failed(problem));
                }
                missing.push(failed(problem).to_string());
                continue;
            }
        };
        match &reference.target_path {
            None => merge(&mut values, read_values(text).map_err(|error| failed(Problem::Read(error)))?),
            Some(path) => {
                let shared = Shared::of(&values, &inline);
                merge(&mut values, inline.clone());
                set(&mut values, path, &String::from_utf8_lossy(text), reference.literal)
                    .map_err(|error| failed(Problem::Set(error)))?;
                shared.write_back(&values, &mut inline, path);
            }
        }
    }
    merge(&mut values, inline);
    Ok((values, missing))
}

/// Sets a text at a path in the grammar of `--set`; quoted and literal texts stay texts.
fn set(values: &mut Values, path: &str, text: &str, literal: bool) -> Result<(), SetError> {
    if literal {
        let mut escaped = String::with_capacity(text.len());
        for one in text.chars() {
            if r"\,[]{}".contains(one) {
                escaped.push('\\');
            }
            escaped.push(one);
        }
        return Setter::new(values).text(&format!("{path}={escaped}"));
    }
    let is_quoted = |quote: char| text.starts_with(quote) && text.ends_with(quote);
    if is_quoted('\'') || is_quoted('"') {
        return Setter::new(values).text(&format!("{path}={}", text.trim_matches(['\'', '"'])));
    }
    Setter::new(values).typed(&format!("{path}={text}"))
}

/// The paths of maps and lists that the merged values share with the spec's: those that only the spec has. Where both have a map the merged
/// one is new; where only one of the two is a map, or both are lists, the spec's takes the place of the other.
struct Shared(Vec<Vec<String>>);

impl Shared {
    fn of(values: &Values, inline: &Values) -> Self {
        fn walk(values: &Values, inline: &Values, path: &mut Vec<String>, shared: &mut Vec<Vec<String>>) {
            for (key, value) in inline {
                path.push(key.clone());
                match (values.get(key), value) {
                    (Some(Value::Object(values)), Value::Object(inline)) => walk(values, inline, path, shared),
                    (_, Value::Object(_) | Value::Array(_)) => shared.push(path.clone()),
                    _ => {}
                }
                path.pop();
            }
        }
        let mut shared = Vec::new();
        walk(values, inline, &mut Vec::new(), &mut shared);
        Self(shared)
    }

    /// Carries what was set at `path` into the spec's values where it was set within something shared. A list that grew is a new one.
    fn write_back(&self, values: &Values, inline: &mut Values, path: &str) {
        let written = segments(path);
        let within = |shared: &&Vec<String>| {
            shared.len() < written.len()
                && shared.iter().zip(&written).all(|(shared, written)| *written == Segment::Key(shared.clone()))
        };
        let Some(shared) = self.0.iter().find(within) else { return };
        let Some(now) = at(values, shared) else { return };
        let Some(before) = at_mut(inline, shared) else { return };
        let grew = matches!((now, &*before), (Value::Array(now), Value::Array(before)) if now.len() > before.len());
        if !grew {
            *before = now.clone();
        }
    }
}

/// A part of a target path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Key(String),
    Index,
}

/// The parts of a target path: names between dots, which a backslash may escape, and indexes.
fn segments(path: &str) -> Vec<Segment> {
    let mut segments = Vec::new();
    let mut name = String::new();
    let mut letters = path.chars();
    let end = |name: &mut String, segments: &mut Vec<Segment>| {
        if !name.is_empty() {
            segments.push(Segment::Key(std::mem::take(name)));
        }
    };
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => name.extend(letters.next()),
            '.' => end(&mut name, &mut segments),
            '[' => {
                end(&mut name, &mut segments);
                segments.push(Segment::Index);
                letters.by_ref().take_while(|letter| *letter != ']').for_each(drop);
            }
            other => name.push(other),
        }
    }
    end(&mut name, &mut segments);
    segments
}

fn at<'v>(values: &'v Values, path: &[String]) -> Option<&'v Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(values.get(first)?, |value, key| value.get(key))
}

fn at_mut<'v>(values: &'v mut Values, path: &[String]) -> Option<&'v mut Value> {
    let (first, rest) = path.split_first()?;
    rest.iter().try_fold(values.get_mut(first)?, |value, key| value.get_mut(key))
}

#[cfg(test)]
mod tests;
