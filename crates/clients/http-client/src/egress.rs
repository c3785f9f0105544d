//! Whom nobody may be made to ask: the services by which clouds tell a machine who it is.
//!
//! Addresses come from users who may not know them; a cluster's own addresses, however, are where registries and Git servers often
//! are. So only what can never be a source is refused: link-local addresses, by name or by number.

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use url::Host;

/// Amazon's service has an address of its own there, which is not link-local.
const AMAZON: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
/// Alibaba's, in the range of carriers.
const ALIBABA: Ipv4Addr = Ipv4Addr::new(100, 100, 100, 200);

/// An address that nobody may be made to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the address {0} is link-local or of a cloud's metadata service, which nobody may be made to ask")]
pub struct ForbiddenAddress(pub IpAddr);

/// Refuses addresses that are numbers and forbidden. Names are looked at when they are resolved.
///
/// # Errors
/// When the address is such a one.
pub fn check_address(url: &Url) -> Result<(), ForbiddenAddress> {
    // The standard for addresses reads every spelling of a number, such as 0xa9fea9fe, as the number it is.
    match url.host() {
        Some(Host::Ipv4(address)) => check(address.into()),
        Some(Host::Ipv6(address)) => check(address.into()),
        Some(Host::Domain(_)) | None => Ok(()),
    }
}

fn check(address: IpAddr) -> Result<(), ForbiddenAddress> {
    let forbidden = match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_link_local() || v4 == ALIBABA,
        IpAddr::V6(v6) => v6.is_unicast_link_local() || v6 == AMAZON || v6.to_ipv4().is_some_and(|v4| v4.is_link_local()),
    };
    if forbidden { Err(ForbiddenAddress(address)) } else { Ok(()) }
}

/// Resolves names as the system does, without what is forbidden. A connection goes to what was resolved here, so that a name cannot
/// change its mind in between.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resolver;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let resolved: Vec<_> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let refused = resolved.iter().find_map(|address| check(address.ip()).err());
            let allowed: Vec<_> = resolved.into_iter().filter(|address| check(address.ip()).is_ok()).collect();
            match refused {
                Some(refused) if allowed.is_empty() => Err(refused.into()),
                _ => Ok(Box::new(allowed.into_iter()) as Addrs),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_c1_metadata_services_are_not_asked_in_any_spelling() {
        for address in [
            "http://169.254.169.254/",
            "http://[::ffff:a9fe:a9fe]/",
            "http://0xa9fea9fe/",
            "http://2852039166/",
            "http://0251.0376.0251.0376/",
            "http://[fe80::1]/",
            "http://[fd00:ec2::254]/",
            "http://100.100.100.200/",
        ] {
            let url = Url::parse(address).expect("the address is valid");
            assert!(check_address(&url).is_err(), "{address}");
        }
        for address in ["http://10.0.0.1/", "http://127.0.0.1:5000/", "https://ghcr.io/", "http://[::1]/", "http://[fd00::1]/"] {
            let url = Url::parse(address).expect("the address is valid");
            assert_eq!(check_address(&url), Ok(()), "{address}");
        }
    }

    #[tokio::test]
    async fn names_are_resolved_as_by_the_system() {
        let name = "localhost".parse().expect("the name is valid");
        let addresses = Resolver.resolve(name).await.expect("localhost is known");
        assert!(addresses.into_iter().all(|address| address.ip().is_loopback()));
    }
}
