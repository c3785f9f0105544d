//! How to reach a server: whom to trust, who we are, and which way.

use crate::Secret;
use std::collections::BTreeMap;

/// The data of a Kubernetes Secret, decoded.
pub type SecretData = BTreeMap<String, Vec<u8>>;

/// Whom to trust and who we are on a TLS connection. All empty means: the system's roots, no certificate of ours.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Tls {
    /// PEM certificates trusted in addition to the system's roots.
    pub ca: Option<Vec<u8>>,
    /// Our certificate chain, PEM.
    pub client_certificate: Option<Vec<u8>>,
    /// The key of our certificate, PEM.
    pub client_key: Option<Secret>,
    /// Whether a server may show any certificate at all.
    pub accept_any_certificate: bool,
}

/// A proxy between us and the server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Proxy {
    /// `http://`, `https://` or `socks5://` with host and port, without credentials.
    pub address: String,
    /// Sent to the proxy and never to the server.
    pub credentials: Option<(String, Secret)>,
}

/// Why options of a connection cannot be used. Nothing of a certificate or key is in the text.
#[derive(Debug, thiserror::Error)]
pub enum OptionError {
    /// One half of a client certificate.
    #[error("'{present}' is set without '{missing}'")]
    HalfCertificate {
        /// The key of the Secret that is there.
        present: &'static str,
        /// The key of the Secret that is not.
        missing: &'static str,
    },
    /// The authorities are not PEM.
    #[error("the CA is not a bundle of PEM certificates")]
    Authorities,
    /// The authorities are PEM of something else.
    #[error("the CA holds no PEM certificate")]
    NoAuthority,
    /// Our certificate or its key is not PEM, or one does not fit the other.
    #[error("the client certificate and key are not usable PEM")]
    Identity,
    /// The proxy's address cannot be read.
    #[error("the proxy address is not a URL")]
    Proxy,
    /// The Secret of a proxy lacks its address.
    #[error("the proxy has no 'address'")]
    NoProxyAddress,
    /// A value that is text everywhere else.
    #[error("'{key}' is not UTF-8 text")]
    NotText {
        /// The key of the Secret.
        key: &'static str,
    },
    /// The user agent cannot be sent.
    #[error("the user agent is not a header value")]
    UserAgent,
    /// The library refused the options.
    #[error("the connection cannot be set up")]
    Build(#[source] reqwest::Error),
}

impl Tls {
    /// Reads `ca.crt` (or `caFile`), `tls.crt` (or `certFile`) and `tls.key` (or `keyFile`) out of a Secret's data.
    ///
    /// # Errors
    /// When a certificate has no key, or a key no certificate.
    pub fn from_secret(data: &SecretData) -> Result<Self, OptionError> {
        let value = |key: &str| data.get(key).filter(|value| !value.is_empty()).cloned();
        let tls = Self {
            ca: value("ca.crt").or_else(|| value("caFile")),
            client_certificate: value("tls.crt").or_else(|| value("certFile")),
            client_key: value("tls.key").or_else(|| value("keyFile")).map(Secret::new),
            accept_any_certificate: false,
        };
        match (&tls.client_certificate, &tls.client_key) {
            (Some(_), None) => Err(OptionError::HalfCertificate { present: "tls.crt", missing: "tls.key" }),
            (None, Some(_)) => Err(OptionError::HalfCertificate { present: "tls.key", missing: "tls.crt" }),
            _ => Ok(tls),
        }
    }
}

/// The longest address of a proxy, in bytes.
const LONGEST_ADDRESS: usize = 2048;

impl Proxy {
    /// Reads `address`, `username` and `password` out of a Secret's data. Credentials in the address are refused: it may be shown.
    ///
    /// # Errors
    /// When the address is missing or is none.
    pub fn from_secret(data: &SecretData) -> Result<Self, OptionError> {
        let text = |key: &'static str| {
            let value = data.get(key).map(|value| std::str::from_utf8(value)).transpose();
            value.map(|value| value.map(str::trim).filter(|value| !value.is_empty())).map_err(|_| OptionError::NotText { key })
        };
        let address = text("address")?.ok_or(OptionError::NoProxyAddress)?;
        let known = ["http://", "https://", "socks5://"].iter().any(|scheme| address.starts_with(scheme));
        if !known || address.len() > LONGEST_ADDRESS || address.contains('@') || address.chars().any(char::is_control) {
            return Err(OptionError::Proxy);
        }
        let credentials = text("username")?.map(|username| {
            let password = data.get("password").cloned().unwrap_or_default();
            (username.to_owned(), Secret::new(password))
        });
        Ok(Self { address: address.to_owned(), credentials })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(pairs: &[(&str, &str)]) -> SecretData {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec())).collect()
    }

    #[test]
    fn certificates_come_from_either_spelling_of_the_keys() {
        let tls = Tls::from_secret(&data(&[("ca.crt", "a"), ("caFile", "b")])).expect("valid");
        assert_eq!(tls.ca.as_deref(), Some(&b"a"[..]));
        let tls = Tls::from_secret(&data(&[("caFile", "b"), ("tls.crt", "c"), ("tls.key", "k")])).expect("valid");
        assert_eq!((tls.ca.as_deref(), tls.client_certificate.as_deref()), (Some(&b"b"[..]), Some(&b"c"[..])));
    }

    #[test]
    fn half_a_certificate_is_refused() {
        for key in ["tls.crt", "tls.key", "certFile"] {
            assert!(Tls::from_secret(&data(&[(key, "c")])).is_err(), "{key}");
        }
    }

    #[test]
    fn a_proxy_is_an_address_without_credentials_and_credentials() {
        let proxy =
            Proxy::from_secret(&data(&[("address", "http://p:1\n"), ("username", "u"), ("password", "p")])).expect("valid");
        assert_eq!((&*proxy.address, proxy.credentials), ("http://p:1", Some(("u".to_owned(), Secret::new("p")))));
        for address in ["", "p:1", "ftp://p", "http://u:p@p:1", "http://p\u{1}"] {
            assert!(Proxy::from_secret(&data(&[("address", address)])).is_err(), "{address}");
        }
        assert!(matches!(Proxy::from_secret(&data(&[])), Err(OptionError::NoProxyAddress)));
    }
}
