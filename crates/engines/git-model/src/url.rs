//! Addresses of repositories.

use std::fmt;

/// How a repository is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// HTTP without encryption.
    Http,
    /// HTTP over TLS.
    Https,
    /// SSH.
    Ssh,
}

impl Scheme {
    /// The text in front of `://`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Ssh => "ssh",
        }
    }
}

/// An address that was taken apart by the rules of RFC 3986 and holds nothing that another program could take for an option, a
/// line or another host. `Display` and `Debug` leave out passwords, user names of HTTP addresses and the query: each may be a
/// secret.
#[derive(Clone, PartialEq, Eq)]
pub struct RepositoryUrl {
    scheme: Scheme,
    user: Option<String>,
    password: Option<Vec<u8>>,
    /// With the brackets of an IPv6 address.
    host: String,
    port: Option<u16>,
    /// As written, with the query and without the fragment; empty or beginning with a slash or a question mark.
    path: String,
}

/// Why an address is refused. The messages do not repeat it, as it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// The scheme is not `http`, `https` or `ssh`.
    #[error("unsupported URL scheme '{0}'; use http, https or ssh")]
    Scheme(String),
    /// There is no host.
    #[error("URL has no host")]
    NoHost,
    /// There is a control character, plain or percent-encoded.
    #[error("URL contains a control character")]
    ControlCharacter,
    /// There is a backslash, a `%` without two digits, a second `@`, a user that is not UTF-8, or in the host anything but letters,
    /// digits, `-`, `_` and dots.
    #[error("URL contains an invalid character")]
    InvalidCharacter,
    /// User, host or path begin with a dash, as options do.
    #[error("{0} of the URL begins with '-'")]
    LeadingDash(&'static str),
    /// The port is not a number up to 65535.
    #[error("URL has an invalid port '{0}'")]
    Port(String),
}

impl RepositoryUrl {
    /// Reads and checks an address.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        check_characters(text)?;
        let (scheme, rest) = text.split_once("://").ok_or_else(|| UrlError::Scheme(String::new()))?;
        let scheme = match scheme {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            "ssh" => Scheme::Ssh,
            other => return Err(UrlError::Scheme(other.to_owned())),
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (user_info, host_port) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (host, port) = split_port(host_port)?;
        // Programs disagree on which host a second `@` leaves.
        if user_info.contains('@') {
            return Err(UrlError::InvalidCharacter);
        }
        let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
        let user = String::from_utf8(decode(user)).map_err(|_| UrlError::InvalidCharacter)?;
        let url = Self {
            scheme,
            user: Some(user).filter(|user| !user.is_empty()),
            password: Some(decode(password)).filter(|password| !password.is_empty()),
            host: host.to_owned(),
            port,
            path: path.split_once('#').map_or(path, |(path, _)| path).to_owned(),
        };
        url.check_dashes()?;
        check_host(&url.host)?;
        Ok(url)
    }

    fn check_dashes(&self) -> Result<(), UrlError> {
        let path = self.path();
        let parts =
            [("user", self.user.as_deref().unwrap_or("")), ("host", self.host.as_str()), ("path", path.trim_start_matches('/'))];
        match parts.into_iter().find(|(_, text)| text.starts_with('-')) {
            Some((part, _)) => Err(UrlError::LeadingDash(part)),
            None => Ok(()),
        }
    }

    /// How the repository is reached.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The user, decoded.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The password, decoded, which need not be text.
    pub fn password(&self) -> Option<&[u8]> {
        self.password.as_deref()
    }

    /// The host, without the brackets of an IPv6 address.
    pub fn host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    /// The port, which is the scheme's own where the address has none.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.scheme {
            Scheme::Http => 80,
            Scheme::Https => 443,
            Scheme::Ssh => 22,
        })
    }

    /// The path with its query, decoded; bytes that are not UTF-8 are replacement characters.
    pub fn path(&self) -> String {
        String::from_utf8_lossy(&decode(&self.path)).into_owned()
    }

    /// The address as it was written, with the query, but without user, password and fragment.
    pub fn without_user(&self) -> String {
        format!("{}://{}{}", self.scheme.as_str(), self.host_and_port(), self.path)
    }

    fn host_and_port(&self) -> String {
        self.port.map_or_else(|| self.host.clone(), |port| format!("{}:{port}", self.host))
    }
}

impl fmt::Display for RepositoryUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://", self.scheme.as_str())?;
        if let (Scheme::Ssh, Some(user)) = (self.scheme, &self.user) {
            write!(f, "{user}@")?;
        }
        let path = self.path.split_once('?').map_or(self.path.as_str(), |(path, _)| path);
        write!(f, "{}{path}", self.host_and_port())
    }
}

impl fmt::Debug for RepositoryUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RepositoryUrl({self})")
    }
}

/// Refuses characters that do not belong into an address, plain or encoded.
fn check_characters(text: &str) -> Result<(), UrlError> {
    if text.contains(char::is_control) || String::from_utf8_lossy(&decode(text)).contains(char::is_control) {
        return Err(UrlError::ControlCharacter);
    }
    let encoded = |rest: &str| rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    let percent_is_bad = text.match_indices('%').any(|(index, _)| !encoded(&text[index + 1..]));
    // A backslash ends the authority for some programs and not for others.
    if text.contains('\\') || percent_is_bad { Err(UrlError::InvalidCharacter) } else { Ok(()) }
}

/// A name, an IPv4 address, or an IPv6 address in brackets. An encoded character in a host has no honest use.
fn check_host(host: &str) -> Result<(), UrlError> {
    if host.is_empty() {
        return Err(UrlError::NoHost);
    }
    let valid = match host.strip_prefix('[').map(|rest| rest.strip_suffix(']')) {
        Some(address) => address.is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok()),
        None => host.chars().all(|c| c.is_alphanumeric() || ".-_".contains(c)),
    };
    if valid { Ok(()) } else { Err(UrlError::InvalidCharacter) }
}

fn split_port(host_port: &str) -> Result<(&str, Option<u16>), UrlError> {
    let name_end = host_port.rfind(']').map_or(0, |bracket| bracket + 1);
    let Some(colon) = host_port[name_end..].find(':').map(|index| name_end + index) else {
        return Ok((host_port, None));
    };
    let (host, port) = (&host_port[..colon], &host_port[colon + 1..]);
    if port.is_empty() {
        return Ok((host, None));
    }
    let valid = port.bytes().all(|byte| byte.is_ascii_digit());
    match port.parse() {
        Ok(port) if valid => Ok((host, Some(port))),
        _ => Err(UrlError::Port(port.to_owned())),
    }
}

/// Percent-decodes a text.
fn decode(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let value = digits.filter(|_| *first == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match value {
            Some(value) => {
                bytes.push(value);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    bytes
}
