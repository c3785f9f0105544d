//! Which names a reference can have.

/// A name that no reference can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("ref {0:?} is invalid")]
pub struct InvalidRefName(pub String);

/// Checks a name by the rules of `git check-ref-format`, and that no part of it could be taken for an option.
pub fn check_ref_name(name: &str) -> Result<(), InvalidRefName> {
    let forbidden = |c: char| c.is_ascii_control() || matches!(c, ' ' | '~' | '^' | ':' | '?' | '*' | '[' | '\\');
    let part_is_valid =
        |part: &str| !part.is_empty() && !part.starts_with(['.', '-']) && !part.ends_with(".lock") && !part.ends_with('.');
    let valid = name != "@"
        && !name.contains("..")
        && !name.contains("@{")
        && !name.contains(forbidden)
        && name.split('/').all(part_is_valid);
    if valid { Ok(()) } else { Err(InvalidRefName(name.to_owned())) }
}
