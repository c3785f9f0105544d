//! A kubeconfig that a tenant wrote, made safe: nothing in it may run a program, name a file of ours, or switch certificates off.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use kube::Config;
use kube::config::{AuthInfo, KubeConfigOptions, Kubeconfig};
use serde_json::json;
use thiserror::Error;

/// What the operator allows kubeconfigs to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KubeconfigPolicy {
    /// Credential plugins that run programs (`--insecure-kubeconfig-exec`).
    pub programs: Allowed,
    /// Servers whose certificate is not checked (`--insecure-kubeconfig-tls`).
    pub unverified_tls: Allowed,
}

/// Whether something dangerous is allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Allowed {
    /// It is left out.
    #[default]
    No,
    /// It is kept.
    Yes,
}

/// Why a kubeconfig cannot be used. Messages never repeat its text, which holds credentials.
#[derive(Debug, Error)]
pub enum KubeconfigError {
    /// It is not UTF-8, or not a kubeconfig.
    #[error("the kubeconfig cannot be read")]
    Parse,
    /// It names no usable cluster, user or context, or credentials that are none.
    #[error("the kubeconfig cannot be used: check its current context, certificates and keys")]
    Unusable,
}

/// The kubeconfig without whatever `policy` does not allow. Files, impersonation and authentication providers never are.
///
/// What remains is, as in Flux: the server, its certificate authority, proxy and name; a client certificate, token or password.
///
/// # Errors
/// [`KubeconfigError::Parse`].
pub(crate) fn sanitize_kubeconfig(text: &[u8], policy: KubeconfigPolicy) -> Result<Kubeconfig, KubeconfigError> {
    let text = std::str::from_utf8(text).map_err(|_| KubeconfigError::Parse)?;
    let mut kubeconfig = Kubeconfig::from_yaml(text).map_err(|_| KubeconfigError::Parse)?;
    for cluster in kubeconfig.clusters.iter_mut().filter_map(|named| named.cluster.as_mut()) {
        cluster.certificate_authority = None;
        cluster.extensions = None;
        if policy.unverified_tls == Allowed::No {
            cluster.insecure_skip_tls_verify = None;
        }
    }
    for user in kubeconfig.auth_infos.iter_mut().filter_map(|named| named.auth_info.as_mut()) {
        let seen = std::mem::take(user);
        *user = AuthInfo {
            username: seen.username,
            password: seen.password,
            token: seen.token,
            client_certificate_data: seen.client_certificate_data,
            client_key_data: seen.client_key_data,
            exec: seen.exec.filter(|_| policy.programs == Allowed::Yes),
            ..AuthInfo::default()
        };
    }
    Ok(kubeconfig)
}

/// The configuration of the current context of a kubeconfig, sanitized.
///
/// # Errors
/// [`KubeconfigError`].
pub(crate) async fn remote_config(text: &[u8], policy: KubeconfigPolicy) -> Result<Config, KubeconfigError> {
    let kubeconfig = sanitize_kubeconfig(text, policy)?;
    Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.map_err(|_| KubeconfigError::Unusable)
}

/// The configuration of a server without credentials, whose certificate `authority` vouches for (PEM), else the system's certificates.
///
/// # Errors
/// [`KubeconfigError::Unusable`].
pub(crate) async fn server_config(server: &str, authority: Option<&str>) -> Result<Config, KubeconfigError> {
    let cluster = json!({"server": server, "certificate-authority-data": authority.map(|text| BASE64.encode(text))});
    let kubeconfig = json!({
        "current-context": "remote",
        "contexts": [{"name": "remote", "context": {"cluster": "remote", "user": "remote"}}],
        "clusters": [{"name": "remote", "cluster": cluster}],
        "users": [{"name": "remote", "user": {}}],
    });
    let kubeconfig = serde_json::from_value(kubeconfig).map_err(|_| KubeconfigError::Unusable)?;
    Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.map_err(|_| KubeconfigError::Unusable)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = r#"
apiVersion: v1
kind: Config
current-context: x
contexts: [{name: x, context: {cluster: c, user: u}}]
clusters:
- name: c
  cluster: {server: "https://cluster.example:6443", certificate-authority: /etc/ssl/private/ca.crt, insecure-skip-tls-verify: true}
users:
- name: u
  user:
    token: secret-token
    tokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token
    client-certificate: /etc/passwd
    client-key: /etc/shadow
    as: system:admin
    as-groups: [system:masters]
    auth-provider: {name: gcp, config: {cmd-path: /bin/sh}}
    exec: {apiVersion: client.authentication.k8s.io/v1, command: /bin/sh, args: ["-c", "touch /tmp/pwned"], interactiveMode: Never}
"#;

    #[test]
    fn sec_c14_programs_files_and_impersonation_are_dropped() {
        let safe = sanitize_kubeconfig(HOSTILE.as_bytes(), KubeconfigPolicy::default()).unwrap();
        let cluster = safe.clusters[0].cluster.as_ref().unwrap();
        assert_eq!((cluster.certificate_authority.as_ref(), cluster.insecure_skip_tls_verify), (None, None));
        let user = safe.auth_infos[0].auth_info.as_ref().unwrap();
        assert!(user.exec.is_none() && user.auth_provider.is_none() && user.token_file.is_none());
        assert!(user.client_certificate.is_none() && user.client_key.is_none());
        assert!(user.impersonate.is_none() && user.impersonate_groups.is_none());
        assert!(user.token.is_some());
    }

    #[test]
    fn what_the_operator_allows_is_kept() {
        let policy = KubeconfigPolicy { programs: Allowed::Yes, unverified_tls: Allowed::Yes };
        let kept = sanitize_kubeconfig(HOSTILE.as_bytes(), policy).unwrap();
        assert!(kept.auth_infos[0].auth_info.as_ref().unwrap().exec.is_some());
        assert_eq!(kept.clusters[0].cluster.as_ref().unwrap().insecure_skip_tls_verify, Some(true));
    }

    #[tokio::test]
    async fn sec_c10_errors_do_not_repeat_credentials() {
        for text in ["users: [{name: u, user: {token: S3NTINEL", "current-context: S3NTINEL\nusers: []"] {
            let error = remote_config(text.as_bytes(), KubeconfigPolicy::default()).await.unwrap_err();
            assert!(!format!("{error} {error:?}").contains("S3NTINEL"));
        }
    }

    #[tokio::test]
    async fn a_plain_kubeconfig_reaches_its_server() {
        let config = remote_config(HOSTILE.as_bytes(), KubeconfigPolicy::default()).await.unwrap();
        assert_eq!(config.cluster_url.host(), Some("cluster.example"));
        assert!(!config.accept_invalid_certs);
    }
}
