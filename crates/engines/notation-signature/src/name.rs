//! Distinguished names, of policies as text and of certificates: RFC 4514 with notation's rules.

use certificate_chain::Certificate;
use std::collections::BTreeMap;

/// The parts that a name must have.
const MANDATORY: [&str; 3] = ["C", "ST", "O"];
/// The most bytes of a name.
const LONGEST: usize = 4096;

/// A name by its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name(BTreeMap<String, String>);

/// Why a text is no such name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Not of that form.
    #[error("it is no distinguished name of single parts without binary values")]
    Form,
    /// A kind of part is there twice.
    #[error("it has several parts of kind {0}")]
    Repeated(String),
    /// A kind of part is not there.
    #[error("it has no part of kind {0}; C, ST or S, and O are needed")]
    Missing(&'static str),
}

impl Name {
    /// Reads `C=US, ST=WA, O=example`.
    pub(crate) fn parse(text: &str) -> Result<Self, NameError> {
        if text.len() > LONGEST || text.contains("=#") {
            return Err(NameError::Form);
        }
        Self::of(split(text)?.iter().map(|part| part_of(part)).collect::<Result<Vec<_>, _>>()?)
    }

    /// The name of whom a certificate is about.
    pub(crate) fn of_subject(certificate: &Certificate) -> Result<Self, NameError> {
        let parts = certificate.subject_parts().ok_or(NameError::Form)?;
        // Numbers stand for kinds without a short name, whose values are binary in text.
        if parts.iter().any(|(kind, _)| kind.starts_with(|first: char| first.is_ascii_digit())) {
            return Err(NameError::Form);
        }
        Self::of(parts)
    }

    fn of(parts: Vec<(String, String)>) -> Result<Self, NameError> {
        let mut name = BTreeMap::new();
        for (kind, value) in parts {
            let kind = if kind == "S" { "ST".to_owned() } else { kind };
            if name.insert(kind.clone(), value).is_some_and(|before: String| !before.is_empty()) {
                return Err(NameError::Repeated(kind));
            }
        }
        let missing = |kind: &&str| name.get(*kind).is_none_or(String::is_empty);
        match MANDATORY.into_iter().find(missing) {
            Some(kind) => Err(NameError::Missing(kind)),
            None => Ok(Self(name)),
        }
    }

    /// Whether all parts of this name are in `other`.
    pub(crate) fn is_part_of(&self, other: &Self) -> bool {
        self.0.iter().all(|(kind, value)| other.0.get(kind) == Some(value))
    }
}

/// The parts between commas that are not escaped.
fn split(text: &str) -> Result<Vec<String>, NameError> {
    let (mut parts, mut part, mut characters) = (Vec::new(), String::new(), text.chars());
    while let Some(character) = characters.next() {
        match character {
            '\\' => {
                part.push(character);
                part.push(characters.next().ok_or(NameError::Form)?);
            }
            ',' | ';' => parts.push(std::mem::take(&mut part)),
            // Several parts as one.
            '+' => return Err(NameError::Form),
            _ => part.push(character),
        }
    }
    parts.push(part);
    Ok(parts)
}

/// The kind and the value of a part, without escapes.
fn part_of(part: &str) -> Result<(String, String), NameError> {
    let (kind, value) = part.split_once('=').ok_or(NameError::Form)?;
    let kind = kind.trim();
    if kind.is_empty() || !kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-')) {
        return Err(NameError::Form);
    }
    let (mut bytes, mut rest) = (Vec::new(), trimmed(value).as_bytes());
    while let [first, after @ ..] = rest {
        rest = match (first, after) {
            (b'\\', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                bytes.push(digit(*high).unwrap_or_default() << 4 | digit(*low).unwrap_or_default());
                after
            }
            (b'\\', [escaped, after @ ..]) if escaped.is_ascii_punctuation() || *escaped == b' ' => {
                bytes.push(*escaped);
                after
            }
            (b'\\' | b'"' | b'<' | b'>', _) => return Err(NameError::Form),
            _ => {
                bytes.push(*first);
                after
            }
        };
    }
    Ok((kind.to_owned(), String::from_utf8(bytes).map_err(|_| NameError::Form)?))
}

/// Without the spaces around that are not escaped.
fn trimmed(value: &str) -> &str {
    let value = value.trim_start_matches(' ');
    let short = value.trim_end_matches(' ');
    if short.ends_with('\\') && short.len() < value.len() { &value[..=short.len()] } else { short }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_part_by_part() {
        let name = |text| Name::parse(text);
        let full = name(r"CN=a\, b\20, C=US, S=WA, O= ex=ample ").expect("a name");
        assert_eq!(full.0["CN"], "a, b ");
        assert_eq!(full.0["O"], "ex=ample");
        assert!(name("C=US,ST=WA,O=ex=ample").expect("a name").is_part_of(&full));
        assert!(!full.is_part_of(&name("C=US,ST=WA,O=ex=ample").expect("a name")));
        for (text, error) in [
            ("C=US,ST=WA", NameError::Missing("O")),
            ("", NameError::Form),
            ("C=US,ST=WA,O=a,O=b", NameError::Repeated("O".to_owned())),
            ("C=US,ST=WA,O=a+OU=b", NameError::Form),
            ("C=US,ST=WA,O=#0401", NameError::Form),
            (r"C=US,ST=WA,O=a\", NameError::Form),
            ("C=US,ST=WA,=a", NameError::Form),
        ] {
            assert_eq!(name(text), Err(error), "{text}");
        }
    }
}
