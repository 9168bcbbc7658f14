//! A process that can die at any call to the world outside.
//!
//! [`Mortal`] stands before the parts and counts their calls. At the chosen one it stops for ever, either before the call
//! has its effect or after it, and says so; the test then drops whoever made the call, as a kill would.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::TenantId;
use domain::app::Isolation;
use domain::image::{ImageId, ImageReference};
use domain::limits::Limits;
use domain::quantity::Bytes;
use domain::tenant::{ContainerId, ContainerState, DatabaseState, DumpsState, RoleState, RouteState};
use domain::usage::Reading;
use futures_util::stream::BoxStream;
use provisioner::container::{
    Container, ContainerEngine, ContainerName, ContainerSpec, EngineError, EngineEvent, EngineVersion, Exit, Image,
    ImageName, ListedContainer, LogPieces, LogRange, Network, NetworkName, NetworkSpec, PlatformId, PullProgress,
    Restart,
};
use provisioner::database::{
    DatabaseError, DatabaseObservation, DumpError, DumpName, DumpStore, NextRelease, RoleSpec, Subject, TenantDatabase,
};
use provisioner::probe::{Answer, NotReady, Page, Probe, Target};
use provisioner::routing::{Route, RouteError, RouteStore, Survey};
use reconciler::Parts;
use tokio::sync::Notify;

/// When the process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    BeforeEffect,
    AfterEffect,
}

/// The parts, with a death somewhere on the way.
#[derive(Debug)]
pub struct Mortal {
    parts: Parts,
    death: Option<(usize, Moment)>,
    made: Mutex<Vec<&'static str>>,
    died: Notify,
}

impl Mortal {
    /// Dies at the `n`th call (from 0) at that moment; `None` lives.
    #[must_use]
    pub fn new(parts: Parts, death: Option<(usize, Moment)>) -> Arc<Self> {
        Arc::new(Self { parts, death, made: Mutex::default(), died: Notify::new() })
    }

    /// Itself, as the parts.
    #[must_use]
    pub fn parts(self: &Arc<Self>) -> Parts {
        Parts {
            engine: Arc::clone(self) as _,
            databases: Arc::clone(self) as _,
            dumps: Arc::clone(self) as _,
            routes: Arc::clone(self) as _,
            probe: Arc::clone(self) as _,
        }
    }

