//! Applications in Entra ID, and their tokens.

use crate::ask::{AddressOf, Body, Question, Way, ask_json};
use crate::assertion::SigningKey;
use crate::aws::read_text;
use crate::credential::Credential;
use crate::error::Error;
use crate::identities::Asking;
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use http_client::Secret;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, Url};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Where tokens come from where nothing else is named.
const AUTHORITY: &str = "https://login.microsoftonline.com/";
/// How long an assertion of ours holds.
const ASSERTION_LIFE: SignedDuration = SignedDuration::from_mins(10);
/// The kind of assertion.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// An application, and how it proves that it is it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AzureClient {
    /// The directory that it is in.
    pub tenant: String,
    /// Its id.
    pub client: String,
    /// Who gives tokens; that of the public cloud where absent.
    pub authority: Option<String>,
    /// The proof.
    pub proof: AzureProof,
}

/// How an application proves that it is it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum AzureProof {
    /// A password.
    Secret(Secret),
    /// A certificate.
    Certificate {
        /// It and its private key, PEM, not encrypted.
        pem: Secret,
        /// Whether its chain is sent along.
        send_chain: bool,
    },
}

/// What is sent to prove it.
enum Proof {
    Secret(Secret),
    Assertion(String),
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    /// Seconds.
    expires_in: i64,
}

/// A token for this process: by a secret, a certificate or a federated token that the environment names.
pub(crate) async fn credential(asking: &Asking, scope: &str, way: &Way) -> Result<Credential, Error> {
    let variable = |name: &str| asking.surroundings.variable(name);
    let authority = variable("AZURE_AUTHORITY_HOST");
    let application = variable("AZURE_TENANT_ID").zip(variable("AZURE_CLIENT_ID"));
    if let Some((tenant, client)) = application {
        let known = |proof| AzureClient { tenant: tenant.clone(), client: client.clone(), authority: authority.clone(), proof };
        let from = AddressOf::Process;
        if let Some(secret) = variable("AZURE_CLIENT_SECRET") {
            return token(asking, &known(AzureProof::Secret(Secret::new(secret))), (scope, from), way).await;
        }
        if let Some(path) = variable("AZURE_CLIENT_CERTIFICATE_PATH") {
            let pem = Secret::new(read_text(asking, &path)?);
            return token(asking, &known(AzureProof::Certificate { pem, send_chain: false }), (scope, from), way).await;
        }
        if let Some(path) = variable("AZURE_FEDERATED_TOKEN_FILE") {
            let assertion = Proof::Assertion(read_text(asking, &path)?);
            let place = Place { tenant: &tenant, client: &client, authority: authority.as_deref(), from };
            return exchange(asking, &place, assertion, scope, way).await;
        }
    }
    Err(Error::unsupported(
        "a managed identity, by the metadata service of the machine,",
        "use workload identity, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET for the controller",
    ))
}

/// A token for an application that somebody names.
pub(crate) async fn credential_of_client(
    asking: &Asking,
    client: &AzureClient,
    scope: &str,
    way: &Way,
) -> Result<Credential, Error> {
    token(asking, client, (scope, AddressOf::User), way).await
}

async fn token(asking: &Asking, client: &AzureClient, (scope, from): (&str, AddressOf), way: &Way) -> Result<Credential, Error> {
    let place = Place { tenant: &client.tenant, client: &client.client, authority: client.authority.as_deref(), from };
    let proof = match &client.proof {
        AzureProof::Secret(secret) => Proof::Secret(secret.clone()),
        AzureProof::Certificate { pem, send_chain } => {
            let address = place.address()?;
            Proof::Assertion(assertion(pem, *send_chain, (&client.client, address.as_str()), asking.surroundings.now())?)
        }
    };
    exchange(asking, &place, proof, scope, way).await
}

/// Who asks whom.
struct Place<'p> {
    tenant: &'p str,
    client: &'p str,
    authority: Option<&'p str>,
    from: AddressOf,
}

impl Place<'_> {
    fn address(&self) -> Result<Url, Error> {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
        if self.tenant.is_empty() || !self.tenant.bytes().all(known) || self.tenant.starts_with('.') {
            return Err(Error::Invalid("the tenant is neither an id nor a domain".to_owned()));
        }
        let authority = self.authority.unwrap_or(AUTHORITY).trim_end_matches('/');
        let address = format!("{authority}/{}/oauth2/v2.0/token", self.tenant);
        Url::parse(&address).map_err(|error| Error::Invalid(format!("the authority host is no address: {error}")))
    }
}

async fn exchange(asking: &Asking, place: &Place<'_>, proof: Proof, scope: &str, way: &Way) -> Result<Credential, Error> {
    let mut form = vec![("client_id", place.client), ("scope", scope), ("grant_type", "client_credentials")];
    let secret = match &proof {
        Proof::Secret(secret) => {
            let text = secret.expose_text().ok_or_else(|| Error::Invalid("the client secret is not UTF-8 text".to_owned()))?;
            form.push(("client_secret", text));
            text
        }
        Proof::Assertion(assertion) => {
            form.extend([("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion.as_str())]);
            assertion
        }
    };
    let question = Question {
        method: Method::POST,
        address: place.address()?,
        from: place.from,
        headers: Vec::new(),
        body: Body::Form(form),
        secrets: vec![secret.as_bytes()],
    };
    let asked_at = asking.surroundings.now();
    let answer: Answer = ask_json(&asking.pool, way, &question).await?;
    Ok(Credential::token(answer.access_token, expires(asked_at, answer.expires_in)))
}

/// When a token that lives for so many seconds ends; at once where that is no time.
pub(crate) fn expires(asked_at: Timestamp, seconds: i64) -> Timestamp {
    asked_at.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(asked_at)
}

/// What a certificate proves: signed with its key, and naming it by its digest.
fn assertion(pem: &Secret, send_chain: bool, (client, audience): (&str, &str), now: Timestamp) -> Result<String, Error> {
    let chain: Vec<CertificateDer<'_>> =
        CertificateDer::pem_slice_iter(pem.expose()).collect::<Result<_, _>>().unwrap_or_default();
    let unusable = "the client certificate is not PEM of a certificate and its key; PKCS#12 is not supported";
    let leaf = chain.first().ok_or_else(|| Error::Invalid(unusable.to_owned()))?;
    let key = SigningKey::from_pem(pem.expose())?;
    let mut header = Map::new();
    let thumbprint = digest(&SHA1_FOR_LEGACY_USE_ONLY, leaf);
    header.insert("x5t".to_owned(), BASE64_URL_SAFE_NO_PAD.encode(thumbprint).into());
    if send_chain {
        header.insert("x5c".to_owned(), chain.iter().map(|der| Value::from(BASE64_STANDARD.encode(der))).collect());
    }
    let end = now.checked_add(ASSERTION_LIFE).unwrap_or(now);
    let claims = json!({
        "aud": audience, "iss": client, "sub": client, "jti": crate::assertion::random_id()?,
        "nbf": now.as_second(), "exp": end.as_second(),
    });
    key.sign(header, &claims)
}
