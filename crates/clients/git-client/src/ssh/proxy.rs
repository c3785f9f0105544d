//! The way to an SSH server: straight, or through a SOCKS5 proxy (RFC 1928, with user and password of RFC 1929). Flux offers no
//! other kind of proxy for SSH either.

use crate::{Cause, Proxy, Remote, Secret};
use std::io;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Connects to the server of `remote`.
pub(super) async fn connect(remote: &Remote) -> Result<TcpStream, Cause> {
    let (host, port) = (remote.url.host(), remote.url.port());
    let failed = |error: io::Error| Cause::Connection(Box::new(error));
    let stream = match &remote.proxy {
        None => TcpStream::connect((host, port)).await.map_err(failed)?,
        Some(proxy) => {
            let mut stream = TcpStream::connect(address(proxy)?).await.map_err(failed)?;
            pass(&mut stream, proxy.credentials.as_ref(), host, port).await.map_err(failed)?;
            stream
        }
    };
    stream.set_nodelay(true).map_err(failed)?;
    Ok(stream)
}

const SOCKS_PORT: u16 = 1080;

/// Host and port of the proxy.
fn address(proxy: &Proxy) -> Result<(String, u16), Cause> {
    let url = reqwest::Url::parse(&proxy.address).map_err(|_| Cause::Option("the proxy address is not a URL".to_owned()))?;
    if !matches!(url.scheme(), "socks5" | "socks5h") {
        return Err(Cause::Unsupported("for SSH only a socks5 proxy can be used"));
    }
    let host = url.host_str().ok_or_else(|| Cause::Option("the proxy address has no host".to_owned()))?;
    Ok((host.trim_matches(['[', ']']).to_owned(), url.port().unwrap_or(SOCKS_PORT)))
}

const VERSION: u8 = 5;
const NO_AUTHENTICATION: u8 = 0;
const USER_AND_PASSWORD: u8 = 2;
const CONNECT: u8 = 1;
const DOMAIN_NAME: u8 = 3;

/// Asks the proxy to connect to `host`, whose name it resolves itself.
async fn pass(stream: &mut TcpStream, credentials: Option<&(String, Secret)>, host: &str, port: u16) -> io::Result<()> {
    let method = if credentials.is_some() { USER_AND_PASSWORD } else { NO_AUTHENTICATION };
    stream.write_all(&[VERSION, 1, method]).await?;
    let mut choice = [0; 2];
    stream.read_exact(&mut choice).await?;
    if choice != [VERSION, method] {
        return Err(io::Error::other("the proxy offers no way to authenticate that we know"));
    }
    if let Some((user, password)) = credentials {
        let request = [&[1][..], &counted(user.as_bytes())?, &counted(password.expose())?].concat();
        stream.write_all(&request).await?;
        let mut verdict = [0; 2];
        stream.read_exact(&mut verdict).await?;
        if verdict[1] != 0 {
            return Err(io::Error::other("the proxy refuses the credentials"));
        }
    }
    let request = [&[VERSION, CONNECT, 0, DOMAIN_NAME][..], &counted(host.as_bytes())?, &port.to_be_bytes()].concat();
    stream.write_all(&request).await?;
    let mut reply = [0; 4];
    stream.read_exact(&mut reply).await?;
    if reply[1] != 0 {
        return Err(io::Error::other(format!("the proxy cannot connect: socks reply {}", reply[1])));
    }
    // The address that the proxy connects from is of no use but must be read.
    let length = match reply[3] {
        1 => 4,
        4 => 16,
        DOMAIN_NAME => usize::from(stream.read_u8().await?),
        _ => return Err(io::Error::other("the proxy's reply is malformed")),
    };
    let mut bound = vec![0; length + 2];
    stream.read_exact(&mut bound).await.map(drop)
}

/// Bytes behind their number.
fn counted(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let length = u8::try_from(bytes.len()).map_err(|_| io::Error::other("too long for a socks request"))?;
    Ok([&[length], bytes].concat())
}
