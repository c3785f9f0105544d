//! An HTTP server whose answers a test scripts, for what real servers do not do: lie, redirect, lead in circles.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A status line without its version, headers, and a body.
pub type Answer = (&'static str, Vec<(&'static str, String)>, String);

/// A server over plain HTTP that answers one request a connection as a test scripts. It keeps the requests.
#[derive(Debug)]
pub struct Scripted {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
}

/// Head and body of a request.
type Received = (String, String);

impl Scripted {
    /// Starts on a free port of loopback; it ends with the process. Calls `answer` with the address of the server and the head of
    /// each request.
    pub fn start(answer: impl Fn(SocketAddr, &str) -> Answer + Send + Sync + 'static) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let received: Arc<Mutex<Vec<Received>>> = Arc::default();
        let log = Arc::clone(&received);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                // A client that goes away in between is none of the test's concern.
                let _ = serve(stream, |head, body| {
                    log.lock().unwrap_or_else(PoisonError::into_inner).push((head.to_owned(), body.to_owned()));
                    answer(address, head)
                });
            }
        });
        Ok(Self { address, received })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The heads of all requests so far, in their order.
    pub fn received(&self) -> Vec<String> {
        self.log().iter().map(|(head, _)| head.clone()).collect()
    }

    /// The bodies of all requests so far, in their order.
    pub fn bodies(&self) -> Vec<String> {
        self.log().iter().map(|(_, body)| body.clone()).collect()
    }

    fn log(&self) -> MutexGuard<'_, Vec<Received>> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The most bytes of a request's body that are read.
const BODY_BYTES: usize = 1 << 20;

fn serve(mut stream: TcpStream, answer: impl Fn(&str, &str) -> Answer) -> std::io::Result<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte)? == 1 {
        head.push(byte[0]);
        if !head[0].is_ascii_uppercase() {
            // A greeting of TLS, which nobody here speaks.
            return Ok(());
        }
    }
    let head = String::from_utf8_lossy(&head);
    let announced =
        head.lines().filter_map(|line| line.split_once(':')).find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let announced = announced.and_then(|(_, length)| length.trim().parse::<usize>().ok()).unwrap_or_default();
    let mut body = vec![0; announced.min(BODY_BYTES)];
    stream.read_exact(&mut body)?;
    let (status, headers, body) = answer(&head, &String::from_utf8_lossy(&body));
    write!(stream, "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n", body.len())?;
    for (name, value) in headers {
        write!(stream, "{name}: {value}\r\n")?;
    }
    write!(stream, "\r\n{body}")
}
