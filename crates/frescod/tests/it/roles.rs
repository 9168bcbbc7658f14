//! API and worker as two processes, and what a supervisor hears of a process.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::daemon::{Daemon, answers};
use crate::intruder::{inspect, variable};
use crate::support::{Dev, frescod, image, output_of, text};
use crate::tenant::{PLATFORM, Tenant, psql, sql};

const NOWHERE: &str = "/nowhere/at/all";
/// What the API must do without, and what the worker must.
const WITHOUT: [(&str, &[&str]); 2] = [
    (
        "api",
        &[
            "FRESCOD_ENGINE__SOCKET",
            "FRESCOD_TENANTS__ADMIN_URL_FILE",
            "FRESCOD_DATABASE__WORKER_URL_FILE",
            "FRESCOD_SECRETS__KEY_FILE",
        ],
    ),
    ("worker", &["FRESCOD_DATABASE__URL_FILE", "FRESCOD_AUTH__KEY_FILE"]),
];

/// A daemon of one role on a dev platform's database.
fn start(dev: &Dev, role: &str) -> Daemon {
    let without = WITHOUT.iter().filter(|(of, _)| *of == role).flat_map(|(_, keys)| *keys);
    let public_key = ("FRESCOD_SECRETS__PUBLIC_KEY_FILE", public_key(dev).into());
    let environment: Vec<_> = without.map(|key| (*key, NOWHERE.into())).chain([public_key]).collect();
    Daemon::start(dev, &["--role", role], &environment)
}

/// The addresses it listens on.
fn listeners(daemon: &Daemon) -> Vec<String> {
    let all = output_of("ss", &["--tcp", "--listening", "--processes", "--numeric", "--no-header"]);
    all.lines().filter(|line| line.contains(&format!("pid={},", daemon.0.id()))).map(str::to_owned).collect()
}

/// The file with the half of the platform's key that only seals.
fn public_key(dev: &Dev) -> PathBuf {
    let file = dev.state().join("secrets/public-key");
    if !file.exists() {
        let config: toml::Table = std::fs::read_to_string(dev.ready("config")).unwrap().parse().unwrap();
        let key = config["secrets"]["key_file"].as_str().unwrap();
        let told = frescod().args(["sealing-key", "public", key]).output().unwrap();
        assert!(told.status.success(), "{}", text(&told.stderr));
        std::fs::write(&file, told.stdout).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    file
}

fn wait_active(dev: &Dev, tenant: &Tenant) {
    let waited = dev.tenant(&["wait", &tenant.subdomain, "--timeout", "90s"]);
    assert!(waited.status.success(), "{}", text(&waited.stderr));
}

/// When its container was started; nothing while there is none.
fn started(tenant: &Tenant) -> String {
    let arguments = ["inspect", "--format", "{{.State.StartedAt}}", &tenant.container()];
    text(&Command::new("docker").args(arguments).output().unwrap().stdout)
}

#[test]
fn api_and_worker_apart_deploy_and_neither_needs_the_other() {
    image();
    let mut dev = Dev::start();
    // Its PostgreSQL and Traefik live on.
    dev.kill();
    let api = start(&dev, "api");
    dev.wait_until("the API can work", || answers(&dev) == 200);
    let tenant = Tenant::ask_for(&dev, "owls", "sample", &["--env", "S3_SECRET_ACCESS_KEY=sealed-by-the-api"]);
    assert_eq!(tenant.shown(&dev)["status"], "pending", "there is nobody yet who would make it");

    let worker = start(&dev, "worker");
    wait_active(&dev, &tenant);
    assert_eq!(variable(&inspect(&tenant), "S3_SECRET_ACCESS_KEY"), "sealed-by-the-api");
    assert_eq!((listeners(&api).len(), listeners(&worker).len()), (2, 0), "the API and the gate, and nothing");

    dev.wait_until("the API has the log from the worker", || {
        let log = dev.tenant(&["logs", &tenant.subdomain]);
        text(&log.stdout).contains("Ready in")
    });
    api.kill();
    let before = started(&tenant);
    output_of("docker", &["rm", "--force", &tenant.container()]);
    dev.wait_until("the worker alone mends it", || ![String::new(), before.clone()].contains(&started(&tenant)));

    worker.kill();
    let api = start(&dev, "api");
    dev.wait_until("the API alone answers", || answers(&dev) == 200);
    assert_eq!(tenant.shown(&dev)["subdomain"], "owls");
    let worker = start(&dev, "worker");
    wait_active(&dev, &tenant);
    assert_eq!((api.stop().code(), worker.stop().code()), (Some(0), Some(0)));
}

#[test]
fn a_role_names_what_it_lacks_and_asks_for_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("frescod.toml");
    std::fs::write(&file, "[tenants]\ndomain = \"example.org\"\n").unwrap();
    for (role, lacks, does_without) in [
        (
            "api",
            ["`database.url_file`", "`secrets.public_key_file`", "`auth.key_file`"].as_slice(),
            ["worker_url_file", "admin_url_file"],
        ),
        (
            "worker",
            ["`database.worker_url_file`", "`tenants.admin_url_file`"].as_slice(),
            ["`database.url_file`", "owner_url_file"],
        ),
    ] {
        for command in [["serve"].as_slice(), &["config", "check"], &["doctor"]] {
            let output = frescod().args(command).args(["--role", role, "--config"]).arg(&file).output().unwrap();
            let told = text(&output.stderr);
            assert_eq!(output.status.code(), Some(78), "{command:?}: {told}");
            assert!(
                lacks.iter().all(|key| told.contains(&format!("{key} is missing (`--role {role}` needs it)"))),
                "{told}"
            );
            assert!(does_without.iter().all(|key| !told.contains(key)), "{told}");
        }
    }
}

