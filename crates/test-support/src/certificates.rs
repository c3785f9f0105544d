//! A certificate authority of a test's own and a listener that speaks TLS with a certificate of it.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
    PKCS_RSA_SHA256, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// A certificate authority.
#[derive(Debug)]
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate with its private key, both PEM.
#[derive(Debug, Clone)]
pub(crate) struct Issued {
    pub(crate) certificate_pem: String,
    pub(crate) key_pem: String,
    pub(crate) public_key_pem: String,
    certificate: CertificateDer<'static>,
    key: Vec<u8>,
}

/// Why certificates cannot be made or used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A certificate cannot be made.
    #[error("make a certificate for {subject}")]
    Certificate {
        /// Whose certificate.
        subject: String,
        /// What the library said.
        #[source]
        source: rcgen::Error,
    },
    /// The server's TLS configuration is refused.
    #[error("configure TLS")]
    Configure(#[source] rustls::Error),
    /// The authority cannot be used to check clients.
    #[error("configure the check of client certificates")]
    ClientVerifier(#[source] rustls::server::VerifierBuilderError),
}

impl Authority {
    /// Makes a new authority that nothing else trusts.
    pub fn new() -> Result<Self, TlsError> {
        let subject = "Weir test authority";
        let make = || {
            let mut parameters = CertificateParams::new(Vec::new())?;
            parameters.distinguished_name.push(DnType::CommonName, subject);
            parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
            CertifiedIssuer::self_signed(parameters, KeyPair::generate()?)
        };
        let issuer = make().map_err(|source| TlsError::Certificate { subject: subject.to_owned(), source })?;
        Ok(Self { issuer })
    }

    /// The authority's certificate, PEM: what goes into `ca.crt`.
    pub fn certificate_pem(&self) -> String {
        self.issuer.pem()
    }

    /// A certificate for names and addresses, of use to servers and to clients.
    pub(crate) fn issue(&self, names: &[&str]) -> Result<Issued, TlsError> {
        self.issue_for(names, Validity::Now)
    }

    pub(crate) fn issue_for(&self, names: &[&str], validity: Validity) -> Result<Issued, TlsError> {
        let make = || {
            let mut parameters = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())?;
            parameters.distinguished_name.push(DnType::CommonName, names.first().copied().unwrap_or("weir"));
            if validity == Validity::Over {
                (parameters.not_before, parameters.not_after) = (date_time_ymd(2000, 1, 1), date_time_ymd(2001, 1, 1));
            }
            parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
            let key = KeyPair::generate()?;
            let certificate = parameters.signed_by(&key, &self.issuer)?;
            Ok(Issued {
                certificate_pem: certificate.pem(),
                key_pem: key.serialize_pem(),
                public_key_pem: key.public_key_pem(),
                certificate: certificate.der().clone(),
                key: key.serialize_der(),
            })
        };
        make().map_err(|source| TlsError::Certificate { subject: names.join(","), source })
    }

    /// What a server on loopback needs to speak TLS; with `clients`, only clients with a certificate of that authority get in.
    pub(crate) fn server(&self, clients: Option<&Authority>) -> Result<TlsAcceptor, TlsError> {
        acceptor(self.issue(&["localhost", "127.0.0.1"])?, clients)
    }
}

/// A new RSA key, PEM.
///
/// # Errors
/// When the library does not make one.
pub fn rsa_key() -> Result<String, TlsError> {
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256);
    let key = key.map_err(|source| TlsError::Certificate { subject: "a key".to_owned(), source })?;
    Ok(key.serialize_pem())
}

/// Whether a certificate holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// It does.
    Now,
    /// It did once.
    Over,
}

pub(crate) fn acceptor(issued: Issued, clients: Option<&Authority>) -> Result<TlsAcceptor, TlsError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Configure)?;
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(authority.issuer.der().clone()).map_err(TlsError::Configure)?;
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().map_err(TlsError::ClientVerifier)?)
        }
    };
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(issued.key));
    let mut configuration = builder.with_single_cert(vec![issued.certificate], key).map_err(TlsError::Configure)?;
    configuration.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(configuration)))
}

/// Accepts TLS connections. Handshakes run on their own, so that a silent client blocks nobody.
pub(crate) struct TlsListener {
    address: SocketAddr,
    connections: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
}

impl TlsListener {
    pub(crate) fn new(listener: TcpListener, acceptor: TlsAcceptor) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let (sender, connections) = mpsc::channel(64);
        tokio::spawn(async move {
            while let Ok((stream, peer)) = listener.accept().await {
                let (acceptor, sender) = (acceptor.clone(), sender.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        let _ = sender.send((stream, peer)).await;
                    }
                });
            }
        });
        Ok(Self { address, connections })
    }
}

impl axum::serve::Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.connections.recv().await {
            Some(connection) => connection,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        Ok(self.address)
    }
}
