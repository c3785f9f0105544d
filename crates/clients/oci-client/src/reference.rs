//! Names of repositories and of images in them, as Docker and go-containerregistry read them.

use std::fmt;

/// The registry that is meant where none is named.
const DEFAULT_REGISTRY: &str = "index.docker.io";
/// The names under which people write the default registry.
const DEFAULT_REGISTRY_ALIAS: &str = "docker.io";
/// The longest and shortest name of a repository, in bytes.
const NAME_LENGTH: std::ops::RangeInclusive<usize> = 2..=255;
/// The longest tag, in bytes.
const LONGEST_TAG: usize = 128;

/// A repository of a registry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Repository {
    registry: String,
    path: String,
}

/// What is meant in a repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reference {
    /// A name that moves.
    Tag(String),
    /// Content, as `algorithm:hex`.
    Digest(String),
}

/// Why a text is not the name of a repository.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// No text.
    #[error("a repository name must be specified")]
    Empty,
    /// The part before the first slash is not a host.
    #[error("registries must be valid RFC 3986 URI authorities: {0}")]
    Registry(String),
    /// Wrong length.
    #[error("repository must be between 2 and 255 characters in length: {0}")]
    Length(String),
    /// Wrong characters.
    #[error("repository can only contain the characters `abcdefghijklmnopqrstuvwxyz0123456789_-./`: {0}")]
    Characters(String),
    /// A tag where none may be.
    #[error("URL must not contain a tag; remove ':{0}'")]
    Tag(String),
    /// A tag that cannot be.
    #[error("tag can only contain the characters `abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.`: {0}")]
    TagCharacters(String),
}

impl Repository {
    /// Reads `[registry/]path`, without a scheme, a tag or a digest.
    ///
    /// # Errors
    /// When the text is not such a name.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        if text.is_empty() {
            return Err(ReferenceError::Empty);
        }
        if let Some((_, tag)) = text.rsplit_once(':')
            && !tag.contains('/')
        {
            return Err(ReferenceError::Tag(tag.to_owned()));
        }
        let (registry, path) = match text.split_once('/') {
            Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (first, rest),
            _ => (DEFAULT_REGISTRY, text),
        };
        let registry = if registry == DEFAULT_REGISTRY_ALIAS { DEFAULT_REGISTRY } else { registry };
        if registry.bytes().any(|byte| !(byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte))) {
            return Err(ReferenceError::Registry(registry.to_owned()));
        }
        if !NAME_LENGTH.contains(&path.len()) {
            return Err(ReferenceError::Length(path.to_owned()));
        }
        let wrong = |byte: u8| !(byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-./".contains(&byte));
        if path.bytes().any(wrong) || path.split('/').any(|part| part.is_empty() || part == "." || part == "..") {
            return Err(ReferenceError::Characters(path.to_owned()));
        }
        let short = registry == DEFAULT_REGISTRY && !path.contains('/');
        let path = if short { format!("library/{path}") } else { path.to_owned() };
        Ok(Self { registry: registry.to_owned(), path })
    }

    /// The host, with a port where it was named.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The path below the host.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether the registry may be spoken to without TLS though nobody said so: it is this machine, or a private address.
    pub(crate) fn is_local(&self) -> bool {
        let host = self.registry.rsplit_once(':').map_or(self.registry.as_str(), |(host, _)| host);
        let host = host.trim_matches(['[', ']']);
        host == "localhost"
            || host.ends_with(".local")
            || host.parse().is_ok_and(|address: std::net::IpAddr| match address {
                std::net::IpAddr::V4(address) => address.is_loopback() || address.is_private(),
                std::net::IpAddr::V6(address) => address.is_loopback(),
            })
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.path)
    }
}

impl Reference {
    /// A tag.
    ///
    /// # Errors
    /// When it has characters that a tag cannot have.
    pub fn tag(text: &str) -> Result<Self, ReferenceError> {
        let good = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
        if text.is_empty() || text.len() > LONGEST_TAG || !text.bytes().all(good) {
            return Err(ReferenceError::TagCharacters(text.to_owned()));
        }
        Ok(Self::Tag(text.to_owned()))
    }

    /// The text in an address.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Tag(text) | Self::Digest(text) => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// go-containerregistry's `name.NewRepository`.
    #[test]
    fn names_are_completed_as_docker_does() {
        for (text, expect) in [
            ("podinfo", "index.docker.io/library/podinfo"),
            ("stefanprodan/podinfo", "index.docker.io/stefanprodan/podinfo"),
            ("docker.io/stefanprodan/podinfo", "index.docker.io/stefanprodan/podinfo"),
            ("ghcr.io/stefanprodan/charts/podinfo", "ghcr.io/stefanprodan/charts/podinfo"),
            ("localhost:5000/a_b", "localhost:5000/a_b"),
            ("[::1]:5000/ab", "[::1]:5000/ab"),
        ] {
            assert_eq!(Repository::parse(text).unwrap().to_string(), expect);
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in
            ["", "ghcr.io/x/y:1.0", "ghcr.io/X/y", "ghcr.io/../y", "ghcr.io//y", "ghcr.io/a?b", "h@evil.com/abc", "ghcr.io/x"]
        {
            assert!(Repository::parse(text).is_err(), "{text}");
        }
        for tag in ["", "a/b", "a b", "ä", &"x".repeat(129)] {
            assert!(Reference::tag(tag).is_err(), "{tag}");
        }
    }

    #[test]
    fn only_this_machine_and_private_addresses_are_local() {
        for (text, local) in [
            ("localhost:5000/ab", true),
            ("127.0.0.1:5000/ab", true),
            ("10.1.2.3/ab", true),
            ("[::1]:5000/ab", true),
            ("registry.local/ab", true),
            ("ghcr.io/ab", false),
            ("localhost.evil.com/ab", false),
        ] {
            assert_eq!(Repository::parse(text).unwrap().is_local(), local, "{text}");
        }
    }
}
