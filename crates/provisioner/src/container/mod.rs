//! The container engine: images, the tenants' network, containers.
//!
//! To add an engine: implement [`ContainerEngine`], and run the contract tests of `tests/container_contract/` on it.
//! Keep the trait free of anything that only one host can answer.

pub mod docker;
mod error;
pub mod fake;
mod labels;
mod log;
mod name;
mod network;
mod spec;

use std::net::IpAddr;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::TenantId;
use domain::image::{ImageId, ImageReference};
use domain::limits::Limits;
use domain::quantity;
use domain::tenant::{ContainerId, ContainerState};
use domain::usage::Reading;
use futures_util::stream::BoxStream;

pub use error::EngineError;
pub use labels::{Ownership, Phase, PlatformId};
pub use log::{LogPiece, LogPieces, LogRange};
pub use name::{ContainerName, NetworkName};
pub use spec::{ContainerSpec, HeldTo, LogRotation, NetworkSpec, Restart};

/// What the engine says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineVersion {
    /// Such as `27.3.1`.
    pub engine: String,
    /// The newest API it speaks, such as `1.41`.
    pub api: String,
    /// The oldest API it speaks.
    pub oldest_api: String,
    /// Whether containers survive a restart of the engine.
    pub live_restore: bool,
    /// `1` or `2`.
    pub cgroup_version: String,
    /// Who makes the containers' cgroups: `systemd` or `cgroupfs`.
    pub cgroup_driver: String,
}

/// An image on the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    pub id: ImageId,
    /// `name@sha256:…`, if it came from a repository.
    pub digest: Option<String>,
    /// The keys of its labels, in order: the engine gives them to every container made of it.
    pub labels: Vec<String>,
    /// Where it declares volumes, in order: without a tmpfs at that very path, a container gets a disk without a limit.
    pub volumes: Vec<String>,
}

impl Image {
    /// A label that would speak for the platform: whose a container is, or what Traefik routes to it.
    #[must_use]
    pub fn usurps(&self) -> Option<&str> {
        self.labels.iter().map(String::as_str).find(|key| labels::is_reserved(key))
    }
}

/// Which image is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageName<'a> {
    Reference(&'a ImageReference),
    Id(&'a ImageId),
}

/// How far a pull is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullProgress {
    /// The engine's words, such as `Downloading`.
    pub status: String,
    /// Bytes done and bytes in all, over the layers seen so far.
    pub bytes: Option<(u64, u64)>,
}

/// The tenants' network as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// The host's address in it: where tenants reach the database.
    pub gateway: IpAddr,
    /// As a spec has it; empty if the engine does not say.
    pub subnet: String,
    /// The bridge's interface on the host; empty if the engine has chosen one.
    pub interface: String,
    /// Whether it keeps the isolation contract: a bridge of ours, no traffic between containers.
    pub conforms: bool,
}

impl Network {
    /// What the firewall's rules would miss of it, in words; `None` if it is as the spec says.
    #[must_use]
    pub fn difference(&self, spec: &NetworkSpec) -> Option<String> {
        let NetworkSpec { interface, subnet, .. } = spec;
        if self.interface != *interface {
            return Some(format!("its interface is not {interface}"));
        }
        (self.subnet != *subnet).then(|| format!("its subnet is {}, not {subnet}", self.subnet))
    }
}

/// A container as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    pub id: ContainerId,
    pub name: String,
    /// What its labels say; `None` if they are not ours.
    pub owner: Option<Ownership>,
    pub image: String,
    pub state: ContainerState,
    /// Whether it is in another network than the one it was made for, whether in that or not.
    pub elsewhere: bool,
    pub limits: HeldTo,
    /// Who starts it again when it ends by itself; `None`: the engine, but not as the platform ever asks it to.
    pub restart: Option<Restart>,
    /// How often the engine has done so since it was last started by a call.
    pub restarts: u32,
}

