//! Keys of this process, found where Amazon's own libraries look for them, in their order: variables, a role that is taken on with a
//! token in a file, the agent that gives pods an identity. The metadata service of machines is not asked.

use super::{AwsWish, domain_of, is_region};
use crate::ask::{AddressOf, Body, Question, Way, ask_json, ask_xml};
use crate::credential::Credential;
use crate::error::Error;
use crate::identities::Asking;
use http_client::Secret;
use jiff::Timestamp;
use reqwest::{Method, Url};
use serde::Deserialize;
use std::net::IpAddr;

/// Where the agents of ECS and of EKS listen.
const AGENTS: [&str; 3] = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"];
/// The name of our sessions where the environment gives none.
const SESSION: &str = "weir";

pub(crate) async fn credential(asking: &Asking, wish: &AwsWish, way: &Way) -> Result<Credential, Error> {
    let variable = |name: &str| asking.surroundings.variable(name);
    let region = wish.region.clone().filter(|region| !region.is_empty()).or_else(|| variable("AWS_REGION"));
    let region = region.or_else(|| variable("AWS_DEFAULT_REGION")).ok_or(Error::Variable("AWS_REGION"))?;
    if !is_region(&region) {
        return Err(Error::Invalid(format!("'{region}' is no region")));
    }
    if let Some(endpoint) = &wish.endpoint {
        check_endpoint(endpoint)?;
    }
    if let (Some(name), Some(secret)) = (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY")) {
        let session = variable("AWS_SESSION_TOKEN").map(Secret::new);
        return Ok(Credential { name, secret: Secret::new(secret), session, expires: None });
    }
    if let Some(file) = variable("AWS_WEB_IDENTITY_TOKEN_FILE") {
        return assume_role(asking, wish, (&region, &file), way).await;
    }
    let relative = variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI").map(|path| format!("http://{}{path}", AGENTS[0]));
    if let Some(address) = relative.or_else(|| variable("AWS_CONTAINER_CREDENTIALS_FULL_URI")) {
        return from_agent(asking, &address).await;
    }
    Err(Error::unsupported(
        "the identity of the machine, by its metadata service,",
        "give the controller a role for its ServiceAccount or EKS Pod Identity, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY for it",
    ))
}

/// Whoever may name the token service may not have our token sent to himself: the rule is Flux's.
fn check_endpoint(endpoint: &str) -> Result<(), Error> {
    let invalid = || Error::Invalid(format!("invalid STS endpoint: '{endpoint}': it is none of Amazon's over TLS"));
    let host = endpoint.strip_prefix("https://").ok_or_else(invalid)?;
    let labels = host.strip_suffix(".amazonaws.com").ok_or_else(invalid)?;
    let plain = labels.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.');
    let mut rest = labels.split('.').skip_while(|label| !matches!(*label, "sts" | "sts-fips"));
    let is_service = rest.next().is_some() && rest.count() <= 2;
    if plain && is_service { Ok(()) } else { Err(invalid()) }
}