/// A supervisor's end of `NOTIFY_SOCKET`.
struct Ear(UnixDatagram);

impl Ear {
    fn at(path: &Path) -> Self {
        Self(UnixDatagram::bind(path).unwrap())
    }

    /// The next thing it hears within `patience`.
    fn next(&self, patience: Duration) -> Option<String> {
        let mut buffer = [0; 4096];
        self.0.set_read_timeout(Some(patience)).unwrap();
        let length = self.0.recv(&mut buffer).ok()?;
        Some(text(&buffer[..length]))
    }

    fn wait_for(&self, words: &str) -> String {
        let until = Instant::now() + Duration::from_secs(30);
        let mut heard = Vec::new();
        while Instant::now() < until {
            match self.next(Duration::from_secs(1)) {
                Some(message) if message.contains(words) => return message,
                Some(message) => heard.push(message),
                None => {}
            }
        }
        panic!("{words} was not heard, but {heard:?}");
    }
}

/// Longer than the driver sleeps when there is nothing to do.
const WATCHDOG: Duration = Duration::from_secs(7);

#[test]
fn a_supervisor_hears_of_readiness_of_a_driver_that_hangs_and_of_the_end() {
    let mut dev = Dev::start();
    dev.kill();
    let socket = dev.state().join("notify");
    let ear = Ear::at(&socket);
    let mut command = frescod();
    command.args(["serve", "--config", &dev.ready("config")]).stderr(Stdio::null());
    command.env("NOTIFY_SOCKET", &socket).env("WATCHDOG_USEC", WATCHDOG.as_micros().to_string());
    let daemon = Daemon(command.spawn().unwrap());
    ear.wait_for("READY=1");
    ear.wait_for("STATUS=reconciler: waits for work; api: answers on 127.0.0.1:");
    ear.wait_for("WATCHDOG=1");

    // Whoever claims waits for this lock; PostgreSQL ends it only when the driver's statement has waited for 15 s.
    let mut lock = Command::new(psql(&dev));
    let url = std::fs::read_to_string(dev.state().join("secrets/owner-url")).unwrap();
    lock.args([url.trim(), "--command", "BEGIN; LOCK fresco.tenant_claims; SELECT pg_sleep(60)"]);
    let mut lock = lock.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    ear.wait_for("STATUS=stands still: reconciler");
    assert_eq!(ear.next(Duration::from_secs(3)), None, "nothing is well while it stands still");
    assert_eq!(dev.curl("/healthz").0, 200, "only the loop hangs");
    lock.kill().unwrap();
    lock.wait().unwrap();
    sql(
        &dev,
        PLATFORM,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%LOCK fresco%' AND pid <> pg_backend_pid()",
    );
    ear.wait_for("WATCHDOG=1");

    kill_process(Pid::from_child(&daemon.0), Signal::TERM).unwrap();
    ear.wait_for("STOPPING=1");
    assert_eq!(daemon.stop().code(), Some(0));
}