/// A container as a list tells of it. One look at each would cost a call each, and be older than the list at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedContainer {
    pub id: ContainerId,
    pub name: String,
    /// What its labels say; `None` if they make no sense.
    pub owner: Option<Ownership>,
    /// Whether a process of it may be alive.
    pub may_run: bool,
    /// Where it is in the network it was made for; `None`: it is not in it, or does not run.
    pub endpoint: Option<Endpoint>,
    /// As a [`Container`]'s.
    pub elsewhere: bool,
}

/// A container's place in a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub address: IpAddr,
    /// `None`: the engine does not say.
    pub hardware: Option<HardwareAddress>,
}

/// What a bridge knows an interface by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HardwareAddress(pub [u8; 6]);

impl HardwareAddress {
    /// Reads `02:42:ac:11:00:02`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 6];
        let mut parts = text.split(':');
        for byte in &mut bytes {
            *byte = u8::from_str_radix(parts.next()?, 16).ok()?;
        }
        parts.next().is_none().then_some(Self(bytes))
    }
}

impl ListedContainer {
    /// Whether it carries a tenant's labels and none of its names.
    #[must_use]
    pub fn is_stray_of(&self, tenant: TenantId) -> bool {
        self.owner.as_ref().is_some_and(|owner| owner.tenant == tenant && !ContainerName::is_of(&self.name, owner))
    }

    /// Whether it tries from inside what the tenant can reach.
    #[must_use]
    pub fn is_probe_of(&self, tenant: TenantId) -> bool {
        self.owner.as_ref().is_some_and(|owner| owner.tenant == tenant && owner.phase == Phase::Probe)
    }
}

/// How a container ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit {
    pub code: i64,
    pub oom_killed: bool,
    pub finished_at: DateTime<Utc>,
}

/// Something happened to a container of this platform. A hint to look, never a fact to act on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineEvent {
    pub owner: Ownership,
    /// The engine's word: `start`, `die`, `oom`, `destroy`, ….
    pub action: String,
    pub at: DateTime<Utc>,
}

/// The calls. Each is one request (or one short conversation) with a deadline; none retries.
#[async_trait]
pub trait ContainerEngine: std::fmt::Debug + Send + Sync {
    /// # Errors
    /// [`EngineError::Unavailable`] if it does not answer.
    async fn version(&self) -> Result<EngineVersion, EngineError>;

