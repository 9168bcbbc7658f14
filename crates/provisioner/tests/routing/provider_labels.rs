//! Provider `labels` with the real Traefik and the real engine: labels route, the file holds the chain.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use chrono::TimeDelta;
use domain::{Clock, SystemClock};
use embedded::traefik::Docker;
use provisioner::container::PlatformId;
use provisioner::container::docker::{EngineView, ViewOptions};
use provisioner::routing::{Route, RouteProvider, RouteStore, labels};

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::docker::Engine;
use crate::support::{Folders, Proxy, eventually, request, route, tenant, with_hsts};

const HOST: &str = "night-owls.lab.test";

const ENGINE: &str = "/var/run/docker.sock";

/// Traefik's part of the engine: what carries `platform`'s label.
fn docker(platform: &str) -> Docker {
    Docker {
        socket: ENGINE.into(),
        network: None,
        constraint: Some(format!("Label(`{}`,`{platform}`)", PlatformId::LABEL)),
    }
}

/// A platform of this test's own: tests share the engine.
fn platform(test: &str) -> String {
    format!("routing-{test}-{}", std::process::id())
}

/// What a container of `platform` that serves `route` carries.
fn all_labels(platform: &str, route: &Route) -> BTreeMap<String, String> {
    let mut labels = labels(route);
    labels.insert(PlatformId::LABEL.to_owned(), platform.to_owned());
    labels
}

fn page(folders: &Folders, text: &str) -> PathBuf {
    let folder = folders.root().join("www");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("index.html"), text).unwrap();
    folder
}

#[tokio::test]
async fn a_labelled_container_is_routed_and_its_chain_changes_without_it() {
    let folders = Folders::new();
    let platform = platform("chain");
    let (routes, proxy) = (folders.open().await, Proxy::start(&folders, Some(docker(&platform))).await);
    let (mut engine, route) = (Engine::new("chain"), route("night-owls", RouteProvider::Labels));

    routes.write(&route, None).await.unwrap();
    engine.serve(&page(&folders, "hello"), route.port, &all_labels(&platform, &route));
    eventually("routed", || proxy.get(HOST).status == 200);
    let before = engine.identity(0);
    assert_eq!(proxy.get(HOST).body, "hello");
    assert_eq!(proxy.get(HOST).header("Strict-Transport-Security"), ["max-age=600"]);
    assert_eq!(proxy.get(HOST).header("X-Frame-Options"), ["SAMEORIGIN"]);

    let longer = with_hsts(&route, Some(1200));
    routes.write(&longer, None).await.unwrap();
    eventually("the chain changed", || proxy.get(HOST).header("Strict-Transport-Security") == ["max-age=1200"]);
    assert_eq!(engine.identity(0), before);

    routes.remove(route.tenant).await.unwrap();
    eventually("no chain, no route", || proxy.get(HOST).status == 404);
}

#[tokio::test]
async fn a_container_routed_by_a_file_is_not_routed_by_its_labels() {
    let folders = Folders::new();
    let platform = platform("apart");
    let (routes, proxy) = (folders.open().await, Proxy::start(&folders, Some(docker(&platform))).await);
    let mut engine = Engine::new("apart");
    let by_file = route("night-owls", RouteProvider::File);
    let by_labels = Route { tenant: tenant(2), ..route("early-birds", RouteProvider::Labels) };
    let page = page(&folders, "hello");
    for route in [&by_file, &by_labels] {
        routes.write(route, None).await.unwrap();
        engine.serve(&page, route.port, &all_labels(&platform, route));
    }
    // Started later and routed: whatever Traefik makes of the first one's labels, it has made it by now.
    eventually("the second is routed", || proxy.get(&by_labels.host()).status == 200);
    assert_eq!(proxy.get(HOST).status, 404);
}

#[tokio::test]
async fn two_platforms_on_one_engine_do_not_see_each_others_tenants() {
    let (ours, theirs) = (Folders::new(), Folders::new());
    let (our_id, their_id) = (platform("ours"), platform("theirs"));
    let mut engine = Engine::new("two");
    let route = route("night-owls", RouteProvider::Labels);
    let mut proxies = Vec::new();
    for (folders, platform, text) in [(&ours, &our_id, "ours"), (&theirs, &their_id, "theirs")] {
        folders.open().await.write(&route, None).await.unwrap();
        proxies.push(Proxy::start(folders, Some(docker(platform))).await);
        engine.serve(&page(folders, text), route.port, &all_labels(platform, &route));
    }
    // Both carry the same router's name and the same host: seen together, Traefik would serve them in turn.
    for (proxy, expected) in proxies.iter().zip(["ours", "theirs"]) {
        eventually("routed", || proxy.get(HOST).status == 200);
        for _ in 0..10 {
            assert_eq!(proxy.get(HOST).body, expected);
        }
    }
}

