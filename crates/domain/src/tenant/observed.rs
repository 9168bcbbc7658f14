//! What is, as far as we could look.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use chrono::{DateTime, Utc};
use semver::Version;
use serde::{Deserialize, Serialize};

use super::crashes::Crashes;
use super::desired::Resolved;
use super::restore::Restoration;
use super::spec::SpecHash;
use crate::image::{ImageId, ImagePin};

/// One part of the world. Unknown is not absent: a time-out says nothing about what is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Observed<T> {
    /// Nobody has looked, or the look failed.
    #[default]
    Unknown,
    /// We looked, and it is not there.
    Absent,
    Present(T),
}

impl<T> Observed<T> {
    #[must_use]
    pub const fn present(&self) -> Option<&T> {
        match self {
            Self::Present(value) => Some(value),
            Self::Unknown | Self::Absent => None,
        }
    }

    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    #[must_use]
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

impl<T> From<Option<T>> for Observed<T> {
    fn from(found: Option<T>) -> Self {
        found.map_or(Self::Absent, Self::Present)
    }
}

/// The engine's id of a container: 64 hex digits, the only handle passed to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ContainerId(String);

/// Why a text is no container id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no container id: expected 64 hex digits")]
pub struct InvalidContainerId(String);

impl ContainerId {
    /// Reads an id.
    ///
    /// # Errors
    /// [`InvalidContainerId`] unless it is 64 lower-case hex digits.
    pub fn parse(text: &str) -> Result<Self, InvalidContainerId> {
        let valid = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        if valid { Ok(Self(text.to_owned())) } else { Err(InvalidContainerId(text.chars().take(80).collect())) }
    }
}

crate::text_newtype!(ContainerId, InvalidContainerId);

/// What the engine says of a container. Each state carries its evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContainerState {
    /// Made, never started.
    Created,
    Running {
        started_at: DateTime<Utc>,
        /// Where it answers in the tenants' network; `None` if it is not attached to it.
        address: Option<SocketAddr>,
    },
    /// The engine is about to start it again.
    Restarting {
        exit_code: i64,
        #[serde(default)]
        oom_killed: bool,
    },
    Paused,
    Exited {
        exit_code: i64,
        oom_killed: bool,
        finished_at: DateTime<Utc>,
    },
    /// The engine could not remove it, or is doing so.
    Dead,
}

impl ContainerState {
    /// Where a running one answers.
    #[must_use]
    pub const fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Running { address, .. } => *address,
            Self::Created | Self::Restarting { .. } | Self::Paused | Self::Exited { .. } | Self::Dead => None,
        }
    }

    /// Whether a process of it may be alive.
    #[must_use]
    pub const fn may_run(&self) -> bool {
        match self {
            Self::Running { .. } | Self::Restarting { .. } | Self::Paused => true,
            Self::Created | Self::Exited { .. } | Self::Dead => false,
        }
    }
}

/// A container that answers people, or is to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServeContainer {
    pub id: ContainerId,
    /// Whether it carries our labels for this tenant; one that does not is never touched.
    pub owned: bool,
    pub hash: SpecHash,
    /// The app's version it was made for: what asks it whether it is ready depends on it.
    #[serde(default)]
    pub version: Option<Version>,
    pub state: ContainerState,
    /// Whether it is in a network beside the tenants': nothing keeps it from what it reaches there.
    #[serde(default)]
    pub elsewhere: bool,
    /// Whether limits and restarts are what the spec of its hash asks for.
    #[serde(default = "conforming")]
    pub conforms: bool,
    /// Whether its readiness probe passed at the last look; means nothing unless it runs.
    pub ready: bool,
    /// Why it was waited for in vain in this pass.
    #[serde(default)]
    pub unfit: Option<String>,
    /// Whether Traefik has had time in this pass to send people to it.
    #[serde(default)]
    pub led_to: bool,
    #[serde(default)]
    pub crashes: Crashes,
}

/// What was seen before anybody looked at limits.
const fn conforming() -> bool {
    true
}

