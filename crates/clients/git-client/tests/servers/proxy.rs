//! Proxies on the way to a repository.

use crate::support::{Outcome, Scripted, chain, client, names, remote};
use git_client::{Class, Proxy, Secret};
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
};
use test_support::{GitServer, SshServer, git::KeyType};

fn proxy(address: &str) -> Option<Proxy> {
    Some(Proxy { address: address.to_owned(), credentials: Some(("me".to_owned(), Secret::new("S3NTINEL"))) })
}

#[tokio::test]
async fn sec_c12_credentials_of_the_proxy_go_to_the_proxy_alone() -> Outcome {
    let server = Scripted::start(|stream, _| write!(stream, "HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n"))?;
    let origin = server.address;
    let way = Scripted::start(move |stream, request| {
        let mut onward = TcpStream::connect(origin)?;
        let hop_by_hop = |line: &&str| !line.to_lowercase().starts_with("proxy-");
        let passed: Vec<&str> = request.split("\r\n").filter(hop_by_hop).collect();
        onward.write_all(passed.join("\r\n").as_bytes())?;
        std::io::copy(&mut onward, stream).map(drop)
    })?;
    let mut remote = remote("http://git.invalid/app.git", &[("username", "user"), ("password", "pass")])?;
    remote.proxy = proxy(&format!("http://{}", way.address));
    let error = client().list_refs(&remote, &["HEAD"]).await.err().ok_or("404")?;
    assert_eq!(error.class(), Class::NotFound, "{}", chain(&error));
    let seen = &way.received()[0];
    assert!(seen.starts_with("GET http://git.invalid/app.git/info/refs?service=git-upload-pack "), "{seen}");
    assert!(seen.to_lowercase().contains("proxy-authorization: basic "), "{seen}");
    assert!(!server.received()[0].to_lowercase().contains("proxy-authorization"));
    Ok(())
}

#[tokio::test]
async fn tls_goes_through_an_http_proxy_unseen() -> Outcome {
    let server = GitServer::builder().tls().start()?;
    server.repository("app")?.commit_file("a.yaml", "a: 1\n")?;
    let origin = server.address();
    let way = Scripted::start(move |stream, _| {
        let onward = TcpStream::connect(origin)?;
        stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n")?;
        splice(stream, onward)
    })?;
    let authority = server.authority_pem();
    let mut remote = remote(&server.url("app"), &[("ca.crt", &authority), ("bearerToken", "token")])?;
    remote.proxy = proxy(&format!("http://{}", way.address));
    assert_eq!(names(&client().list_refs(&remote, &["refs/"]).await?), ["refs/heads/main"]);
    let seen = way.received().concat();
    assert!(seen.starts_with("CONNECT ") && !seen.contains("token"), "{seen}");
    Ok(())
}

#[tokio::test]
async fn ssh_goes_through_a_socks_proxy() -> Outcome {
    let server = SshServer::start()?;
    server.repository("app")?.commit_file("a.yaml", "a: 1\n")?;
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?;
    let seen: Arc<Mutex<Vec<u8>>> = Arc::default();
    let log = Arc::clone(&seen);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut take = |count: usize, answer: &[u8]| -> std::io::Result<Vec<u8>> {
                let mut bytes = vec![0; count];
                stream.read_exact(&mut bytes)?;
                stream.write_all(answer)?;
                Ok(bytes)
            };
            let greeting = take(3, &[5, 2])?;
            let credentials = take(1 + 1 + 2 + 1 + 8, &[1, 0])?;
            let target = take(4 + 1 + "127.0.0.1".len() + 2, &[5, 0, 0, 1, 127, 0, 0, 1, 0, 0])?;
            log.lock().unwrap_or_else(PoisonError::into_inner).extend([greeting, credentials, target.clone()].concat());
            let port = u16::from_be_bytes([target[target.len() - 2], target[target.len() - 1]]);
            let onward = TcpStream::connect(("127.0.0.1", port))?;
            std::thread::spawn(move || splice(&mut stream, onward));
        }
        std::io::Result::Ok(())
    });
    let key = server.client_key(KeyType::Ed25519)?;
    let known_hosts = server.known_hosts()?;
    let mut remote = remote(&server.url("app"), &[("identity", &key.private), ("known_hosts", &known_hosts)])?;
    remote.proxy = proxy(&format!("socks5://{address}"));
    assert_eq!(names(&client().list_refs(&remote, &["refs/"]).await?), ["refs/heads/main"]);
    let expect =
        [&b"\x05\x01\x02\x01\x02me\x08S3NTINEL\x05\x01\x00\x03\x09127.0.0.1"[..], &server.address().port().to_be_bytes()];
    assert_eq!(*seen.lock().unwrap_or_else(PoisonError::into_inner), expect.concat());
    remote.proxy = proxy("http://127.0.0.1:1");
    let error = client().list_refs(&remote, &["refs/"]).await.err().ok_or("not supported")?;
    assert_eq!(error.class(), Class::Unsupported, "{}", chain(&error));
    Ok(())
}

/// Passes bytes both ways until the server ends.
fn splice(client: &mut TcpStream, server: TcpStream) -> std::io::Result<()> {
    let (mut from_client, mut to_server, mut from_server) = (client.try_clone()?, server.try_clone()?, server);
    std::thread::spawn(move || {
        std::io::copy(&mut from_client, &mut to_server).ok();
        to_server.shutdown(std::net::Shutdown::Write)
    });
    std::io::copy(&mut from_server, client).map(drop)
}
