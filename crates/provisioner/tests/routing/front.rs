//! What the base file promises, with the real Traefik and a stand-in for frescod: the gate, the names that lead nowhere,
//! and what is said where an instance does not answer.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream};

use provisioner::routing::{Route, RouteProvider, RouteStore};

use crate::support::{Folders, Proxy, eventually, free_addresses, request, route, serve, serve_status, silent_server};

const HOST: &str = "night-owls.lab.test";

/// The path that was asked for, and for whom.
fn asked(head: &str) -> (&str, Vec<&str>) {
    let path = head.split(' ').nth(1).unwrap();
    (path, head.lines().filter(|line| line.to_lowercase().starts_with("x-forwarded-host:")).collect())
}

fn answer(stream: &mut TcpStream, (status, more): (u16, &str), body: &str) -> io::Result<()> {
    let length = body.len();
    write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n{more}\r\n{body}")
}

/// Lets in who shows `ours=yes`, says what it was asked.
fn frescod() -> SocketAddr {
    serve(|head, stream| {
        let (path, hosts) = asked(head);
        if path == "/check" && head.to_lowercase().contains("\r\ncookie: app=1; ours=yes\r\n") {
            return answer(stream, (200, "Cookie: app=1\r\n"), "");
        }
        let status = if path == "/check" { 403 } else { 404 };
        answer(stream, (status, ""), &format!("{path} {hosts:?}"))
    })
}

fn app() -> SocketAddr {
    serve(|head, stream| answer(stream, (200, ""), head))
}

fn gated(provider: RouteProvider) -> Route {
    Route { gated: true, ..route("night-owls", provider) }
}

#[tokio::test]
async fn a_gated_instance_is_its_owners_and_our_cookie_stays_ours() {
    let folders = Folders::new();
    let (routes, proxy) = (folders.open_before(frescod()).await, Proxy::start(&folders, None).await);
    let (gated, target) = (gated(RouteProvider::File), Some(app()));
    routes.write(&gated, target).await.unwrap();
    eventually("gated", || proxy.get(HOST).status == 403);

    let forged = ["X-Forwarded-Host: other.lab.test", "Cookie: app=1"];
    let refused = request(proxy.http, HOST, "/a", &forged).unwrap();
    assert_eq!((refused.status, &*refused.body), (403, &*format!("/check [\"X-Forwarded-Host: {HOST}\"]")));

    let owner = request(proxy.http, HOST, "/a", &["Cookie: app=1; ours=yes"]).unwrap();
    assert_eq!(owner.status, 200);
    let cookies: Vec<_> = owner.body.lines().filter(|line| line.to_lowercase().starts_with("cookie:")).collect();
    assert_eq!(cookies, ["Cookie: app=1"], "the app sees its own cookies alone");

    routes.write(&Route { gated: false, ..gated }, target).await.unwrap();
    eventually("open to all", || proxy.get(HOST).status == 200);
}

#[tokio::test]
async fn without_frescod_a_gated_instance_stays_closed_and_an_open_one_serves() {
    let folders = Folders::new();
    let [nobody] = free_addresses();
    let (routes, proxy) = (folders.open_before(nobody).await, Proxy::start(&folders, None).await);
    let open = route("early-birds", RouteProvider::File);
    let open = Route { tenant: crate::support::tenant(2), ..open };
    routes.write(&gated(RouteProvider::File), Some(app())).await.unwrap();
    routes.write(&open, Some(app())).await.unwrap();
    eventually("the open one serves", || proxy.get(&open.host()).status == 200);
    eventually("the gated one is routed", || proxy.get(HOST).status == 500);
    assert_eq!(request(proxy.http, HOST, "/", &["Cookie: app=1; ours=yes"]).unwrap().status, 500);
}

#[tokio::test]
async fn names_that_lead_nowhere_lead_to_frescod_whatever_they_ask_for() {
    let folders = Folders::new();
    let (_routes, proxy) = (folders.open_before(frescod()).await, Proxy::start(&folders, None).await);
    eventually("the base is there", || !proxy.get(HOST).body.contains("page not found"));
    for path in ["/", "/check", "/any/path?x", "/.fresco/../check"] {
        let answer = request(proxy.http, HOST, path, &[]).unwrap();
        assert_eq!(answer.status, 404);
        assert!(answer.body.starts_with("/instead"), "{path}: {}", answer.body);
        assert!(answer.body.contains(HOST), "{}", answer.body);
    }
    let public = request(proxy.http, HOST, "/.fresco/claim", &[]).unwrap();
    assert!(public.body.starts_with("/.fresco/claim "), "{}", public.body);
    for foreign in ["lab.test", "a.b.lab.test", "lab.test.evil.test", "owlsXlab.test"] {
        assert!(proxy.get(foreign).body.contains("page not found"), "{foreign} is none of ours");
    }
}

#[tokio::test]
async fn where_traefik_gets_no_answer_frescod_speaks_and_an_apps_own_errors_pass() {
    let folders = Folders::new();
    let (routes, proxy) = (folders.open_before(frescod()).await, Proxy::start(&folders, None).await);
    let (night_owls, [nobody]) = (route("night-owls", RouteProvider::File), free_addresses());
    let (silent, _waiting) = silent_server().await;
    for (target, status) in [(nobody, 502), (silent.local_addr().unwrap(), 504)] {
        routes.write(&night_owls, Some(target)).await.unwrap();
        eventually("an answer in its place", || proxy.get(HOST).status == status);
        assert!(proxy.get(HOST).body.starts_with("/instead "), "{}", proxy.get(HOST).body);
    }
    for status in [404, 500, 503] {
        routes.write(&night_owls, Some(serve_status(status))).await.unwrap();
        eventually("the app's own error", || {
            let answer = proxy.get(HOST);
            answer.status == status && answer.body.is_empty()
        });
    }
}
