//! Digests of artifacts.

use super::FetchError;
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use std::fmt;

/// An algorithm and the lower-case hexadecimal value that the artifact must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Checksum {
    algorithm: Algorithm,
    hex: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    Sha256,
    Sha384,
    Sha512,
    Blake3,
}

impl Algorithm {
    const ALL: [(Self, &'static str, usize); 4] =
        [(Self::Sha256, "sha256", 64), (Self::Sha384, "sha384", 96), (Self::Sha512, "sha512", 128), (Self::Blake3, "blake3", 64)];

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(algorithm, ..)| *algorithm == self).map_or("", |(_, name, _)| name)
    }
}

impl Checksum {
    /// Reads `<algorithm>:<hex>`; a bare value is SHA-256, as Flux reads it.
    pub(super) fn parse(text: &str) -> Result<Self, FetchError> {
        let (name, hex) = text.split_once(':').unwrap_or(("sha256", text));
        let known = Algorithm::ALL.iter().find(|(_, known, _)| *known == name);
        match known {
            Some((algorithm, _, length)) if hex.len() == *length && hex.bytes().all(is_lower_hex) => {
                Ok(Self { algorithm: *algorithm, hex: hex.to_owned() })
            }
            _ => Err(FetchError::Digest(text.to_owned())),
        }
    }

    /// Compares with what the bytes hash to.
    pub(super) fn verify(&self, bytes: &[u8]) -> Result<(), FetchError> {
        let computed = match self.algorithm {
            Algorithm::Sha256 => hexadecimal(&Sha256::digest(bytes)),
            Algorithm::Sha384 => hexadecimal(&Sha384::digest(bytes)),
            Algorithm::Sha512 => hexadecimal(&Sha512::digest(bytes)),
            Algorithm::Blake3 => blake3::hash(bytes).to_hex().to_string(),
        };
        if computed == self.hex { Ok(()) } else { Err(FetchError::DigestMismatch { expected: self.to_string() }) }
    }
}

fn is_lower_hex(byte: u8) -> bool {
    byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.algorithm.name(), self.hex)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Well-known values of "abc".
    #[test]
    fn known_digests_of_abc_are_accepted_and_others_are_not() {
        for digest in [
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            "sha384:cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
            "blake3:6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85",
        ] {
            let checksum = Checksum::parse(digest).expect(digest);
            assert!(checksum.verify(b"abc").is_ok(), "{digest}");
            assert!(matches!(checksum.verify(b"abd"), Err(FetchError::DigestMismatch { .. })), "{digest}");
        }
    }

    #[test]
    fn a_missing_or_odd_digest_is_refused() {
        let upper = format!("sha256:{}", "A".repeat(64));
        for digest in [
            "",
            "sha256:",
            "sha256:00",
            "md5:900150983cd24fb0d6963f7d28e17f72",
            ":",
            upper.as_str(),
            "sha1:a9993e364706816aba3e25717850c26c9cd0d89d",
        ] {
            assert!(matches!(Checksum::parse(digest), Err(FetchError::Digest(_))), "{digest}");
        }
    }
}
