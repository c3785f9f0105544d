use super::*;
use artifact::ignore::IgnoreRules;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use file_tree::{Files as _, TreePath};
use futures::StreamExt as _;
use std::collections::VecDeque;
use std::net::SocketAddr;

/// A server that answers each request with the next answer of its script, then with the last one again.
#[derive(Clone)]
struct Script(Arc<Mutex<State_>>);

struct State_ {
    answers: VecDeque<fn(&[u8]) -> Response>,
    body: Vec<u8>,
    served: usize,
    hosts: Vec<String>,
}

async fn answer(State(script): State<Script>, request: axum::extract::Request) -> Response {
    let mut state = script.0.lock().unwrap();
    state.served += 1;
    let host = request.headers()["host"].to_str().unwrap().to_owned();
    state.hosts.push(host);
    let next = if state.answers.len() > 1 { state.answers.pop_front().unwrap() } else { state.answers[0] };
    next(&state.body)
}

impl Script {
    async fn serve(body: Vec<u8>, answers: &[fn(&[u8]) -> Response]) -> (Self, SocketAddr) {
        let state = State_ { answers: answers.iter().copied().collect(), body, served: 0, hosts: Vec::new() };
        let script = Self(Arc::new(Mutex::new(state)));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(script.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (script, address)
    }

    fn served(&self) -> usize {
        self.0.lock().unwrap().served
    }
}

fn whole(body: &[u8]) -> Response {
    body.to_vec().into_response()
}

fn status(code: u16) -> Response {
    StatusCode::from_u16(code).unwrap().into_response()
}

/// Sends the first half and breaks the connection.
fn half(body: &[u8]) -> Response {
    let half = Bytes::copy_from_slice(&body[..body.len() / 2]);
    let chunks = [Ok(half), Err(std::io::Error::other("cut"))];
    Body::from_stream(futures::stream::iter(chunks)).into_response()
}

/// Sends the first half and then nothing.
fn stalled(body: &[u8]) -> Response {
    let half = Bytes::copy_from_slice(&body[..body.len() / 2]);
    let chunks = futures::stream::iter([Ok::<_, std::io::Error>(half)]).chain(futures::stream::pending());
    Body::from_stream(chunks).into_response()
}

/// Says that the gzip file is gzip-encoded text, which a helpful client would undo.
fn encoded(body: &[u8]) -> Response {
    ([("content-encoding", "gzip")], body.to_vec()).into_response()
}

fn archive_of(files: &[(&'static str, &'static str)]) -> (Vec<u8>, String) {
    let tree = FileTree::from_files(files.iter().map(|(path, text)| (*path, Bytes::from_static(text.as_bytes())))).unwrap();
    let mut bytes = Vec::new();
    let written = archive::write(&tree, &IgnoreRules::default(), Algorithm::Sha256, &mut bytes).unwrap();
    (bytes, written.digest.to_string())
}

fn store(change: impl FnOnce(&mut ArtifactStoreOptions)) -> ArtifactStore {
    let mut options = ArtifactStoreOptions {
        retries: 3,
        first_pause: Duration::from_millis(1),
        longest_pause: Duration::from_millis(2),
        ..ArtifactStoreOptions::default()
    };
    change(&mut options);
    ArtifactStore::new(options).unwrap()
}

fn reference(address: SocketAddr, digest: &str) -> ArtifactReference {
    let url = format!("http://{address}/gitrepository/a/b/x.tar.gz");
    ArtifactReference { url, digest: digest.to_owned(), revision: "main@sha1:1".to_owned() }
}

#[tokio::test]
async fn two_hundred_objects_that_use_one_artifact_cause_one_download() {
    let (body, digest) = archive_of(&[("a/b.yaml", "x: 1\n"), ("c", "d")]);
    let (script, address) = Script::serve(body, &[whole]).await;
    let store = store(|_| {});
    let wanted = reference(address, &digest);
    let trees = futures::future::join_all((0..200).map(|_| store.fetch(&wanted))).await;
    for tree in &trees {
        let tree = tree.as_ref().unwrap();
        assert_eq!(tree.read(&TreePath::parse("a/b.yaml").unwrap()).unwrap(), "x: 1\n");
        assert!(Arc::ptr_eq(tree, trees[0].as_ref().unwrap()));
    }
    assert!(store.fetch(&wanted).await.is_ok());
    assert_eq!(script.served(), 1);
}

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    let (body, digest) = archive_of(&[("a", "b")]);
    let (script, address) = Script::serve(body, &[|_| status(503), |_| status(429), half, whole]).await;
    assert!(store(|_| {}).fetch(&reference(address, &digest)).await.is_ok());
    assert_eq!(script.served(), 4);
}

#[tokio::test]
async fn what_will_not_pass_is_tried_once() {
    let (body, digest) = archive_of(&[("a", "b")]);
    for (answer, code) in [((|_| status(404)) as fn(&[u8]) -> Response, 404), (|_| status(403), 403), (|_| status(501), 501)] {
        let (script, address) = Script::serve(body.clone(), &[answer, whole]).await;
        let error = store(|_| {}).fetch(&reference(address, &digest)).await.unwrap_err();
        assert_eq!(error.is_not_found(), code == 404, "{error}");
        assert_eq!(script.served(), 1, "{code}");
    }
}

