//! Addresses of objects, whose keys may hold anything.

use crate::error::Cause;
use http_client::check_address;
use reqwest::Url;

/// A text as percent and two digits, but for unreserved characters and those in `kept`.
pub(crate) fn encode(text: &str, kept: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || kept.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push(char::from(DIGITS[usize::from(byte >> 4)]));
            encoded.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
    encoded
}

/// Names and values, encoded, in their order.
pub(crate) fn query(pairs: &[(&str, &str)]) -> String {
    pairs.iter().map(|(name, value)| format!("{}={}", encode(name, b""), encode(value, b""))).collect::<Vec<_>>().join("&")
}

/// The address of `path`, which is encoded, at a store.
///
/// # Errors
/// When nobody may be asked there, or the address would mean something else than was written, as with parts that are `..`.
pub(crate) fn address(store: &str, path: &str, query: &str) -> Result<Url, Cause> {
    let mut url = Url::parse(&format!("{store}{path}")).map_err(|_| Cause::Endpoint)?;
    if !url.path().ends_with(path) {
        return Err(Cause::Content("keys with parts '.' or '..' cannot be asked for".to_owned()));
    }
    url.set_query(Some(query).filter(|query| !query.is_empty()));
    check_address(&url)?;
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_a9_a_key_leads_to_itself_or_nowhere() {
        let path =
            |key: &str| address("http://store", &format!("/bucket/{}", encode(key, b"/")), "").map(|url| url.path().to_owned());
        assert_eq!(path("a b/ü?#%").ok().as_deref(), Some("/bucket/a%20b/%C3%BC%3F%23%25"));
        for key in ["../other/x", "a/../../other", "a/./b", ".."] {
            assert!(path(key).is_err(), "{key}");
        }
    }
}