#[derive(Deserialize)]
struct Assumed {
    #[serde(rename = "AssumeRoleWithWebIdentityResult")]
    result: Outcome,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Outcome {
    credentials: Given,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Given {
    access_key_id: String,
    secret_access_key: String,
    /// The token service calls it so, the agents `Token`.
    #[serde(alias = "Token")]
    session_token: String,
    expiration: Timestamp,
}

impl From<Given> for Credential {
    fn from(given: Given) -> Self {
        let session = Some(Secret::new(given.session_token));
        Self { session, ..Self::login(&given.access_key_id, given.secret_access_key, given.expiration) }
    }
}

async fn assume_role(asking: &Asking, wish: &AwsWish, (region, file): (&str, &str), way: &Way) -> Result<Credential, Error> {
    let variable = |name: &str| asking.surroundings.variable(name);
    let role = variable("AWS_ROLE_ARN").ok_or(Error::Variable("AWS_ROLE_ARN"))?;
    let session = variable("AWS_ROLE_SESSION_NAME").unwrap_or_else(|| SESSION.to_owned());
    let token = read_text(asking, file)?;
    let regional = || format!("https://sts.{region}.{}", domain_of(region));
    let endpoint = wish.endpoint.clone().or_else(|| variable("AWS_ENDPOINT_URL_STS")).or_else(|| variable("AWS_ENDPOINT_URL"));
    let form = vec![
        ("Action", "AssumeRoleWithWebIdentity"),
        ("Version", "2011-06-15"),
        ("RoleArn", role.as_str()),
        ("RoleSessionName", session.as_str()),
        ("WebIdentityToken", token.as_str()),
    ];
    let question = Question {
        method: Method::POST,
        address: address(&endpoint.unwrap_or_else(regional))?,
        from: AddressOf::Process,
        headers: Vec::new(),
        body: Body::Form(form),
        secrets: vec![token.as_bytes()],
    };
    let assumed: Assumed = ask_xml(&asking.pool, way, &question).await?;
    Ok(assumed.result.credentials.into())
}

/// The agent beside the process; no proxy leads there.
async fn from_agent(asking: &Asking, endpoint: &str) -> Result<Credential, Error> {
    let address = address(endpoint)?;
    let host = address.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
    let is_near = host.parse::<IpAddr>().is_ok_and(|host| host.is_loopback()) || AGENTS.contains(&host.as_str());
    if address.scheme() != "https" && !is_near {
        return Err(Error::Invalid("AWS_CONTAINER_CREDENTIALS_FULL_URI leads neither to an agent nor over TLS".to_owned()));
    }
    let token = match asking.surroundings.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
        Some(file) => Some(read_text(asking, &file)?),
        None => asking.surroundings.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN"),
    };
    let token = token.unwrap_or_default();
    let question = Question {
        method: Method::GET,
        address,
        from: AddressOf::Process,
        headers: if token.is_empty() { Vec::new() } else { vec![("authorization", token.clone())] },
        body: Body::Empty,
        secrets: vec![token.as_bytes()],
    };
    let given: Given = ask_json(&asking.pool, &Way::default(), &question).await?;
    Ok(given.into())
}

fn address(text: &str) -> Result<Url, Error> {
    Url::parse(text).map_err(|error| Error::Invalid(format!("'{text}' is no address: {error}")))
}

/// A token in a file.
pub(crate) fn read_text(asking: &Asking, path: &str) -> Result<String, Error> {
    let content = asking.surroundings.file(path);
    let content = content.map_err(|source| Error::File { path: path.to_owned(), source })?;
    let text = String::from_utf8(content).map_err(|_| Error::Invalid(format!("{path} is not UTF-8 text")))?;
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::check_endpoint;

    /// The rule of Flux's `ValidateSTSEndpoint`, and what looks like it.
    #[test]
    fn sec_c2_the_token_of_the_process_goes_to_amazon_only() {
        for endpoint in [
            "https://sts.amazonaws.com",
            "https://sts.eu-west-2.amazonaws.com",
            "https://sts-fips.us-west-2.amazonaws.com",
            "https://vpce-1.sts.eu-west-2.vpce.amazonaws.com",
        ] {
            assert!(check_endpoint(endpoint).is_ok(), "{endpoint}");
        }
        for endpoint in [
            "http://sts.amazonaws.com",
            "https://sts.amazonaws.com.evil.example",
            "https://evil.example/sts.amazonaws.com",
            "https://evil.example#.sts.amazonaws.com",
            "https://evil.example/.sts.amazonaws.com",
            "https://u@sts.amazonaws.com",
            "https://s3.amazonaws.com",
            "https://sts.a.b.c.amazonaws.com",
        ] {
            assert!(check_endpoint(endpoint).is_err(), "{endpoint}");
        }
    }
}
