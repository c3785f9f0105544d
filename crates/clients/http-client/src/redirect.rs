//! With whom we stay acquainted across a redirect.

use reqwest::Url;

/// The most redirects in a row that are followed.
pub const MOST_REDIRECTS: usize = 10;

/// Whether the one who redirected and the one redirected to are the same, so that credentials may go along: same scheme, host and
/// port. The one exception is a plain-HTTP server that moves us to TLS on the same host, both on their default ports: it has our
/// credentials already.
pub fn is_same_party(from: &Url, to: &Url) -> bool {
    if from.host_str() != to.host_str() {
        return false;
    }
    let ports = (from.port_or_known_default(), to.port_or_known_default());
    match (from.scheme(), to.scheme()) {
        (before, after) if before == after => ports.0 == ports.1,
        ("http", "https") => ports == (Some(80), Some(443)),
        _ => false,
    }
}
