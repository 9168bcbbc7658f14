//! An engine with an image, a network that is not made yet, and somebody who acts behind its back.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::image::{ImageId, ImageReference};
use domain::limits::Limits;
use domain::tenant::{ContainerId, ContainerState};
use domain::{Clock as _, SystemClock, SystemEntropy, TenantId};
use futures_util::future::BoxFuture;
use provisioner::container::{
    ContainerEngine, ContainerName, ContainerSpec, LogRotation, NetworkName, NetworkSpec, Ownership, Phase, PlatformId,
    Restart,
};

use crate::fake::Puppet;
use crate::program::Program;
use crate::real::Machine;

pub(crate) struct Bench {
    pub(crate) engine: Arc<dyn ContainerEngine>,
    pub(crate) platform: PlatformId,
    pub(crate) image: ImageId,
    pub(crate) reference: ImageReference,
    pub(crate) network: NetworkSpec,
    pub(crate) hands: Box<dyn Hands>,
}

/// What happens behind the engine's user's back.
pub(crate) trait Hands: Debug + Send + Sync {
    fn pause(&self, container: &ContainerName);
    /// Gives a container these limits, and has the engine start it whatever happened.
    fn loosen(&self, container: &ContainerName, limits: &Limits);
    /// Puts a container into another network, too.
    fn put_elsewhere(&self, container: &ContainerName);
    /// A running container without labels of ours.
    fn plant_container(&self, name: &ContainerName);
    /// A network of that name that somebody else made.
    fn plant_network(&self, spec: &NetworkSpec);
    fn drop_network(&self, name: &NetworkName);
    /// A container such as is left by who dies while reading a file of an image.
    fn abandon_reader(&self, name: &str);
    /// Another connection to the same engine.
    fn reconnect(&self) -> Connecting<'_>;
    /// The same by one to whom a second is long.
    fn reconnect_impatiently(&self) -> Connecting<'_>;
    /// How many networks have that name.
    fn count_networks(&self, name: &NetworkName) -> usize;
    /// How many containers carry this platform's label, readers of files included.
    fn count_containers(&self) -> usize;
}

pub(crate) type Connecting<'a> = BoxFuture<'a, Arc<dyn ContainerEngine>>;

impl Bench {
    pub(crate) fn fake() -> Self {
        Puppet::bench()
    }

    pub(crate) async fn docker() -> Self {
        Machine::bench().await
    }

    /// A tenant's container that runs `program`.
    pub(crate) fn spec(&self, phase: Phase, program: Program) -> ContainerSpec {
        let tenant = TenantId::generate(SystemClock.now(), &SystemEntropy);
        let (name, restart) = match phase {
            Phase::Serve => (ContainerName::serve(tenant), Restart::UnlessStopped),
            Phase::Release => (ContainerName::release(tenant, 1), Restart::Never),
            Phase::Probe => (ContainerName::probe(tenant), Restart::Never),
        };
        let platform = self.platform.clone();
        ContainerSpec {
            name,
            image: self.image.clone(),
            owner: Ownership {
                platform,
                tenant,
                phase,
                generation: 4,
                hash: domain::tenant::hash(&"spec"),
                version: None,
            },
            labels: BTreeMap::new(),
            command: program.command(),
            user: None,
            environment: BTreeMap::new(),
            limits: Limits { memory_swap: Limits::DEFAULT.memory, ..Limits::DEFAULT },
            writable: Vec::new(),
            writable_root: false,
            network: self.network.name.clone(),
            port: 3000,
            restart,
            grace: Duration::from_secs(7),
            log: LogRotation::DEFAULT,
            cgroup_parent: None,
        }
    }

    /// A container of that kind, started.
    pub(crate) async fn started(&self, phase: Phase, program: Program) -> (ContainerSpec, ContainerId) {
        let spec = self.spec(phase, program);
        let id = self.made(&spec).await;
        self.engine.start_container(&id).await.unwrap();
        (spec, id)
    }

    /// A container, in the network.
    pub(crate) async fn made(&self, spec: &ContainerSpec) -> ContainerId {
        self.engine.ensure_network(&self.network).await.unwrap();
        self.engine.create_container(spec).await.unwrap()
    }

    pub(crate) async fn state(&self, name: &ContainerName) -> Option<ContainerState> {
        self.engine.find_container(name).await.unwrap().map(|container| container.state)
    }
}

/// Waits until `look` finds something.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, look: impl Fn() -> F) -> T {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "not within 30 s: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
