//! The trait's calls, on maps.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::image::{ImageId, ImageReference};
use domain::limits::Limits;
use domain::quantity::Bytes;
use domain::tenant::{ContainerId, ContainerState};
use domain::usage::Reading;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tokio::sync::broadcast::error::RecvError;

use super::behaviour::{Behaviour, KILLED};
use super::fault::{refused, unavailable};
use super::log::Log;
use super::world::{Kept, KeptNetwork, handle};
use super::{Call, FakeEngine, Signal, lock};
use crate::container::network::NetworkPlan;
use crate::container::{
    Container, ContainerEngine, ContainerName, ContainerSpec, EngineError, EngineEvent, EngineVersion, Exit, Image,
    ImageName, ListedContainer, LogPieces, LogRange, Network, NetworkName, NetworkSpec, PlatformId, PullProgress,
    Restart,
};

fn gone(what: impl std::fmt::Display) -> EngineError {
    EngineError::NotFound { what: what.to_string() }
}

fn gone_container(id: &ContainerId) -> EngineError {
    gone(format_args!("container {id}"))
}

impl FakeEngine {
    fn network(kept: &KeptNetwork) -> Network {
        let NetworkSpec { subnet, interface, .. } = kept.spec.clone();
        Network { gateway: kept.plan.gateway.into(), subnet, interface, conforms: kept.conforms }
    }

    fn state(&self, id: &ContainerId) -> Result<ContainerState, EngineError> {
        lock(&self.0.world).containers.get(id).map(|kept| kept.state.clone()).ok_or_else(|| gone_container(id))
    }

    fn make_network(&self, spec: &NetworkSpec) -> Result<Network, EngineError> {
        let plan = NetworkPlan::read(spec).map_err(|why| refused(Call::EnsureNetwork, why))?;
        let conflict = |detail: &str| {
            let what = format!("network {}", spec.name.as_str());
            Err(EngineError::Conflict { what, detail: detail.to_owned() })
        };
        let mut world = lock(&self.0.world);
        if let Some(there) = world.networks.get(&spec.name) {
            let same = there.plan == plan && there.spec.interface == spec.interface;
            return if same && there.conforms { Ok(Self::network(there)) } else { conflict("it is another one") };
        }
        if world.networks.values().any(|other| other.plan.subnet == plan.subnet) {
            return conflict("its subnet is taken");
        }
        let kept = KeptNetwork { spec: spec.clone(), plan, conforms: true };
        let network = Self::network(&kept);
        world.networks.insert(spec.name.clone(), kept);
        Ok(network)
    }

    fn make_container(&self, spec: &ContainerSpec) -> Result<ContainerId, EngineError> {
        let mut world = lock(&self.0.world);
        if !world.networks.contains_key(&spec.network) {
            return Err(gone(format_args!("network {}", spec.network.as_str())));
        }
        if !world.images.contains_key(&spec.image) {
            return Err(gone(format_args!("image {}", spec.image)));
        }
        if world.id_of(spec.name.as_str()).is_some() {
            let what = format!("container {}", spec.name);
            return Err(EngineError::Conflict { what, detail: "its name is taken".to_owned() });
        }
        let kept = Kept {
            name: spec.name.to_string(),
            owner: Some(spec.owner.clone()),
            image: spec.image.to_string(),
            behaviour: Behaviour::default(),
            spec: Some(Arc::new(spec.clone())),
            state: ContainerState::Created,
            address: None,
            elsewhere: false,
            log: Log::default(),
            run: 0,
            limits: spec.limits,
            restart: Some(spec.restart),
            restarts: 0,
        };
        self.0.tell(&kept, "create");
        Ok(world.keep(kept))
    }

