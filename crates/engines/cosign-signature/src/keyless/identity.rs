//! Whom a certificate names, and who is expected.

use crate::SignatureError;
use certificate_chain::{Certificate, ObjectIdentifier};
use go_regexp::{CompileError, Regexp};

/// A name of Fulcio's own kind.
const OWN_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1.7");
/// Who says that the name is right, as text in DER, and before that as bare bytes.
const ISSUER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1.8");
const BARE_ISSUER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.57264.1.1");
/// The head of a text in DER: its tag.
const UTF8_STRING: u8 = 0x0c;

/// Who is expected.
#[derive(Debug)]
pub struct Identity {
    issuer: Regexp,
    subject: Regexp,
}

/// Why an identity cannot be expected.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The expression for the issuer.
    #[error("malformed issuer in identity: {0}")]
    Issuer(String, #[source] CompileError),
    /// The expression for the subject.
    #[error("malformed subject in identity: {0}")]
    Subject(String, #[source] CompileError),
}

impl Identity {
    /// An identity by two regular expressions of Go: the whole issuer has to match the first, some part of the subject the second.
    ///
    /// # Errors
    /// When one is none.
    pub fn new(issuer: &str, subject: &str) -> Result<Self, IdentityError> {
        let compile = |text: &str| Regexp::compile(text.as_bytes());
        let failed = |error| IdentityError::Issuer(issuer.to_owned(), error);
        // By itself first, so that no expression gets out of the group below.
        compile(issuer).map_err(failed)?;
        let issuer = compile(&format!(r"\A(?:{issuer})\z")).map_err(failed)?;
        let subject = compile(subject).map_err(|error| IdentityError::Subject(subject.to_owned(), error))?;
        Ok(Self { issuer, subject })
    }
}

/// Checks that a certificate names one of `identities`, where there are any.
pub(super) fn verify(certificate: &Certificate, identities: &[Identity]) -> Result<(), SignatureError> {
    let subjects = certificate.other_names(OWN_NAME)?;
    let issuer = issuer(certificate)?;
    let is_expected = |identity: &Identity| {
        identity.issuer.is_match(issuer.as_bytes())
            && subjects.iter().any(|subject| identity.subject.is_match(subject.as_bytes()))
    };
    if identities.is_empty() || identities.iter().any(is_expected) {
        return Ok(());
    }
    Err(SignatureError::OtherIdentity { subjects, issuer })
}

fn issuer(certificate: &Certificate) -> Result<String, SignatureError> {
    let malformed = || SignatureError::Malformed("the certificate's issuer of identities is not text");
    let bytes = match (certificate.extension(ISSUER), certificate.extension(BARE_ISSUER)) {
        (Some((_, [UTF8_STRING, length, text @ ..])), _) if usize::from(*length) == text.len() && *length < 0x80 => text,
        (Some((_, [UTF8_STRING, 0x81, length, text @ ..])), _) if usize::from(*length) == text.len() => text,
        (Some(_), _) => return Err(malformed()),
        (None, Some((_, bytes))) => bytes,
        (None, None) => &[],
    };
    String::from_utf8(bytes.to_vec()).map_err(|_| malformed())
}