    /// The image, if the engine holds it.
    ///
    /// # Errors
    /// Any but `NotFound`.
    async fn find_image(&self, name: ImageName<'_>) -> Result<Option<Image>, EngineError>;

    /// Fetches the image from its registry, with the credentials configured for that registry's host.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] and [`EngineError::Refused`] are final; anything else may pass.
    async fn pull_image(
        &self,
        reference: &ImageReference,
        progress: &(dyn Fn(PullProgress) + Send + Sync),
    ) -> Result<Image, EngineError>;

    /// A file out of an image, read without running it; `None` if it is not there.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] if the image is gone; [`EngineError::Refused`] if the file is larger than `limit`, or no
    /// plain file.
    async fn read_image_file(
        &self,
        image: &ImageId,
        path: &str,
        limit: quantity::Bytes,
    ) -> Result<Option<Vec<u8>>, EngineError>;

    /// Removes what [`Self::read_image_file`] has left of this platform's where it was cut off: older than reading takes, and
    /// nothing else.
    ///
    /// # Errors
    /// Any but `NotFound`.
    async fn remove_abandoned_readers(&self) -> Result<(), EngineError>;

    /// Makes an image of a root file system, a tar archive, and labels it as this platform's own; one of that name is left
    /// as it is.
    ///
    /// # Errors
    /// [`EngineError::Refused`] if it is no archive.
    async fn import_image(&self, name: &ImageReference, root: Bytes) -> Result<Image, EngineError>;

    /// Removes the images that [`Self::import_image`] made for this platform, but `keep`, and those that a container uses.
    ///
    /// # Errors
    /// Any but `NotFound`.
    async fn remove_own_images(&self, keep: Option<&ImageReference>) -> Result<(), EngineError>;

    /// The addresses of the containers that run in the network, whoever made them.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] if the network is not there.
    async fn network_addresses(&self, name: &NetworkName) -> Result<Vec<IpAddr>, EngineError>;

    /// # Errors
    /// Any but `NotFound`.
    async fn find_network(&self, name: &NetworkName) -> Result<Option<Network>, EngineError>;

    /// Makes the network if it is not there.
    ///
    /// # Errors
    /// [`EngineError::Conflict`] if one of that name is there that breaks the isolation contract or is not as the spec
    /// says, or if its subnet is taken; [`EngineError::Refused`] if the spec makes no sense.
    async fn ensure_network(&self, spec: &NetworkSpec) -> Result<Network, EngineError>;

    /// # Errors
    /// [`EngineError::Conflict`] if the name is taken; [`EngineError::NotFound`] if the image or network is not there.
    async fn create_container(&self, spec: &ContainerSpec) -> Result<ContainerId, EngineError>;

    /// Starts it, or resumes one that is paused; no error if it runs. Answers with its state then.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] if it is gone; [`EngineError::Refused`] if it can't be started as it is, its network
    /// gone included.
    async fn start_container(&self, id: &ContainerId) -> Result<ContainerState, EngineError>;

    /// SIGTERM, `grace`, SIGKILL; no error if it does not run. Answers with its state then.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] if it is gone.
    async fn stop_container(&self, id: &ContainerId, grace: Duration) -> Result<ContainerState, EngineError>;

    /// Says who starts it again from now on, running or not.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] if it is gone.
    async fn set_restart(&self, id: &ContainerId, restart: Restart) -> Result<(), EngineError>;

    /// Holds it to these limits from now on, running or not; one that runs is not disturbed.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] if it is gone; [`EngineError::Unavailable`] also while it uses more memory than that.
    async fn set_limits(&self, id: &ContainerId, limits: &Limits) -> Result<(), EngineError>;

    /// Gives it another name, running or not; no error if it has that name.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] if it is gone; [`EngineError::Conflict`] if another one has that name.
    async fn rename_container(&self, id: &ContainerId, name: &ContainerName) -> Result<(), EngineError>;

    /// Removes it with its anonymous volumes, killed if it runs; no error if it is gone.
    ///
    /// # Errors
    /// Any but `NotFound`.
    async fn remove_container(&self, id: &ContainerId) -> Result<(), EngineError>;

    /// # Errors
    /// Any but `NotFound`.
    async fn find_container(&self, name: &ContainerName) -> Result<Option<Container>, EngineError>;

    /// All containers that carry this platform's label, running or not.
    ///
    /// # Errors
    /// Any but `NotFound`.
    async fn list_containers(&self, platform: &PlatformId) -> Result<Vec<ListedContainer>, EngineError>;

    /// Waits until it has exited, at once if it has. As long as it takes: the deadline is the caller's.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] if it is gone; [`EngineError::Refused`] if it was never started;
    /// [`EngineError::Unavailable`] if the engine goes away meanwhile.
    async fn wait_container(&self, id: &ContainerId) -> Result<Exit, EngineError>;

    /// The last lines of its log, both streams in the order of their times, at most `lines` and `limit` bytes.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] if it is gone.
    async fn tail_log(&self, id: &ContainerId, lines: u32, limit: quantity::Bytes) -> Result<Vec<String>, EngineError>;

    /// Its log, in the one order in which the engine keeps it. Ends when there is no more; one that is followed, when the
    /// container has ended. An error is the last item: [`EngineError::NotFound`] if the container is gone.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`] if too many are read at once.
    async fn read_log(&self, id: &ContainerId, range: LogRange) -> Result<LogPieces, EngineError>;

    /// What it uses, as the engine tells: dearer than to look where the host counts, and all there is of another host.
    /// `None` unless it runs.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] if it is gone.
    async fn usage(&self, id: &ContainerId) -> Result<Option<Reading>, EngineError>;

    /// What happens to containers of this platform from now on. Ends with an error when the engine goes away.
    ///
    /// # Errors
    /// [`EngineError::Unavailable`] if it does not answer.
    async fn events(
        &self,
        platform: &PlatformId,
    ) -> Result<BoxStream<'static, Result<EngineEvent, EngineError>>, EngineError>;
}
