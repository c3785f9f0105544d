//! Addresses of hosts, mailboxes and resources.

use super::ensure;
use crate::text::{go_quote, quote_char};
use crate::url::{self, Url};

/// Four decimals without leading zeros.
pub(super) fn ipv4(text: &str) -> Result<(), String> {
    let groups: Vec<&str> = text.split('.').collect();
    ensure(groups.len() == 4, "expected four decimals")?;
    for group in groups {
        ensure(group.len() <= 1 || !group.starts_with('0'), "leading zeros")?;
        let digits = group.strip_prefix(['+', '-']).unwrap_or(group);
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        ensure(is_number, format!("strconv.Atoi: parsing {}: invalid syntax", go_quote(group)))?;
        let value = group.parse::<i64>().map_err(|_| format!("strconv.Atoi: parsing {}: value out of range", go_quote(group)))?;
        ensure((0..=255).contains(&value), "decimal must be between 0 and 255")?;
    }
    Ok(())
}

/// An IPv6 address without a zone.
pub(super) fn ipv6(text: &str) -> Result<(), String> {
    ensure(text.contains(':'), "missing colon")?;
    url::check_ip_address(text)?;
    ensure(url::check_ipv6(text)?.is_empty(), "zone id is not a part of ipv6 address")
}

/// Labels of letters, digits and hyphens.
pub(super) fn host_name(text: &str) -> Result<(), String> {
    let text = text.strip_suffix('.').unwrap_or(text);
    ensure(text.len() <= 253, "more than 253 characters long")?;
    for label in text.split('.') {
        ensure((1..=63).contains(&label.len()), "label must be 1 to 63 characters long")?;
        ensure(!label.starts_with('-'), "label starts with hyphen")?;
        ensure(!label.ends_with('-'), "label ends with hyphen")?;
        if let Some(character) = label.chars().find(|character| !character.is_ascii_alphanumeric() && *character != '-') {
            return Err(format!("invalid character {}", quote_char(character)));
        }
    }
    Ok(())
}

/// A local part and a host name, or an IP address in brackets.
pub(super) fn email(text: &str) -> Result<(), String> {
    // The number in the message is the original's.
    ensure(text.len() <= 254, "more than 255 characters long")?;
    let (local, domain) = text.rsplit_once('@').ok_or("missing @")?;
    ensure(local.len() <= 64, "local part more than 64 characters long")?;
    check_local_part(local)?;
    match domain.strip_prefix('[').and_then(|domain| domain.strip_suffix(']')) {
        Some(address) => match address.strip_prefix("IPv6:") {
            Some(address) => ipv6(address).map_err(|error| format!("invalid ipv6 address: {error}")),
            None => ipv4(address).map_err(|error| format!("invalid ipv4 address: {error}")),
        },
        None => host_name(domain).map_err(|error| format!("invalid domain: {error}")),
    }
}

fn check_local_part(local: &str) -> Result<(), String> {
    if let Some(quoted) = local.strip_prefix('"').and_then(|local| local.strip_suffix('"')) {
        return ensure(!quoted.contains(['\\', '"']), "backslash and quote are not allowed within quoted local part");
    }
    ensure(!local.starts_with('.'), "starts with dot")?;
    ensure(!local.ends_with('.'), "ends with dot")?;
    ensure(!local.contains(".."), "consecutive dots")?;
    let is_allowed = |character: &char| character.is_ascii_alphanumeric() || ".!#$%&'*+-/=?^_`{|}~".contains(*character);
    match local.chars().find(|character| !is_allowed(character)) {
        Some(character) => Err(format!("invalid character {}", quote_char(character))),
        None => Ok(()),
    }
}

fn parse_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text)?;
    let name = url.host_name();
    if name.contains(':') {
        ensure(url.host().contains('[') && url.host().contains(']'), "ipv6 address not enclosed in brackets")?;
        ipv6(name).map_err(|error| format!("invalid ipv6 address: {error}"))?;
    }
    Ok(url)
}

/// An address with a scheme.
pub(super) fn uri(text: &str) -> Result<(), String> {
    ensure(parse_url(text)?.is_absolute(), "relative url")
}

/// An address or a relative reference.
pub(super) fn uri_reference(text: &str) -> Result<(), String> {
    ensure(!text.contains('\\'), "contains \\")?;
    parse_url(text).map(|_| ())
}

/// An address whose path may have parts in braces.
pub(super) fn uri_template(text: &str) -> Result<(), String> {
    let url = parse_url(text)?;
    for segment in url.raw_path().split('/') {
        let segment = url::unescape_path_segment(segment).map_err(|error| format!("percent decode failed: {error}"))?;
        let mut is_open = false;
        for brace in segment.chars().filter(|character| matches!(character, '{' | '}')) {
            ensure((brace == '{') != is_open, "nested curly braces")?;
            is_open = !is_open;
        }
        ensure(!is_open, "no matching closing brace")?;
    }
    Ok(())
}
