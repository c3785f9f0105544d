//! A Git server over SSH: the system's `sshd`, one process a connection, with keys and a configuration of its own.
//!
//! `sshd -i` takes a connected socket as its standard input. Thus no daemon outlives a killed test, and no port clashes.

use super::command::{ISOLATED, run};
use super::{CommandError, GitServerError, Repository};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tempfile::TempDir;

/// It re-executes itself and insists on being called by its full path.
const SSHD: &str = "/usr/sbin/sshd";

/// A type of SSH key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyType {
    /// Ed25519.
    Ed25519,
    /// ECDSA on the curve P-256.
    Ecdsa,
    /// RSA of 2048 bits.
    Rsa,
}

impl KeyType {
    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Ed25519 => &["-t", "ed25519"],
            Self::Ecdsa => &["-t", "ecdsa", "-b", "256"],
            Self::Rsa => &["-t", "rsa", "-b", "2048"],
        }
    }
}

/// A client's key pair.
#[derive(Debug, Clone)]
pub struct ClientKey {
    /// The private key in OpenSSH's format: what goes into `identity`.
    pub private: String,
    /// The public key, one line.
    pub public: String,
}

/// A running SSH server with its own directory of repositories. Dropping it stops it and removes them.
#[derive(Debug)]
pub struct SshServer {
    directory: TempDir,
    address: SocketAddr,
    user: String,
    connections: Arc<AtomicUsize>,
    stopping: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl SshServer {
    /// Starts a server on a free port of loopback with one host key of each type. No client key is known to it yet.
    pub fn start() -> Result<Self, GitServerError> {
        let system = |operation| move |source| GitServerError::System { operation, source };
        let directory = tempfile::Builder::new().prefix("weir-ssh-").tempdir().map_err(system("make a directory for keys"))?;
        let path = directory.path();
        crate::process::remove_when_killed(path).map_err(system("start the watchdog"))?;
        std::fs::metadata(SSHD).map_err(system("find sshd (is openssh-server installed?)"))?;
        let mut host_keys = Vec::new();
        for (kind, name) in [(KeyType::Ed25519, "host_ed25519"), (KeyType::Ecdsa, "host_ecdsa"), (KeyType::Rsa, "host_rsa")] {
            generate(kind, &path.join(name), "")?;
            host_keys.push(path.join(name));
        }
        let mut identify = Command::new("id");
        identify.arg("-un");
        let user = run(identify, b"")?;
        let configuration = path.join("sshd_config");
        write(&configuration, &sshd_configuration(path, &host_keys))?;
        write(&path.join("authorized_keys"), "")?;
        prepare_privilege_separation(&user)?;

        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(system("listen on loopback"))?;
        let address = listener.local_addr().map_err(system("listen on loopback"))?;
        let (connections, stopping) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (count, stop, log) = (connections.clone(), stopping.clone(), path.join("sshd.log"));
        let thread = std::thread::Builder::new().name("ssh-server".to_owned()).spawn(move || {
            let mut sessions = Vec::new();
            for stream in listener.incoming() {
                if stop.load(Ordering::Acquire) {
                    break;
                }
                let Ok(stream) = stream else { continue };
                count.fetch_add(1, Ordering::Relaxed);
                sessions.extend(serve(stream, &configuration, &log));
                sessions.retain_mut(|session| matches!(session.try_wait(), Ok(None)));
            }
            for mut session in sessions {
                let _ = session.kill();
                let _ = session.wait();
            }
        });
        let thread = Some(thread.map_err(system("start the server's thread"))?);
        Ok(Self { directory, address, user, connections, stopping, thread })
    }

    /// Creates an empty repository that the server offers at [`SshServer::url`] of the same name.
    pub fn repository(&self, name: &str) -> Result<Repository, CommandError> {
        Repository::create(self.repository_path(name))
    }

    /// Where a repository of that name is, or would be, as an `ssh://` URL with user and port.
    pub fn url(&self, name: &str) -> String {
        format!("ssh://{}@{}{}", self.user, self.address, self.repository_path(name).display())
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The user to log in as: the one who runs the test.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Makes a key pair and lets it in.
    pub fn client_key(&self, kind: KeyType) -> Result<ClientKey, CommandError> {
        let key = self.stranger_key(kind, "")?;
        self.authorize(&key)?;
        Ok(key)
    }

    /// Makes a key pair whose private key is encrypted with a passphrase (empty: not encrypted), and does not let it in.
    pub fn stranger_key(&self, kind: KeyType, passphrase: &str) -> Result<ClientKey, CommandError> {
        let directory =
            tempfile::tempdir_in(self.directory.path()).map_err(|source| CommandError::file(self.directory.path(), source))?;
        let path = directory.path().join("key");
        generate(kind, &path, passphrase)?;
        Ok(ClientKey { private: read(&path)?, public: read(&path.with_extension("pub"))? })
    }

    /// Lets a key in.
    pub fn authorize(&self, key: &ClientKey) -> Result<(), CommandError> {
        let path = self.directory.path().join("authorized_keys");
        let keys = read(&path)?;
        write(&path, &format!("{keys}{}\n", key.public.trim_end()))
    }

    /// The server's host keys as lines of `known_hosts`.
    pub fn known_hosts(&self) -> Result<String, CommandError> {
        [KeyType::Ed25519, KeyType::Ecdsa, KeyType::Rsa].into_iter().map(|kind| self.known_host(kind)).collect()
    }

    /// One of the server's host keys as a line of `known_hosts`.
    pub fn known_host(&self, kind: KeyType) -> Result<String, CommandError> {
        let name = match kind {
            KeyType::Ed25519 => "host_ed25519.pub",
            KeyType::Ecdsa => "host_ecdsa.pub",
            KeyType::Rsa => "host_rsa.pub",
        };
        let public = read(&self.directory.path().join(name))?;
        let key: Vec<&str> = public.split(' ').take(2).collect();
        Ok(format!("[{}]:{} {}\n", self.address.ip(), self.address.port(), key.join(" ").trim_end()))
    }

    /// How many connections were made so far.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// What `sshd` wrote, for a message when a test fails.
    pub fn log(&self) -> String {
        read(&self.directory.path().join("sshd.log")).unwrap_or_default()
    }

    fn repository_path(&self, name: &str) -> PathBuf {
        self.directory.path().join(format!("{name}.git"))
    }
}

impl Drop for SshServer {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Release);
        // A last connection wakes the thread that waits for one.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Hands a connection to an `sshd` of its own.
fn serve(stream: TcpStream, configuration: &Path, log: &Path) -> Option<std::process::Child> {
    let output = stream.try_clone().ok()?;
    Command::new(SSHD)
        .args(["-i", "-f"])
        .arg(configuration)
        .arg("-E")
        .arg(log)
        .stdin(Stdio::from(OwnedFd::from(stream)))
        .stdout(Stdio::from(OwnedFd::from(output)))
        .stderr(Stdio::null())
        .spawn()
        .ok()
}

/// Only keys count, only this user's Git is reachable, and nothing of the machine's own SSH configuration is read.
fn sshd_configuration(directory: &Path, host_keys: &[PathBuf]) -> String {
    let mut text = String::new();
    for key in host_keys {
        text.push_str(&format!("HostKey {}\n", key.display()));
    }
    text.push_str(&format!("AuthorizedKeysFile {}\n", directory.join("authorized_keys").display()));
    text.push_str("UsePAM no\nStrictModes no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n");
    text.push_str("PermitRootLogin prohibit-password\nAcceptEnv GIT_PROTOCOL\nPrintMotd no\nLogLevel VERBOSE\n");
    let environment: Vec<String> = ISOLATED.iter().map(|(name, value)| format!("\"{name}={value}\"")).collect();
    text.push_str(&format!("SetEnv {}\n", environment.join(" ")));
    text
}

/// Run by root, sshd refuses to work without this directory, which the package makes only when it starts as a service.
fn prepare_privilege_separation(user: &str) -> Result<(), CommandError> {
    let path = Path::new("/run/sshd");
    if user == "root" && !path.exists() {
        std::fs::create_dir_all(path).map_err(|source| CommandError::file(path, source))?;
    }
    Ok(())
}

/// Makes a key pair without a passphrase at `path`, which is then read.
pub(crate) fn generate_key(kind: KeyType, path: &Path) -> Result<ClientKey, CommandError> {
    generate(kind, path, "")?;
    Ok(ClientKey { private: read(path)?, public: read(&path.with_extension("pub"))? })
}

fn generate(kind: KeyType, path: &Path, passphrase: &str) -> Result<(), CommandError> {
    let mut command = Command::new("ssh-keygen");
    command.args(["-q", "-C", "weir", "-N", passphrase]).args(kind.arguments()).arg("-f").arg(path);
    run(command, b"").map(drop)
}

fn read(path: &Path) -> Result<String, CommandError> {
    std::fs::read_to_string(path).map_err(|source| CommandError::file(path, source))
}

fn write(path: &Path, text: &str) -> Result<(), CommandError> {
    std::fs::write(path, text).map_err(|source| CommandError::file(path, source))
}