    fn run(&self, id: &ContainerId) -> Result<ContainerState, EngineError> {
        let script = Arc::clone(&lock(&self.0.behaviour));
        {
            let mut world = lock(&self.0.world);
            let kept = world.containers.get(id).ok_or_else(|| gone_container(id))?;
            if matches!(kept.state, ContainerState::Running { .. }) {
                return Ok(kept.state.clone());
            }
            let network = kept.spec.as_ref().map(|spec| &spec.network);
            if let Some(network) = network.filter(|network| !world.networks.contains_key(*network)) {
                return Err(refused(Call::StartContainer, format!("network {} is not there", network.as_str())));
            }
            let kept = world.containers.get_mut(id).ok_or_else(|| gone_container(id))?;
            if kept.state == ContainerState::Paused {
                kept.state = ContainerState::Running { started_at: self.0.clock.now(), address: kept.address };
                self.0.tell(kept, "unpause");
                return Ok(kept.state.clone());
            }
            kept.restarts = 0;
            if let Some(spec) = &kept.spec {
                kept.behaviour = script(spec);
            }
            if let Some(why) = &kept.behaviour.cannot_start {
                return Err(refused(Call::StartContainer, why.clone()));
            }
        }
        self.0.begin(id).ok_or_else(|| gone_container(id))
    }

    async fn halt(&self, id: &ContainerId, grace: Duration) -> Result<ContainerState, EngineError> {
        let (state, run, on_term) = {
            let world = lock(&self.0.world);
            let kept = world.containers.get(id).ok_or_else(|| gone_container(id))?;
            (kept.state.clone(), kept.run, kept.behaviour.on_term)
        };
        if !state.may_run() {
            return Ok(state);
        }
        if on_term.is_none() {
            tokio::time::sleep(grace).await;
        }
        let mut world = lock(&self.0.world);
        let kept = world.containers.get_mut(id).ok_or_else(|| gone_container(id))?;
        if kept.run == run && kept.state.may_run() {
            kept.state = self.0.exited(on_term.unwrap_or(KILLED), false);
            self.0.tell(kept, "die");
            self.0.tell(kept, "stop");
        }
        Ok(kept.state.clone())
    }

    async fn await_exit(&self, id: &ContainerId) -> Result<Exit, EngineError> {
        let mut changes = self.0.changes.subscribe();
        loop {
            self.0.faults.check_up(Call::WaitContainer)?;
            match self.state(id)? {
                ContainerState::Created => return Err(refused(Call::WaitContainer, "it was never started")),
                ContainerState::Exited { exit_code, oom_killed, finished_at } => {
                    return Ok(Exit { code: exit_code, oom_killed, finished_at });
                }
                ContainerState::Restarting { exit_code, .. } => {
                    return Ok(Exit { code: exit_code, oom_killed: false, finished_at: self.0.clock.now() });
                }
                ContainerState::Running { .. } | ContainerState::Paused | ContainerState::Dead => {}
            }
            changes.changed().await.map_err(|_gone| unavailable(Call::WaitContainer, "it is gone"))?;
        }
    }
}

#[async_trait]
impl ContainerEngine for FakeEngine {
    async fn version(&self) -> Result<EngineVersion, EngineError> {
        let version = EngineVersion {
            engine: "fake".to_owned(),
            api: "1.41".to_owned(),
            oldest_api: "1.41".to_owned(),
            live_restore: true,
            cgroup_version: "2".to_owned(),
            cgroup_driver: "systemd".to_owned(),
        };
        self.0.faults.around(Call::Version, async { Ok(version) }).await
    }

    async fn find_image(&self, name: ImageName<'_>) -> Result<Option<Image>, EngineError> {
        self.0.faults.around(Call::FindImage, async { Ok(lock(&self.0.world).find_image(name)) }).await
    }

