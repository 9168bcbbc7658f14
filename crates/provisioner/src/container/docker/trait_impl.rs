//! The trait's calls, each where it is made.

use std::net::IpAddr;
use std::time::Duration;

use async_trait::async_trait;
use domain::image::{ImageId, ImageReference};
use domain::limits::Limits;
use domain::quantity::Bytes;
use domain::tenant::{ContainerId, ContainerState};
use domain::usage::Reading;
use futures_util::stream::BoxStream;

use super::DockerEngine;
use crate::container::{
    Container, ContainerEngine, ContainerName, ContainerSpec, EngineError, EngineEvent, EngineVersion, Exit, Image,
    ImageName, ListedContainer, LogPieces, LogRange, Network, NetworkName, NetworkSpec, PlatformId, PullProgress,
    Restart,
};

#[async_trait]
impl ContainerEngine for DockerEngine {
    async fn version(&self) -> Result<EngineVersion, EngineError> {
        self.ask_version().await
    }

    async fn find_image(&self, name: ImageName<'_>) -> Result<Option<Image>, EngineError> {
        self.look_up_image(name).await
    }

    async fn pull_image(
        &self,
        reference: &ImageReference,
        progress: &(dyn Fn(PullProgress) + Send + Sync),
    ) -> Result<Image, EngineError> {
        self.pull(reference, progress).await
    }

    async fn read_image_file(&self, image: &ImageId, path: &str, limit: Bytes) -> Result<Option<Vec<u8>>, EngineError> {
        self.read_file(image, path, limit).await
    }

    async fn remove_abandoned_readers(&self) -> Result<(), EngineError> {
        self.remove_readers().await
    }

    async fn import_image(&self, name: &ImageReference, root: bytes::Bytes) -> Result<Image, EngineError> {
        self.import(name, root).await
    }

    async fn remove_own_images(&self, keep: Option<&ImageReference>) -> Result<(), EngineError> {
        self.remove_own(keep).await
    }

    async fn network_addresses(&self, name: &NetworkName) -> Result<Vec<IpAddr>, EngineError> {
        self.addresses_in(name).await
    }

    async fn find_network(&self, name: &NetworkName) -> Result<Option<Network>, EngineError> {
        self.look_up_network(name).await
    }

    async fn ensure_network(&self, spec: &NetworkSpec) -> Result<Network, EngineError> {
        self.make_network(spec).await
    }

    async fn create_container(&self, spec: &ContainerSpec) -> Result<ContainerId, EngineError> {
        self.create(spec).await
    }

    async fn start_container(&self, id: &ContainerId) -> Result<ContainerState, EngineError> {
        self.start(id).await
    }

    async fn stop_container(&self, id: &ContainerId, grace: Duration) -> Result<ContainerState, EngineError> {
        self.stop(id, grace).await
    }

    async fn remove_container(&self, id: &ContainerId) -> Result<(), EngineError> {
        self.remove(id).await
    }

    async fn set_restart(&self, id: &ContainerId, restart: Restart) -> Result<(), EngineError> {
        self.hand_restarts(id, restart).await
    }

    async fn set_limits(&self, id: &ContainerId, limits: &Limits) -> Result<(), EngineError> {
        self.limit(id, limits).await
    }

    async fn rename_container(&self, id: &ContainerId, name: &ContainerName) -> Result<(), EngineError> {
        self.rename(id, name).await
    }

    async fn find_container(&self, name: &ContainerName) -> Result<Option<Container>, EngineError> {
        self.find(name).await
    }

    async fn list_containers(&self, platform: &PlatformId) -> Result<Vec<ListedContainer>, EngineError> {
        self.list(platform).await
    }

    async fn wait_container(&self, id: &ContainerId) -> Result<Exit, EngineError> {
        self.wait(id).await
    }

    async fn tail_log(&self, id: &ContainerId, lines: u32, limit: Bytes) -> Result<Vec<String>, EngineError> {
        self.tail(id, lines, limit).await
    }

    async fn usage(&self, id: &ContainerId) -> Result<Option<Reading>, EngineError> {
        self.usage_of(id).await
    }

    async fn read_log(&self, id: &ContainerId, range: LogRange) -> Result<LogPieces, EngineError> {
        self.pieces(id, range)
    }

    async fn events(
        &self,
        platform: &PlatformId,
    ) -> Result<BoxStream<'static, Result<EngineEvent, EngineError>>, EngineError> {
        self.watch(platform).await
    }
}
