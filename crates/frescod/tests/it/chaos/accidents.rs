//! What goes wrong.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};

use super::LASTS;
use super::mischief::{self, IN_VAIN};
use crate::daemon::Daemon;
use crate::dice::Dice;
use crate::engine_proxy::{EngineProxy, Mood};
use crate::support::Dev;
use crate::tenant::{Tenant, try_sql};

const ALL: [Accident; 17] = [
    Accident::WorkerKilled,
    Accident::WorkerStopped,
    Accident::PlatformKilled,
    Accident::PostgresKilled,
    Accident::PostgresDeaf,
    Accident::PostgresRefuses,
    Accident::TraefikKilled,
    Accident::Engine(Mood::Angry),
    Accident::Engine(Mood::Mute),
    Accident::Engine(Mood::Deaf),
    Accident::Engine(Mood::Slow(Duration::from_millis(200))),
    Accident::Container,
    Accident::Container,
    Accident::Container,
    Accident::Database,
    Accident::Database,
    Accident::Route,
];

#[derive(Clone, Copy, Debug)]
enum Accident {
    /// The second daemon.
    WorkerKilled,
    /// As by an update of the platform.
    WorkerStopped,
    /// The first, with PostgreSQL and Traefik, which start anew with it.
    PlatformKilled,
    PostgresKilled,
    /// Nobody new is let in; whoever is in is served.
    PostgresDeaf,
    /// The platform's database takes nobody, and throws out whoever is in.
    PostgresRefuses,
    TraefikKilled,
    Engine(Mood),
    /// Something is done to somebody's container behind the platform's back.
    Container,
    /// The same with a role, a database or a schema.
    Database,
    /// The same with a file that Traefik reads.
    Route,
}

pub(super) struct Accidents<'a> {
    proxy: &'a EngineProxy,
    settings: Vec<(&'static str, OsString)>,
    worker: Option<Daemon>,
    happened: BTreeMap<String, usize>,
}

impl<'a> Accidents<'a> {
    pub(super) fn begin(dev: &Dev, proxy: &'a EngineProxy, settings: Vec<(&'static str, OsString)>) -> Self {
        let mut accidents = Self { proxy, settings, worker: None, happened: BTreeMap::new() };
        accidents.start_worker(dev);
        accidents
    }

    fn start_worker(&mut self, dev: &Dev) {
        self.worker = Some(Daemon::start(dev, &["--role", "worker"], &self.settings));
    }

    /// Whether it hit something.
    pub(super) fn happen(&mut self, dev: &mut Dev, dice: &mut Dice, tenants: &[Tenant]) -> bool {
        let Some(accident) = dice.pick(&ALL) else { return false };
        let mut what = format!("{accident:?}");
        match accident {
            Accident::WorkerKilled | Accident::WorkerStopped => {
                match (self.worker.take(), accident) {
                    (Some(worker), Accident::WorkerStopped) => drop(worker.stop()),
                    (Some(worker), _) => worker.kill(),
                    (None, _) => {}
                }
                self.start_worker(dev);
            }
            Accident::PlatformKilled => {
                dev.kill();
                dev.start_again();
            }
            Accident::PostgresKilled => kill(postgres(dev), Signal::KILL),
            Accident::PostgresDeaf => deafen(postgres(dev), dice.millis(LASTS)),
            Accident::PostgresRefuses => shut(dev, dice.millis(LASTS)),
            Accident::TraefikKilled => kill(Some(dev.child("traefik")), Signal::KILL),
            Accident::Engine(mood) => {
                self.proxy.be(*mood);
                std::thread::sleep(dice.millis(LASTS));
                self.proxy.be(Mood::Well);
            }
            Accident::Container => what = mischief::to_a_container(dev, dice, tenants),
            Accident::Database => what = mischief::to_a_database(dev, dice, tenants),
            Accident::Route => what = mischief::to_a_route(dev, dice, tenants),
        }
        let hit = !what.ends_with(IN_VAIN);
        *self.happened.entry(what).or_default() += 1;
        hit
    }

    /// Nothing goes wrong any more. Answers how often a daemon was killed in the middle of whatever it did.
    pub(super) fn end(&mut self, dev: &Dev) -> usize {
        self.proxy.be(Mood::Well);
        if self.worker.as_mut().is_none_or(|worker| worker.0.try_wait().unwrap().is_some()) {
            self.start_worker(dev);
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

/// One that has just ended by itself hears nothing.
fn kill(process: Option<Pid>, signal: Signal) {
    if let Some(process) = process {
        assert!(matches!(kill_process(process, signal), Ok(()) | Err(Errno::SRCH)));
    }
}

/// The server's first process lets people in.
fn deafen(server: Option<Pid>, lasts: Duration) {
    kill(server, Signal::STOP);
    std::thread::sleep(lasts);
    kill(server, Signal::CONT);
}

fn shut(dev: &Dev, lasts: Duration) {
    let door = |open: bool| format!("UPDATE pg_database SET datallowconn = {open} WHERE datname = 'fresco_platform'");
    let throw_out = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'fresco_platform'";
    if try_sql(dev, "postgres", &format!("{}; {throw_out}", door(false))).is_err() {
        return;
    }
    std::thread::sleep(lasts);
    // One that dies meanwhile comes back shut.
    dev.wait_until("the platform's database is open again", || try_sql(dev, "postgres", &door(true)).is_ok());
}
