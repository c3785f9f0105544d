//! Passwords for Amazon's registries.

use super::{domain_of, is_region};
use crate::ask::{AddressOf, Body, Question, Way, ask_json};
use crate::credential::Credential;
use crate::error::{AskError, Error};
use crate::identities::Asking;
use aws_signature::{Request, Scope, sign};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use reqwest::{Method, Url};
use serde::Deserialize;

/// The registry that is open to everybody; its service is in one region only.
const PUBLIC: &str = "public.ecr.aws";
const PUBLIC_REGION: &str = "us-east-1";
/// What follows the region in the names of registries, in all of Amazon's clouds.
const DOMAINS: [&str; 8] = [
    "amazonaws.com",
    "amazonaws.com.cn",
    "amazonaws.eu",
    "sc2s.sgov.gov",
    "c2s.ic.gov",
    "cloud.adc-e.uk",
    "csp.hci.ic.gov",
    "on.aws",
];

/// A registry of Amazon's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) region: String,
    domain: String,
    is_public: bool,
}

/// Which registry a host is. The whole name has to be one of Amazon's: what comes of it is sent there.
pub(crate) fn registry_of(host: &str) -> Result<Place, Error> {
    if host == PUBLIC {
        let domain = domain_of(PUBLIC_REGION).to_owned();
        return Ok(Place { region: PUBLIC_REGION.to_owned(), domain, is_public: true });
    }
    private(host).ok_or_else(|| Error::Invalid(format!("invalid AWS registry: '{host}'")))
}

/// `ACCOUNT.dkr.ecr.REGION.DOMAIN` or `ACCOUNT.dkr-ecr.REGION.DOMAIN`, either with `-fips` after `ecr`.
fn private(host: &str) -> Option<Place> {
    let (account, rest) = host.split_once('.')?;
    let rest = rest.strip_prefix("dkr")?;
    let rest = rest.strip_prefix(['.', '-'])?.strip_prefix("ecr")?;
    let rest = rest.strip_prefix("-fips").unwrap_or(rest).strip_prefix('.')?;
    let (region, domain) = rest.split_once('.')?;
    let is_account = !account.is_empty() && account.bytes().all(|byte| byte.is_ascii_digit());
    let known = is_account && is_region(region) && DOMAINS.contains(&domain);
    // Registries that answer over IPv6, too, have a domain of their own; the service that gives passwords does not.
    let domain = if domain == "on.aws" { domain_of(region) } else { domain };
    known.then(|| Place { region: region.to_owned(), domain: domain.to_owned(), is_public: false })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    authorization_data: Authorizations,
}

/// The private service gives a list, the public one an object.
#[derive(Deserialize)]
#[serde(untagged)]
enum Authorizations {
    Many(Vec<Authorization>),
    One(Authorization),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Authorization {
    authorization_token: String,
    /// Seconds since 1970, with a fraction.
    expires_at: f64,
}

pub(crate) async fn registry_login(asking: &Asking, place: &Place, keys: &Credential, way: &Way) -> Result<Credential, Error> {
    let (service, variable, target) = if place.is_public {
        ("ecr-public", "AWS_ENDPOINT_URL_ECR_PUBLIC", "SpencerFrontendService.GetAuthorizationToken")
    } else {
        ("ecr", "AWS_ENDPOINT_URL_ECR", "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken")
    };
    let address = asking.surroundings.variable(variable).or_else(|| asking.surroundings.variable("AWS_ENDPOINT_URL"));
    let address = address.unwrap_or_else(|| format!("https://api.{service}.{}.{}", place.region, place.domain));
    let address = Url::parse(&address).map_err(|error| Error::Invalid(format!("'{address}' is no address: {error}")))?;
    let host = address.host_str().unwrap_or_default();
    let host = address.port().map_or(host.to_owned(), |port| format!("{host}:{port}"));
    let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target)];
    let request = Request { method: "POST", host: &host, path: "/", query: &[], headers: &headers, body: b"{}" };
    let scope = Scope { region: &place.region, service, time: asking.surroundings.now() };
    let signed = sign(&request, &keys.signing(), &scope);
    let question = Question {
        method: Method::POST,
        address,
        from: AddressOf::Process,
        headers: signed.headers.iter().map(|(name, value)| (name.as_str(), value.clone())).collect(),
        body: Body::Text("{}".to_owned()),
        secrets: vec![keys.secret.expose()],
    };
    let answer: Answer = ask_json(&asking.pool, way, &question).await?;
    let given = match answer.authorization_data {
        Authorizations::Many(many) => many.into_iter().next(),
        Authorizations::One(one) => Some(one),
    };
    let unread = || Error::Ask { method: "POST", address: question.address.to_string(), cause: AskError::Answer };
    given.and_then(|given| login(&given)).ok_or_else(unread)
}

fn login(given: &Authorization) -> Option<Credential> {
    let text = String::from_utf8(BASE64_STANDARD.decode(&given.authorization_token).ok()?).ok()?;
    let (user, password) = text.split_once(':')?;
    let expires = Timestamp::from_millisecond((given.expires_at * 1e3) as i64).ok()?;
    Some(Credential::login(user, password, expires))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hosts of the tests of `fluxcd/pkg/auth/aws`, and what only looks like one.
    #[test]
    fn sec_c2_passwords_go_to_amazons_registries_only() {
        for (host, region) in [
            ("012345678901.dkr.ecr.us-east-1.amazonaws.com", Some("us-east-1")),
            ("012345678901.dkr.ecr-fips.us-gov-west-1.amazonaws.com", Some("us-gov-west-1")),
            ("012345678901.dkr.ecr.cn-north-1.amazonaws.com.cn", Some("cn-north-1")),
            ("012345678901.dkr-ecr.us-east-1.on.aws", Some("us-east-1")),
            ("012345678901.dkr.ecr.us-isob-east-1.sc2s.sgov.gov", Some("us-isob-east-1")),
            ("public.ecr.aws", Some("us-east-1")),
            ("012345678901.dkr.ecr.us-east-1.amazonaws.com.evil.example", None),
            ("evil.example/012345678901.dkr.ecr.us-east-1.amazonaws.com", None),
            ("012345678901.dkr.ecr.evil.example#.amazonaws.com", None),
            (".dkr.ecr.us-east-1.amazonaws.com", None),
            ("ghcr.io", None),
        ] {
            assert_eq!(registry_of(host).ok().map(|place| place.region).as_deref(), region, "{host}");
        }
    }
}