#[tokio::test]
async fn tries_end_with_the_error_of_the_last_one() {
    let (_, digest) = archive_of(&[("a", "b")]);
    let (script, address) = Script::serve(Vec::new(), &[|_| status(500)]).await;
    let error = store(|_| {}).fetch(&reference(address, &digest)).await.unwrap_err();
    let expected = format!(
        "failed to download archive from http://{address}/gitrepository/a/b/x.tar.gz (status: 500 Internal Server Error)"
    );
    assert_eq!((error.to_string(), script.served()), (expected, 4));
}

#[tokio::test]
async fn sec_a10_a_body_that_is_not_the_published_one_is_never_unpacked() {
    let (_, digest) = archive_of(&[("a", "good")]);
    let (other, _) = archive_of(&[("a", "evil")]);
    let (_, address) = Script::serve(other.clone(), &[whole]).await;
    let store = store(|_| {});
    let error = store.fetch(&reference(address, &digest)).await.unwrap_err();
    assert_eq!(error.to_string(), format!("failed to verify archive: computed digest doesn't match provided '{digest}'"));
    let sha1 = format!("sha1:{}", "0".repeat(40));
    for missing in ["", "sha256:", "md5:900150983cd24fb0d6963f7d28e17f72", sha1.as_str()] {
        let error = store.fetch(&reference(address, missing)).await.unwrap_err();
        assert!(matches!(error, FetchError::Digest { .. }), "{missing}: {error}");
    }
}

#[tokio::test]
async fn a_bare_digest_is_sha256() {
    let (body, digest) = archive_of(&[("a", "b")]);
    let (_, address) = Script::serve(body, &[whole]).await;
    assert!(store(|_| {}).fetch(&reference(address, digest.trim_start_matches("sha256:"))).await.is_ok());
}

#[tokio::test]
async fn sec_c11_a_body_that_stops_coming_is_given_up() {
    let (body, digest) = archive_of(&[("a", "b")]);
    let (script, address) = Script::serve(body, &[stalled]).await;
    let store = store(|options| {
        options.retries = 1;
        options.idle_timeout = Duration::from_millis(50);
    });
    let error = store.fetch(&reference(address, &digest)).await.unwrap_err();
    assert!(matches!(error, FetchError::Download { .. }), "{error}");
    assert_eq!(script.served(), 2);
}

#[tokio::test]
async fn sec_c13_a_content_encoding_is_not_undone() {
    let (body, digest) = archive_of(&[("a", "b")]);
    let (_, address) = Script::serve(body, &[encoded]).await;
    assert!(store(|_| {}).fetch(&reference(address, &digest)).await.is_ok());
}

#[tokio::test]
async fn an_archive_beyond_the_limit_is_refused_while_it_comes() {
    let (body, digest) = archive_of(&[("a", "b")]);
    let (script, address) = Script::serve(body, &[whole]).await;
    let store = store(|options| options.limits.compressed = 16);
    let error = store.fetch(&reference(address, &digest)).await.unwrap_err();
    assert!(matches!(error, FetchError::TooLarge { limit: 16, .. }), "{error}");
    assert_eq!(script.served(), 1);
}

#[tokio::test]
async fn the_cache_forgets_what_does_not_fit() {
    let (first, first_digest) = archive_of(&[("a", "1")]);
    let (second, second_digest) = archive_of(&[("a", "2")]);
    let (one, one_address) = Script::serve(first, &[whole]).await;
    let (two, two_address) = Script::serve(second, &[whole]).await;
    let store = store(|options| options.cache_bytes = ENTRY_OVERHEAD + 1);
    for _ in 0..2 {
        store.fetch(&reference(one_address, &first_digest)).await.unwrap();
        store.fetch(&reference(two_address, &second_digest)).await.unwrap();
    }
    assert_eq!((one.served(), two.served()), (2, 2));
    store.fetch(&reference(two_address, &second_digest)).await.unwrap();
    assert_eq!(two.served(), 2);
}

#[tokio::test]
async fn the_host_can_be_replaced_for_debugging() {
    let (body, digest) = archive_of(&[("a", "b")]);
    let (script, address) = Script::serve(body, &[whole]).await;
    let store = store(|options| options.host_override = Some(address.to_string()));
    let url = "http://source-controller.flux-system.svc.cluster.local./gitrepository/a/b/x.tar.gz".to_owned();
    assert!(store.fetch(&ArtifactReference { url, digest, revision: String::new() }).await.is_ok());
    assert_eq!(script.0.lock().unwrap().hosts, [address.to_string()]);
}

#[tokio::test]
async fn sec_c10_messages_do_not_hold_the_credentials_of_a_url() {
    let (_, digest) = archive_of(&[("a", "b")]);
    let (_, address) = Script::serve(Vec::new(), &[|_| status(403)]).await;
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    for (store, url) in [
        (store(|_| {}), format!("http://u:S3NTINEL@{address}/x?sig=S3NTINEL")),
        (store(|_| {}), format!("http://u:S3NTINEL@{closed}/x?sig=S3NTINEL")),
        (store(|_| {}), "ftp://u:S3NTINEL@host/x?sig=S3NTINEL".to_owned()),
    ] {
        let wanted = ArtifactReference { url, digest: digest.clone(), revision: String::new() };
        let error = store.fetch(&wanted).await.unwrap_err();
        let text = format!("{} {error:?}", crate::error_chain::error_chain(&error));
        assert!(!text.contains("S3NTINEL"), "{text}");
    }
}
