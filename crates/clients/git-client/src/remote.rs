//! What to talk to, and how to reach it.

use crate::Auth;
use git_model::RepositoryUrl;
use http_client::{Proxy, Redactor, Tls};
use std::time::Duration;

/// A repository and everything needed to reach it.
#[derive(Debug, Clone)]
pub struct Remote {
    /// Where it is.
    pub url: RepositoryUrl,
    /// Who we are.
    pub auth: Auth,
    /// Whom to trust; HTTPS only.
    pub tls: Tls,
    /// The way there. Without one, HTTP obeys the proxy variables of the environment.
    pub proxy: Option<Proxy>,
    /// The longest an operation may take, from the first connection to the last byte unpacked.
    pub timeout: Duration,
}

/// The timeout of Flux's `spec.timeout` when unset.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

impl Remote {
    /// A repository reached without credentials, with the default timeout.
    pub fn anonymous(url: RepositoryUrl) -> Self {
        Self { url, auth: Auth::None, tls: Tls::default(), proxy: None, timeout: DEFAULT_TIMEOUT }
    }

    /// What must not appear in a message about this remote.
    pub(crate) fn redactor(&self) -> Redactor {
        let mut redactor = Redactor::default();
        if let Some(password) = self.url.password() {
            redactor.add(password);
        }
        if let Some((_, password)) = self.proxy.as_ref().and_then(|proxy| proxy.credentials.as_ref()) {
            redactor.add(password.expose());
        }
        self.auth.hide_in(&mut redactor);
        redactor
    }
}