#[tokio::test]
async fn ready_to_routed_is_quick() {
    let folders = Folders::new();
    let platform = platform("quick");
    let (routes, proxy) = (folders.open().await, Proxy::start(&folders, Some(docker(&platform))).await);
    let (mut engine, page) = (Engine::new("quick"), page(&folders, "hello"));
    let mut times = Vec::new();
    for number in 1..=7 {
        let route = Route { tenant: tenant(number), ..route(&format!("owl-{number}"), RouteProvider::Labels) };
        routes.write(&route, None).await.unwrap();
        engine.serve(&page, route.port, &all_labels(&platform, &route));
        eventually("routed", || proxy.get(&route.host()).status == 200);
        times.push(SystemClock.now() - engine.started_at(times.len()));
    }
    times.sort();
    println!(
        "started to routed, labels: median {} ms, worst {} ms",
        times[3].num_milliseconds(),
        times[6].num_milliseconds()
    );
    assert!(times[3] < TimeDelta::milliseconds(500), "{times:?}");
}

/// What `platform` shows of that engine, at a socket that somebody holds.
fn view(held: &UnixListener, engine: &Path, platform: &str) -> EngineView {
    let options = ViewOptions {
        engine: engine.to_owned(),
        platform: PlatformId::parse(platform).unwrap(),
        connections: 8,
        patience: Duration::from_secs(10),
    };
    EngineView::at(held.try_clone().unwrap(), options).unwrap()
}

