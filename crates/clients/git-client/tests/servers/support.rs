//! What the tests of this crate share: a client with its remotes, and servers that answer what a test scripts.

use git_client::{Auth, GitClient, Listing, Options, Remote, SecretData, Tls};
use git_model::RepositoryUrl;
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
};

pub(crate) type Outcome = Result<(), Box<dyn std::error::Error>>;

pub(crate) fn client() -> GitClient {
    GitClient::new(Options::default())
}

/// A remote whose credentials come from a Secret with this data.
pub(crate) fn remote(url: &str, secret: &[(&str, &str)]) -> Result<Remote, Box<dyn std::error::Error>> {
    let url = RepositoryUrl::parse(url)?;
    let data: SecretData = secret.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec())).collect();
    Ok(Remote { auth: Auth::from_secret(&url, &data)?, tls: Tls::from_secret(&data)?, ..Remote::anonymous(url) })
}

pub(crate) fn names(listing: &Listing) -> Vec<&str> {
    listing.refs.iter().map(|reference| reference.name.as_str()).collect()
}

/// The message of an error with those of its causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// A server of one connection at a time, whose answers are bytes that a test scripts. It keeps what it was sent.
pub(crate) struct Scripted {
    pub(crate) address: SocketAddr,
    received: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    /// Calls `answer` with each connection and with the head of its first request.
    pub(crate) fn start(
        answer: impl Fn(&mut TcpStream, &str) -> std::io::Result<()> + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let received: Arc<Mutex<Vec<String>>> = Arc::default();
        let (log, answer) = (Arc::clone(&received), Arc::new(answer));
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                std::thread::spawn(move || {
                    let request = read_request(&mut stream)?;
                    log.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
                    answer(&mut stream, &request)
                });
            }
        });
        Ok(Self { address, received })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/repository.git", self.address)
    }

    pub(crate) fn received(&self) -> Vec<String> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The head of a request and as much of its body as it announces.
fn read_request(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte)? == 1 {
        request.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&request).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).and_then(|text| text.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body)?;
    request.extend_from_slice(&body);
    Ok(String::from_utf8_lossy(&request).into_owned())
}

/// Sends a whole answer and ends the connection.
pub(crate) fn respond(stream: &mut TcpStream, content_type: &str, body: &[u8]) -> std::io::Result<()> {
    let length = body.len();
    write!(stream, "HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n")?;
    stream.write_all(body)
}

/// A packet line.
pub(crate) fn line(content: &[u8]) -> Vec<u8> {
    [format!("{:04x}", content.len() + 4).as_bytes(), content].concat()
}

/// A protocol 2 server with the branch `main` at `tip`, whose answer to `fetch` is what follows the head of a pack section.
pub(crate) fn with_pack(tip: &'static str, pack_section: Vec<u8>) -> std::io::Result<Scripted> {
    Scripted::start(move |stream, request| {
        if request.starts_with("GET ") {
            let lines = [line(b"# service=git-upload-pack\n"), b"0000".to_vec(), line(b"version 2\n"), line(b"ls-refs\n")];
            let advertisement = [lines.concat(), line(b"fetch=shallow\n"), b"0000".to_vec()].concat();
            return respond(stream, "application/x-git-upload-pack-advertisement", &advertisement);
        }
        let body = if request.contains("command=ls-refs") {
            [line(format!("{tip} refs/heads/main\n").as_bytes()), b"0000".to_vec()].concat()
        } else {
            [line(b"packfile\n"), pack_section.clone()].concat()
        };
        respond(stream, "application/x-git-upload-pack-result", &body)
    })
}

/// Passes connections on to `target`, with every `from` sent by the client replaced by `to` of the same length.
pub(crate) fn rewriting_proxy(target: SocketAddr, from: &[u8], to: &[u8]) -> std::io::Result<SocketAddr> {
    let (from, to): (Arc<[u8]>, Arc<[u8]>) = (from.into(), to.into());
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        for mut client in listener.incoming().map_while(Result::ok) {
            let (from, to) = (Arc::clone(&from), Arc::clone(&to));
            std::thread::spawn(move || {
                let mut server = TcpStream::connect(target)?;
                let (mut back, mut from_server) = (client.try_clone()?, server.try_clone()?);
                std::thread::spawn(move || std::io::copy(&mut from_server, &mut back));
                let mut buffer = vec![0; 64 << 10];
                loop {
                    let count = client.read(&mut buffer)?;
                    if count == 0 {
                        return server.shutdown(std::net::Shutdown::Write);
                    }
                    let mut chunk = buffer[..count].to_vec();
                    while let Some(at) = chunk.windows(from.len()).position(|window| window == &*from) {
                        chunk[at..at + from.len()].copy_from_slice(&to);
                    }
                    server.write_all(&chunk)?;
                }
            });
        }
    });
    Ok(address)
}
