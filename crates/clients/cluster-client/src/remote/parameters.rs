//! What a ConfigMap says about another cluster, as Flux has it: `provider`, `address`, `ca.crt`, `audiences`, `serviceAccountName`.

use std::collections::BTreeMap;

use http::Uri;

/// The provider that needs no cloud: the other cluster trusts the issuer of this one's tokens.
const GENERIC: &str = "generic";
/// Providers that ask a cloud.
const CLOUDS: [&str; 3] = ["aws", "azure", "gcp"];

/// What is wrong with a description of a cluster.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ParametersError {
    /// Nobody has such a provider.
    #[error("provider '{0}' not implemented")]
    Provider(String),
    /// The provider is a cloud.
    #[error(
        "provider '{0}' is not supported: use 'generic' with an address, or a kubeconfig in a Secret (spec.kubeConfig.secretRef)"
    )]
    Cloud(String),
    /// It is not said where the cluster is.
    #[error("cluster address is required to create a REST config")]
    NoAddress,
    /// The address is none, or not one of HTTPS.
    #[error(
        "failed to parse cluster address {0}: the Kubernetes API server address must be a host with an optional port, and use https"
    )]
    Address(String),
}

/// A cluster, and how to log in there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parameters {
    /// The API server: `https://HOST:PORT`.
    pub(super) server: String,
    /// The certificates, in PEM, that vouch for it; `None` for those of the system.
    pub(super) authority: Option<String>,
    /// For whom tokens are: the address as it was written, unless said otherwise.
    pub(super) audiences: Vec<String>,
    /// The ServiceAccount whose tokens are used.
    pub(super) account: Option<String>,
}

impl Parameters {
    /// Reads the entries of a ConfigMap.
    pub(super) fn read(data: &BTreeMap<String, String>) -> Result<Self, ParametersError> {
        let text = |key: &str| data.get(key).map(String::as_str).unwrap_or_default();
        let filled = |key: &str| Some(text(key).to_owned()).filter(|text| !text.is_empty());
        let provider = text("provider");
        if CLOUDS.contains(&provider) {
            return Err(ParametersError::Cloud(provider.to_owned()));
        }
        if provider != GENERIC {
            return Err(ParametersError::Provider(provider.to_owned()));
        }
        let address = text("address");
        let lines = text("audiences").lines().map(str::trim).filter(|line| !line.is_empty());
        let mut audiences: Vec<String> = lines.map(str::to_owned).collect();
        if audiences.is_empty() {
            audiences.push(address.to_owned());
        }
        Ok(Self { server: server(address)?, authority: filled("ca.crt"), audiences, account: filled("serviceAccountName") })
    }
}

/// An address in its canonical form; nothing but a host and a port counts.
fn server(address: &str) -> Result<String, ParametersError> {
    if address.is_empty() {
        return Err(ParametersError::NoAddress);
    }
    let refused = || ParametersError::Address(address.to_owned());
    let full = if address.contains("://") { address.to_owned() } else { format!("https://{address}") };
    let uri: Uri = full.parse().map_err(|_| refused())?;
    let host = uri.host().filter(|host| !host.is_empty() && uri.scheme_str() == Some("https")).ok_or_else(refused)?;
    Ok(format!("https://{}:{}", host.to_lowercase(), uri.port_u16().unwrap_or(443)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(entries: &[(&str, &str)]) -> Result<Parameters, ParametersError> {
        Parameters::read(&entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
    }

    /// The cases of `TestParseClusterAddress` and the documentation of Flux.
    #[test]
    fn addresses_are_hosts_that_speak_https() {
        let server = |address: &str| read(&[("provider", "generic"), ("address", address)]).map(|parameters| parameters.server);
        for (address, canonical) in [
            ("https://example.com:443", "https://example.com:443"),
            ("https://EXAMPLE.com", "https://example.com:443"),
            ("example.com:6443", "https://example.com:6443"),
            ("https://example.com/path", "https://example.com:443"),
            ("10.0.0.1", "https://10.0.0.1:443"),
            ("https://[::1]:6443", "https://[::1]:6443"),
        ] {
            assert_eq!(server(address).as_deref(), Ok(canonical), "{address}");
        }
        assert_eq!(server(""), Err(ParametersError::NoAddress));
        for address in ["http://example.com", "https://", "a b", "ftp://x"] {
            assert!(matches!(server(address), Err(ParametersError::Address(_))), "{address}");
        }
    }

    #[test]
    fn audiences_are_lines_and_by_default_the_address() {
        let generic = [("provider", "generic"), ("address", "Example.com")];
        let plain = read(&generic).unwrap();
        assert_eq!((plain.audiences, plain.account, plain.authority), (vec!["Example.com".to_owned()], None, None));
        let more = [("audiences", " a \n\nb\n"), ("serviceAccountName", "deployer"), ("ca.crt", "PEM"), ("cluster", "ignored")];
        let full = read(&[generic.as_slice(), &more].concat()).unwrap();
        assert_eq!(full.audiences, ["a", "b"]);
        assert_eq!((full.account.as_deref(), full.authority.as_deref()), (Some("deployer"), Some("PEM")));
    }

    #[test]
    fn clouds_are_refused_in_words() {
        assert_eq!(read(&[]).unwrap_err().to_string(), "provider '' not implemented");
        assert_eq!(read(&[("provider", "own")]).unwrap_err().to_string(), "provider 'own' not implemented");
        for cloud in CLOUDS {
            assert_eq!(read(&[("provider", cloud)]), Err(ParametersError::Cloud(cloud.to_owned())));
        }
    }
}
