//! The private Traefik and its certificates, for real: a route of a file, over http and https, as curl sees it.
#![expect(clippy::unwrap_used, reason = "what a helper can't do fails the test")]

#[expect(dead_code, reason = "each suite uses its part of what they share")]
mod support;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

use embedded::traefik::{ListenError, TraefikError};
use embedded::{Authority, Traefik, TraefikOptions};
use support::{Victim, eventually, folder, kill_9, places, processes_in};

/// Serves `hello` to everybody until the test ends.
fn hello_server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 4096];
            if stream.read(&mut request).is_ok_and(|length| length > 0) {
                let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";
                stream.write_all(answer).unwrap();
            }
        }
    });
    address
}

/// A server whose queue is full: one more client hears nothing, not even a refusal.
async fn silent_server() -> (tokio::net::TcpListener, Vec<TcpStream>) {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let connect = || TcpStream::connect_timeout(&address, Duration::from_millis(300));
    let waiting = std::iter::from_fn(|| connect().ok()).collect();
    (listener, waiting)
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn options(parent: &Path) -> TraefikOptions {
    TraefikOptions {
        binary: places().traefik(None).unwrap(),
        state_dir: parent.join("traefik"),
        staging_dir: parent.join("staging"),
        dynamic_dir: parent.join("routes"),
        http: free_address(),
        https: Some(free_address()),
        internal: free_address(),
        docker: None,
        throttle: Duration::from_millis(50),
        certificate: None,
    }
}

fn add_route(options: &TraefikOptions, host: &str, server: SocketAddr) {
    let route = format!(
        "[http.routers.it]\nrule = \"Host(`{host}`)\"\nservice = \"it\"\n\
         [[http.services.it.loadBalancer.servers]]\nurl = \"http://{server}\"\n"
    );
    let draft = options.state_dir.join("route");
    std::fs::write(&draft, route).unwrap();
    std::fs::rename(draft, options.dynamic_dir.join("it.toml")).unwrap();
}

/// `GET /` of `host` at `address`, trusting only `authority`.
fn get(scheme: &str, host: &str, address: SocketAddr, authority: Option<&Path>) -> Output {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--fail", "--max-time", "5", "--noproxy", "*"])
        .args(["--resolve", &format!("{host}:{}:{}", address.port(), address.ip())])
        .arg(format!("{scheme}://{host}:{}/", address.port()));
    if let Some(authority) = authority {
        curl.arg("--cacert").arg(authority);
    }
    curl.output().unwrap()
}

fn is_hello(output: &Output) -> bool {
    output.status.success() && output.stdout == b"hello"
}

#[expect(clippy::disallowed_methods, reason = "curl judges the certificate by the machine's clock")]
fn now() -> SystemTime {
    SystemTime::now()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn routes_a_file_over_http_and_over_https_with_a_certificate_of_ours() {
    let parent = folder();
    let authority = Authority::open(&parent.path().join("tls"), "localhost", now()).unwrap();
    let certificate = authority.leaf(&names(&["exact.localhost", "*.lab.localhost"]), now()).unwrap();
    let options = TraefikOptions { certificate: Some(certificate), ..options(parent.path()) };
    let traefik = Traefik::start(options.clone()).await.unwrap();
    let (https, trusted) = (options.https.unwrap(), authority.certificate());
    for host in ["study.lab.localhost", "exact.localhost"] {
        add_route(&options, host, hello_server());
        eventually("routed over http", || is_hello(&get("http", host, options.http, None)));
        let answer = get("https", host, https, Some(&trusted));
        assert!(is_hello(&answer), "{answer:?}");
    }
    assert!(!get("https", "exact.localhost", https, None).status.success(), "nobody else trusts the authority");
    assert!(!is_hello(&get("http", "exact.localhost", options.internal, None)), "no tenant on the internal entry");
    traefik.stop().await.unwrap();
    assert!(processes_in(&options.state_dir).is_empty());
}

#[tokio::test]
async fn a_stopped_instance_is_an_answer_and_not_a_hang() {
    let parent = folder();
    let options = options(parent.path());
    let _traefik = Traefik::start(options.clone()).await.unwrap();
    let (silent, _waiting) = silent_server().await;
    add_route(&options, "gone.localhost", silent.local_addr().unwrap());
    eventually("routed to a server that doesn't answer", || {
        let error = String::from_utf8(get("http", "gone.localhost", options.http, None).stderr).unwrap();
        assert!(!error.contains("timed out"), "{error}");
        error.contains("504") || error.contains("502")
    });
}

#[tokio::test]
async fn the_owner_learns_of_a_killed_proxy_and_starts_it_anew() {
    let parent = folder();
    let options = options(parent.path());
    let mut traefik = Traefik::start(options.clone()).await.unwrap();
    kill_9(traefik.pid().unwrap());
    tokio::time::timeout(Duration::from_secs(20), traefik.wait()).await.unwrap().unwrap();
    drop(traefik);
    let again = Traefik::start(options.clone()).await.unwrap();
    drop(again);
    assert!(processes_in(&options.state_dir).is_empty(), "a drop leaves no process");
}

/// Run by the test below, which kills it. (Ignored otherwise: it would wait for ever.)
#[tokio::test]
#[ignore = "the victim of `a_killed_owners_proxy_is_found_and_ended`, run by that test"]
async fn victim() {
    let Some(parent) = Victim::folder() else { return };
    let mut traefik = Traefik::start(options(&parent)).await.unwrap();
    std::fs::write(parent.join("ready"), "").unwrap();
    traefik.wait().await.unwrap();
}

#[tokio::test]
async fn a_killed_owners_proxy_is_found_and_ended() {
    let parent = folder();
    let options = options(parent.path());
    let owner = Victim::start(parent.path());
    eventually("the owner's proxy is ready", || parent.path().join("ready").exists());
    let orphan = processes_in(&options.state_dir);
    assert!(Traefik::start(options.clone()).await.is_err(), "the owner lives");
    drop(owner);
    assert_eq!(processes_in(&options.state_dir), orphan, "the proxy outlives its owner");
    let ours = Traefik::start(options.clone()).await.unwrap();
    assert_eq!(processes_in(&options.state_dir), [ours.pid().unwrap().cast_signed()]);
}

#[tokio::test]
async fn an_occupied_address_is_named() {
    let parent = folder();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let options = TraefikOptions { https: Some(taken.local_addr().unwrap()), ..options(parent.path()) };
    let error = Traefik::start(options.clone()).await.unwrap_err();
    assert!(matches!(error, TraefikError::Listen(ListenError::Taken { address }) if Some(address) == options.https));
    assert!(processes_in(&options.state_dir).is_empty());
}

#[tokio::test]
async fn a_program_that_is_no_traefik_ends_in_its_own_words() {
    let parent = folder();
    let missing = TraefikOptions { binary: parent.path().join("absent"), ..options(parent.path()) };
    let error = Traefik::start(missing).await.unwrap_err().to_string();
    assert!(error.contains("absent"), "{error}");
    let other = TraefikOptions { binary: "/bin/cat".into(), ..options(parent.path()) };
    let error = Traefik::start(other).await.unwrap_err().to_string();
    assert!(error.contains("--configFile") && error.contains("traefik.log"), "{error}");
}
