//! Signatures with the key of an account.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http_client::Secret;
use sha2::Sha256;

/// The standard headers that are signed. Requests that only read have none of them.
const STANDARD_HEADERS: usize = 11;

/// The signature of a GET request without body: `path` is encoded, `query` is not, `headers` are those that begin with `x-ms-`, in the
/// order of their names.
pub(super) fn sign((account, key): (&str, &Secret), path: &str, query: &[(&str, &str)], headers: &[(&str, &str)]) -> String {
    let text = text_to_sign(account, path, query, headers);
    // A key of any length will do.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.expose()) else { return String::new() };
    mac.update(text.as_bytes());
    BASE64_STANDARD.encode(mac.finalize().into_bytes())
}

fn text_to_sign(account: &str, path: &str, query: &[(&str, &str)], headers: &[(&str, &str)]) -> String {
    let mut text = format!("GET\n{}", "\n".repeat(STANDARD_HEADERS));
    headers.iter().for_each(|(name, value)| text.push_str(&format!("{name}:{value}\n")));
    text.push_str(&format!("/{account}{path}"));
    let mut sorted: Vec<(&str, &str)> = query.to_vec();
    sorted.sort_unstable();
    sorted.iter().for_each(|(name, value)| text.push_str(&format!("\n{name}:{value}")));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Microsoft's documentation of Shared Key for the metadata of a container.
    #[test]
    fn the_text_is_that_of_the_documentation() {
        let headers = [("x-ms-date", "Fri, 26 Jun 2015 23:39:12 GMT"), ("x-ms-version", "2015-02-21")];
        let query = [("restype", "container"), ("comp", "metadata"), ("timeout", "20")];
        let text = text_to_sign("myaccount", "/mycontainer", &query, &headers);
        let expect = "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:2015-02-21\n\
                      /myaccount/mycontainer\ncomp:metadata\nrestype:container\ntimeout:20";
        assert_eq!(text, expect);
    }

    /// What azblob 1.8.3, the library that Flux uses, sent to a server that wrote it down.
    #[test]
    fn signatures_are_those_of_azures_library() {
        let key = Secret::new("S3NTINEL-hunter2");
        let headers = [("x-ms-date", "Thu, 26 Nov 2026 07:57:26 GMT"), ("x-ms-version", "2026-12-06")];
        let list = [("comp", "list"), ("prefix", "dir/with space & ü+"), ("restype", "container")];
        let blob = "/content/dir%2Fwith%20space%20&%20%C3%BC+%3F%23%25.md";
        let nested = format!("/devstoreaccount1{blob}");
        for (account, path, query, expect) in [
            ("account", "/content", &list[..], "EjTnT7p2gGf3J+fFr/esr/KSHO5tn4YuwpyCZMUAVgY="),
            ("account", blob, &[], "KYTScs7/VYRf+Iomn7s7ift1tTAiNu/YNAbbOt/qwMs="),
            ("devstoreaccount1", "/devstoreaccount1/content", &list, "u0/VBJtMcKC9rsW/UqbVAZuP2yXzvbqSvB3OO9dxnJo="),
            ("devstoreaccount1", &nested, &[], "dihiTexTxdDuxBz+IWvgmyd5OQenyRDU4UlZaAoyCMo="),
        ] {
            assert_eq!(sign((account, &key), path, query, &headers), expect, "{path}");
        }
    }
}
