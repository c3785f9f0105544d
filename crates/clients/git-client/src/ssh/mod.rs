//! The Git protocol through an SSH channel: in-memory keys, strict host keys, no program and no file.

mod algorithms;
mod channel;
mod known_hosts;
mod proxy;

pub use algorithms::{SshAlgorithms, UnknownAlgorithm};
pub use known_hosts::HostKeyError;

use crate::{Auth, Cause, Remote, SshKey, wire::Wire};
use channel::{ChannelReader, ChannelWriter, Explanation};
use gix::protocol::transport::{
    Protocol, Service,
    client::git::{ConnectMode, blocking_io},
};
use known_hosts::KnownHost;
use russh::{
    client,
    keys::{PrivateKey, PrivateKeyWithHashAlg, PublicKeyOrCertificate},
};
use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

/// A channel on which the server's end of a service is running.
pub(crate) struct Connection {
    service: Service,
    wire: Wire,
    path: String,
    channel: russh::Channel<client::Msg>,
    session: client::Handle<HostKeyCheck>,
}

type SshTransport = blocking_io::Connection<ChannelReader, ChannelWriter>;

/// Connects, checks the host key, authenticates and starts the service.
pub(crate) fn connect(algorithms: &SshAlgorithms, wire: &Wire, remote: &Remote, service: Service) -> Result<Connection, Cause> {
    let Auth::Ssh(key) = &remote.auth else {
        return Err(Cause::Credentials("an SSH remote needs an identity and known_hosts".to_owned()));
    };
    let private_key = Arc::new(identity(key)?);
    let known = KnownHost::find(&key.known_hosts, remote.url.host(), remote.url.port()).map_err(Cause::HostKey)?;
    let config = Arc::new(client::Config {
        preferred: algorithms.preferred(&known),
        client_id: russh::SshId::Standard(concat!("SSH-2.0-weir_", env!("CARGO_PKG_VERSION")).into()),
        ..Default::default()
    });
    let opened = wire.wait(open(config, known, remote, (key, private_key), service)).map_err(|_| taken(wire))?;
    let (session, channel) = opened?;
    Ok(Connection { service, wire: wire.clone(), path: path_of(remote), channel, session })
}

fn taken(wire: &Wire) -> Cause {
    wire.take_fault().unwrap_or(Cause::Cancelled)
}

fn identity(key: &SshKey) -> Result<PrivateKey, Cause> {
    let unusable = |reason: String| Cause::Credentials(format!("cannot read the ssh identity: {reason}"));
    let pem = key.identity.expose_text().ok_or_else(|| unusable("not text".to_owned()))?;
    let passphrase = match &key.passphrase {
        Some(passphrase) => Some(passphrase.expose_text().ok_or_else(|| unusable("the passphrase is not text".to_owned()))?),
        None => None,
    };
    russh::keys::decode_secret_key(pem, passphrase).map_err(|error| match error {
        russh::keys::Error::KeyIsEncrypted => unusable("it is encrypted and 'password' is not set".to_owned()),
        other => unusable(crate::error::chain(&other)),
    })
}

async fn open(
    config: Arc<client::Config>,
    known: KnownHost,
    remote: &Remote,
    (key, private_key): (&SshKey, Arc<PrivateKey>),
    service: Service,
) -> Result<(client::Handle<HostKeyCheck>, russh::Channel<client::Msg>), Cause> {
    let verdict = Arc::new(Mutex::new(None));
    let failed = |error: russh::Error| match verdict.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(refused) => Cause::HostKey(refused),
        None => Cause::Connection(Box::new(error)),
    };
    let stream = proxy::connect(remote).await?;
    let check = HostKeyCheck { known, verdict: Arc::clone(&verdict) };
    let mut session = client::connect_stream(config, stream, check).await.map_err(failed)?;
    // SHA-1 is used only with a server that says it knows nothing better.
    let hash = match private_key.algorithm().is_rsa() {
        true => session.best_supported_rsa_hash().await.map_err(failed)?.unwrap_or(Some(russh::keys::HashAlg::Sha256)),
        false => None,
    };
    let offer = PrivateKeyWithHashAlg::new(private_key, hash);
    if !session.authenticate_publickey(key.user.clone(), offer).await.map_err(failed)?.success() {
        return Err(Cause::SshRefused { user: key.user.clone() });
    }
    let channel = session.channel_open_session().await.map_err(failed)?;
    if service == Service::UploadPack {
        // Servers that do not accept the variable answer in the older protocol, which is the only one for pushing.
        channel.set_env(false, "GIT_PROTOCOL", "version=2").await.map_err(failed)?;
    }
    let command = format!("{} {}", service.as_str(), quoted(&path_of(remote)));
    channel.exec(true, command).await.map_err(failed)?;
    Ok((session, channel))
}

/// The path of the repository, which is never empty.
fn path_of(remote: &Remote) -> String {
    Some(remote.url.path()).filter(|path| !path.is_empty()).unwrap_or_else(|| "/".to_owned())
}

/// The path as one word for the shell on the server.
fn quoted(path: &str) -> String {
    format!("'{}'", path.replace('\'', r"'\''").replace('!', r"'\!'"))
}

impl Connection {
    /// The reader and writer for gix, and what explains a failure better than they can.
    pub(crate) fn into_transport(self, protocol: Protocol) -> (SshTransport, Explanation) {
        let (reading, writing) = self.channel.split();
        let explanation = Explanation::new(&self.wire);
        let reader = ChannelReader::new(self.wire.clone(), reading, explanation.clone(), self.service);
        let writer = ChannelWriter::new(self.wire, writing, self.session);
        let none = None::<(String, Option<u16>)>;
        let transport = blocking_io::Connection::new(reader, writer, protocol, self.path, none, ConnectMode::Process, false);
        (transport, explanation)
    }
}

/// Accepts the keys of one known host.
pub(crate) struct HostKeyCheck {
    known: KnownHost,
    verdict: Arc<Mutex<Option<HostKeyError>>>,
}

impl client::Handler for HostKeyCheck {
    type Error = russh::Error;

    async fn check_server_key(&mut self, offered: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        let verdict = match offered {
            PublicKeyOrCertificate::PublicKey { key, .. } => self.known.check(key),
            PublicKeyOrCertificate::Certificate(_) => Err(HostKeyError::Certificate),
        };
        let accepted = verdict.is_ok();
        *self.verdict.lock().unwrap_or_else(PoisonError::into_inner) = verdict.err();
        Ok(accepted)
    }
}

fn broken(wire: &Wire, error: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    wire.fail(Cause::Connection(Box::new(error)))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn sec_b1_a_path_is_one_word_for_the_remote_shell() {
        assert_eq!(quoted("/a b.git"), "'/a b.git'");
        assert_eq!(quoted("/x'; touch /tmp/p; '"), r"'/x'\''; touch /tmp/p; '\'''");
        assert_eq!(quoted("/$(id)`id`!x"), r"'/$(id)`id`'\!'x'");
    }
}
