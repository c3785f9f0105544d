//! `known_hosts`: which keys belong to a host. Plain and hashed names, `[host]:port`, wildcards, negation and `@revoked`;
//! certificate authorities are not supported and their lines ignored.

use super::algorithms::is_same_type;
use hmac::{Hmac, KeyInit, Mac};
use russh::keys::{
    Algorithm, HashAlg, PublicKey,
    ssh_key::known_hosts::{Entry, HostPatterns, Marker},
};

/// Why a host key is not trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostKeyError {
    /// `known_hosts` holds no line that can be read.
    #[error("known_hosts holds no host key")]
    Empty,
    /// `known_hosts` says nothing about the host.
    #[error("knownhosts: key is unknown: no entry for '{0}' in known_hosts")]
    UnknownHost(String),
    /// The host has another key than `known_hosts` says.
    #[error("knownhosts: key mismatch: the server presented {fingerprint}, which known_hosts does not list for '{host}'")]
    Mismatch {
        /// The host, with the port where it is not 22.
        host: String,
        /// The fingerprint of the key that was presented.
        fingerprint: String,
    },
    /// `known_hosts` marks the key as revoked.
    #[error("knownhosts: key is revoked: {fingerprint}")]
    Revoked {
        /// The fingerprint of the key that was presented.
        fingerprint: String,
    },
    /// The server presented a certificate.
    #[error("host certificates are not supported")]
    Certificate,
}

/// The keys of one host.
#[derive(Debug, Clone)]
pub(crate) struct KnownHost {
    name: String,
    keys: Vec<PublicKey>,
    revoked: Vec<PublicKey>,
}

const SSH_PORT: u16 = 22;

impl KnownHost {
    /// Collects what `text` says about a host.
    pub(crate) fn find(text: &str, host: &str, port: u16) -> Result<Self, HostKeyError> {
        let host = host.to_ascii_lowercase();
        let name = if port == SSH_PORT { host } else { format!("[{host}]:{port}") };
        let entries: Vec<Entry> = text.lines().filter_map(entry).collect();
        if entries.is_empty() {
            return Err(HostKeyError::Empty);
        }
        let mut known = Self { name, keys: Vec::new(), revoked: Vec::new() };
        for entry in entries.iter().filter(|entry| matches(entry.host_patterns(), &known.name)) {
            match entry.marker() {
                None => known.keys.push(entry.public_key().clone()),
                Some(Marker::Revoked) => known.revoked.push(entry.public_key().clone()),
                Some(_) => {}
            }
        }
        if known.keys.is_empty() { Err(HostKeyError::UnknownHost(known.name)) } else { Ok(known) }
    }

    /// Whether some key of the host can serve under this algorithm.
    pub(super) fn has_key_for(&self, algorithm: &Algorithm) -> bool {
        self.keys.iter().any(|key| is_same_type(&key.algorithm(), algorithm))
    }

    /// Whether `offered` is a key of the host.
    pub(super) fn check(&self, offered: &PublicKey) -> Result<(), HostKeyError> {
        let lists = |keys: &[PublicKey]| keys.iter().any(|key| key.key_data() == offered.key_data());
        let fingerprint = || offered.fingerprint(HashAlg::Sha256).to_string();
        if lists(&self.revoked) {
            return Err(HostKeyError::Revoked { fingerprint: fingerprint() });
        }
        if lists(&self.keys) {
            return Ok(());
        }
        Err(HostKeyError::Mismatch { host: self.name.clone(), fingerprint: fingerprint() })
    }
}

/// One line. Lines of unknown form or key type say nothing about the keys we can use.
fn entry(line: &str) -> Option<Entry> {
    let words: Vec<&str> = line.split_whitespace().collect();
    if words.first().is_none_or(|word| word.starts_with('#')) {
        return None;
    }
    // The comment at the end may hold anything.
    let count = if line.trim_start().starts_with('@') { 4 } else { 3 };
    words.get(..count)?.join(" ").parse().ok()
}

fn matches(patterns: &HostPatterns, name: &str) -> bool {
    match patterns {
        HostPatterns::HashedName { salt, hash } => {
            let Ok(mut mac) = Hmac::<sha1::Sha1>::new_from_slice(salt) else { return false };
            mac.update(name.as_bytes());
            mac.verify_slice(hash).is_ok()
        }
        HostPatterns::Patterns(patterns) => {
            let mut matched = false;
            for pattern in patterns {
                let (negated, pattern) = match pattern.strip_prefix('!') {
                    Some(pattern) => (true, pattern),
                    None => (false, pattern.as_str()),
                };
                if is_like(&normalized(pattern), name) {
                    if negated {
                        return false;
                    }
                    matched = true;
                }
            }
            matched
        }
    }
}

/// `[host]:22` and `host` are the same.
fn normalized(pattern: &str) -> String {
    let pattern = pattern.to_ascii_lowercase();
    match pattern.strip_prefix('[').and_then(|rest| rest.strip_suffix("]:22")) {
        Some(host) => host.to_owned(),
        None => pattern,
    }
}

/// Whether `name` is like `pattern`, in which `*` stands for any text and `?` for any character. Takes time in proportion to the
/// product of the lengths, whatever the pattern.
fn is_like(pattern: &str, name: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    // reached[i]: the pattern so far is like the first i characters of the name.
    let mut reached = vec![false; name.len() + 1];
    reached[0] = true;
    for symbol in pattern.chars() {
        if symbol == '*' {
            let first = reached.iter().position(|is_reached| *is_reached).unwrap_or(reached.len());
            reached[first..].fill(true);
            continue;
        }
        for at in (0..name.len()).rev() {
            reached[at + 1] = reached[at] && (symbol == '?' || symbol == name[at]);
        }
        reached[0] = false;
    }
    reached[name.len()]
}

#[cfg(test)]
mod tests;
