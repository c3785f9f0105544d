//! Hosts of addresses, and IP addresses as Go's `net/netip` reads them.

use super::escape;
use crate::text::go_quote;

/// User and host of an authority.
pub(super) fn parse_authority(scheme: &str, authority: &str) -> Result<(Option<String>, String), String> {
    let Some((user, host)) = authority.rsplit_once('@') else {
        return Ok((None, parse_host(scheme, authority)?));
    };
    let host = parse_host(scheme, host)?;
    let is_valid = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte);
    if !user.bytes().all(is_valid) {
        return Err("net/url: invalid userinfo".to_owned());
    }
    escape::check(user)?;
    Ok((Some(user.to_owned()), host))
}

fn parse_host(scheme: &str, host: &str) -> Result<String, String> {
    match host.rfind('[') {
        Some(0) => return parse_bracketed_host(host),
        Some(_) => return Err("invalid IP-literal".to_owned()),
        None => {}
    }
    if let (Some(first), Some(last)) = (host.find(':'), host.rfind(':')) {
        // More than one colon is a mistake for certain only where hosts cannot be lists.
        let port = &host[if matches!(scheme, "http" | "https") { first } else { last }..];
        check_port(port)?;
    }
    check_host_bytes(host)?;
    Ok(String::from_utf8_lossy(&escape::unescape(host)).into_owned())
}

fn parse_bracketed_host(host: &str) -> Result<String, String> {
    let end = host.rfind(']').ok_or("missing ']' in host")?;
    check_port(&host[end + 1..])?;
    let name = &host[1..end];
    check_host_bytes(name)?;
    let name = String::from_utf8_lossy(&escape::unescape(name)).into_owned();
    check_ip_address(&name).map_err(|message| format!("invalid host: {message}"))?;
    if !name.contains(':') {
        return Err("invalid IP-literal".to_owned());
    }
    Ok(format!("[{name}]{}", &host[end + 1..]))
}

fn check_port(port: &str) -> Result<(), String> {
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    match port.strip_prefix(':') {
        _ if port.is_empty() => Ok(()),
        Some(digits) if is_port(digits) => Ok(()),
        _ => Err(format!("invalid port {} after host", go_quote(port))),
    }
}

fn check_host_bytes(host: &str) -> Result<(), String> {
    for (position, character) in host.char_indices() {
        let bytes = &host.as_bytes()[position..];
        match character {
            '%' => {
                escape::check(&String::from_utf8_lossy(&bytes[..bytes.len().min(3)]))?;
                // Only bytes beyond ASCII, and the percent sign itself, may be escaped in a host.
                if bytes[1] < b'8' && !bytes.starts_with(b"%25") {
                    return Err(escape::invalid_escape(bytes));
                }
            }
            _ if character.is_ascii() && !escape::is_host(bytes[0]) => {
                return Err(format!("invalid character {} in host name", go_quote(&character.to_string())));
            }
            _ => {}
        }
    }
    Ok(())
}

/// # Errors
/// Go's message if `text` is neither an IPv4 nor an IPv6 address.
pub(crate) fn check_ip_address(text: &str) -> Result<(), String> {
    match text.bytes().find(|byte| b".:%".contains(byte)) {
        Some(b'.') => check_ipv4(text, text),
        Some(b':') => check_ipv6(text).map(|_| ()),
        Some(_) => Err(failure(text, "missing IPv6 address", "")),
        None => Err(failure(text, "unable to parse IP", "")),
    }
}

fn failure(address: &str, message: &str, at: &str) -> String {
    let address = go_quote(address);
    if at.is_empty() {
        format!("ParseAddr({address}): {message}")
    } else {
        format!("ParseAddr({address}): {message} (at {})", go_quote(at))
    }
}

/// Checks the dotted numbers `part` of `address`.
fn check_ipv4(address: &str, part: &str) -> Result<(), String> {
    let (mut fields, mut value, mut digits) = (1, 0_u32, 0);
    let mut before = b'.';
    for (position, byte) in part.bytes().enumerate() {
        match byte {
            b'0'..=b'9' => {
                if digits == 1 && value == 0 {
                    return Err(failure(address, "IPv4 field has octet with leading zero", ""));
                }
                value = value * 10 + u32::from(byte - b'0');
                digits += 1;
                if value > 255 {
                    return Err(failure(address, "IPv4 field has value >255", ""));
                }
            }
            b'.' if before == b'.' || position + 1 == part.len() => {
                return Err(failure(address, "IPv4 field must have at least one digit", &part[position..]));
            }
            b'.' if fields == 4 => return Err(failure(address, "IPv4 address too long", "")),
            b'.' => (fields, value, digits) = (fields + 1, 0, 0),
            _ => return Err(failure(address, "unexpected character", &part[position..])),
        }
        before = byte;
    }
    if fields < 4 { Err(failure(address, "IPv4 address too short", "")) } else { Ok(()) }
}

/// Checks an IPv6 address and returns its zone, which is empty if there is none.
///
/// # Errors
/// Go's message.
pub(crate) fn check_ipv6(address: &str) -> Result<&str, String> {
    let fail = |message: &str, at: &str| Err(failure(address, message, at));
    let (text, zone) = address.split_once('%').unwrap_or((address, ""));
    if zone.is_empty() && text.len() < address.len() {
        return fail("zone must be a non-empty string", "");
    }
    let mut rest = text;
    let mut has_ellipsis = false;
    if let Some(after) = rest.strip_prefix("::") {
        has_ellipsis = true;
        rest = after;
        if rest.is_empty() {
            return Ok(zone);
        }
    }
    // Bytes of the address that are written out.
    let mut written = 0;
    while written < 16 {
        let digits = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
        if digits > 4 {
            return fail("each group must have 4 or less digits", rest);
        }
        if digits == 0 {
            return fail("each colon-separated field must have at least one digit", rest);
        }
        if rest[digits..].starts_with('.') {
            if !has_ellipsis && written != 12 {
                return fail("embedded IPv4 address must replace the final 2 fields of the address", rest);
            }
            if written > 12 {
                return fail("too many hex fields to fit an embedded IPv4 at the end of the address", rest);
            }
            check_ipv4(address, rest)?;
            (written, rest) = (written + 4, "");
            break;
        }
        written += 2;
        rest = &rest[digits..];
        let Some(after) = rest.strip_prefix(':') else {
            if rest.is_empty() {
                break;
            }
            return fail("unexpected character, want colon", rest);
        };
        if after.is_empty() {
            return fail("colon must be followed by more characters", rest);
        }
        rest = after;
        if let Some(after) = rest.strip_prefix(':') {
            if has_ellipsis {
                return fail("multiple :: in address", rest);
            }
            has_ellipsis = true;
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
    }
    match (rest.is_empty(), written < 16, has_ellipsis) {
        (false, _, _) => fail("trailing garbage after address", rest),
        (_, true, false) => fail("address string too short", ""),
        (_, false, true) => fail("the :: must expand to at least one field of zeros", ""),
        _ => Ok(zone),
    }
}