    /// The names of the calls so far, in order.
    #[must_use]
    pub fn made(&self) -> Vec<&'static str> {
        self.made.lock().unwrap().clone()
    }

    /// Resolves when the fatal call was made.
    pub async fn died(&self) {
        self.died.notified().await;
    }

    async fn call<T>(&self, name: &'static str, call: impl Future<Output = T> + Send) -> T {
        let number = {
            let mut made = self.made.lock().unwrap();
            made.push(name);
            made.len() - 1
        };
        self.perhaps_die(number, Moment::BeforeEffect).await;
        let answer = call.await;
        self.perhaps_die(number, Moment::AfterEffect).await;
        answer
    }

    async fn perhaps_die(&self, number: usize, moment: Moment) {
        if self.death == Some((number, moment)) {
            self.died.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

#[async_trait]
impl ContainerEngine for Mortal {
    async fn version(&self) -> Result<EngineVersion, EngineError> {
        self.call("version", self.parts.engine.version()).await
    }

    async fn find_image(&self, name: ImageName<'_>) -> Result<Option<Image>, EngineError> {
        self.call("find_image", self.parts.engine.find_image(name)).await
    }

    async fn pull_image(
        &self,
        reference: &ImageReference,
        progress: &(dyn Fn(PullProgress) + Send + Sync),
    ) -> Result<Image, EngineError> {
        self.call("pull_image", self.parts.engine.pull_image(reference, progress)).await
    }

    async fn read_image_file(&self, image: &ImageId, path: &str, limit: Bytes) -> Result<Option<Vec<u8>>, EngineError> {
        self.call("read_image_file", self.parts.engine.read_image_file(image, path, limit)).await
    }

    async fn remove_abandoned_readers(&self) -> Result<(), EngineError> {
        self.parts.engine.remove_abandoned_readers().await
    }

    async fn import_image(&self, name: &ImageReference, root: bytes::Bytes) -> Result<Image, EngineError> {
        self.call("import_image", self.parts.engine.import_image(name, root)).await
    }

    async fn remove_own_images(&self, keep: Option<&ImageReference>) -> Result<(), EngineError> {
        self.call("remove_own_images", self.parts.engine.remove_own_images(keep)).await
    }

    async fn network_addresses(&self, name: &NetworkName) -> Result<Vec<IpAddr>, EngineError> {
        self.call("network_addresses", self.parts.engine.network_addresses(name)).await
    }

    async fn find_network(&self, name: &NetworkName) -> Result<Option<Network>, EngineError> {
        self.call("find_network", self.parts.engine.find_network(name)).await
    }

    async fn ensure_network(&self, spec: &NetworkSpec) -> Result<Network, EngineError> {
        self.call("ensure_network", self.parts.engine.ensure_network(spec)).await
    }

    async fn create_container(&self, spec: &ContainerSpec) -> Result<ContainerId, EngineError> {
        self.call("create_container", self.parts.engine.create_container(spec)).await
    }

    async fn start_container(&self, id: &ContainerId) -> Result<ContainerState, EngineError> {
        self.call("start_container", self.parts.engine.start_container(id)).await
    }

    async fn stop_container(&self, id: &ContainerId, grace: Duration) -> Result<ContainerState, EngineError> {
        self.call("stop_container", self.parts.engine.stop_container(id, grace)).await
    }

    async fn set_restart(&self, id: &ContainerId, restart: Restart) -> Result<(), EngineError> {
        self.call("set_restart", self.parts.engine.set_restart(id, restart)).await
    }

    async fn set_limits(&self, id: &ContainerId, limits: &Limits) -> Result<(), EngineError> {
        self.call("set_limits", self.parts.engine.set_limits(id, limits)).await
    }

    async fn rename_container(&self, id: &ContainerId, name: &ContainerName) -> Result<(), EngineError> {
        self.call("rename_container", self.parts.engine.rename_container(id, name)).await
    }

    async fn remove_container(&self, id: &ContainerId) -> Result<(), EngineError> {
        self.call("remove_container", self.parts.engine.remove_container(id)).await
    }

    async fn find_container(&self, name: &ContainerName) -> Result<Option<Container>, EngineError> {
        self.call("find_container", self.parts.engine.find_container(name)).await
    }

    async fn list_containers(&self, platform: &PlatformId) -> Result<Vec<ListedContainer>, EngineError> {
        self.parts.engine.list_containers(platform).await
    }

    async fn wait_container(&self, id: &ContainerId) -> Result<Exit, EngineError> {
        self.call("wait_container", self.parts.engine.wait_container(id)).await
    }

    async fn tail_log(&self, id: &ContainerId, lines: u32, limit: Bytes) -> Result<Vec<String>, EngineError> {
        self.call("tail_log", self.parts.engine.tail_log(id, lines, limit)).await
    }

    async fn usage(&self, id: &ContainerId) -> Result<Option<Reading>, EngineError> {
        self.parts.engine.usage(id).await
    }

    async fn read_log(&self, id: &ContainerId, range: LogRange) -> Result<LogPieces, EngineError> {
        self.call("read_log", self.parts.engine.read_log(id, range)).await
    }

    async fn events(
        &self,
        platform: &PlatformId,
    ) -> Result<BoxStream<'static, Result<EngineEvent, EngineError>>, EngineError> {
        self.parts.engine.events(platform).await
    }
}

#[async_trait]
impl TenantDatabase for Mortal {
    async fn observe(
        &self,
        tenant: TenantId,
        isolation: Isolation,
        role: &RoleSpec,
    ) -> Result<DatabaseObservation, DatabaseError> {
        self.call("observe", self.parts.databases.observe(tenant, isolation, role)).await
    }

    async fn ensure_role(&self, tenant: TenantId, role: &RoleSpec) -> Result<RoleState, DatabaseError> {
        self.call("ensure_role", self.parts.databases.ensure_role(tenant, role)).await
    }

    async fn ensure_database(&self, tenant: TenantId, isolation: Isolation) -> Result<DatabaseState, DatabaseError> {
        self.call("ensure_database", self.parts.databases.ensure_database(tenant, isolation)).await
    }

    async fn admits(&self, tenant: TenantId, isolation: Isolation, role: &RoleSpec) -> Result<bool, DatabaseError> {
        self.call("admits", self.parts.databases.admits(tenant, isolation, role)).await
    }

    async fn effect(
        &self,
        tenant: TenantId,
        isolation: Isolation,
        role: &RoleSpec,
        query: &str,
    ) -> Result<bool, DatabaseError> {
        self.call("effect", self.parts.databases.effect(tenant, isolation, role, query)).await
    }

    async fn run(
        &self,
        tenant: TenantId,
        isolation: Isolation,
        role: &RoleSpec,
        statement: &str,
    ) -> Result<(), DatabaseError> {
        self.call("run", self.parts.databases.run(tenant, isolation, role, statement)).await
    }

    async fn drop_database(&self, tenant: TenantId, isolation: Isolation) -> Result<(), DatabaseError> {
        self.call("drop_database", self.parts.databases.drop_database(tenant, isolation)).await
    }

    async fn drop_role(&self, tenant: TenantId) -> Result<(), DatabaseError> {
        self.call("drop_role", self.parts.databases.drop_role(tenant)).await
    }

    async fn size(&self, tenant: TenantId, isolation: Isolation) -> Result<Option<u64>, DatabaseError> {
        self.parts.databases.size(tenant, isolation).await
    }

    async fn fingerprints(&self) -> Result<BTreeMap<TenantId, u64>, DatabaseError> {
        self.parts.databases.fingerprints().await
    }
}

#[async_trait]
impl DumpStore for Mortal {
    async fn find(&self, tenant: TenantId, next: NextRelease) -> Result<Option<DumpsState>, DumpError> {
        self.call("find_dumps", self.parts.dumps.find(tenant, next)).await
    }

    async fn dump(&self, subject: Subject<'_>, next: NextRelease) -> Result<DumpsState, DumpError> {
        self.call("dump", self.parts.dumps.dump(subject, next)).await
    }

    async fn save(&self, subject: Subject<'_>, restore: i64) -> Result<(), DumpError> {
        self.call("save", self.parts.dumps.save(subject, restore)).await
    }

    async fn restore(&self, subject: Subject<'_>, from: DumpName) -> Result<DateTime<Utc>, DumpError> {
        self.call("restore", self.parts.dumps.restore(subject, from)).await
    }

    async fn remove(&self, tenant: TenantId) -> Result<(), DumpError> {
        self.call("remove_dumps", self.parts.dumps.remove(tenant)).await
    }

    async fn tenants(&self) -> Result<Vec<TenantId>, DumpError> {
        self.parts.dumps.tenants().await
    }
}

#[async_trait]
impl RouteStore for Mortal {
    async fn find(&self, tenant: TenantId) -> Result<Option<RouteState>, RouteError> {
        self.call("find_route", self.parts.routes.find(tenant)).await
    }

    async fn write(&self, route: &Route, target: Option<SocketAddr>) -> Result<RouteState, RouteError> {
        self.call("write_route", self.parts.routes.write(route, target)).await
    }

    async fn remove(&self, tenant: TenantId) -> Result<(), RouteError> {
        self.call("remove_route", self.parts.routes.remove(tenant)).await
    }

    async fn tenants(&self) -> Result<Vec<TenantId>, RouteError> {
        self.parts.routes.tenants().await
    }

    async fn survey(&self) -> Result<Survey, RouteError> {
        self.parts.routes.survey().await
    }
}

#[async_trait]
impl Probe for Mortal {
    async fn ask(&self, target: Target<'_>) -> Result<(), NotReady> {
        self.call("probe", self.parts.probe.ask(target)).await
    }

    async fn read(&self, page: Page<'_>) -> Result<Answer, NotReady> {
        self.parts.probe.read(page).await
    }
}