    async fn pull_image(
        &self,
        reference: &ImageReference,
        progress: &(dyn Fn(PullProgress) + Send + Sync),
    ) -> Result<Image, EngineError> {
        let pull = async {
            let mut world = lock(&self.0.world);
            let found = world.registry.get(&handle(reference)).cloned();
            let image = found.ok_or_else(|| gone(format_args!("image {reference}")))?;
            progress(PullProgress { status: "Downloading".to_owned(), bytes: Some((1, 1)) });
            let by_digest = image.digest.clone().unwrap_or_else(|| handle(reference));
            world.keep_image(by_digest, image.clone());
            world.keep_image(handle(reference), image.clone());
            Ok(image)
        };
        self.0.faults.around(Call::PullImage, pull).await
    }

    async fn read_image_file(&self, image: &ImageId, path: &str, limit: Bytes) -> Result<Option<Vec<u8>>, EngineError> {
        let read = async {
            let world = lock(&self.0.world);
            let files = world.images.get(image).ok_or_else(|| gone(format_args!("image {image}")))?;
            match files.get(path) {
                Some(file) if file.len() as u64 > limit.0 => Err(refused(Call::ReadImageFile, "it is too large")),
                file => Ok(file.cloned()),
            }
        };
        self.0.faults.around(Call::ReadImageFile, read).await
    }

    async fn remove_abandoned_readers(&self) -> Result<(), EngineError> {
        let remove = async {
            lock(&self.0.world).remove_abandoned_readers();
            Ok(())
        };
        self.0.faults.around(Call::RemoveAbandonedReaders, remove).await
    }

    async fn import_image(&self, name: &ImageReference, root: bytes::Bytes) -> Result<Image, EngineError> {
        let import = async {
            if tar::Archive::new(&*root).entries().map_or(true, |mut all| !matches!(all.next(), Some(Ok(_)))) {
                return Err(refused(Call::ImportImage, "it is no archive"));
            }
            Ok(self.own_image(name))
        };
        self.0.faults.around(Call::ImportImage, import).await
    }

    async fn remove_own_images(&self, keep: Option<&ImageReference>) -> Result<(), EngineError> {
        let remove = async {
            lock(&self.0.world).remove_own_images(keep);
            Ok(())
        };
        self.0.faults.around(Call::RemoveOwnImages, remove).await
    }

    async fn network_addresses(&self, name: &NetworkName) -> Result<Vec<IpAddr>, EngineError> {
        let look = async {
            let found = lock(&self.0.world).addresses_in(name);
            found.ok_or_else(|| gone(format_args!("network {}", name.as_str())))
        };
        self.0.faults.around(Call::NetworkAddresses, look).await
    }

    async fn find_network(&self, name: &NetworkName) -> Result<Option<Network>, EngineError> {
        let find = async { Ok(lock(&self.0.world).networks.get(name).map(Self::network)) };
        self.0.faults.around(Call::FindNetwork, find).await
    }

    async fn ensure_network(&self, spec: &NetworkSpec) -> Result<Network, EngineError> {
        self.0.faults.around(Call::EnsureNetwork, async { self.make_network(spec) }).await
    }

    async fn create_container(&self, spec: &ContainerSpec) -> Result<ContainerId, EngineError> {
        self.0.faults.around(Call::CreateContainer, async { self.make_container(spec) }).await
    }

    async fn start_container(&self, id: &ContainerId) -> Result<ContainerState, EngineError> {
        self.0.faults.around(Call::StartContainer, async { self.run(id) }).await
    }

    async fn stop_container(&self, id: &ContainerId, grace: Duration) -> Result<ContainerState, EngineError> {
        self.0.faults.around(Call::StopContainer, self.halt(id, grace)).await
    }

    async fn set_restart(&self, id: &ContainerId, restart: Restart) -> Result<(), EngineError> {
        let set = async {
            let mut world = lock(&self.0.world);
            let kept = world.containers.get_mut(id).ok_or_else(|| gone_container(id))?;
            kept.restart = Some(restart);
            self.0.tell(kept, "update");
            Ok(())
        };
        self.0.faults.around(Call::SetRestart, set).await
    }