/// A change that was tried, and whose container did not become ready: it is not tried again before somebody asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejection {
    /// The generation that asked for it.
    pub generation: i64,
    pub hash: SpecHash,
    /// Why, in words.
    pub cause: String,
    /// The end of its log.
    pub lines: Vec<String>,
    pub at: DateTime<Utc>,
}

/// The one-shot container that prepares the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseContainer {
    pub id: ContainerId,
    pub owned: bool,
    pub hash: SpecHash,
    pub state: ContainerState,
    /// Whether the database was asked in this pass and does not show the effect, whatever the exit code says.
    pub ineffective: bool,
}

/// Which database it is: a dropped and recreated one has another number, whatever its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DatabaseIdentity(pub u32);

/// The tenant's role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleState {
    /// Whether attributes, limits and the password's version are what they should be.
    pub conforms: bool,
}

/// The tenant's database or schema.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseState {
    pub identity: DatabaseIdentity,
    /// Whether owner and grants are what they should be.
    pub conforms: bool,
    /// Whether its removal was cut short half-way: nothing can be read from it any more.
    #[serde(default)]
    pub ruined: bool,
}

/// A release that is known to have done its work; kept in the platform's own tables.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseRecord {
    pub image: ImageId,
    pub database: DatabaseIdentity,
    pub at: DateTime<Utc>,
    /// Images released before on the same database.
    #[serde(default)]
    pub earlier: Vec<ImageId>,
}

impl ReleaseRecord {
    /// Whether that image was released on that database: once is enough, whatever came after.
    #[must_use]
    pub fn covers(&self, image: &ImageId, database: DatabaseIdentity) -> bool {
        self.database == database && (self.image == *image || self.earlier.contains(image))
    }
}

/// Dumps of the tenant's database.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DumpsState {
    /// Whether one of them was taken for the release that is wanted next, and holds what there is.
    pub before_next: bool,
    /// The releases before which the others were taken.
    #[serde(default)]
    pub releases: BTreeSet<u32>,
    /// The wishes for older data before which they were taken.
    #[serde(default)]
    pub restores: BTreeSet<i64>,
}

/// The tenant's file in Traefik's folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteState {
    pub hash: SpecHash,
    /// Where it sends people; `None` while it holds the middleware chain alone.
    pub target: Option<SocketAddr>,
}

/// All parts of one tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct World {
    pub image: Observed<ImagePin>,
    /// Whether the engine still holds the image of what served before the change that is under way.
    pub before: Observed<()>,
    pub network: Observed<()>,
    pub role: Observed<RoleState>,
    pub database: Observed<DatabaseState>,
    /// The newest release known to be effective.
    pub released: Observed<ReleaseRecord>,
    pub dumps: Observed<DumpsState>,
    /// The newest wish for older data that was begun; kept in the platform's own tables.
    pub restoration: Observed<Restoration>,
    pub release: Observed<ReleaseContainer>,
    pub serve: Observed<ServeContainer>,
    /// The container that is to take over from `serve`.
    pub successor: Observed<ServeContainer>,
    /// Containers of ours for this tenant under none of its names: somebody has renamed them.
    pub strays: Observed<Vec<ContainerId>>,
    /// Why the change that is wanted now was given up; kept in the platform's own tables.
    pub rejected: Observed<Rejection>,
    pub route: Observed<RouteState>,
    /// Whether the removal of a destroyed tenant has begun; kept in the platform's own tables.
    pub removal: Observed<()>,
}

/// How one part looks after a step touched it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    Image(Observed<ImagePin>),
    Network(Observed<()>),
    Role(Observed<RoleState>),
    Database(Observed<DatabaseState>),
    Released(Observed<ReleaseRecord>),
    Dumps(Observed<DumpsState>),
    Restoration(Observed<Restoration>),
    Release(Observed<ReleaseContainer>),
    Serve(Observed<ServeContainer>),
    Successor(Observed<ServeContainer>),
    Strays(Observed<Vec<ContainerId>>),
    Rejected(Observed<Rejection>),
    /// The successor has the name of the one it has followed.
    Promoted,
    Route(Observed<RouteState>),
    Removal(Observed<()>),
}

