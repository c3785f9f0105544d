//! Which algorithms we offer to SSH servers.

use super::known_hosts::KnownHost;
use russh::{
    Preferred, kex,
    keys::{Algorithm, HashAlg},
};
use std::borrow::Cow;

/// Key exchange and host key algorithms. By default only those that are considered safe today; the host key algorithms are then
/// narrowed to those of the keys in `known_hosts`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SshAlgorithms {
    key_exchange: Vec<kex::Name>,
    host_key: Vec<Algorithm>,
}

/// The name of an algorithm that is not known here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown ssh algorithm '{0}'")]
pub struct UnknownAlgorithm(pub String);

impl SshAlgorithms {
    /// Reads the values of `--ssh-kex-algos` and `--ssh-hostkey-algos`, most preferred first. An empty list stands for the
    /// default.
    pub fn parse(key_exchange: &[String], host_key: &[String]) -> Result<Self, UnknownAlgorithm> {
        let exchange = |name: &String| kex::Name::try_from(name.as_str()).map_err(|()| UnknownAlgorithm(name.clone()));
        let host = |name: &String| match Algorithm::new(name) {
            Ok(Algorithm::Other(_)) | Err(_) => Err(UnknownAlgorithm(name.clone())),
            Ok(algorithm) => Ok(algorithm),
        };
        Ok(Self {
            key_exchange: key_exchange.iter().map(exchange).collect::<Result<_, _>>()?,
            host_key: host_key.iter().map(host).collect::<Result<_, _>>()?,
        })
    }

    pub(super) fn preferred(&self, known: &KnownHost) -> Preferred {
        let mut preferred = Preferred::default();
        if !self.key_exchange.is_empty() {
            // What is no algorithm but a protocol extension stays on offer, above all the defence against Terrapin.
            let extensions = preferred.kex.iter().filter(|name| is_extension(name));
            preferred.kex = Cow::Owned(self.key_exchange.iter().chain(extensions).copied().collect());
        }
        preferred.key = if self.host_key.is_empty() {
            let sha1 = Algorithm::Rsa { hash: None };
            Cow::Owned(preferred.key.iter().filter(|name| **name != sha1 && known.has_key_for(name)).cloned().collect())
        } else {
            Cow::Owned(self.host_key.clone())
        };
        preferred
    }
}

fn is_extension(name: &kex::Name) -> bool {
    name.as_ref().starts_with("ext-info") || name.as_ref().starts_with("kex-strict")
}

/// Whether a host key of type `key` can serve under the algorithm `name`.
pub(super) fn is_same_type(key: &Algorithm, name: &Algorithm) -> bool {
    match (key, name) {
        (Algorithm::Rsa { .. }, Algorithm::Rsa { hash: None | Some(HashAlg::Sha256 | HashAlg::Sha512) }) => true,
        (key, name) => key == name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_name_algorithms_and_unknown_ones_are_errors() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let parsed = SshAlgorithms::parse(
            &names(&["curve25519-sha256", "diffie-hellman-group14-sha256"]),
            &names(&["ssh-ed25519", "rsa-sha2-512", "ecdsa-sha2-nistp256", "ssh-rsa"]),
        );
        assert!(parsed.is_ok_and(|parsed| parsed.key_exchange.len() == 2 && parsed.host_key.len() == 4));
        assert_eq!(SshAlgorithms::parse(&names(&["rot13"]), &[]), Err(UnknownAlgorithm("rot13".to_owned())));
        assert_eq!(SshAlgorithms::parse(&[], &names(&["rot13"])), Err(UnknownAlgorithm("rot13".to_owned())));
        assert_eq!(SshAlgorithms::parse(&[], &[]), Ok(SshAlgorithms::default()));
    }
}
