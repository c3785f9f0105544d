//! Signed addresses: a query that is a signature.

use http_client::Secret;
use reqwest::Url;

/// Why a signed address cannot be used. Nothing of it is in the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SasError {
    /// It is not UTF-8 text.
    #[error("unable to parse SAS token: it is not UTF-8 text")]
    NotText,
    /// The endpoint, whose query goes along, is no address.
    #[error("unable to parse endpoint URL: {0}")]
    Endpoint(String),
}

/// What the query of a signed address is made of: a token, which may begin with a question mark, and what the query of the endpoint has
/// besides.
///
/// # Errors
/// When one of them cannot be read.
pub fn sas_pairs(token: &[u8], endpoint: &str) -> Result<Vec<(String, Secret)>, SasError> {
    let text = std::str::from_utf8(token).map_err(|_| SasError::NotText)?.trim();
    let mut url = Url::parse(endpoint).map_err(|error| SasError::Endpoint(error.to_string()))?;
    let own: Vec<(String, Secret)> =
        url.query_pairs().map(|(name, value)| (name.into_owned(), Secret::new(value.into_owned()))).collect();
    url.set_query(Some(text.trim_start_matches('?')));
    let mut pairs: Vec<(String, Secret)> =
        url.query_pairs().map(|(name, value)| (name.into_owned(), Secret::new(value.into_owned()))).collect();
    let further = own.into_iter().filter(|(name, _)| !pairs.iter().any(|(known, _)| known == name)).collect::<Vec<_>>();
    pairs.extend(further);
    pairs.sort();
    Ok(pairs)
}
