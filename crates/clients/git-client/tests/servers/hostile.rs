//! Servers that mean no good: redirects, endless answers, malformed packets, bombs, echoes of credentials.

use crate::support::{Outcome, Scripted, chain, client, line, remote, respond, with_pack};
use file_tree::{Files, TreePath};
use flate2::{Compression, write::ZlibEncoder};
use git_client::{Class, Error, GitClient, Limits, Options, Remote, Wanted};
use sha1::{Digest, Sha1};
use std::{
    io::{Read, Write},
    sync::Arc,
    time::Duration,
};
use test_support::{GitServer, git::Exchange};

const TIP: &str = "1111111111111111111111111111111111111111";

fn main_branch() -> Wanted {
    Wanted::Reference("refs/heads/main".to_owned())
}

fn secret() -> [(&'static str, &'static str); 2] {
    [("username", "user"), ("password", "S3NTINEL")]
}

/// A client, and a server in good order that it must go on to serve.
struct Setting {
    client: GitClient,
    healthy: GitServer,
}

impl Setting {
    fn new() -> Result<Self, Box<dyn std::error::Error>> {
        Self::with_limits(Limits::default())
    }

    fn with_limits(limits: Limits) -> Result<Self, Box<dyn std::error::Error>> {
        let healthy = GitServer::start()?;
        healthy.repository("app")?.commit_file("a.yaml", "a: 1\n")?;
        Ok(Self { client: GitClient::new(Options { limits, ..Options::default() }), healthy })
    }

    /// Fetches from a server that is expected to fail us, and shows that nothing is left behind and another server is served.
    async fn refused(&self, remote: &Remote) -> Result<Error, Box<dyn std::error::Error>> {
        let directory = tempfile::tempdir()?;
        let outcome = self.client.fetch(remote, &main_branch(), directory.path()).await;
        let error = outcome.err().ok_or("the fetch must fail")?;
        self.client.list_refs(&crate::support::remote(&self.healthy.url("app"), &[])?, &["HEAD"]).await?;
        // A fetch that ran out of time clears its directory on its own thread, a moment later.
        if error.class() != Class::Timeout {
            assert_eq!(std::fs::read_dir(directory.path())?.count(), 0, "nothing is left behind");
        }
        Ok(error)
    }
}

#[tokio::test]
async fn sec_b5_credentials_stay_with_the_server_they_are_for() -> Outcome {
    let setting = Setting::new()?;
    let evil = Scripted::start(|stream, _| respond(stream, "text/plain", b"no"))?;
    let good = GitServer::builder().basic("user", "S3NTINEL").start()?;
    good.redirect_to(Some(&format!("http://{}", evil.address)));
    let error = setting.refused(&remote(&good.url("app"), &secret())?).await?;
    assert_eq!(error.class(), Class::Transport, "{}", chain(&error));
    let received = evil.received();
    assert_eq!(received.len(), 1);
    assert!(received[0].starts_with("GET /app.git/info/refs?service=git-upload-pack HTTP/1.1\r\n"), "{received:?}");
    assert!(!received[0].to_lowercase().contains("authorization"), "{received:?}");
    Ok(())
}

#[tokio::test]
async fn sec_b5_a_redirect_to_another_server_is_followed_as_a_stranger() -> Outcome {
    let (old, new) = (GitServer::start()?, GitServer::start()?);
    let commit = new.repository("app")?.commit_file("a.yaml", "a: 1\n")?;
    old.redirect_to(Some(&format!("http://{}", new.address())));
    let directory = tempfile::tempdir()?;
    let fetched = client().fetch(&remote(&old.url("app"), &secret())?, &main_branch(), directory.path()).await?;
    assert_eq!(fetched.commit.id.as_str(), commit);
    assert_eq!((old.requests().len(), new.count(Exchange::Fetch)), (1, 1));
    let locked = GitServer::builder().basic("user", "S3NTINEL").start()?;
    locked.repository("app")?.commit_file("a.yaml", "a: 1\n")?;
    old.redirect_to(Some(&format!("http://{}", locked.address())));
    let error = client().list_refs(&remote(&old.url("app"), &secret())?, &["HEAD"]).await.err().ok_or("a stranger")?;
    assert_eq!(error.class(), Class::Authentication);
    Ok(())
}

