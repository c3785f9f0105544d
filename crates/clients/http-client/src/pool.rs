//! Connections shared by all servers that are reached in the same way.

use crate::egress::Resolver;
use crate::{OptionError, Proxy, Tls};
use reqwest::header::HeaderValue;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Clients by what makes their connections different. Credentials do not: they travel with each request.
#[derive(Clone, Debug)]
pub struct Pool {
    user_agent: String,
    verbatim: bool,
    clients: Arc<Mutex<BTreeMap<Way, reqwest::Client>>>,
}

type Way = (Tls, Option<Proxy>);

/// Most ways kept. Rotated certificates make new ways; beyond this the whole pool starts anew.
const MOST_WAYS: usize = 256;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
const KEEPALIVE: Duration = Duration::from_secs(30);
const IDLE_TIMEOUT: Duration = Duration::from_secs(90);

impl Pool {
    /// An empty pool whose requests name `user_agent`.
    pub fn new(user_agent: String) -> Self {
        Self { user_agent, verbatim: false, clients: Arc::default() }
    }

    /// The same, whose answers are given as they were sent: no compression is offered, and none undone. What is itself an archive,
    /// and has a digest, wants that.
    #[must_use]
    pub fn verbatim(self) -> Self {
        Self { verbatim: true, ..self }
    }

    /// The client for connections with these options. It follows no redirects.
    ///
    /// # Errors
    /// When certificates, key or proxy cannot be used.
    pub fn client(&self, tls: &Tls, proxy: Option<&Proxy>) -> Result<reqwest::Client, OptionError> {
        let way = (tls.clone(), proxy.cloned());
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&way) {
            return Ok(client.clone());
        }
        let client = self.build(tls, proxy)?;
        if clients.len() >= MOST_WAYS {
            clients.clear();
        }
        clients.insert(way, client.clone());
        Ok(client)
    }

    /// The value of the header `User-Agent`.
    ///
    /// # Errors
    /// When it holds what a header cannot carry.
    pub fn user_agent(&self) -> Result<HeaderValue, OptionError> {
        HeaderValue::from_str(&self.user_agent).map_err(|_| OptionError::UserAgent)
    }

    fn build(&self, tls: &Tls, proxy: Option<&Proxy>) -> Result<reqwest::Client, OptionError> {
        let mut builder = reqwest::Client::builder()
            .dns_resolver(Arc::new(Resolver))
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_keepalive(KEEPALIVE)
            .pool_idle_timeout(IDLE_TIMEOUT);
        if let Some(ca) = &tls.ca {
            let roots = reqwest::Certificate::from_pem_bundle(ca).map_err(|_| OptionError::Authorities)?;
            if roots.is_empty() {
                return Err(OptionError::NoAuthority);
            }
            builder = builder.tls_certs_merge(roots);
        }
        if let (Some(certificate), Some(key)) = (&tls.client_certificate, &tls.client_key) {
            let identity = reqwest::Identity::from_pem(&[certificate, &b"\n"[..], key.expose()].concat())
                .map_err(|_| OptionError::Identity)?;
            builder = builder.identity(identity);
        }
        if tls.accept_any_certificate {
            builder = builder.tls_danger_accept_invalid_certs(true);
        }
        if let Some(proxy) = proxy {
            let mut via = reqwest::Proxy::all(&proxy.address).map_err(|_| OptionError::Proxy)?;
            if let Some((username, password)) = &proxy.credentials {
                via = via.basic_auth(username, password.expose_text().unwrap_or_default());
            }
            builder = builder.proxy(via);
        }
        if self.verbatim {
            builder = builder.no_gzip();
        }
        builder.build().map_err(OptionError::Build)
    }
}
