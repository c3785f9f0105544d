//! Which names a release may have.

/// The longest name, in bytes: objects append to it.
const LONGEST: usize = 53;

/// Why a name is refused; worded as Helm.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseNameError {
    /// There is none.
    #[error("release name \"\": no name provided")]
    Missing,
    /// It is too long or holds characters that names cannot have.
    #[error(
        "release name {0:?}: invalid release name, must match regex ^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$ \
         and the length must not be longer than {LONGEST}"
    )]
    Invalid(String),
}

/// Checks the name of a release: words of small letters, digits and inner dashes, joined by dots.
///
/// # Errors
/// [`ReleaseNameError`] when it is none.
pub fn check_release_name(name: &str) -> Result<(), ReleaseNameError> {
    if name.is_empty() {
        return Err(ReleaseNameError::Missing);
    }
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_word = |word: &str| {
        let ends = [word.bytes().next(), word.bytes().next_back()];
        ends.into_iter().all(|end| end.is_some_and(is_letter)) && word.bytes().all(|byte| is_letter(byte) || byte == b'-')
    };
    if name.len() <= LONGEST && name.split('.').all(is_word) { Ok(()) } else { Err(ReleaseNameError::Invalid(name.to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_joined_by_dots() {
        for name in ["a", "a-b.c1", "0"] {
            assert_eq!(check_release_name(name), Ok(()), "{name}");
        }
        for name in ["A", "-a", "a-", "a..b", "a_b", ".a", &"a".repeat(54)] {
            assert_eq!(check_release_name(name), Err(ReleaseNameError::Invalid(name.to_owned())), "{name}");
        }
        assert_eq!(check_release_name(""), Err(ReleaseNameError::Missing));
    }
}
