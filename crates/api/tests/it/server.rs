//! Connections, over real sockets.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use api::Bounds;
use axum::Router;
use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::support::Api;

/// A server of a small router.
struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    running: JoinSet<()>,
}

const BOUNDS: Bounds = Bounds {
    connections: 2,
    headers: Duration::from_millis(500),
    unread: Duration::from_millis(600),
    drain: Duration::from_millis(700),
};

impl Server {
    async fn start(router: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
        let mut running = JoinSet::new();
        running.spawn(api::serve(listener, router, BOUNDS, stop.clone()));
        Self { address, stop, running }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn ended(&mut self) {
        within(self.running.join_next()).await.unwrap().unwrap();
    }
}

fn small() -> Router {
    Router::new().route("/", get(|| async { "hello" }))
}

async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(10), work).await.expect("within ten seconds")
}

async fn to_the_end(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    // A connection that is cut may end in an error as well as in an end.
    let _ = within(stream.read_to_end(&mut text)).await;
    String::from_utf8(text).unwrap()
}

async fn ask(stream: &mut TcpStream, path: &str) {
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await.unwrap();
}

/// Reads until the body `hello` has come.
async fn hello(stream: &mut TcpStream) {
    let mut text = Vec::new();
    while !text.ends_with(b"hello") {
        assert_ne!(within(stream.read_buf(&mut text)).await.unwrap(), 0, "{}", String::from_utf8_lossy(&text));
    }
}

#[tokio::test]
async fn half_a_request_is_cut() {
    let server = Server::start(small()).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ").await.unwrap();
    let began = Instant::now();
    let answer = to_the_end(&mut stream).await;
    assert!(!answer.contains("200 OK"), "{answer}");
    assert!((0.4..5.0).contains(&began.elapsed().as_secs_f64()), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_connection_that_says_nothing_is_cut() {
    let server = Server::start(small()).await;
    let mut stream = server.connect().await;
    assert_eq!(to_the_end(&mut stream).await, "");
}

#[tokio::test]
async fn a_connection_that_says_nothing_more_is_cut() {
    let server = Server::start(small()).await;
    let mut stream = server.connect().await;
    ask(&mut stream, "/").await;
    hello(&mut stream).await;
    assert_eq!(to_the_end(&mut stream).await, "");
}

#[tokio::test]
async fn whoever_reads_no_answer_is_cut() {
    let large = Router::new().route("/", get(|| async { vec![0_u8; 64 << 20] }));
    let server = Server::start(large).await;
    let mut streams = [server.connect().await, server.connect().await];
    for stream in &mut streams {
        ask(stream, "/").await;
    }
    // There is room for two, and they hold it no longer than that.
    let mut third = server.connect().await;
    ask(&mut third, "/").await;
    let mut first = [0; 8];
    within(third.read_exact(&mut first)).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1");
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let server = Server::start(small()).await;
    let mut stream = server.connect().await;
    let head = format!("GET / HTTP/1.1\r\nHost: x\r\nX-Large: {}", "x".repeat(100 << 10));
    // The server may hang up before it has all of it.
    let _ = stream.write_all(head.as_bytes()).await;
    let answer = to_the_end(&mut stream).await;
    assert!(!answer.contains("200 OK"), "{answer}");
}

#[tokio::test]
async fn beyond_the_bound_a_connection_waits_for_another_to_end() {
    let (entered, mut entries) = mpsc::unbounded_channel();
    let release = CancellationToken::new();
    let (entered, held) = (entered, release.clone());
    let router = Router::new().route(
        "/",
        get(async move || {
            entered.send(()).unwrap();
            held.cancelled().await;
            "hello"
        }),
    );
    let server = Server::start(router).await;
    let mut streams = [server.connect().await, server.connect().await, server.connect().await];
    for stream in &mut streams {
        ask(stream, "/").await;
    }
    within(entries.recv()).await.unwrap();
    within(entries.recv()).await.unwrap();
    let third = tokio::time::timeout(Duration::from_millis(300), entries.recv()).await;
    assert!(third.is_err(), "a third request came in beside two");
    release.cancel();
    for mut stream in streams {
        hello(&mut stream).await;
    }
}

#[tokio::test]
async fn a_stop_lets_an_answer_finish_and_ends_who_is_idle() {
    let (entered, mut entries) = mpsc::unbounded_channel();
    let release = CancellationToken::new();
    let held = release.clone();
    let router = small().route(
        "/slow",
        get(async move || {
            entered.send(()).unwrap();
            held.cancelled().await;
            "hello"
        }),
    );
    let mut server = Server::start(router).await;
    let (mut idle, mut busy) = (server.connect().await, server.connect().await);
    ask(&mut idle, "/").await;
    hello(&mut idle).await;
    ask(&mut busy, "/slow").await;
    within(entries.recv()).await.unwrap();
    server.stop.cancel();
    assert_eq!(to_the_end(&mut idle).await, "");
    assert!(TcpStream::connect(server.address).await.is_err(), "nobody listens any more");
    release.cancel();
    hello(&mut busy).await;
    server.ended().await;
}

#[tokio::test]
async fn a_stop_waits_no_longer_than_its_deadline() {
    let (entered, mut entries) = mpsc::unbounded_channel();
    let router = Router::new().route(
        "/",
        get(async move || {
            entered.send(()).unwrap();
            std::future::pending::<&str>().await
        }),
    );
    let mut server = Server::start(router).await;
    let mut stream = server.connect().await;
    ask(&mut stream, "/").await;
    within(entries.recv()).await.unwrap();
    let began = Instant::now();
    server.stop.cancel();
    server.ended().await;
    assert!((0.6..5.0).contains(&began.elapsed().as_secs_f64()), "{:?}", began.elapsed());
    assert_eq!(to_the_end(&mut stream).await, "");
}

/// A proxy in front could have taken the request for another host than we.
#[tokio::test]
async fn a_request_that_names_no_host_or_two_is_refused() {
    let api = Api::start().await;
    let server = Server::start(api.router.clone()).await;
    let get = async |version: &str, headers: &str| {
        let mut stream = server.connect().await;
        let request = format!("GET /healthz HTTP/{version}\r\n{headers}Connection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        to_the_end(&mut stream).await
    };
    for (version, headers) in [("1.1", ""), ("1.1", "Host: a\r\nHost: b\r\n"), ("1.0", "Host: a\r\nHost: a\r\n")] {
        let answer = get(version, headers).await;
        assert!(answer.starts_with(&format!("HTTP/{version} 400 ")), "{answer}");
        assert!(
            answer.contains(r#""code":"malformed_request""#) && answer.contains("x-content-type-options"),
            "{answer}"
        );
    }
    for (version, headers) in [("1.1", "Host: a\r\n"), ("1.0", "")] {
        let answer = get(version, headers).await;
        assert!(answer.starts_with(&format!("HTTP/{version} 200 ")), "{answer}");
    }
}
