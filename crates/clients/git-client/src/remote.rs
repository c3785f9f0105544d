//! What to talk to: the address of a repository and how to reach it.

use crate::{Auth, Secret, secret::Redactor};
use std::{fmt, time::Duration};

/// How a repository is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Smart HTTP in clear text.
    Http,
    /// Smart HTTP over TLS.
    Https,
    /// The Git protocol through an SSH channel.
    Ssh,
}

impl Scheme {
    /// The name as it stands in an address.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Ssh => "ssh",
        }
    }
}

/// The address of a repository: `http://`, `https://` or `ssh://`, without anything a protocol, header or command line could
/// misread. `Display` leaves out passwords, user names of HTTP addresses and the query.
#[derive(Clone, PartialEq, Eq)]
pub struct RemoteUrl {
    scheme: Scheme,
    user: Option<String>,
    password: Option<Secret>,
    host: String,
    port: Option<u16>,
    /// As written, percent-encoded, with the query; starts with a slash.
    path: String,
}

/// Why a text is not the address of a repository. The text itself is not repeated: it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Not an absolute URL with a host.
    #[error("cannot parse url: {0}")]
    Malformed(&'static str),
    /// Neither `http`, `https` nor `ssh`.
    #[error("unsupported transport '{0}'")]
    Scheme(String),
    /// A line break or another control character, plain or percent-encoded, or a backslash.
    #[error("url contains a control character or a backslash")]
    Control,
    /// A user or host that a program would read as an option.
    #[error("url has a user or host that starts with a hyphen")]
    Hyphen,
}

impl RemoteUrl {
    /// Reads an address. Stricter than the standard for URLs: no control characters in any encoding, no backslash, no user or
    /// host that starts with a hyphen.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        if percent_decode(text).iter().any(|byte| byte.is_ascii_control()) || text.contains('\\') {
            return Err(UrlError::Control);
        }
        let url = reqwest::Url::parse(text).map_err(|_| UrlError::Malformed("not an absolute url"))?;
        let scheme = match url.scheme() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            "ssh" => Scheme::Ssh,
            other => return Err(UrlError::Scheme(other.to_owned())),
        };
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(UrlError::Malformed("no host"))?;
        if !host.chars().all(|c| c.is_ascii_alphanumeric() || ".-_:[]".contains(c)) {
            return Err(UrlError::Malformed("invalid character in host name"));
        }
        let user = String::from_utf8(percent_decode(url.username())).map_err(|_| UrlError::Malformed("user is not UTF-8"))?;
        if user.starts_with('-') || host.starts_with('-') {
            return Err(UrlError::Hyphen);
        }
        let mut path = url.path().to_owned();
        if let Some(query) = url.query() {
            path.push('?');
            path.push_str(query);
        }
        if path.is_empty() {
            path.push('/');
        }
        Ok(Self {
            scheme,
            user: (!user.is_empty()).then_some(user),
            password: url.password().map(|password| Secret::new(percent_decode(password))),
            host: host.to_owned(),
            port: url.port(),
            path,
        })
    }

    /// How the repository is reached.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The user in the address, decoded.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The password in the address, decoded.
    pub fn password(&self) -> Option<&Secret> {
        self.password.as_ref()
    }

    /// The host without the brackets of an IPv6 address.
    pub fn host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    /// The port, which is the scheme's own where the address names none.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.scheme {
            Scheme::Http => 80,
            Scheme::Https => 443,
            Scheme::Ssh => 22,
        })
    }

    /// The path on an SSH server, decoded, with its leading slash.
    pub(crate) fn ssh_path(&self) -> String {
        String::from_utf8_lossy(&percent_decode(&self.path)).into_owned()
    }

    /// The address for HTTP requests: no user, no password.
    pub(crate) fn request_base(&self) -> String {
        format!("{}{}", self.authority(), self.path)
    }

    fn authority(&self) -> String {
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        format!("{}://{}{port}", self.scheme.as_str(), self.host)
    }
}

impl fmt::Display for RemoteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.split_once('?').map_or(self.path.as_str(), |(path, _)| path);
        match (self.scheme, &self.user) {
            (Scheme::Ssh, Some(user)) => {
                let authority = self.authority();
                write!(f, "ssh://{user}@{}{path}", authority.trim_start_matches("ssh://"))
            }
            _ => write!(f, "{}{path}", self.authority()),
        }
    }
}

impl fmt::Debug for RemoteUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RemoteUrl({self})")
    }
}

/// Decodes `%xx`; anything else stays as it is.
fn percent_decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let hex =
        |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16)).and_then(|digit| u8::try_from(digit).ok());
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match (byte, hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push(high * 16 + low);
                at += 3;
            }
            _ => {
                decoded.push(*byte);
                at += 1;
            }
        }
    }
    decoded
}

/// Whom to trust and who we are on a TLS connection. All empty means: the system's roots, no certificate of ours.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Tls {
    /// PEM certificates trusted in addition to the system's roots.
    pub ca: Option<Vec<u8>>,
    /// Our certificate chain, PEM.
    pub client_certificate: Option<Vec<u8>>,
    /// The key of our certificate, PEM.
    pub client_key: Option<Secret>,
}

/// A proxy between us and the repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Proxy {
    /// `http://`, `https://` or `socks5://` with host and port, without credentials.
    pub address: String,
    /// Sent to the proxy and never to the repository.
    pub credentials: Option<(String, Secret)>,
}

/// A repository and everything needed to reach it.
#[derive(Debug, Clone)]
pub struct Remote {
    /// Where it is.
    pub url: RemoteUrl,
    /// Who we are.
    pub auth: Auth,
    /// Whom to trust; HTTPS only.
    pub tls: Tls,
    /// The way there. Without one, HTTP obeys the proxy variables of the environment.
    pub proxy: Option<Proxy>,
    /// The longest an operation may take, from the first connection to the last byte unpacked.
    pub timeout: Duration,
}

/// The timeout of Flux's `spec.timeout` when unset.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

impl Remote {
    /// A repository reached without credentials, with the default timeout.
    pub fn anonymous(url: RemoteUrl) -> Self {
        Self { url, auth: Auth::None, tls: Tls::default(), proxy: None, timeout: DEFAULT_TIMEOUT }
    }

    /// What must not appear in a message about this remote.
    pub(crate) fn redactor(&self) -> Redactor {
        let mut redactor = Redactor::default();
        if let Some(password) = self.url.password() {
            redactor.add(password.expose());
        }
        if let Some((_, password)) = self.proxy.as_ref().and_then(|proxy| proxy.credentials.as_ref()) {
            redactor.add(password.expose());
        }
        self.auth.hide_in(&mut redactor);
        redactor
    }
}

#[cfg(test)]
mod tests;
