//! The decision: the one next step from what is towards what should be.
//!
//! Pure, and asked again after every step. A gate looks at one part: it passes, or says what must happen first. The
//! goals are the gates in their order, so each reads as what it is: to run, the network, then the image, then ….
//!
//! The order protects people: a database is prepared before anybody is sent to the app, the route closes before its
//! container stops, and what holds data goes last. Steps that have nothing to do with each other are done at the same
//! time; see `beside`.

mod beside;
mod gates;
mod preview;
mod restoring;
#[cfg(test)]
mod scenarios;
mod serving;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod worlds;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::desired::{Desired, DesiredState};
use super::observed::World;
use super::step::Step;

pub use beside::beside;
pub use preview::{Preview, preview};

/// The most steps from any state to rest, if nothing else changes it: one that takes more goes round in circles. Held by the
/// property tests.
pub const LONGEST_WALK: usize = 40;

/// What to do about a tenant now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// What is, is what should be.
    Converged,
    Do(Step),
    /// Nothing can be done now; look again later.
    Wait(Waiting),
    /// Nothing will change this but a person.
    Blocked(Blocker),
}

/// Part of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    Image,
    /// The image of what served before.
    Before,
    Network,
    Role,
    Database,
    Released,
    Dumps,
    Restoration,
    Release,
    Serve,
    Successor,
    Strays,
    Rejected,
    Route,
    Removal,
}

impl Part {
    /// Who must be asked about it, in words.
    #[must_use]
    pub const fn keeper(self) -> &'static str {
        match self {
            Self::Image
            | Self::Before
            | Self::Network
            | Self::Release
            | Self::Serve
            | Self::Successor
            | Self::Strays => "the container engine",
            Self::Role | Self::Database => "the tenants' PostgreSQL",
            Self::Released | Self::Restoration | Self::Rejected | Self::Removal => "the platform's database",
            Self::Dumps => "the dumps' folder",
            Self::Route => "the routes' folder",
        }
    }
}

/// Why to look again later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Waiting {
    /// The part could not be looked at, so nothing that depends on it is done.
    Unknown(Part),
    /// The engine restarts the container after a crash.
    Restarting { exit_code: i64, oom_killed: bool, restarts: u32 },
    /// The platform starts one that keeps crashing again, later.
    CrashLooping { exit_code: i64, oom_killed: bool, again_at: DateTime<Utc> },
    /// It runs, its time to become ready is over, and it is not.
    NotReady,
    /// It is destroyed and can be brought back until then.
    Grace { until: DateTime<Utc> },
}

/// Why only a person can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Blocker {
    /// A container that is not ours has the name of this one.
    NameTaken(Part),
    /// The database that a release once prepared is not there. Making an empty one would hide the loss.
    DatabaseLost,
    /// The dump that older data are to be brought back from is not there (any more).
    DumpLost,
    /// It keeps crashing, and was started often enough.
    CrashLooping { exit_code: i64, oom_killed: bool },
    /// The container of the last change did not become ready; the one before serves.
    ChangeRejected,
}

impl std::fmt::Display for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown(part) => write!(f, "{} does not answer; nothing is changed until it does", part.keeper()),
            Self::Restarting { exit_code, oom_killed, restarts } => {
                let how = how_it_ended(*exit_code, *oom_killed);
                write!(f, "the application has ended: {how}; it was started again {restarts} times")
            }
            Self::CrashLooping { exit_code, oom_killed, again_at } => {
                let (how, again) = (how_it_ended(*exit_code, *oom_killed), again_at.format("%H:%M:%S UTC"));
                write!(f, "the application is crash looping: {how}; it is started again at {again}")
            }
            Self::NotReady => f.write_str("the application runs but does not answer as ready"),
            Self::Grace { until } => {
                write!(f, "it is destroyed, and can be brought back until {}", until.format("%Y-%m-%d %H:%M UTC"))
            }
        }
    }
}

impl std::fmt::Display for Blocker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NameTaken(_) => f.write_str(
                "a container that does not belong to the platform has this instance's name; remove or rename that container",
            ),
            Self::DatabaseLost => f.write_str(
                "the instance's database is gone; restore it from a backup, or destroy the instance and deploy it anew",
            ),
            Self::DumpLost => f.write_str(
                "the dump that the older data are to be brought back from is not there; put it back into the dumps' folder, or \
                 roll back without restoring",
            ),
            Self::CrashLooping { exit_code, oom_killed } => {
                let how = how_it_ended(*exit_code, *oom_killed);
                write!(f, "the application is crash looping: {how}; it is not started again by itself")
            }
            Self::ChangeRejected => f.write_str("the change was given up; what ran before it serves"),
        }
    }
}

/// How an app ended, in words.
#[must_use]
pub fn how_it_ended(exit_code: i64, oom_killed: bool) -> String {
    match (exit_code, oom_killed) {
        (_, true) => "it used more memory than its limit and was killed".to_owned(),
        (137, false) => "it was killed (exit code 137)".to_owned(),
        (exit_code, false) => format!("exit code {exit_code}"),
    }
}

/// A gate passes with what it found, or stops the walk with a decision.
type Gate<T = ()> = Result<T, Decision>;

/// The next step from `world` towards `desired`.
#[must_use]
pub fn next_step(desired: &Desired, world: &World, now: DateTime<Utc>) -> Decision {
    let walk = match desired.state {
        DesiredState::Running => run(desired, world, now),
        DesiredState::Stopped => stop(desired, world),
        DesiredState::Destroyed => destroy(desired, world, now),
    };
    walk.err().unwrap_or(Decision::Converged)
}

/// Where people are sent comes first: it must be right whatever else does not answer. Nothing is made before the image is
/// known; then the chain, which Traefik reads while PostgreSQL is at work.
fn run(desired: &Desired, world: &World, now: DateTime<Utc>) -> Gate {
    gates::honest(desired, world)?;
    restoring::carried_through(desired, world)?;
    gates::network(world)?;
    let resolved = gates::image(desired, world)?;
    gates::chain(desired, world)?;
    serving::unjudged(resolved, world, now)?;
    gates::role(world)?;
    let database = gates::database(world)?;
    restoring::restored(desired, world)?;
    gates::released(resolved, database, world)?;
    let address = serving::serving(desired, resolved, world, now)?;
    gates::published(desired, world, address)?;
    gates::release_ended(world)?;
    serving::strays_removed(world)?;
    serving::accepted(resolved, world)
}

fn stop(desired: &Desired, world: &World) -> Gate {
    gates::withdrawn(desired, world)?;
    serving::stopped(world)?;
    serving::stays_limited(desired, world)?;
    serving::strays_removed(world)?;
    gates::release_left(world)?;
    restoring::restored(desired, world)
}

fn destroy(desired: &Desired, world: &World, now: DateTime<Utc>) -> Gate {
    gates::route_removed(world)?;
    serving::stopped(world)?;
    serving::strays_removed(world)?;
    gates::removal_due(desired, world, now)?;
    gates::release_removed(world)?;
    serving::removed(world)?;
    gates::database_dropped(world)?;
    gates::dumps_removed(world)?;
    gates::role_dropped(world)
}
