//! URLs as Go's `net/url` takes them apart and puts them together.

use go_template::{Call, Value};

use super::runes;

/// A URL in parts, without escapes where Go removes them.
#[derive(Debug, Default)]
pub(crate) struct Url {
    pub(crate) scheme: Vec<u8>,
    pub(crate) opaque: Vec<u8>,
    pub(crate) user: Option<User>,
    /// With the port.
    pub(crate) host: Vec<u8>,
    pub(crate) path: Vec<u8>,
    pub(crate) query: Vec<u8>,
    pub(crate) fragment: Vec<u8>,
}

/// A name and perhaps a password.
#[derive(Debug)]
pub(crate) struct User {
    name: Vec<u8>,
    password: Option<Vec<u8>>,
}

/// Which characters may stand for themselves, and which escapes are good.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Path,
    Host,
    Zone,
    User,
    Fragment,
}

impl User {
    /// With escapes, as it is written in a URL.
    pub(crate) fn written(&self) -> Vec<u8> {
        let mut output = escape(&self.name, Part::User);
        if let Some(password) = &self.password {
            output.push(b':');
            output.extend_from_slice(&escape(password, Part::User));
        }
        output
    }
}

impl Url {
    /// Takes a URL apart; the error is Go's text.
    pub(crate) fn parse(text: &[u8], call: &mut Call<'_>) -> Result<Self, String> {
        let (before, fragment) = cut(text, b'#');
        let mut failed = |url: &[u8], problem: String| {
            let url = call.sprintf("%q", &[Value::String(url.into())]);
            url.map_or_else(|limit| limit.to_string(), |url| format!("parse {url}: {problem}"))
        };
        let mut url = Self::parse_before_fragment(before).map_err(|problem| failed(before, problem))?;
        if let Some(fragment) = fragment {
            url.fragment = unescape(fragment, Part::Fragment).map_err(|problem| failed(text, problem))?;
        }
        Ok(url)
    }

    fn parse_before_fragment(text: &[u8]) -> Result<Self, String> {
        let mut url = Self::default();
        if text.iter().any(u8::is_ascii_control) {
            return Err("net/url: invalid control character in URL".to_owned());
        }
        if text == b"*" {
            url.path = text.to_vec();
            return Ok(url);
        }
        let (scheme, rest) = scheme(text)?;
        url.scheme = scheme.to_ascii_lowercase();
        let (rest, query) = cut(rest, b'?');
        url.query = query.unwrap_or_default().to_vec();
        if !rest.starts_with(b"/") {
            if !url.scheme.is_empty() {
                url.opaque = rest.to_vec();
                return Ok(url);
            }
            if cut(rest, b'/').0.contains(&b':') {
                return Err("first path segment in URL cannot contain colon".to_owned());
            }
        }
        let mut path = rest;
        if let Some(after) = rest.strip_prefix(b"//")
            && (!url.scheme.is_empty() || !after.starts_with(b"/"))
        {
            let end = after.iter().position(|&byte| byte == b'/').unwrap_or(after.len());
            (url.user, url.host) = authority(&url.scheme, &after[..end])?;
            path = &after[end..];
        }
        url.path = unescape(path, Part::Path)?;
        Ok(url)
    }

    /// The host without its port and without brackets.
    pub(crate) fn hostname(&self) -> &[u8] {
        let mut host = self.host.as_slice();
        if let Some(colon) = host.iter().rposition(|&byte| byte == b':')
            && is_optional_port(&host[colon..])
        {
            host = &host[..colon];
        }
        host.strip_prefix(b"[").and_then(|inner| inner.strip_suffix(b"]")).unwrap_or(host)
    }

    /// Puts the parts together, with escapes where they are needed.
    pub(crate) fn written(&self) -> Vec<u8> {
        let mut output = Vec::new();
        if !self.scheme.is_empty() {
            output.extend_from_slice(&self.scheme);
            output.push(b':');
        }
        if self.opaque.is_empty() {
            self.write_hierarchy(&mut output);
        } else {
            output.extend_from_slice(&self.opaque);
        }
        if !self.query.is_empty() {
            output.push(b'?');
            output.extend_from_slice(&self.query);
        }
        if !self.fragment.is_empty() {
            output.push(b'#');
            output.extend_from_slice(&escape(&self.fragment, Part::Fragment));
        }
        output
    }

    fn write_hierarchy(&self, output: &mut Vec<u8>) {
        let has_authority = !self.host.is_empty() || self.user.is_some();
        if has_authority || (!self.scheme.is_empty() && !self.path.is_empty()) {
            output.extend_from_slice(b"//");
        }
        if let Some(user) = &self.user {
            output.extend_from_slice(&user.written());
            output.push(b'@');
        }
        output.extend_from_slice(&escape(&self.host, Part::Host));
        let path = if self.path == b"*" { self.path.clone() } else { escape(&self.path, Part::Path) };
        if !path.is_empty() && !path.starts_with(b"/") && !self.host.is_empty() {
            output.push(b'/');
        }
        if output.is_empty() && cut(&path, b'/').0.contains(&b':') {
            output.extend_from_slice(b"./");
        }
        output.extend_from_slice(&path);
    }
}

fn cut(text: &[u8], separator: u8) -> (&[u8], Option<&[u8]>) {
    match text.iter().position(|&byte| byte == separator) {
        Some(index) => (&text[..index], Some(&text[index + 1..])),
        None => (text, None),
    }
}

/// The scheme, empty when there is none, and what comes after it.
fn scheme(text: &[u8]) -> Result<(&[u8], &[u8]), String> {
    for (index, byte) in text.iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if index > 0 => {}
            b':' if index == 0 => return Err("missing protocol scheme".to_owned()),
            b':' => return Ok((&text[..index], &text[index + 1..])),
            _ => break,
        }
    }
    Ok((&[], text))
}