/// What a client of that socket is answered: status and body.
async fn ask(socket: &Path, method: &str, path: &str) -> (u16, String) {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--max-time", "10", "--write-out", "\n%{http_code}", "--request", method, "--path-as-is"]);
    curl.arg("--unix-socket").arg(socket).arg(format!("http://engine{path}"));
    let output = tokio::task::spawn_blocking(move || curl.output().unwrap()).await.unwrap();
    let answer = String::from_utf8(output.stdout).unwrap();
    let (body, status) = answer.rsplit_once('\n').unwrap();
    (status.parse().unwrap(), body.to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn traefik_routes_by_a_view_of_the_engine_that_takes_no_order_and_shows_no_secret_and_no_stranger() {
    let folders = Folders::new();
    let platform = platform("view");
    let socket = folders.root().join("engine.sock");
    // An earlier run was killed.
    drop(UnixListener::bind(&socket).unwrap());
    let held = EngineView::listen(&socket).unwrap();
    assert_eq!(EngineView::listen(&socket).unwrap_err().kind(), ErrorKind::AddrInUse, "one is enough");
    let (stop, mut running) = (CancellationToken::new(), JoinSet::new());
    running.spawn(view(&held, Path::new(ENGINE), &platform).run(stop.clone()));

    let docker = Docker { socket: socket.clone(), ..docker(&platform) };
    let (routes, proxy) = (folders.open().await, Proxy::start(&folders, Some(docker)).await);
    let (mut ours, mut strangers) = (Engine::new("view"), Engine::new("view-strangers"));
    let (route, page) = (route("night-owls", RouteProvider::Labels), page(&folders, "hello"));
    routes.write(&route, None).await.unwrap();
    // After Traefik's first look: it hears of this one.
    eventually("Traefik has looked", || proxy.get(HOST).status == 404);
    strangers.serve(&page, route.port, &all_labels("another", &Route { tenant: tenant(2), ..route.clone() }));
    ours.serve(&page, route.port, &all_labels(&platform, &route));
    eventually("routed", || proxy.get(HOST).status == 200);

    let id = |engine: &Engine| engine.identity(0).split(' ').next().unwrap().to_owned();
    let (our, stranger) = (id(&ours), id(&strangers));
    let (status, listed) = ask(&socket, "GET", "/containers/json?all=1").await;
    assert!(status == 200 && listed.contains(&our) && !listed.contains(&stranger), "{listed}");
    let inspect = |id: &str| format!("/containers/{id}/json");
    let (status, shown) = ask(&socket, "GET", &inspect(&our)).await;
    assert!(status == 200 && shown.contains("traefik.enable"), "{shown}");
    assert!(ask(Path::new(ENGINE), "GET", &inspect(&our)).await.1.contains("\"Env\""), "the engine itself tells");
    assert!(
        ["Env", "Cmd", "Mounts", "Binds"].iter().all(|secret| !shown.contains(&format!("\"{secret}\""))),
        "{shown}"
    );
    assert_eq!(ask(&socket, "GET", &inspect(&stranger)).await.0, 404);
    for (method, path) in [
        ("POST", format!("/containers/{our}/stop")),
        ("DELETE", format!("/containers/{our}?force=1")),
        ("POST", "/containers/create".to_owned()),
        ("GET", "/images/json".to_owned()),
        ("GET", format!("/containers/{our}/archive?path=/")),
        ("GET", "/containers/x/../../images/json".to_owned()),
    ] {
        assert_eq!(ask(&socket, method, &path).await.0, 403, "{method} {path}");
    }
    assert_eq!(proxy.get(HOST).status, 200);
    drop(ours);
    eventually("its end is heard of", || proxy.get(HOST).status == 404);
    // Though Traefik listens for events.
    stop.cancel();
    running.join_next().await.unwrap().unwrap();
}

/// An engine of whom every question takes a while, so that what dies dies among Traefik's questions.
async fn slow_engine(socket: PathBuf) {
    let (listener, mut visits) = (tokio::net::UnixListener::bind(socket).unwrap(), JoinSet::new());
    loop {
        let (mut visit, _) = listener.accept().await.unwrap();
        visits.spawn(async move {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let mut engine = tokio::net::UnixStream::connect(ENGINE).await.unwrap();
            drop(tokio::io::copy_bidirectional(&mut visit, &mut engine).await);
        });
    }
}

/// Who asks all the while; what they were answered other than 200.
fn visitor(http: SocketAddr, enough: Arc<AtomicBool>) -> JoinHandle<Vec<u16>> {
    std::thread::spawn(move || {
        let asked = std::iter::repeat_with(|| request(http, HOST, "/", &[]).map_or(0, |answer| answer.status));
        asked.take_while(|_| !enough.load(Ordering::Relaxed)).filter(|status| *status != 200).collect()
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_that_dies_among_traefiks_questions_costs_no_route_while_its_socket_is_held() {
    const ROUNDS: u64 = 16;
    let folders = Folders::new();
    let platform = platform("held");
    let [slow, socket] = ["slow.sock", "engine.sock"].map(|name| folders.root().join(name));
    let mut engines = JoinSet::new();
    engines.spawn(slow_engine(slow.clone()));
    let held = EngineView::listen(&socket).unwrap();
    let mut running = JoinSet::new();
    running.spawn(view(&held, &slow, &platform).run(CancellationToken::new()));
    let docker = Docker { socket, ..docker(&platform) };
    let (routes, proxy) = (folders.open().await, Proxy::start(&folders, Some(docker)).await);
    let (mut engine, owls) = (Engine::new("held"), route("night-owls", RouteProvider::Labels));
    routes.write(&owls, None).await.unwrap();
    let page = page(&folders, "hello");
    engine.serve(&page, owls.port, &all_labels(&platform, &owls));
    // Read before and after it.
    for number in 2..=4 {
        let other = Route { tenant: tenant(number), ..route(&format!("owl-{number}"), RouteProvider::Labels) };
        engine.serve(&page, other.port, &all_labels(&platform, &other));
    }
    eventually("routed", || proxy.get(HOST).status == 200);
    let enough = Arc::new(AtomicBool::new(false));
    let visitor = visitor(proxy.http, Arc::clone(&enough));
    for round in 0..ROUNDS {
        // Traefik hears of it and asks for all of them, one after the other.
        engine.restart(3);
        tokio::time::sleep(Duration::from_millis(20 * round)).await;
        running.shutdown().await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        running.spawn(view(&held, &slow, &platform).run(CancellationToken::new()));
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    enough.store(true, Ordering::Relaxed);
    assert_eq!(visitor.join().unwrap(), Vec::<u16>::new());
}
