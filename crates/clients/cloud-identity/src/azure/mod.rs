//! Azure: applications with a secret, a certificate or a federated token, and what their tokens open.

mod client;
mod registry;

pub use client::{AzureClient, AzureProof};
pub(crate) use client::{credential, credential_of_client, expires};
pub(crate) use registry::{REGISTRY_SCOPE, check_registry, registry_login};

use crate::error::Error;
use reqwest::Url;

/// What tokens for Azure DevOps are for.
pub const DEVOPS_SCOPE: &str = "499b84ac-1321-427f-aa17-267ca6975798/.default";
/// What tokens for blobs are for.
pub const BLOB_SCOPE: &str = "https://storage.azure.com/.default";

/// Refuses Git servers that are not Azure's over TLS: they would learn the token of this process.
pub(crate) fn check_git(address: &str) -> Result<(), Error> {
    let url = Url::parse(address).map_err(|error| Error::Invalid(format!("the address is no URL: {error}")))?;
    let host = url.host_str().unwrap_or_default();
    let known = host == "dev.azure.com" || host.ends_with(".dev.azure.com") || host.ends_with(".visualstudio.com");
    if known && url.scheme() == "https" {
        return Ok(());
    }
    Err(Error::Invalid(format!("invalid Azure DevOps Git URL: '{host}' is not dev.azure.com over TLS")))
}

#[cfg(test)]
mod tests {
    use super::check_git;

    #[test]
    fn sec_c2_the_token_of_the_process_goes_to_azure_devops_only() {
        for address in [
            "https://dev.azure.com/org/project/_git/app",
            "https://org@dev.azure.com/org/project/_git/app",
            "https://org.visualstudio.com/project/_git/app",
        ] {
            assert!(check_git(address).is_ok(), "{address}");
        }
        for address in [
            "http://dev.azure.com/org",
            "https://dev.azure.com.evil.example/org",
            "https://evil.example/dev.azure.com",
            "https://evildev.azure.com/org",
            "ssh://git@ssh.dev.azure.com/v3/org",
        ] {
            assert!(check_git(address).is_err(), "{address}");
        }
    }
}
