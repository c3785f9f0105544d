//! Addresses as Go's `net/url` reads, joins and prints them.

use crate::text::go_quote;

mod address;
mod escape;

pub(crate) use address::{check_ip_address, check_ipv6};
pub(crate) use escape::{escape_path_segment, unescape_path_segment};

/// An address without its fragment. Parts are as they will be printed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Url {
    pub(crate) scheme: String,
    opaque: String,
    user: Option<String>,
    /// Name and port, escapes resolved.
    host: String,
    path: String,
    /// With its question mark.
    query: String,
    /// There is no `//` though there is a scheme.
    omits_host: bool,
    /// The path as it was written, if printing it escaped would be something else.
    raw_path: String,
}

impl Url {
    /// Reads an address or a relative reference.
    ///
    /// # Errors
    /// Go's message.
    pub(crate) fn parse(text: &str) -> Result<Url, String> {
        let (address, fragment) = text.split_once('#').unwrap_or((text, ""));
        let url = parse_address(address).map_err(|message| format!("parse {}: {message}", go_quote(address)))?;
        match escape::check(fragment) {
            Ok(()) => Ok(url),
            Err(message) => Err(format!("parse {}: {message}", go_quote(text))),
        }
    }

    pub(crate) fn is_absolute(&self) -> bool {
        !self.scheme.is_empty()
    }

    /// The host as written, with brackets and port.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// The host without brackets and port.
    pub(crate) fn host_name(&self) -> &str {
        let without_port = match self.host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => &self.host,
        };
        without_port.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(without_port)
    }

    /// The path as it was written where Go keeps that: where escaping the decoded path gives another text.
    pub(crate) fn raw_path(&self) -> &str {
        &self.raw_path
    }

    /// The path with its escapes resolved.
    pub(crate) fn file_path(&self) -> String {
        String::from_utf8_lossy(&escape::unescape(&self.path)).into_owned()
    }

    /// The address that `reference` means here.
    pub(crate) fn join(&self, reference: &Url) -> Url {
        let mut joined = reference.clone();
        if reference.scheme.is_empty() {
            joined.scheme.clone_from(&self.scheme);
        }
        if reference.is_absolute() || !reference.host.is_empty() || reference.user.is_some() {
            joined.path = resolve_path(&reference.path, "");
            return joined;
        }
        if reference.path.is_empty() && reference.query.is_empty() {
            joined.query.clone_from(&self.query);
        }
        // A base such as `urn:x` has no path to resolve against.
        if !self.opaque.is_empty() {
            joined.opaque.clone_from(&self.opaque);
            return joined;
        }
        joined.host.clone_from(&self.host);
        joined.user.clone_from(&self.user);
        joined.path = resolve_path(&self.path, &reference.path);
        joined
    }
}

impl std::fmt::Display for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.scheme.is_empty() {
            write!(f, "{}:", self.scheme)?;
        }
        if !self.opaque.is_empty() {
            return write!(f, "{}{}", self.opaque, self.query);
        }
        let has_authority = !self.host.is_empty() || self.user.is_some();
        if has_authority || (!self.scheme.is_empty() && !self.path.is_empty() && !self.omits_host) {
            f.write_str("//")?;
        }
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        f.write_str(&escape::escape_host(&self.host))?;
        if !self.host.is_empty() && !self.path.is_empty() && !self.path.starts_with('/') {
            f.write_str("/")?;
        }
        if self.scheme.is_empty() && !has_authority && self.path.split('/').next().is_some_and(|part| part.contains(':')) {
            f.write_str("./")?;
        }
        write!(f, "{}{}", self.path, self.query)
    }
}

fn parse_address(text: &str) -> Result<Url, String> {
    if text.bytes().any(|byte| byte < 0x20 || byte == 0x7f) {
        return Err("net/url: invalid control character in URL".to_owned());
    }
    let (scheme, rest) = split_scheme(text)?;
    let mut url = Url { scheme: scheme.to_ascii_lowercase(), ..Url::default() };
    let (rest, query) = match rest.find('?') {
        Some(position) => rest.split_at(position),
        None => (rest, ""),
    };
    query.clone_into(&mut url.query);
    if !rest.starts_with('/') {
        if url.is_absolute() {
            rest.clone_into(&mut url.opaque);
            return Ok(url);
        }
        if rest.split('/').next().is_some_and(|segment| segment.contains(':')) {
            return Err("first path segment in URL cannot contain colon".to_owned());
        }
    }
    let mut path = rest;
    if let Some(authority) = rest.strip_prefix("//").filter(|_| url.is_absolute() || !rest.starts_with("///")) {
        let (authority, after) = authority.split_at(authority.find('/').unwrap_or(authority.len()));
        (url.user, url.host) = address::parse_authority(&url.scheme, authority)?;
        path = after;
    } else if url.is_absolute() && rest.starts_with('/') {
        url.omits_host = true;
    }
    escape::check(path)?;
    url.path = escape::normalize_path(path);
    if escape::escaped_path(path) != path {
        path.clone_into(&mut url.raw_path);
    }
    Ok(url)
}

/// Scheme and what follows its colon; an empty scheme if there is none.
fn split_scheme(text: &str) -> Result<(&str, &str), String> {
    for (position, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if position > 0 => {}
            b':' if position == 0 => return Err("missing protocol scheme".to_owned()),
            b':' => return Ok((&text[..position], &text[position + 1..])),
            _ => return Ok(("", text)),
        }
    }
    Ok(("", text))
}

/// The path of `reference` below that of `base`, without `.` and `..`.
fn resolve_path(base: &str, reference: &str) -> String {
    let full = match reference.as_bytes().first() {
        None => base.to_owned(),
        Some(b'/') => reference.to_owned(),
        Some(_) => format!("{}{reference}", &base[..base.rfind('/').map_or(0, |position| position + 1)]),
    };
    if full.is_empty() {
        return full;
    }
    let mut segments: Vec<&str> = Vec::new();
    let relative = full.strip_prefix('/').unwrap_or(&full);
    for segment in relative.split('/') {
        match segment {
            "." => {}
            ".." => {
                segments.pop();
            }
            _ => segments.push(segment),
        }
    }
    let ends_in_directory = matches!(relative.rsplit('/').next(), Some("." | "..")) && !segments.is_empty();
    format!("/{}{}", segments.join("/"), if ends_in_directory { "/" } else { "" })
}
