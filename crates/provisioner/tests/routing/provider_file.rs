//! Provider `file` with the real Traefik: the file holds the whole route.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use provisioner::routing::{Route, RouteProvider, RouteStore};

use crate::support::{
    Folders, Proxy, connect, eventually, head_of, request, route, serve, serve_text, tenant, with_hsts,
};

const HOST: &str = "night-owls.lab.test";

fn night_owls() -> Route {
    route("night-owls", RouteProvider::File)
}

#[tokio::test]
async fn a_route_opens_is_dressed_and_closes() {
    let folders = Folders::new();
    let (routes, proxy) = (folders.open().await, Proxy::start(&folders, None).await);
    let open = || proxy.get(HOST).status == 200;

    routes.write(&night_owls(), None).await.unwrap();
    assert_eq!(proxy.get(HOST).status, 404, "the chain alone routes nobody");
    routes.write(&night_owls(), Some(serve_text("hello"))).await.unwrap();
    eventually("open", open);

    let answer = proxy.get(HOST);
    assert_eq!(answer.body, "hello");
    let expected = [
        ("Strict-Transport-Security", vec!["max-age=600"]),
        ("X-Content-Type-Options", vec!["nosniff"]),
        ("X-Frame-Options", vec!["SAMEORIGIN"]),
        ("Referrer-Policy", vec!["strict-origin-when-cross-origin"]),
        ("Server", vec![]),
        ("X-Powered-By", vec![]),
    ];
    for (name, values) in expected {
        assert_eq!(answer.header(name), values, "{name}");
    }
    assert_eq!(proxy.get("other.lab.test").status, 404);

    routes.remove(night_owls().tenant).await.unwrap();
    eventually("closed", || proxy.get(HOST).status == 404);
}

#[tokio::test]
async fn without_hsts_of_ours_the_apps_own_does_not_pass() {
    let folders = Folders::new();
    let (routes, proxy) = (folders.open().await, Proxy::start(&folders, None).await);
    let plain = with_hsts(&night_owls(), None);
    routes.write(&plain, Some(serve_text("hello"))).await.unwrap();
    eventually("open", || proxy.get(HOST).status == 200);
    assert_eq!(proxy.get(HOST).header("Strict-Transport-Security"), [""; 0]);
}

#[tokio::test]
async fn the_app_sees_the_public_host() {
    let folders = Folders::new();
    let (routes, proxy) = (folders.open().await, Proxy::start(&folders, None).await);
    let echo = serve(|head, stream| {
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{head}", head.len())
    });
    routes.write(&night_owls(), Some(echo)).await.unwrap();
    eventually("open", || proxy.get(HOST).status == 200);
    let forged = ["X-Forwarded-Host: evil.test", "X-Forwarded-For: 192.0.2.1"];
    let seen = request(proxy.http, HOST, "/", &forged).unwrap().body.to_lowercase();
    assert!(
        seen.contains(&format!("\nhost: {HOST}\r")) && seen.contains(&format!("x-forwarded-host: {HOST}\r")),
        "{seen}"
    );
    assert!(!seen.contains("evil") && !seen.contains("192.0.2.1"), "{seen}");
}

#[tokio::test]
async fn a_web_socket_passes_the_chain() {
    let folders = Folders::new();
    let (routes, proxy) = (folders.open().await, Proxy::start(&folders, None).await);
    let echo = serve(|head, stream| {
        if !head.to_lowercase().contains("upgrade: websocket") {
            return stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
        // The handshake's answer is what the client of this test asked for; after it bytes pass as they are.
        let accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
        write!(
            stream,
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n\r\n"
        )?;
        let mut frame = [0; 4];
        stream.read_exact(&mut frame)?;
        stream.write_all(&frame)
    });
    routes.write(&night_owls(), Some(echo)).await.unwrap();
    eventually("open", || proxy.get(HOST).status == 200);

    let mut stream = connect(proxy.http).unwrap();
    write!(
        stream,
        "GET / HTTP/1.1\r\nHost: {HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    .unwrap();
    let head = head_of(&mut stream).unwrap();
    assert!(head.starts_with("HTTP/1.1 101"), "{head}");
    stream.write_all(b"ping").unwrap();
    let mut frame = [0; 4];
    stream.read_exact(&mut frame).unwrap();
    assert_eq!(&frame, b"ping");
}

/// Asks again and again, each time anew; counts what went wrong until `stop`.
fn visitor(http: SocketAddr, stop: Arc<AtomicBool>) -> std::thread::JoinHandle<(u32, Vec<String>)> {
    std::thread::spawn(move || {
        let (mut asked, mut failures) = (0, Vec::new());
        while !stop.load(Ordering::Relaxed) {
            asked += 1;
            match request(http, HOST, "/", &[]) {
                Ok(answer) if answer.status == 200 => {}
                other => failures.push(format!("{other:?}")),
            }
        }
        (asked, failures)
    })
}

#[tokio::test]
async fn a_switch_fails_no_request() {
    let folders = Folders::new();
    let (routes, proxy) = (folders.open().await, Proxy::start(&folders, None).await);
    let (blue, green) = (serve_text("blue"), serve_text("green"));
    routes.write(&night_owls(), Some(blue)).await.unwrap();
    eventually("open", || proxy.get(HOST).status == 200);

    let stop = Arc::new(AtomicBool::new(false));
    let visitors = [(); 2].map(|()| visitor(proxy.http, Arc::clone(&stop)));
    for (target, expected) in [(green, "green"), (blue, "blue"), (green, "green"), (blue, "blue")] {
        routes.write(&night_owls(), Some(target)).await.unwrap();
        eventually("switched", || proxy.get(HOST).body == expected);
    }
    stop.store(true, Ordering::Relaxed);
    for visitor in visitors {
        let (asked, failures) = visitor.join().unwrap();
        assert!(asked > 20, "only {asked} requests");
        assert!(failures.is_empty(), "{} of {asked}: {:?}", failures.len(), failures.first());
    }
}

#[tokio::test]
async fn ready_to_routed_is_quick() {
    let folders = Folders::new();
    let (routes, proxy) = (folders.open().await, Proxy::start(&folders, None).await);
    let target = Some(serve_text("hello"));
    let (mut writes, mut times) = (Vec::new(), Vec::new());
    for number in 1..=15 {
        let route = Route { tenant: tenant(number), ..route(&format!("owl-{number}"), RouteProvider::File) };
        routes.write(&route, None).await.unwrap();
        // Between chain and route lies an app's start, so that Traefik does not hold the second back for the first.
        tokio::time::sleep(Duration::from_millis(250)).await;
        let ready = Instant::now();
        routes.write(&route, target).await.unwrap();
        writes.push(ready.elapsed());
        eventually("routed", || proxy.get(&route.host()).status == 200);
        times.push(ready.elapsed());
    }
    writes.sort();
    times.sort();
    println!("ready to routed, file: median {:?}, worst {:?}; the write: {:?}", times[7], times[14], writes[7]);
}
