use super::*;
use crate::client::body::{TimedBody, WatchSeat};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use http::{Method, Request};
use kube::client::Body;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::{Duration, Instant};

type Answer = (u16, &'static [(&'static str, &'static str)]);

#[derive(Clone)]
struct Server(Arc<Mutex<(VecDeque<Answer>, Vec<String>)>>);

async fn answer(State(server): State<Server>, request: axum::extract::Request) -> Response {
    let mut state = server.0.lock().unwrap();
    let agent = request.headers()["user-agent"].to_str().unwrap().to_owned();
    state.1.push(format!("{} {} {agent}", request.method(), request.uri()));
    let (code, headers) = state.0.pop_front().unwrap_or((200, &[]));
    let mut response = (StatusCode::from_u16(code).unwrap(), "{}").into_response();
    for (name, value) in headers {
        response.headers_mut().insert(*name, value.parse().unwrap());
    }
    response
}

async fn serving(answers: &[Answer]) -> (Server, SocketAddr) {
    let server = Server(Arc::new(Mutex::new((answers.iter().copied().collect(), Vec::new()))));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().fallback(answer).with_state(server.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (server, address)
}

fn options(metrics: &Arc<Metrics>) -> ClientOptions {
    ClientOptions {
        user_agent: "source-controller/v1".into(),
        requests_per_second: 50.0,
        burst: 300,
        metrics: Arc::clone(metrics),
    }
}

fn client(address: SocketAddr, options: &ClientOptions) -> kube::Client {
    build(Config::new(format!("http://{address}").parse().unwrap()), options).unwrap()
}

async fn call(client: &kube::Client, method: Method) -> Result<u16, kube::Error> {
    let request = Request::builder().method(method).uri("/api").body(Body::from(b"x".to_vec())).unwrap();
    client.send(request).await.map(|response| response.status().as_u16())
}

const SOON: &[(&str, &str)] = &[("retry-after", "0")];

#[tokio::test]
async fn only_what_is_safe_is_sent_again() {
    for (method, answers, code, requests) in [
        (Method::GET, vec![(429, SOON)], 200, 2),
        (Method::POST, vec![(429, SOON)], 200, 2),
        (Method::GET, vec![(503, SOON)], 200, 2),
        (Method::PATCH, vec![(503, SOON)], 200, 2),
        (Method::POST, vec![(503, SOON)], 503, 1),
        (Method::GET, vec![(503, &[])], 503, 1),
        (Method::GET, vec![(500, SOON)], 500, 1),
        (Method::GET, vec![(409, SOON)], 409, 1),
        (Method::GET, vec![(429, SOON); 9], 429, 5),
    ] as [(Method, Vec<Answer>, u16, usize); 9]
    {
        let (server, address) = serving(&answers).await;
        let got = call(&client(address, &options(&Metrics::new())), method.clone()).await.unwrap();
        assert_eq!((got, server.0.lock().unwrap().1.len()), (code, requests), "{method} {answers:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_tried_a_few_times_and_counted() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let metrics = Metrics::new();
    assert!(call(&client(address, &options(&metrics)), Method::POST).await.is_err());
    let expected = format!("rest_client_requests_total{{code=\"<error>\",host=\"{address}\",method=\"POST\"}} 5");
    let text = metrics.text().unwrap();
    assert!(text.contains(&expected), "{text}");
}

#[tokio::test]
async fn requests_say_who_sends_them_and_are_counted() {
    let (server, address) = serving(&[]).await;
    let metrics = Metrics::new();
    call(&client(address, &options(&metrics)), Method::GET).await.unwrap();
    assert_eq!(server.0.lock().unwrap().1, ["GET /api source-controller/v1"]);
    let expected = format!("rest_client_requests_total{{code=\"200\",host=\"{address}\",method=\"GET\"}} 1");
    assert!(metrics.text().unwrap().contains(&expected));
}

#[tokio::test]
async fn the_rate_is_limited_until_the_server_says_that_it_does_so() {
    let slow = |rate| ClientOptions { requests_per_second: rate, burst: 1, ..options(&Metrics::new()) };
    let (_server, address) = serving(&[]).await;
    let limited = client(address, &slow(20.0));
    let start = Instant::now();
    for _ in 0..3 {
        call(&limited, Method::GET).await.unwrap();
    }
    assert!(start.elapsed() >= Duration::from_millis(95), "{:?}", start.elapsed());

    // One request in three hours: this ends only if the limit is off after the first answer.
    let (_server, address) = serving(&[(200, &[("x-kubernetes-pf-flowschema-uid", "1")])]).await;
    let free = client(address, &slow(0.0001));
    for _ in 0..5 {
        call(&free, Method::GET).await.unwrap();
    }
}

#[test]
fn watches_are_recognised() {
    for (uri, expected) in [
        ("/api/v1/pods", false),
        ("/api/v1/pods?watch=true", true),
        ("/api/v1/pods?labelSelector=a%3Db&watch=true&resourceVersion=1", true),
        ("/api/v1/pods?fieldSelector=watch%3Dtrue", false),
        ("/api/v1/namespaces/a/pods/b/log?follow=true", true),
    ] {
        assert_eq!(calls::is_watch(&uri.parse().unwrap()), expected, "{uri}");
    }
}

#[tokio::test(start_paused = true)]
async fn sec_c11_a_body_that_stops_coming_is_an_error() {
    struct Never;
    impl hyper::body::Body for Never {
        type Data = bytes::Bytes;
        type Error = std::convert::Infallible;
        fn poll_frame(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<hyper::body::Frame<bytes::Bytes>, Self::Error>>> {
            std::task::Poll::Pending
        }
    }
    let mut body = TimedBody::new(Never, Duration::from_secs(60), None);
    let frame = std::future::poll_fn(|context| hyper::body::Body::poll_frame(std::pin::Pin::new(&mut body), context)).await;
    assert_eq!(frame.unwrap().unwrap_err().to_string(), "the API server sent nothing for 60s");
}

#[test]
fn a_seat_is_free_again_when_the_watch_ends() {
    let open = Arc::default();
    let seats = [WatchSeat::take(&open), WatchSeat::take(&open)];
    let copy = seats[0].clone();
    assert_eq!(open.load(std::sync::atomic::Ordering::Relaxed), 2);
    drop(seats);
    assert_eq!(open.load(std::sync::atomic::Ordering::Relaxed), 1);
    drop(copy);
    assert_eq!(open.load(std::sync::atomic::Ordering::Relaxed), 0);
}

#[tokio::test]
async fn what_cannot_be_a_header_is_refused_at_the_start() {
    let options = ClientOptions { user_agent: "a\nb".into(), ..options(&Metrics::new()) };
    let result = build(Config::new("http://127.0.0.1:1".parse().unwrap()), &options);
    assert!(matches!(result, Err(ClientError::UserAgent(_))));
}
