//! What goes wrong.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};

use super::LASTS;
use crate::daemon::Daemon;
use crate::dice::Dice;
use crate::engine_proxy::{EngineProxy, Mood};
use crate::support::Dev;
use crate::tenant::{PLATFORM, Tenant, try_sql};

const ALL: [Accident; 10] = [
    Accident::WorkerKilled,
    Accident::PlatformKilled,
    Accident::PostgresKilled,
    Accident::TraefikKilled,
    Accident::Engine(Mood::Angry),
    Accident::Engine(Mood::Mute),
    Accident::Engine(Mood::Deaf),
    Accident::Engine(Mood::Slow(Duration::from_millis(200))),
    Accident::Container,
    Accident::Role,
];

/// What is done to somebody's container behind the platform's back.
const TO_CONTAINERS: [&[&str]; 4] = [&["rm", "--force"], &["stop", "--time", "0"], &["kill"], &["pause"]];
/// What is done to somebody's role.
const TO_ROLES: [&str; 3] = ["NOLOGIN", "CONNECTION LIMIT 1", "CREATEDB"];

#[derive(Clone, Copy, Debug)]
enum Accident {
    /// The second daemon.
    WorkerKilled,
    /// The first, with PostgreSQL and Traefik, which start anew with it.
    PlatformKilled,
    PostgresKilled,
    TraefikKilled,
    Engine(Mood),
    Container,
    Role,
}

pub(super) struct Accidents<'a> {
    proxy: &'a EngineProxy,
    worker: Option<Daemon>,
    happened: BTreeMap<String, usize>,
}

fn worker(dev: &Dev, proxy: &EngineProxy) -> Daemon {
    let environment: Vec<(&str, OsString)> = vec![
        ("FRESCOD_ENGINE__SOCKET", proxy.socket().into()),
        ("FRESCOD_ENGINE__CALL_TIMEOUT", "3s".into()),
        ("FRESCOD_RECONCILER__LEASE", "3s".into()),
        ("FRESCOD_RECONCILER__BACKOFF_MOST", "4s".into()),
    ];
    Daemon::start(dev, &["--role", "worker"], &environment)
}

impl<'a> Accidents<'a> {
    pub(super) fn begin(dev: &Dev, proxy: &'a EngineProxy) -> Self {
        Self { proxy, worker: Some(worker(dev, proxy)), happened: BTreeMap::new() }
    }

    pub(super) fn happen(&mut self, dev: &mut Dev, dice: &mut Dice, tenants: Vec<Tenant>) {
        let Some(accident) = dice.pick(&ALL) else { return };
        *self.happened.entry(format!("{accident:?}")).or_default() += 1;
        match accident {
            Accident::WorkerKilled => {
                if let Some(worker) = self.worker.take() {
                    worker.kill();
                }
                self.worker = Some(worker(dev, self.proxy));
            }
            Accident::PlatformKilled => {
                dev.kill();
                dev.start_again();
            }
            Accident::PostgresKilled => kill(postgres(dev)),
            Accident::TraefikKilled => kill(Some(dev.child("traefik"))),
            Accident::Engine(mood) => {
                self.proxy.be(*mood);
                std::thread::sleep(dice.millis(LASTS));
                self.proxy.be(Mood::Well);
            }
            Accident::Container => {
                if let (Some(tenant), Some(deed)) = (dice.pick(&tenants), dice.pick(&TO_CONTAINERS)) {
                    // It may not be there yet.
                    let mut docker = Command::new("docker");
                    docker.args(*deed).arg(tenant.container()).stdout(Stdio::null()).stderr(Stdio::null());
                    docker.status().unwrap();
                }
            }
            Accident::Role => {
                if let (Some(tenant), Some(deed)) = (dice.pick(&tenants), dice.pick(&TO_ROLES)) {
                    drop(try_sql(dev, PLATFORM, &format!("ALTER ROLE {} {deed}", tenant.role())));
                }
            }
        }
    }

    /// Nothing goes wrong any more. Answers how often a daemon was killed in the middle of whatever it did.
    pub(super) fn end(&mut self, dev: &Dev) -> usize {
        self.proxy.be(Mood::Well);
        if self.worker.as_mut().is_none_or(|worker| worker.0.try_wait().unwrap().is_some()) {
            self.worker = Some(worker(dev, self.proxy));
        }
        let killed = [Accident::WorkerKilled, Accident::PlatformKilled].map(|accident| format!("{accident:?}"));
        killed.iter().filter_map(|name| self.happened.get(name)).sum()
    }

    pub(super) fn summary(&self) -> String {
        format!("{:?}", self.happened)
    }
}

fn postgres(dev: &Dev) -> Option<Pid> {
    let file = std::fs::read_to_string(dev.state().join("postgresql/postmaster.pid")).ok()?;
    Pid::from_raw(file.lines().next()?.parse().ok()?)
}

/// One that has just ended by itself is as dead.
fn kill(process: Option<Pid>) {
    if let Some(process) = process {
        assert!(matches!(kill_process(process, Signal::KILL), Ok(()) | Err(Errno::SRCH)));
    }
}
