//! Passwords for CodeCommit, which are signatures.

use super::is_region;
use crate::credential::Credential;
use crate::error::Error;
use aws_signature::{Scope, sign_git};
use http_client::Secret;
use jiff::Timestamp;
use reqwest::Url;

/// The region of a repository's address, which has to be one of CodeCommit's.
pub(crate) fn git_region(url: &Url) -> Result<String, Error> {
    if url.scheme() != "https" {
        return Err(Error::Invalid("AWS CodeCommit authentication requires an HTTPS Git URL".to_owned()));
    }
    let host = url.host_str().unwrap_or_default();
    let rest = host.strip_prefix("git-codecommit-fips.").or_else(|| host.strip_prefix("git-codecommit."));
    let region = rest.and_then(|rest| rest.strip_suffix(".amazonaws.com").or_else(|| rest.strip_suffix(".amazonaws.com.cn")));
    let region = region.filter(|region| is_region(region));
    region.map(str::to_owned).ok_or_else(|| Error::Invalid(format!("invalid AWS CodeCommit Git URL: {host}")))
}

/// User and password, good for a quarter of an hour.
pub(crate) fn git_login(url: &Url, region: &str, keys: &Credential, now: Timestamp) -> (String, Secret) {
    let signing = keys.signing();
    let host = url.host_str().unwrap_or_default();
    let password = sign_git(host, url.path(), &signing, &Scope { region, service: "codecommit", time: now });
    let username = match &signing.session_token {
        Some(token) => format!("{}%{token}", signing.access_key),
        None => signing.access_key,
    };
    (username, Secret::new(password))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The addresses of the tests of `fluxcd/pkg/auth/aws`.
    #[test]
    fn sec_c2_signatures_go_to_codecommit_only() {
        for (address, region) in [
            ("https://git-codecommit.us-east-1.amazonaws.com/v1/repos/app", Some("us-east-1")),
            ("https://git-codecommit-fips.us-east-1.amazonaws.com/v1/repos/app", Some("us-east-1")),
            ("https://git-codecommit.cn-north-1.amazonaws.com.cn/v1/repos/app", Some("cn-north-1")),
            ("http://git-codecommit.us-east-1.amazonaws.com/v1/repos/app", None),
            ("https://git-codecommit.us-east-1.evil.example/v1/repos/app", None),
            ("https://git-codecommit.evil.example.amazonaws.com/v1/repos/app", None),
            ("https://github.com/app", None),
        ] {
            let url = Url::parse(address).expect("the address is valid");
            assert_eq!(git_region(&url).ok().as_deref(), region, "{address}");
        }
    }
}
