//! The readiness probe against servers that behave, and that don't.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::time::Duration;

use domain::app::ReadyProbe;
use domain::quantity::Span;
use provisioner::probe::{HttpProbe, NotReady, Probe, Target};

fn ready_probe() -> ReadyProbe {
    ReadyProbe {
        path: "/ready?deep=1".to_owned(),
        headers: BTreeMap::from([("Cookie".to_owned(), "auth_session=healthcheck".to_owned())]),
        accept: vec![200, 404],
        deadline: Span::seconds(60),
        timeout: Span::millis(500),
    }
}

async fn ask_for(address: SocketAddr, probe: &ReadyProbe) -> Result<(), NotReady> {
    HttpProbe.ask(Target { address, host: "night-owls.lab.test", probe }).await
}

async fn ask(address: SocketAddr) -> Result<(), NotReady> {
    ask_for(address, &ready_probe()).await
}

/// A server of one connection: reads the head, writes `answer`, and hands over the head and the connection.
fn serve_once(answer: impl Into<Vec<u8>>) -> (SocketAddr, mpsc::Receiver<(String, TcpStream)>) {
    let (listener, answer) = (TcpListener::bind("127.0.0.1:0").unwrap(), answer.into());
    let address = listener.local_addr().unwrap();
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
            head.push(byte[0]);
        }
        // The client may leave in the middle of a long answer.
        let written = stream.write_all(&answer);
        drop(written);
        sender.send((String::from_utf8(head).unwrap(), stream)).unwrap();
    });
    (address, receiver)
}

fn answer(status: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\nok")
}

#[tokio::test]
async fn asks_as_a_visitor_through_the_proxy_would_and_leaves_at_once() {
    let (address, seen) = serve_once(answer("200 OK"));
    ask(address).await.unwrap();
    let (head, mut stream) = seen.recv().unwrap();
    let head = head.to_lowercase();
    assert!(head.starts_with("get /ready?deep=1 http/1.1\r\n"), "{head}");
    for line in [
        "host: night-owls.lab.test",
        "x-forwarded-host: night-owls.lab.test",
        "x-forwarded-proto: https",
        "cookie: auth_session=healthcheck",
        "connection: close",
    ] {
        assert!(head.contains(&format!("\r\n{line}\r\n")), "{line} in {head}");
    }
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    assert_eq!(stream.read(&mut [0]).unwrap(), 0, "the connection is closed, though the server kept it open");
}

#[tokio::test]
async fn a_status_that_means_ready_is_ready_and_others_are_named() {
    assert_eq!(ask(serve_once(answer("404 Not Found")).0).await, Ok(()));
    for (line, status) in [("500 Oops", 500), ("308 Permanent Redirect", 308)] {
        let expected = NotReady::Status { path: ready_probe().path, status, expected: vec![200, 404] };
        assert_eq!(ask(serve_once(answer(line)).0).await, Err(expected));
    }
}

#[tokio::test]
async fn the_manifests_headers_win() {
    let (address, seen) = serve_once(answer("200 OK"));
    let headers = BTreeMap::from([("host".to_owned(), "localhost".to_owned())]);
    ask_for(address, &ReadyProbe { headers, ..ready_probe() }).await.unwrap();
    let head = seen.recv().unwrap().0;
    assert!(head.contains("\r\nhost: localhost\r\n") && !head.contains("host: night-owls.lab.test\r\nhost"), "{head}");
}

#[tokio::test]
async fn a_refusal_is_no_silence() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(ask(address).await, Err(NotReady::Refused));
}

#[tokio::test]
async fn silence_ends_at_the_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    assert_eq!(ask(listener.local_addr().unwrap()).await, Err(NotReady::TimedOut(Span::millis(500))));
}

#[tokio::test]
async fn what_is_no_answer_is_told_in_words() {
    for nonsense in ["", "SSH-2.0-x\r\n", "HTTP/1.1 200 OK\r\nX: "] {
        let (address, seen) = serve_once(nonsense);
        // The server hangs up once it has written.
        std::thread::spawn(move || drop(seen.recv()));
        assert!(matches!(ask(address).await, Err(NotReady::Failed(_))), "{nonsense}");
    }
    let long_head = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(1 << 20));
    assert!(matches!(ask(serve_once(long_head).0).await, Err(NotReady::Failed(_))));
}

#[tokio::test]
async fn a_long_body_is_not_read_to_its_end() {
    // Whoever waits for the rest of it waits in vain.
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n".as_bytes();
    let (address, seen) = serve_once([head, &[b'x'; 1 << 20]].concat());
    ask(address).await.unwrap();
    seen.recv().unwrap();
}

#[tokio::test]
async fn a_manifest_that_cannot_be_asked_is_an_answer_and_no_panic() {
    let address = SocketAddr::from(([127, 0, 0, 1], 1));
    let bad_header = BTreeMap::from([("a b".to_owned(), "c".to_owned())]);
    let bad_value = BTreeMap::from([("a".to_owned(), "c\r\nd: e".to_owned())]);
    for headers in [bad_header, bad_value] {
        let probe = ReadyProbe { headers, ..ready_probe() };
        assert!(matches!(ask_for(address, &probe).await, Err(NotReady::Failed(_))));
    }
    let probe = ReadyProbe { path: "/a b".to_owned(), ..ready_probe() };
    assert!(matches!(ask_for(address, &probe).await, Err(NotReady::Failed(_))));
}
