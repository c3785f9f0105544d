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
/// line or another host.
#[derive(Clone, PartialEq, Eq)]
pub struct RepositoryUrl {
    text: String,
    scheme: Scheme,
    user: Option<String>,
    password: Option<String>,
    host: String,
    port: Option<u16>,
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
    /// There is a space or a backslash, a `%` without two digits or in the host, or a second `@`.
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
        let (user_info, host_port) = match authority.rsplit_once('@') {
            Some((user_info, host_port)) => (Some(user_info), host_port),
            None => (None, authority),
        };
        let (host, port) = split_port(host_port)?;
        if host.is_empty() {
            return Err(UrlError::NoHost);
        }
        // Programs disagree on which host a second `@` leaves; an encoded character in a host has no honest use.
        if user_info.is_some_and(|info| info.contains('@')) || host.contains('%') {
            return Err(UrlError::InvalidCharacter);
        }
        let (user, password) = match user_info.map(|info| info.split_once(':').unwrap_or((info, ""))) {
            Some((user, password)) => (Some(decode(user)), Some(decode(password)).filter(|password| !password.is_empty())),
            None => (None, None),
        };
        let url = Self { text: text.to_owned(), scheme, user, password, host: host.to_owned(), port, path: decode(path) };
        url.check_dashes()?;
        Ok(url)
    }

    fn check_dashes(&self) -> Result<(), UrlError> {
        let parts = [
            ("user", self.user.as_deref().unwrap_or("")),
            ("host", self.host.as_str()),
            ("path", self.path.trim_start_matches('/')),
        ];
        match parts.into_iter().find(|(_, text)| text.starts_with('-')) {
            Some((part, _)) => Err(UrlError::LeadingDash(part)),
            None => Ok(()),
        }
    }

    /// The address as it was read, with a password if it has one.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// How the repository is reached.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The user, decoded.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The password, decoded.
    pub fn password(&self) -> Option<&str> {
        self.password.as_deref()
    }

    /// The host; an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, where it is given.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// The path with its query, decoded; empty or beginning with a slash.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Host and port as known-hosts files and Flux's messages have them: the port only where it is given.
    pub fn host_and_port(&self) -> String {
        match self.port {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.clone(),
        }
    }
}

impl fmt::Display for RepositoryUrl {
    /// The address without a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let after = self.text.find("://").map_or(0, |index| index + 3);
        let authority_end = self.text[after..].find(['/', '?', '#']).map_or(self.text.len(), |index| after + index);
        match (&self.password, self.text[after..authority_end].rfind('@'), self.text[after..].find(':')) {
            (Some(_), Some(at), Some(colon)) => {
                write!(f, "{}:***{}", &self.text[..after + colon], &self.text[after + at..])
            }
            _ => f.write_str(&self.text),
        }
    }
}

impl fmt::Debug for RepositoryUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RepositoryUrl({self})")
    }
}

/// Refuses characters that do not belong into an address, plain or encoded.
fn check_characters(text: &str) -> Result<(), UrlError> {
    if text.contains(char::is_control) || decode(text).contains(char::is_control) {
        return Err(UrlError::ControlCharacter);
    }
    let encoded = |rest: &str| rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    let percent_is_bad = text.match_indices('%').any(|(index, _)| !encoded(&text[index + 1..]));
    // A backslash ends the authority for some programs and not for others.
    if text.contains([' ', '\\']) || percent_is_bad { Err(UrlError::InvalidCharacter) } else { Ok(()) }
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

/// Percent-decodes a text; bytes that are not UTF-8 become replacement characters.
fn decode(text: &str) -> String {
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
    String::from_utf8_lossy(&bytes).into_owned()
}
