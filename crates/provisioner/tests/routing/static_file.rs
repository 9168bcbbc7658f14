//! The static configuration in `traefik/traefik.yml`, which operators start from: the real Traefik takes it, and it routes.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use domain::tenant::Subdomain;
use domain::{Routing, TraefikName};
use provisioner::routing::{Route, RouteProvider, RouteStore};

use crate::support::{
    Folders, eventually, free_addresses, request, route, serve_text, silent_server, tenant, traefik_binary,
};

/// A Traefik that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// The shipped file, with this machine's addresses and folders in the place of the operator's.
fn localised(replacements: &[(&str, String)]) -> String {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../traefik/traefik.yml");
    let shipped = std::fs::read_to_string(shipped).unwrap();
    replacements.iter().fold(shipped, |text, (from, to)| {
        assert_eq!(text.matches(from).count(), 1, "{from} stands once in the file");
        text.replace(from, to)
    })
}

#[tokio::test]
async fn the_shipped_configuration_works() {
    let folders = Folders::new();
    let routes = folders.open().await;
    let [web, websecure, internal] = free_addresses();
    let configuration = localised(&[
        ("\":80\"", format!("\"{web}\"")),
        ("\":443\"", format!("\"{websecure}\"")),
        ("\"127.0.0.1:8082\"", format!("\"{internal}\"")),
        ("/var/lib/frescod/routes", folders.watched().display().to_string()),
        ("unix:///run/frescod/engine.sock", "unix:///var/run/docker.sock".to_owned()),
        ("Label(`fresco.platform`,`main`)", format!("Label(`fresco.platform`,`none-{}`)", std::process::id())),
    ]);
    let (file, log) = (folders.root().join("traefik.yml"), folders.root().join("log"));
    std::fs::write(&file, configuration).unwrap();
    let mut command = Command::new(traefik_binary());
    command.arg("--configFile").arg(&file).stdout(std::fs::File::create(&log).unwrap()).stderr(Stdio::inherit());
    let _traefik = Running(command.spawn().unwrap());

    eventually("it answers", || request(internal, "localhost", "/ping", &[]).is_ok_and(|answer| answer.status == 200));
    let secure = TraefikName::parse("websecure").unwrap();
    let plain = route("night-owls", RouteProvider::File);
    let tls = Route { routing: Routing { tls: true, entry_point: secure, ..plain.routing.clone() }, ..plain };
    routes.write(&tls, Some(serve_text("hello"))).await.unwrap();
    let get = |route: &Route| {
        let name = format!("{}:{}:{}", route.host(), websecure.port(), websecure.ip());
        let url = format!("https://{}:{}/a%2Fb", route.host(), websecure.port());
        let mut curl = Command::new("curl");
        curl.args(["-sk", "--max-time", "5", "--noproxy", "*", "-w", " %{http_code}", "--resolve", &name, &url]);
        String::from_utf8(curl.output().unwrap().stdout).unwrap()
    };
    eventually("routed with TLS, encoded characters and all", || get(&tls) == "hello 200");

    let (silent, _waiting) = silent_server().await;
    let gone = Route { tenant: tenant(2), subdomain: Subdomain::parse("gone").unwrap(), ..tls.clone() };
    routes.write(&gone, Some(silent.local_addr().unwrap())).await.unwrap();
    // curl gives up after 5 s; Traefik's own patience would be 30.
    eventually("a stopped instance is an answer and not a hang", || get(&gone).ends_with(" 504"));

    let redirect = request(web, &tls.host(), "/x", &[]).unwrap();
    assert_eq!(redirect.status, 301);
    assert!(redirect.header("Location")[0].starts_with(&format!("https://{}", tls.host())), "{redirect:?}");
    let metrics = request(internal, "localhost", "/metrics", &[]).unwrap().body;
    assert!(metrics.contains("traefik_config_reloads_total"), "{metrics}");
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains(" INF ") && !log.contains(" ERR "), "{log}");
}