impl World {
    /// A tenant nobody has begun to make.
    #[must_use]
    pub const fn empty() -> Self {
        Self {
            image: Observed::Absent,
            before: Observed::Absent,
            network: Observed::Absent,
            role: Observed::Absent,
            database: Observed::Absent,
            released: Observed::Absent,
            dumps: Observed::Absent,
            restoration: Observed::Absent,
            release: Observed::Absent,
            serve: Observed::Absent,
            successor: Observed::Absent,
            strays: Observed::Absent,
            rejected: Observed::Absent,
            route: Observed::Absent,
            removal: Observed::Absent,
        }
    }

    /// What it is taken to be for an image that `resolved` pins, if the look left out what only a running tenant needs: the
    /// engine told of containers, and of neither images nor network. `None` if it told of those too, or of nothing.
    #[must_use]
    pub fn with_shared_parts(&self, resolved: Option<&Resolved>) -> Option<Self> {
        let told = !(self.serve.is_unknown() || self.successor.is_unknown() || self.release.is_unknown());
        let left_out = self.image.is_unknown() && self.before.is_unknown() && self.network.is_unknown();
        (told && left_out).then(|| Self {
            image: resolved.map(|resolved| resolved.pin.clone()).into(),
            before: Observed::Present(()),
            network: Observed::Present(()),
            ..self.clone()
        })
    }

    /// Takes a step's evidence in.
    pub fn learn(&mut self, evidence: Evidence) {
        match evidence {
            Evidence::Image(image) => self.image = image,
            Evidence::Network(network) => self.network = network,
            Evidence::Role(role) => self.role = role,
            Evidence::Database(database) => self.database = database,
            Evidence::Released(released) => self.released = released,
            Evidence::Dumps(dumps) => self.dumps = dumps,
            Evidence::Restoration(restoration) => self.restoration = restoration,
            Evidence::Release(release) => self.release = release,
            Evidence::Serve(serve) => self.serve = serve,
            Evidence::Successor(successor) => self.successor = successor,
            Evidence::Strays(strays) => self.strays = strays,
            Evidence::Rejected(rejected) => self.rejected = rejected,
            Evidence::Promoted => self.serve = std::mem::replace(&mut self.successor, Observed::Absent),
            Evidence::Route(route) => self.route = route,
            Evidence::Removal(removal) => self.removal = removal,
        }
    }

    /// Whether nothing of the tenant is left outside the platform's own tables. The network and the image are shared.
    #[must_use]
    pub const fn is_gone(&self) -> bool {
        self.role.is_absent()
            && self.database.is_absent()
            && self.dumps.is_absent()
            && self.release.is_absent()
            && self.serve.is_absent()
            && self.successor.is_absent()
            && self.strays.is_absent()
            && self.route.is_absent()
    }

    /// What it looks like without that stray.
    #[must_use]
    pub fn without_stray(&self, id: &ContainerId) -> Observed<Vec<ContainerId>> {
        let left = self.strays.present().map(|strays| strays.iter().filter(|stray| *stray != id).cloned().collect());
        left.filter(|left: &Vec<ContainerId>| !left.is_empty()).into()
    }

    /// The serving container or its successor.
    #[must_use]
    pub fn container(&self, id: &ContainerId) -> Option<&ServeContainer> {
        [&self.serve, &self.successor].into_iter().filter_map(Observed::present).find(|held| held.id == *id)
    }

    /// What it looks like to have `id`, the serving container or its successor, in this state.
    #[must_use]
    pub fn evidence_of(&self, id: &ContainerId, now: Observed<ServeContainer>) -> Evidence {
        let succeeds = self.successor.present().is_some_and(|held| held.id == *id);
        if succeeds { Evidence::Successor(now) } else { Evidence::Serve(now) }
    }
}
