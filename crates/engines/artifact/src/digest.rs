//! Checksums as `<algorithm>:<hex>`.

use sha2::Digest as _;
use std::{fmt, str::FromStr};

/// An algorithm that artifacts may be checked with. `--artifact-digest-algo` takes these names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// SHA-1; only for content that is named by it, such as Git commits.
    Sha1,
    /// SHA-256, the default.
    #[default]
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
    /// BLAKE3 with 256 bits.
    Blake3,
}

impl Algorithm {
    /// The name in a digest.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
            Self::Blake3 => "blake3",
        }
    }

    /// A hasher that has seen nothing yet.
    pub fn hasher(self) -> Hasher {
        Hasher {
            algorithm: self,
            state: match self {
                Self::Sha1 => State::Sha1(sha1::Sha1::default()),
                Self::Sha256 => State::Sha256(sha2::Sha256::default()),
                Self::Sha384 => State::Sha384(sha2::Sha384::default()),
                Self::Sha512 => State::Sha512(sha2::Sha512::default()),
                Self::Blake3 => State::Blake3(Box::default()),
            },
        }
    }

    /// The digest of `bytes`.
    pub fn digest(self, bytes: &[u8]) -> Digest {
        let mut hasher = self.hasher();
        hasher.update(bytes);
        hasher.finish()
    }

    fn hex_length(self) -> usize {
        match self {
            Self::Sha1 => 40,
            Self::Sha256 | Self::Blake3 => 64,
            Self::Sha384 => 96,
            Self::Sha512 => 128,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Algorithm {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        [Self::Sha1, Self::Sha256, Self::Sha384, Self::Sha512, Self::Blake3]
            .into_iter()
            .find(|algorithm| algorithm.as_str() == text)
            .ok_or_else(|| DigestError::Unsupported(text.to_owned()))
    }
}

/// A checksum that is grown piece by piece.
#[derive(Clone)]
pub struct Hasher {
    algorithm: Algorithm,
    state: State,
}

#[derive(Clone)]
enum State {
    Sha1(sha1::Sha1),
    Sha256(sha2::Sha256),
    Sha384(sha2::Sha384),
    Sha512(sha2::Sha512),
    Blake3(Box<blake3::Hasher>),
}

impl Hasher {
    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.state {
            State::Sha1(state) => state.update(bytes),
            State::Sha256(state) => state.update(bytes),
            State::Sha384(state) => state.update(bytes),
            State::Sha512(state) => state.update(bytes),
            State::Blake3(state) => drop(state.update(bytes)),
        }
    }

    /// The digest of all bytes that were added.
    pub fn finish(self) -> Digest {
        let hex = match self.state {
            State::Sha1(state) => hex(&state.finalize()),
            State::Sha256(state) => hex(&state.finalize()),
            State::Sha384(state) => hex(&state.finalize()),
            State::Sha512(state) => hex(&state.finalize()),
            State::Blake3(state) => hex(state.finalize().as_bytes()),
        };
        Digest { algorithm: self.algorithm, hex }
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// A checksum.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest {
    algorithm: Algorithm,
    hex: String,
}

/// Why a text is not a digest, or content does not have it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// The text is not `<algorithm>:<lower-case hex>`.
    #[error("invalid checksum digest format: '{0}'")]
    Format(String),
    /// The algorithm is not known.
    #[error("unsupported digest algorithm: {0}")]
    Unsupported(String),
    /// The checksum is not as long as the algorithm's are.
    #[error("invalid checksum digest length: '{0}'")]
    Length(String),
    /// The content has another digest.
    #[error("computed digest '{computed}' doesn't match '{expected}'")]
    Mismatch {
        /// The digest that was promised.
        expected: Digest,
        /// The digest of the content.
        computed: Digest,
    },
}

impl Digest {
    /// How it was computed.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The checksum in lower-case hexadecimal digits.
    pub fn hex(&self) -> &str {
        &self.hex
    }

    /// Checks that `bytes` have this digest.
    pub fn verify(&self, bytes: &[u8]) -> Result<(), DigestError> {
        self.verify_computed(self.algorithm.digest(bytes))
    }

    /// Checks a digest that was computed on the way; see [`Algorithm::hasher`].
    pub fn verify_computed(&self, computed: Digest) -> Result<(), DigestError> {
        if *self == computed { Ok(()) } else { Err(DigestError::Mismatch { expected: self.clone(), computed }) }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm, self.hex)
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let (algorithm, hex) = text.split_once(':').ok_or_else(|| DigestError::Format(text.to_owned()))?;
        let algorithm: Algorithm = algorithm.parse()?;
        if hex.len() != algorithm.hex_length() {
            return Err(DigestError::Length(text.to_owned()));
        }
        if !hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(DigestError::Format(text.to_owned()));
        }
        Ok(Self { algorithm, hex: hex.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checksums of `sha1sum`, `sha256sum`, `sha384sum`, `sha512sum` and `b3sum` of `hello\n`.
    #[test]
    fn digests_are_those_of_the_standard_tools() {
        let table = [
            "sha1:f572d396fae9206628714fb2ce00f72e94f2258f",
            "sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03",
            "sha384:1d0f284efe3edea4b9ca3bd514fa134b17eae361ccc7a1eefeff801b9bd6604e\
             01f21f6bf249ef030599f0c218f2ba8c",
            "sha512:e7c22b994c59d9cf2b48e549b1e24666636045930d3da7c1acb299d1c3b7f931\
             f94aae41edda2c2b207a36e10f8bcb8d45223e54878f5b316e7ce3b6bc019629",
            "blake3:8e4c7c1b99dbfd50e7a95185fead5ee1448fa904a2fdd778eaf5f2dbfd629a99",
        ];
        for text in table {
            let digest: Digest = text.parse().unwrap();
            assert_eq!(digest.algorithm().digest(b"hello\n").to_string(), text);
            assert_eq!(digest.verify(b"hello\n"), Ok(()));
            assert!(matches!(digest.verify(b"hello"), Err(DigestError::Mismatch { .. })));
        }
    }

    #[test]
    fn malformed_digests_are_refused() {
        let parse = |text: &str| text.parse::<Digest>();
        assert_eq!(parse("abc"), Err(DigestError::Format("abc".into())));
        assert_eq!(parse("md5:00"), Err(DigestError::Unsupported("md5".into())));
        assert_eq!(parse("sha256:00"), Err(DigestError::Length("sha256:00".into())));
        let upper = format!("sha1:{}", "A".repeat(40));
        assert_eq!(parse(&upper), Err(DigestError::Format(upper)));
    }
}