fn authority(scheme: &[u8], text: &[u8]) -> Result<(Option<User>, Vec<u8>), String> {
    let Some(at) = text.iter().rposition(|&byte| byte == b'@') else { return Ok((None, host(scheme, text)?)) };
    let host = host(scheme, &text[at + 1..])?;
    let user = &text[..at];
    let good = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(byte);
    if !user.iter().all(good) {
        return Err("net/url: invalid userinfo".to_owned());
    }
    let (name, password) = cut(user, b':');
    let name = unescape(name, Part::User)?;
    let password = password.map(|password| unescape(password, Part::User)).transpose()?;
    Ok((Some(User { name, password }), host))
}

fn host(scheme: &[u8], text: &[u8]) -> Result<Vec<u8>, String> {
    match text.iter().rposition(|&byte| byte == b'[') {
        Some(0) => return bracketed_host(text),
        Some(_) => return Err("invalid IP-literal".to_owned()),
        None => {}
    }
    if let Some(first) = text.iter().position(|&byte| byte == b':') {
        let last = text.iter().rposition(|&byte| byte == b':').unwrap_or(first);
        // Only here does it matter what the scheme is: some databases list hosts with ports.
        let colon = if scheme == b"http" || scheme == b"https" { first } else { last };
        if !is_optional_port(&text[colon..]) {
            return Err(bad_port(&text[colon..]));
        }
    }
    unescape(text, Part::Host)
}

/// An IPv6 address, perhaps with a zone.
fn bracketed_host(text: &[u8]) -> Result<Vec<u8>, String> {
    let end = text.iter().rposition(|&byte| byte == b']').ok_or("missing ']' in host")?;
    let port = &text[end + 1..];
    if !is_optional_port(port) {
        return Err(bad_port(port));
    }
    let inner = &text[1..end];
    let address = match runes::find(inner, b"%25", 0) {
        Some(zone) => [unescape(&inner[..zone], Part::Host)?, unescape(&inner[zone..], Part::Zone)?].concat(),
        None => unescape(inner, Part::Host)?,
    };
    check_address(&address)?;
    Ok([b"[", address.as_slice(), b"]", port].concat())
}

fn check_address(address: &[u8]) -> Result<(), String> {
    let refused = |problem: &str| Err(format!("invalid host: ParseAddr({}): {problem}", quoted(address)));
    let without_zone = match cut(address, b'%') {
        (_, Some(b"")) => return refused("zone must be a non-empty string"),
        (before, _) => before,
    };
    match address.iter().find(|byte| b".:%".contains(byte)) {
        Some(b':') => {
            let parsed = std::str::from_utf8(without_zone).ok().and_then(|text| text.parse::<std::net::Ipv6Addr>().ok());
            if parsed.is_some() { Ok(()) } else { refused("unable to parse IP") }
        }
        Some(b'.') => match std::str::from_utf8(address).ok().and_then(|text| text.parse::<std::net::Ipv4Addr>().ok()) {
            Some(_) => Err("invalid IP-literal".to_owned()),
            None => refused("unexpected character"),
        },
        Some(_) => refused("missing IPv6 address"),
        None => refused("unable to parse IP"),
    }
}

/// Whether this is nothing, or a colon and digits.
fn is_optional_port(text: &[u8]) -> bool {
    text.is_empty() || text.strip_prefix(b":").is_some_and(|digits| digits.iter().all(u8::is_ascii_digit))
}

fn bad_port(port: &[u8]) -> String {
    format!("invalid port {} after host", quoted(port))
}

fn quoted(text: &[u8]) -> String {
    format!("{:?}", String::from_utf8_lossy(text))
}

fn may_stand(byte: u8, part: Part) -> bool {
    if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
        return true;
    }
    match part {
        Part::Host | Part::Zone => b"!$&'()*+,;=:[]<>\"".contains(&byte),
        Part::Path => b"$&+,/:;=@".contains(&byte),
        Part::User => b"$&+,;=".contains(&byte),
        Part::Fragment => b"$&+,/:;=?@!()*".contains(&byte),
    }
}

fn escape(text: &[u8], part: Part) -> Vec<u8> {
    const HEXADECIMAL: &[u8; 16] = b"0123456789ABCDEF";
    let mut output = Vec::with_capacity(text.len());
    for &byte in text {
        if may_stand(byte, part) {
            output.push(byte);
        } else {
            let digit = |value: u8| HEXADECIMAL[usize::from(value & 15)];
            output.extend_from_slice(&[b'%', digit(byte >> 4), digit(byte)]);
        }
    }
    output
}

fn unescape(text: &[u8], part: Part) -> Result<Vec<u8>, String> {
    let mut output = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        if byte != b'%' {
            if matches!(part, Part::Host | Part::Zone) && byte.is_ascii() && !may_stand(byte, part) {
                return Err(format!("invalid character {} in host name", quoted(&[byte])));
            }
            output.push(byte);
            rest = after;
            continue;
        }
        let refused = || Err(format!("invalid URL escape {}", quoted(&rest[..rest.len().min(3)])));
        let hexadecimal = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let digits = after.first().copied().and_then(hexadecimal).zip(after.get(1).copied().and_then(hexadecimal));
        let Some((high, low)) = digits else { return refused() };
        let value = high << 4 | low;
        let is_percent = value == b'%';
        match part {
            // A host has escapes only for what is not ASCII, and for the percent sign before a zone.
            Part::Host if high < 8 && !is_percent => return refused(),
            Part::Zone if !is_percent && value != b' ' && !may_stand(value, Part::Host) => return refused(),
            _ => {}
        }
        output.push(value);
        rest = &after[2..];
    }
    Ok(output)
}
