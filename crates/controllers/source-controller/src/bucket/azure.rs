//! Who we are to Azure's store, as a Secret says it.

use super::decide::Wish;
use bucket_client::{Azure, AzureProof, Secret, SecretData, Url, account_of, sas_pairs};
use cloud_identity::{AzureClient, AzureProof as ClientProof};

/// The ends of the names of Azure's stores: whoever else asks for it does not get the token of this process.
const DOMAINS: [&str; 4] =
    [".blob.core.windows.net", ".blob.storage.azure.net", ".blob.core.chinacloudapi.cn", ".blob.core.usgovcloudapi.net"];

/// The store at an endpoint, and what is wished for to open it; in Flux's words why not, where Flux has some.
pub(super) fn store(endpoint: &str, secret: Option<(&str, &SecretData)>) -> Result<(Azure, Wish), String> {
    let store = |proof| Azure { endpoint: endpoint.to_owned(), proof };
    let Some((name, data)) = secret else {
        check_host(endpoint)?;
        return Ok((store(AzureProof::Anonymous), Wish::Azure));
    };
    let text = |key: &str| data.get(key).map(|value| String::from_utf8_lossy(value).trim().to_owned());
    let some = |key: &str| data.get(key).filter(|value| !value.is_empty()).cloned();
    if let (Some(tenant), Some(client)) = (text("tenantId"), text("clientId")) {
        let proof = some("clientSecret").map(|secret| ClientProof::Secret(Secret::new(secret)));
        let proof = proof.or_else(|| some("clientCertificate").map(|pem| certificate(pem, text("clientCertificateSendChain"))));
        if let Some(proof) = proof {
            let client = AzureClient { tenant, client, authority: text("authorityHost"), proof };
            return Ok((store(AzureProof::Anonymous), Wish::AzureClient(client)));
        }
    }
    if data.contains_key("clientId") {
        return Err(format!(
            "failed to create token credential from '{name}' Secret: a managed identity, by the metadata service of the machine, is not \
             supported; set 'tenantId' and 'clientSecret', too, 'accountKey' or 'sasKey'"
        ));
    }
    if let Some(key) = data.get("accountKey") {
        let account = account_of(endpoint)
            .map_err(|error| format!("failed to create shared credential from '{name}' Secret data: {error}"))?;
        return Ok((store(AzureProof::SharedKey { account, key: Secret::new(key.clone()) }), Wish::Nothing));
    }
    if let Some(token) = data.get("sasKey") {
        let pairs = sas_pairs(token, endpoint).map_err(|error| error.to_string())?;
        return Ok((store(AzureProof::Signed(pairs)), Wish::Nothing));
    }
    Err(if data.contains_key("authorityHost") {
        // What this process is must not be shown to whom a Secret names.
        format!("invalid '{name}' secret data: 'authorityHost' needs 'tenantId', 'clientId' and 'clientSecret'")
    } else {
        format!(
            "invalid '{name}' secret data: requires a 'clientId' or 'accountKey' field, a combination of 'tenantId', 'clientId' and \
             'clientSecret', or 'tenantId', 'clientId' and 'clientCertificate'"
        )
    })
}

fn certificate(pem: Vec<u8>, send_chain: Option<String>) -> ClientProof {
    let send_chain = send_chain.is_some_and(|value| value == "1" || value.eq_ignore_ascii_case("true"));
    ClientProof::Certificate { pem: Secret::new(pem), send_chain }
}

fn check_host(endpoint: &str) -> Result<(), String> {
    let url = Url::parse(endpoint).map_err(|error| format!("the endpoint is no address: {error}"))?;
    let host = url.host_str().unwrap_or_default();
    if url.scheme() == "https" && DOMAINS.iter().any(|domain| host.ends_with(domain)) {
        return Ok(());
    }
    Err(format!(
        "the identity of the controller is shown to Azure's own endpoints over TLS only, and '{host}' is none; set spec.secretRef"
    ))
}