#[tokio::test]
async fn sec_b5_a_fall_back_from_tls_and_endless_redirects_are_refused() -> Outcome {
    let setting = Setting::new()?;
    let plain = GitServer::start()?;
    plain.repository("app")?.commit_file("a.yaml", "a: 1\n")?;
    let tls = GitServer::builder().tls().start()?;
    tls.redirect_to(Some(&format!("http://{}", plain.address())));
    let authority = tls.authority_pem();
    let error = setting.refused(&remote(&tls.url("app"), &[("ca.crt", &authority)])?).await?;
    assert!(chain(&error).ends_with("refused redirect: from https to http"), "{}", chain(&error));
    assert_eq!(plain.requests().len(), 0);
    plain.redirect_to(Some(&format!("http://{}", plain.address())));
    let error = setting.refused(&remote(&plain.url("app"), &[])?).await?;
    assert!(chain(&error).ends_with("refused redirect: too many in a row"), "{}", chain(&error));
    assert_eq!(plain.requests().len(), 11);
    Ok(())
}

#[tokio::test]
async fn sec_c10_what_a_server_echoes_is_cleaned() -> Outcome {
    let setting = Setting::new()?;
    let echo = |header: &str| header.lines().find(|line| line.to_lowercase().starts_with("authorization")).map(str::to_owned);
    let unauthorized = Scripted::start(move |stream, request| {
        let body = echo(request).unwrap_or_default();
        write!(stream, "HTTP/1.1 401 No\r\nwww-authenticate: {body}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
    })?;
    let error_line = Scripted::start(move |stream, request| {
        let text = format!("ERR access denied for S3NTINEL\x1b[31m {}\n", echo(request).unwrap_or_default());
        let lines = [line(b"# service=git-upload-pack\n"), b"0000".to_vec(), line(text.as_bytes())].concat();
        respond(stream, "application/x-git-upload-pack-advertisement", &lines)
    })?;
    let band = [line(format!("{}fatal: S3NTINEL\n", '\u{3}').as_bytes()), b"0000".to_vec()].concat();
    let error_band = with_pack(TIP, band)?;
    for server in [&unauthorized, &error_line, &error_band] {
        for secret in [&secret()[..], &[("bearerToken", "S3NTINEL")]] {
            let with_query = format!("{}?sig=S3NTINEL", server.url());
            for url in [server.url(), with_query] {
                let error = setting.refused(&remote(&url, secret)?).await?;
                let text = format!("{} {error:?}", chain(&error));
                assert!(!text.contains("S3NTINEL") && !text.contains("dXNlcjpTM05USU5FT"), "{text}");
                assert!(!text.contains('\x1b'), "{text:?}");
            }
        }
    }
    let error = setting.refused(&remote(&error_band.url(), &secret())?).await?;
    assert!(chain(&error).ends_with("remote: fatal: ***"), "{}", chain(&error));
    Ok(())
}

#[tokio::test]
async fn sec_c11_no_way_of_being_slow_outlasts_the_timeout() -> Outcome {
    let setting = Setting::new()?;
    let drip = |stream: &mut std::net::TcpStream, bytes: &[u8]| -> std::io::Result<()> {
        loop {
            stream.write_all(bytes)?;
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    let silent = Scripted::start(|stream, _| stream.read_to_end(&mut Vec::new()).map(drop))?;
    let headers = Scripted::start(move |stream, _| {
        stream.write_all(b"HTTP/1.1 200 OK\r\n")?;
        drip(stream, b"x-y: z\r\n")
    })?;
    let body = Scripted::start(move |stream, _| {
        let head =
            "HTTP/1.1 200 OK\r\ncontent-type: application/x-git-upload-pack-advertisement\r\ntransfer-encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes())?;
        stream.write_all(b"4\r\nfff0\r\n")?;
        drip(stream, b"1\r\nx\r\n")
    })?;
    let stall = Scripted::start(|stream, _| {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        stream.read_to_end(&mut Vec::new()).map(drop)
    })?;
    for (name, server) in [("silent", silent), ("headers", headers), ("body", body), ("100-continue", stall)] {
        let mut remote = remote(&server.url(), &[])?;
        remote.timeout = Duration::from_millis(300);
        let error = setting.refused(&remote).await?;
        assert_eq!(error.class(), Class::Timeout, "{name}: {}", chain(&error));
    }
    Ok(())
}

#[tokio::test]
async fn sec_c11_an_abandoned_operation_frees_its_place() -> Outcome {
    let silent = Scripted::start(|stream, _| stream.read_to_end(&mut Vec::new()).map(drop))?;
    let client = GitClient::new(Options { concurrency: 1, ..Options::default() });
    let mut slow = remote(&silent.url(), &[])?;
    slow.timeout = Duration::from_secs(3600);
    let abandoned = tokio::spawn({
        let client = client.clone();
        async move { client.list_refs(&slow, &["HEAD"]).await.map(drop) }
    });
    while silent.received().is_empty() {
        tokio::task::yield_now().await;
    }
    abandoned.abort();
    let healthy = GitServer::start()?;
    healthy.repository("app")?.commit_file("a.yaml", "a: 1\n")?;
    client.list_refs(&remote(&healthy.url("app"), &[])?, &["HEAD"]).await?;
    Ok(())
}

#[tokio::test]
async fn sec_b6_malformed_packets_are_errors() -> Outcome {
    let setting = Setting::new()?;
    let advertisement = "application/x-git-upload-pack-advertisement";
    for answer in [
        &b""[..],
        b"0000",
        b"0001",
        b"0003",
        b"zzzz",
        b"ffff",
        b"fff0x",
        b"0005\x01",
        b"000eversion 2\n",
        b"000fversion 99\n0000",
        b"001e# service=git-receive-pack\n0000",
        b"\xff\xfe\xfd\xfc\xfb",
    ] {
        let server = Scripted::start(move |stream, _| respond(stream, advertisement, answer))?;
        let error = setting.refused(&remote(&server.url(), &[])?).await?;
        assert_eq!(error.class(), Class::Transport, "{answer:?}: {}", chain(&error));
    }
    for section in [
        line(b"\x01"),
        line(b"\x02"),
        line(b"\x03"),
        line(b"\x07x"),
        line(b"\x01PACK"),
        line(b"\x01PACK\0\0\0\x02\0\0\0\x01"),
        b"0004".to_vec(),
        b"0000".to_vec(),
        Vec::new(),
        [line(b"\x01JUNK\0\0\0\x02\0\0\0\0"), b"0000".to_vec()].concat(),
        packed(&pack(&[(3, b"x")], 7)),
        packed(&pack(&[], 0)),
    ] {
        let server = with_pack(TIP, section.clone())?;
        let error = setting.refused(&remote(&server.url(), &[])?).await?;
        let expected = [Class::Transport, Class::NotFound];
        assert!(expected.contains(&error.class()), "{section:?}: {}", chain(&error));
    }
    Ok(())
}

#[tokio::test]
async fn sec_b6_bombs_are_refused_before_they_unfold() -> Outcome {
    let mut delta = Vec::new();
    delta.extend(size(1)); // of the base
    delta.extend(size(4 << 30)); // of the result
    delta.extend([0x90, 1].repeat(64)); // copy one byte
    let base = entry(3, b"x");
    let distance = u8::try_from(base.len())?;
    let delta_entry = [entry_header(6, delta.len()), vec![distance], deflated(&delta)].concat();
    let large = vec![0; 2 << 20];
    let limits = Limits { object_bytes: 1 << 20, pack_bytes: 64 << 10, objects: 100, ..Limits::default() };
    let setting = Setting::with_limits(limits)?;
    for (name, pack) in [
        ("delta", assemble(&[base, delta_entry], 2)),
        ("object", pack(&[(3, &large)], 1)),
        ("count", pack(&[(3, b"x")], u32::MAX)),
        ("bytes", pack(&[(3, &noise(100 << 10))], 1)),
    ] {
        let server = with_pack(TIP, packed(&pack))?;
        let error = setting.refused(&remote(&server.url(), &[])?).await?;
        assert_eq!(error.class(), Class::Limit, "{name}: {}", chain(&error));
    }
    Ok(())
}

#[tokio::test]
async fn sec_b2_a_token_cannot_add_a_header() -> Outcome {
    let server = GitServer::start()?;
    server.repository("app")?.commit_file("a.yaml", "a: 1\n")?;
    for token in ["a\r\nX-Evil: 1", "a\n", "a\0"] {
        let remote = remote(&server.url("app"), &[("bearerToken", token)])?;
        let error = client().list_refs(&remote, &["HEAD"]).await.err().ok_or("not a header value")?;
        assert_eq!(error.class(), Class::Authentication, "{}", chain(&error));
    }
    assert_eq!(server.requests().len(), 0, "nothing is sent");
    Ok(())
}

#[tokio::test]
async fn sec_b6_endless_refs_are_cut_off() -> Outcome {
    let server = Scripted::start(|stream, _| {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-git-upload-pack-advertisement\r\n\r\n";
        stream.write_all(head.as_bytes())?;
        stream.write_all(&[line(b"# service=git-upload-pack\n"), b"0000".to_vec()].concat())?;
        let mut number = 0_u64;
        loop {
            number += 1;
            stream.write_all(&line(format!("{TIP} refs/heads/{number}\0 shallow\n").as_bytes()))?;
        }
    })?;
    let limits = Limits { reference_bytes: 1 << 20, ..Limits::default() };
    let setting = Setting::with_limits(limits)?;
    let error = setting.refused(&remote(&server.url(), &[])?).await?;
    assert!(chain(&error).ends_with("the remote exceeds the limit of 1048576 bytes of refs"), "{}", chain(&error));
    Ok(())
}

#[tokio::test]
async fn sec_b1_a_ref_is_never_an_option() -> Outcome {
    let server = GitServer::start()?;
    server.repository("app")?.commit_file("a.yaml", "a: 1\n")?;
    let remote = remote(&server.url("app"), &[])?;
    let directory = tempfile::tempdir()?;
    for name in
        ["--upload-pack=touch /tmp/p", "-x", "refs/heads/a b", "refs/heads/a\nb", "refs/heads/..", "refs/heads/", "main", ""]
    {
        let wanted = Wanted::Reference(name.to_owned());
        let error = client().fetch(&remote, &wanted, directory.path()).await.err().ok_or("no such ref")?;
        assert_eq!(error.class(), Class::Invalid, "{name:?}: {}", chain(&error));
    }
    assert_eq!(server.requests().len(), 0, "nothing is asked for");
    Ok(())
}

#[tokio::test]
async fn sec_b10_what_is_returned_is_what_was_received_when_the_branch_moves() -> Outcome {
    let server = Arc::new(GitServer::start()?);
    let repository = server.repository("app")?;
    let commits = [repository.commit_file("a.yaml", "0")?, repository.commit_file("a.yaml", "1")?];
    let remote = remote(&server.url("app"), &[])?;
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let flipping = std::thread::spawn({
        let (stop, repository, commits) = (Arc::clone(&stop), repository.clone(), commits.clone());
        move || {
            for commit in commits.iter().cycle() {
                if stop.load(std::sync::atomic::Ordering::Relaxed) {
                    break;
                }
                repository.branch("main", commit).ok();
            }
        }
    });
    let client = client();
    for _ in 0..20 {
        let directory = tempfile::tempdir()?;
        let fetched = client.fetch(&remote, &main_branch(), directory.path()).await?;
        let content = fetched.read(&TreePath::parse("a.yaml")?)?;
        let number: usize = std::str::from_utf8(&content)?.parse()?;
        assert_eq!(fetched.commit.id.as_str(), commits[number], "the commit and its content belong together");
        let mut hash = Sha1::new();
        hash.update(format!("commit {}\0", fetched.commit.bytes.len()));
        hash.update(&fetched.commit.bytes);
        let id: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(fetched.commit.id.as_str(), id, "the bytes are those of the id");
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    flipping.join().map_err(|_| "the thread that moves the branch failed")?;
    Ok(())
}

/// A pack of whole objects (kind, content) whose head announces `count` of them.
fn pack(objects: &[(u8, &[u8])], count: u32) -> Vec<u8> {
    let entries: Vec<Vec<u8>> = objects.iter().map(|(kind, content)| entry(*kind, content)).collect();
    assemble(&entries, count)
}

fn assemble(entries: &[Vec<u8>], count: u32) -> Vec<u8> {
    let mut pack = [&b"PACK\0\0\0\x02"[..], &count.to_be_bytes()].concat();
    pack.extend(entries.concat());
    let trailer = Sha1::digest(&pack);
    pack.extend_from_slice(&trailer);
    pack
}

fn entry(kind: u8, content: &[u8]) -> Vec<u8> {
    [entry_header(kind, content.len()), deflated(content)].concat()
}

/// Kind and size: four bits of the size beside the kind, then seven a byte.
fn entry_header(kind: u8, length: usize) -> Vec<u8> {
    let low = u8::try_from(length & 15).unwrap_or_default();
    let rest = length >> 4;
    let first = (kind << 4) | low | if rest > 0 { 0x80 } else { 0 };
    let mut header = vec![first];
    if rest > 0 {
        header.extend(size(rest));
    }
    header
}

/// A number in groups of seven bits, low ones first.
fn size(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(number & 127).unwrap_or_default();
        number >>= 7;
        bytes.push(low | if number > 0 { 0x80 } else { 0 });
        if number == 0 {
            return bytes;
        }
    }
}

fn deflated(content: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).and_then(|()| encoder.finish()).unwrap_or_default()
}

/// Bytes that do not compress.
fn noise(length: usize) -> Vec<u8> {
    let blocks = (0..length as u64 / 20 + 1).flat_map(|number| Sha1::digest(number.to_be_bytes()));
    blocks.take(length).collect()
}

/// A pack in packets of the first band.
fn packed(pack: &[u8]) -> Vec<u8> {
    let packets = pack.chunks(60_000).map(|chunk| line(&[&[1], chunk].concat()));
    packets.chain([b"0000".to_vec()]).collect::<Vec<_>>().concat()
}
