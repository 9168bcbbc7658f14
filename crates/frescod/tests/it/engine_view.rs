//! What Traefik sees of the engine, as a process of its own: it outlives who started it, and its end costs no route.

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use rustix::process::{Signal, kill_process};
use serde_json::Value;

use crate::support::{Dev, engine, frescod, image, text};
use crate::tenant::Tenant;
use crate::visitors::Visitors;

/// Status and body of what Traefik would be answered; 0 if nobody answers.
fn ask(dev: &Dev, method: &str, path: &str) -> (u16, String) {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--max-time", "10", "--write-out", "\n%{http_code}", "--request", method]);
    curl.arg("--unix-socket").arg(dev.state().join("engine.sock")).arg(format!("http://engine{path}"));
    let answer = text(&curl.output().unwrap().stdout);
    let (body, status) = answer.rsplit_once('\n').unwrap();
    (status.parse().unwrap(), body.to_owned())
}

fn lists(dev: &Dev, tenant: &Tenant) -> bool {
    let (status, body) = ask(dev, "GET", "/containers/json");
    status == 200 && body.contains(&tenant.container())
}

fn views(dev: &Dev) -> usize {
    dev.processes().iter().filter(|line| line.contains(" engine-view ")).count()
}

/// What the doctor says of a socket, as that of the configuration.
fn verdict(dev: &Dev, socket: &Path) -> Value {
    let mut doctor = frescod();
    doctor.args(["doctor", "--json", "--config"]).arg(dev.ready("config"));
    let output = doctor.env("FRESCOD_ROUTING__ENGINE_SOCKET", socket).output().unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = answer["findings"].as_array().unwrap();
    findings.iter().find(|finding| finding["name"] == "Traefik's view of the engine").unwrap()["verdict"].clone()
}

#[test]
fn traefik_sees_a_view_that_outlives_the_platform_and_whose_death_costs_no_tenant_a_request() {
    image();
    let mut dev = Dev::start();
    let traefik = std::fs::read_to_string(dev.state().join("traefik/traefik.toml")).unwrap();
    let named = format!("unix://{}", dev.state().join("engine.sock").display());
    assert!(traefik.contains(&named) && !traefik.contains(engine().to_str().unwrap()), "{traefik}");
    let tenants = ["owls", "terns", "larks"].map(|name| Tenant::deploy(&dev, name, "sample", &[]));
    tenants.iter().for_each(|tenant| tenant.enter(&dev, "before"));
    assert!(tenants.iter().all(|tenant| lists(&dev, tenant)));
    assert_eq!(ask(&dev, "POST", "/containers/create").0, 403);
    dev.wait_until("Traefik asks there", || verdict(&dev, &dev.state().join("engine.sock")) == "ok");
    assert_eq!(verdict(&dev, &engine()), "warn", "as good as root");
    let unanswered = UnixListener::bind(dev.state().join("mail/held.sock")).unwrap();
    let held = unanswered.local_addr().unwrap();
    assert_eq!(verdict(&dev, held.as_pathname().unwrap()), "fail", "that somebody holds it is not enough");
    drop(unanswered);

    let another = frescod().args(["engine-view", "--config"]).arg(dev.ready("config")).output().unwrap();
    assert_eq!(another.status.code(), Some(1));
    assert!(text(&another.stderr).contains("another process answers at"), "{}", text(&another.stderr));

    let visitors = Visitors::come(&dev, &tenants, 2);
    for _ in 0..4 {
        let before = dev.child("engine-view");
        kill_process(before, Signal::KILL).unwrap();
        // Asked at once: the question waits for the next one.
        assert!(lists(&dev, &tenants[0]));
        assert_ne!(dev.child("engine-view"), before);
        let asked = visitors.asked();
        dev.wait_until("all were visited", || visitors.asked() >= asked + 2 * tenants.len());
    }
    let seen = visitors.go();
    assert_eq!(seen.failures, Vec::<String>::new(), "of {} requests", seen.answers);
    let late = Tenant::deploy(&dev, "swifts", "sample", &[]);
    late.enter(&dev, "Traefik hears of what is new");

    let (view, traefik) = (dev.child("engine-view"), dev.child("traefik"));
    dev.kill();
    assert_eq!((dev.child("engine-view"), dev.child("traefik")), (view, traefik), "they live on");
    assert!(lists(&dev, &late));
    late.answers_with(&dev, "Traefik hears of what is new");
    dev.start_again();
    assert_ne!(dev.child("engine-view"), view, "the next run brings its own");
    assert_eq!(views(&dev), 1);
    dev.wait_until("routed again", || late.visit(&dev, "/entries", &[]).is_some_and(|(status, _)| status == 200));
    assert_eq!(dev.stop(), Some(0));
    assert_eq!((views(&dev), ask(&dev, "GET", "/_ping").0), (0, 0));
}

#[test]
fn a_view_that_cannot_be_opened_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("frescod.toml");
    std::fs::write(&file, "[tenants]\ndomain = \"example.org\"\n").unwrap();
    let socket = |name: &str| folder.path().join(name);
    let start = |view: &str| {
        let mut command = frescod();
        command.args(["engine-view", "--config"]).arg(&file);
        command
            .env("FRESCOD_ENGINE__SOCKET", socket("docker.sock"))
            .env("FRESCOD_ROUTING__ENGINE_SOCKET", socket(view));
        command
    };
    let nowhere = start("nowhere/engine.sock").output().unwrap();
    let own = start("docker.sock").output().unwrap();
    let held: OwnedFd = UnixListener::bind(socket("held.sock")).unwrap().into();
    let other = start("engine.sock").stdin(held).output().unwrap();
    for (output, code, words) in [
        (nowhere, 1, "`routing.engine_socket` can't be made at"),
        (own, 78, "`routing.engine_socket` is the engine's own socket"),
        (other, 78, "make them the same"),
    ] {
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{told}");
        assert!(told.contains(words), "{told}");
    }
}