    async fn set_limits(&self, id: &ContainerId, limits: &Limits) -> Result<(), EngineError> {
        let set = async {
            let mut world = lock(&self.0.world);
            let kept = world.containers.get_mut(id).ok_or_else(|| gone_container(id))?;
            kept.limits = *limits;
            self.0.tell(kept, "update");
            Ok(())
        };
        self.0.faults.around(Call::SetLimits, set).await
    }

    async fn rename_container(&self, id: &ContainerId, name: &ContainerName) -> Result<(), EngineError> {
        let rename = async {
            let mut world = lock(&self.0.world);
            match world.id_of(name.as_str()) {
                Some(holder) if holder == id => return Ok(()),
                Some(_) => {
                    let (what, detail) = (format!("container {name}"), "its name is taken".to_owned());
                    return Err(EngineError::Conflict { what, detail });
                }
                None => {}
            }
            let kept = world.rename(id, name.as_str()).ok_or_else(|| gone_container(id))?;
            self.0.tell(kept, "rename");
            Ok(())
        };
        self.0.faults.around(Call::RenameContainer, rename).await
    }

    async fn remove_container(&self, id: &ContainerId) -> Result<(), EngineError> {
        let remove = async {
            if let Some(kept) = lock(&self.0.world).forget(id) {
                self.0.tell(&kept, "destroy");
            }
            Ok(())
        };
        self.0.faults.around(Call::RemoveContainer, remove).await
    }

    async fn find_container(&self, name: &ContainerName) -> Result<Option<Container>, EngineError> {
        self.0.faults.around(Call::FindContainer, async { Ok(lock(&self.0.world).named(name.as_str())) }).await
    }

    async fn list_containers(&self, platform: &PlatformId) -> Result<Vec<ListedContainer>, EngineError> {
        self.0.faults.around(Call::ListContainers, async { Ok(lock(&self.0.world).list(platform)) }).await
    }

    async fn wait_container(&self, id: &ContainerId) -> Result<Exit, EngineError> {
        self.0.faults.around(Call::WaitContainer, self.await_exit(id)).await
    }

    async fn tail_log(&self, id: &ContainerId, lines: u32, limit: Bytes) -> Result<Vec<String>, EngineError> {
        let read = async {
            let world = lock(&self.0.world);
            world.containers.get(id).map(|kept| kept.log.tail(lines, limit)).ok_or_else(|| gone_container(id))
        };
        self.0.faults.around(Call::TailLog, read).await
    }

    async fn usage(&self, id: &ContainerId) -> Result<Option<Reading>, EngineError> {
        let read = async {
            let (world, now) = (lock(&self.0.world), self.0.clock.now());
            world.containers.get(id).map(|kept| kept.usage(now)).ok_or_else(|| gone_container(id))
        };
        self.0.faults.around(Call::Usage, read).await
    }

    async fn read_log(&self, id: &ContainerId, range: LogRange) -> Result<LogPieces, EngineError> {
        let id = id.clone();
        self.0.faults.around(Call::ReadLog, async { Ok(self.pieces(id, range)) }).await
    }

    async fn events(
        &self,
        platform: &PlatformId,
    ) -> Result<BoxStream<'static, Result<EngineEvent, EngineError>>, EngineError> {
        let platform = platform.clone();
        let listen = async {
            let watch = Some((self.0.events.subscribe(), platform));
            Ok(stream::unfold(watch, |watch| async {
                let (mut signals, platform) = watch?;
                loop {
                    match signals.recv().await {
                        Ok(Signal::Event(event)) if event.owner.platform == platform => {
                            return Some((Ok(event), Some((signals, platform))));
                        }
                        Ok(Signal::Event(_)) | Err(RecvError::Lagged(_)) => {}
                        Ok(Signal::Down) | Err(RecvError::Closed) => {
                            return Some((Err(unavailable(Call::Events, "it closed the stream")), None));
                        }
                    }
                }
            })
            .boxed())
        };
        self.0.faults.around(Call::Events, listen).await
    }
}
