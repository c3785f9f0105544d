//! Addresses of a repository, its index and its charts.

use url::Url;

/// Why an address cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not an address.
    #[error("parse \"{address}\": {reason}")]
    Malformed {
        /// The address.
        address: String,
        /// Why, in few words.
        reason: String,
    },
    /// Neither HTTP nor HTTPS.
    #[error("could not find protocol handler for: {0}")]
    Scheme(String),
}

/// The address of a repository with exactly one slash at its end; of a registry with none.
///
/// # Errors
/// When it is not an address.
pub fn normalized(address: &str) -> Result<String, AddressError> {
    let mut url = parse(address)?;
    let path = url.path().trim_end_matches('/').to_owned();
    if url.scheme() == "oci" {
        url.set_path(&path);
        return Ok(url.to_string());
    }
    url.set_path(&format!("{path}/"));
    Ok(url.to_string())
}

/// The address of a repository's index. A query of the repository's address stays.
///
/// # Errors
/// When it is not an address over HTTP or HTTPS.
pub fn index_address(repository: &str) -> Result<Url, AddressError> {
    let mut url = parse(repository)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(AddressError::Scheme(url.scheme().to_owned()));
    }
    let path = format!("{}/index.yaml", url.path().trim_end_matches('/'));
    url.set_path(&path);
    Ok(url)
}

/// The address of a chart: as the index gives it, or below the repository, then with the query of the repository's address and no
/// other.
///
/// # Errors
/// When either is not an address.
pub fn chart_address(repository: &str, reference: &str) -> Result<Url, AddressError> {
    if let Ok(absolute) = Url::parse(reference)
        && absolute.has_host()
    {
        return Ok(absolute);
    }
    let mut base = parse(repository)?;
    let query = base.query().map(str::to_owned);
    let path = format!("{}/", base.path().trim_end_matches('/'));
    base.set_path(&path);
    base.set_query(None);
    let mut url = base.join(reference).map_err(|error| malformed(reference, &error))?;
    url.set_query(query.as_deref());
    Ok(url)
}

fn parse(address: &str) -> Result<Url, AddressError> {
    Url::parse(address).map_err(|error| malformed(address, &error))
}

fn malformed(address: &str, error: &url::ParseError) -> AddressError {
    AddressError::Malformed { address: address.to_owned(), reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Flux's `NormalizeURL` and Helm's `ResolveReferenceURL`.
    #[test]
    fn addresses_are_joined_as_helm_does() {
        assert_eq!(normalized("https://h/charts").unwrap(), "https://h/charts/");
        assert_eq!(normalized("https://h/charts///").unwrap(), "https://h/charts/");
        assert_eq!(normalized("oci://h/charts/").unwrap(), "oci://h/charts");
        assert_eq!(index_address("https://h/charts?k=v").unwrap().as_str(), "https://h/charts/index.yaml?k=v");
        for (repository, reference, expect) in [
            ("https://h/charts", "a-1.tgz", "https://h/charts/a-1.tgz"),
            ("https://h/charts/", "/a-1.tgz", "https://h/a-1.tgz"),
            ("https://h/charts?k=v", "a-1.tgz?x=y", "https://h/charts/a-1.tgz?k=v"),
            ("https://h/charts", "a-1.tgz?x=y", "https://h/charts/a-1.tgz"),
            ("https://h/charts", "https://cdn/a-1.tgz", "https://cdn/a-1.tgz"),
        ] {
            assert_eq!(chart_address(repository, reference).unwrap().as_str(), expect, "{repository} {reference}");
        }
        assert!(index_address("oci://h/charts").is_err());
    }
}
