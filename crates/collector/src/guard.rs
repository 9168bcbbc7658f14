//! An engine that removes no container of a tenant before its log is kept.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::image::{ImageId, ImageReference};
use domain::limits::Limits;
use domain::quantity::Bytes;
use domain::tenant::{ContainerId, ContainerState};
use domain::usage::Reading;
use futures_util::stream::BoxStream;
use provisioner::container::{
    Container, ContainerEngine, ContainerName, ContainerSpec, EngineError, EngineEvent, EngineVersion, Exit, Image,
    ImageName, ListedContainer, LogPieces, LogRange, Network, NetworkName, NetworkSpec, PlatformId, PullProgress,
    Restart,
};

use crate::Shared;

/// The engine as whoever works on tenants gets it: so no step can forget to have the log read.
#[derive(Debug)]
pub(crate) struct Guarded {
    pub(crate) engine: Arc<dyn ContainerEngine>,
    pub(crate) shared: Arc<Shared>,
}

#[async_trait]
impl ContainerEngine for Guarded {
    async fn remove_container(&self, id: &ContainerId) -> Result<(), EngineError> {
        self.shared.read_to_end(id).await?;
        self.engine.remove_container(id).await
    }

    async fn version(&self) -> Result<EngineVersion, EngineError> {
        self.engine.version().await
    }

    async fn find_image(&self, name: ImageName<'_>) -> Result<Option<Image>, EngineError> {
        self.engine.find_image(name).await
    }

    async fn pull_image(
        &self,
        reference: &ImageReference,
        progress: &(dyn Fn(PullProgress) + Send + Sync),
    ) -> Result<Image, EngineError> {
        self.engine.pull_image(reference, progress).await
    }

    async fn read_image_file(&self, image: &ImageId, path: &str, limit: Bytes) -> Result<Option<Vec<u8>>, EngineError> {
        self.engine.read_image_file(image, path, limit).await
    }

    async fn remove_abandoned_readers(&self) -> Result<(), EngineError> {
        self.engine.remove_abandoned_readers().await
    }

    async fn import_image(&self, name: &ImageReference, root: bytes::Bytes) -> Result<Image, EngineError> {
        self.engine.import_image(name, root).await
    }

    async fn remove_own_images(&self, keep: Option<&ImageReference>) -> Result<(), EngineError> {
        self.engine.remove_own_images(keep).await
    }

    async fn network_addresses(&self, name: &NetworkName) -> Result<Vec<IpAddr>, EngineError> {
        self.engine.network_addresses(name).await
    }

    async fn find_network(&self, name: &NetworkName) -> Result<Option<Network>, EngineError> {
        self.engine.find_network(name).await
    }

    async fn ensure_network(&self, spec: &NetworkSpec) -> Result<Network, EngineError> {
        self.engine.ensure_network(spec).await
    }

    async fn create_container(&self, spec: &ContainerSpec) -> Result<ContainerId, EngineError> {
        self.engine.create_container(spec).await
    }

    async fn start_container(&self, id: &ContainerId) -> Result<ContainerState, EngineError> {
        self.engine.start_container(id).await
    }

    async fn stop_container(&self, id: &ContainerId, grace: Duration) -> Result<ContainerState, EngineError> {
        self.engine.stop_container(id, grace).await
    }

    async fn set_restart(&self, id: &ContainerId, restart: Restart) -> Result<(), EngineError> {
        self.engine.set_restart(id, restart).await
    }

    async fn set_limits(&self, id: &ContainerId, limits: &Limits) -> Result<(), EngineError> {
        self.engine.set_limits(id, limits).await
    }

    async fn rename_container(&self, id: &ContainerId, name: &ContainerName) -> Result<(), EngineError> {
        self.engine.rename_container(id, name).await
    }

    async fn find_container(&self, name: &ContainerName) -> Result<Option<Container>, EngineError> {
        self.engine.find_container(name).await
    }

    async fn list_containers(&self, platform: &PlatformId) -> Result<Vec<ListedContainer>, EngineError> {
        self.engine.list_containers(platform).await
    }

    async fn wait_container(&self, id: &ContainerId) -> Result<Exit, EngineError> {
        self.engine.wait_container(id).await
    }

    async fn tail_log(&self, id: &ContainerId, lines: u32, limit: Bytes) -> Result<Vec<String>, EngineError> {
        self.engine.tail_log(id, lines, limit).await
    }

    async fn read_log(&self, id: &ContainerId, range: LogRange) -> Result<LogPieces, EngineError> {
        self.engine.read_log(id, range).await
    }

    async fn usage(&self, id: &ContainerId) -> Result<Option<Reading>, EngineError> {
        self.engine.usage(id).await
    }

    async fn events(
        &self,
        platform: &PlatformId,
    ) -> Result<BoxStream<'static, Result<EngineEvent, EngineError>>, EngineError> {
        self.engine.events(platform).await
    }
}
