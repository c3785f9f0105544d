//! PEM: blocks of base64 between lines that say what they hold.

use base64::{Engine, prelude::BASE64_STANDARD};

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// The blocks of a text whose label is `label`, decoded, in their order. What stands between blocks is ignored.
///
/// `None` where a block does not end or is not base64.
pub fn blocks(text: &[u8], label: &str) -> Option<Vec<Vec<u8>>> {
    let mut rest = std::str::from_utf8(text).ok()?;
    let mut found = Vec::new();
    while let Some((_, after)) = rest.split_once(BEGIN) {
        let (kind, after) = after.split_once(DASHES)?;
        let (body, after) = after.split_once(&format!("{END}{kind}{DASHES}"))?;
        if kind == label {
            let body: String = body.split_whitespace().collect();
            found.push(BASE64_STANDARD.decode(body).ok()?);
        }
        rest = after;
    }
    Some(found)
}
