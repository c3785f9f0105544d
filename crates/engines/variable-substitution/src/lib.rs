//! Post-build variable substitution: `${name}` expressions in the text of one built object.
//!
//! The dialect is the one of Flux (`github.com/fluxcd/pkg/envsubst`), a relative of the shell's parameter expansion with its own
//! rules; where one is surprising, the code that follows it says so. This crate knows text only. It does not know which object is exempt
//! (`apply_plan::controls`), where values come from, or how the result is parsed.
//!
//! ```text
//! text ── template::parse ──► Vec<Segment> ── evaluate::render ──► text
//!              │ scanner                          │ operation, glob
//! ```

mod error;
mod evaluate;
mod glob;
mod letters;
mod operation;
mod scanner;
mod template;

use std::collections::BTreeMap;

pub use error::{SubstitutionError, TemplateError};

/// What to make of a variable that is not set and whose expression gives no default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// An error, Flux's default since 1.9 (gate `StrictPostBuildSubstitutions`).
    Strict,
    /// The empty string.
    Lenient,
}

/// Replaces every `${…}` in `text` by what it means under `variables`.
///
/// All names in `variables` are checked first, as Flux does, used or not. `$name` without braces is text, `$$` is one `$`.
///
/// # Errors
/// An invalid name in `variables`; an expression that does not parse; an unset variable in strict mode; a result that is not
/// UTF-8 (a substring may cut a character); nesting, output or work beyond the bounds of this crate.
pub fn substitute(text: &str, variables: &BTreeMap<String, String>, strictness: Strictness) -> Result<String, SubstitutionError> {
    for name in variables.keys() {
        check_variable_name(name)?;
    }
    substitute_with(text, &|name| variables.get(name).map(String::as_str), strictness)
}

/// Like [`substitute`], with values from a function and without a check of names.
///
/// # Errors
/// As [`substitute`], but for names.
pub fn substitute_with<'values>(
    text: &str,
    lookup: &dyn Fn(&str) -> Option<&'values str>,
    strictness: Strictness,
) -> Result<String, SubstitutionError> {
    template::parse(text)
        .and_then(|segments| evaluate::render(&segments, lookup, strictness))
        .map_err(|source| SubstitutionError::Template { source })
}

/// Accepts what Flux accepts as the name of a variable: `^[_[:alpha:]][_[:alpha:][:digit:]]*$`.
///
/// # Errors
/// [`SubstitutionError::InvalidName`] for anything else.
pub fn check_variable_name(name: &str) -> Result<(), SubstitutionError> {
    let mut characters = name.chars();
    let first_fits = characters.next().is_some_and(|first| first == '_' || first.is_ascii_alphabetic());
    if first_fits && characters.all(|next| next == '_' || next.is_ascii_alphanumeric()) {
        return Ok(());
    }
    Err(SubstitutionError::InvalidName { name: name.to_owned() })
}

/// The value as substitution uses it: without its newlines.
///
/// Flux strips them from every value, so that a value cannot add lines to a manifest.
#[must_use]
pub fn without_newlines(value: &str) -> String {
    value.replace('\n', "")
}

#[cfg(test)]
mod tests;
