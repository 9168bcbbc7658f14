//! What a test does to the engine behind its user's back, and what it looks at afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::image::{ImageId, ImageReference};
use domain::limits::Limits;
use domain::log::LogStream;
use domain::tenant::ContainerState;
use sha2::{Digest as _, Sha256};

use super::behaviour::{Behaviour, End};
use super::fault::{Call, Failure};
use super::log::Log;
use super::world::{Kept, handle};
use super::{FakeEngine, Signal, lock};
use crate::container::labels::ROLE;
use crate::container::{ContainerName, ContainerSpec, Image, NetworkName, Ownership, PlatformId, Restart};
use crate::probe::{Answer, NotReady, Page, Probe, Target};

/// Everything that takes room, for a comparison of before and after.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    pub containers: BTreeMap<String, ContainerState>,
    pub networks: BTreeSet<String>,
}

impl FakeEngine {
    /// From now on, started containers do what `script` says. One that runs does so from its next start on.
    pub fn script(&self, script: impl Fn(&ContainerSpec) -> Behaviour + Send + Sync + 'static) {
        *lock(&self.0.behaviour) = Arc::new(script);
    }

    /// The next `times` calls fail so; `None`: until [`Self::heal`]. A later plan for the same call replaces this one.
    pub fn fail(&self, call: Call, failure: Failure, times: Option<u32>) {
        self.0.faults.plan(call, failure, times);
    }

    /// Every call takes this much longer.
    pub fn slow(&self, latency: Duration) {
        self.0.faults.slow(latency);
    }

    /// The engine stops answering, and its streams end. Containers go on.
    pub fn down(&self) {
        self.0.faults.down();
        self.0.changes.send_replace(());
        self.0.cuts.send_modify(|cuts| *cuts += 1);
        drop(self.0.events.send(Signal::Down));
    }

    /// Nothing goes wrong any more.
    pub fn heal(&self) {
        self.0.faults.forget();
    }

    /// How often a call was made, failed ones included.
    #[must_use]
    pub fn calls(&self, call: Call) -> u64 {
        self.0.faults.calls(call)
    }

    /// Puts an image there that comes from no registry.
    ///
    /// # Panics
    /// Never: the id is a hash.
    pub fn add_image(&self, reference: &ImageReference) -> ImageId {
        let id = image_id(reference);
        lock(&self.0.world).keep_image(handle(reference), plain(id.clone(), None));
        id
    }

    /// An image that the platform made itself.
    pub(super) fn own_image(&self, reference: &ImageReference) -> Image {
        let mut world = lock(&self.0.world);
        if let Some(there) = world.references.get(&handle(reference)) {
            return there.clone();
        }
        let labels = vec![PlatformId::LABEL.to_owned(), ROLE.to_owned()];
        let image = Image { labels, ..plain(image_id(reference), None) };
        world.keep_image(handle(reference), image.clone());
        image
    }

    /// Gives an image that is there labels and volumes.
    pub fn declare(&self, image: &ImageId, labels: &[&str], volumes: &[&str]) {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        for kept in lock(&self.0.world).references.values_mut().filter(|kept| kept.id == *image) {
            (kept.labels, kept.volumes) = (owned(labels), owned(volumes));
        }
    }

    /// Puts an image into the registry, for a pull to find; answers with its digest reference.
    pub fn publish_image(&self, reference: &ImageReference) -> String {
        let id = image_id(reference);
        let digest = format!("{}@{id}", reference.repository());
        let image = plain(id, Some(digest.clone()));
        let mut world = lock(&self.0.world);
        world.registry.insert(digest.clone(), image.clone());
        world.registry.insert(handle(reference), image);
        digest
    }

    /// Puts a file into an image.
    pub fn put_file(&self, image: &ImageId, path: &str, content: &[u8]) {
        lock(&self.0.world).images.entry(image.clone()).or_default().insert(path.to_owned(), content.to_vec());
    }

    /// Puts a container there that nobody here has made; `None` for one that carries no label of ours.
    pub fn plant_container(&self, name: &str, owner: Option<Ownership>) {
        lock(&self.0.world).keep(Kept {
            name: name.to_owned(),
            owner,
            image: "foreign".to_owned(),
            spec: None,
            behaviour: Behaviour::default(),
            state: ContainerState::Running { started_at: self.0.clock.now(), address: None },
            address: None,
            elsewhere: false,
            log: Log::default(),
            run: 0,
            limits: Limits::DEFAULT,
            restart: Some(Restart::Never),
            restarts: 0,
        });
    }

    /// Leaves what is left of who died long ago, while reading a file of an image.
    pub fn abandon_reader(&self, name: &str) {
        self.plant_container(name, None);
        lock(&self.0.world).abandoned_readers.push(name.to_owned());
    }

    /// The network stays, and is no longer as the contract has it.
    pub fn break_network(&self, name: &NetworkName) {
        if let Some(network) = lock(&self.0.world).networks.get_mut(name) {
            network.conforms = false;
        }
    }

    /// The network goes away behind everybody's back.
    pub fn drop_network(&self, name: &NetworkName) {
        lock(&self.0.world).networks.remove(name);
    }

    /// Ends a running container; the engine restarts it if that is its policy.
    pub fn crash(&self, name: &ContainerName, end: End) {
        let running = {
            let world = lock(&self.0.world);
            world.id_of(name.as_str()).and_then(|id| Some((id.clone(), world.containers.get(id)?.run)))
        };
        if let Some((id, run)) = running {
            self.0.end(&id, run, end);
        }
    }

    /// A container says something.
    pub fn say(&self, name: &ContainerName, stream: LogStream, text: &str) {
        let now = self.0.clock.now();
        self.log(name, |log| log.take(stream, text, now));
    }

    /// The engine forgets all that a container has said but its last `keep` lines.
    pub fn rotate_log(&self, name: &ContainerName, keep: usize) {
        self.log(name, |log| log.rotate(keep));
    }

    fn log(&self, name: &ContainerName, act: impl FnOnce(&mut Log)) {
        let mut world = lock(&self.0.world);
        let id = world.id_of(name.as_str()).cloned();
        if let Some(kept) = id.and_then(|id| world.containers.get_mut(&id)) {
            act(&mut kept.log);
            self.0.changes.send_replace(());
        }
    }

    /// Ends every log and every list of events that is being followed, as an engine does that restarts.
    pub fn cut_streams(&self) {
        self.0.cuts.send_modify(|cuts| *cuts += 1);
        drop(self.0.events.send(Signal::Down));
    }

    /// How many logs are being read.
    #[must_use]
    pub fn logs_read(&self) -> usize {
        self.0.cuts.receiver_count()
    }

    /// Freezes a running container.
    pub fn pause(&self, name: &ContainerName) {
        let mut world = lock(&self.0.world);
        let id = world.id_of(name.as_str()).cloned();
        if let Some(kept) = id.and_then(|id| world.containers.get_mut(&id)) {
            kept.state = ContainerState::Paused;
            self.0.tell(kept, "pause");
        }
    }

    /// The app in a running container answers nobody from now on, or everybody again.
    pub fn hang(&self, name: &ContainerName, hangs: bool) {
        let mut world = lock(&self.0.world);
        let id = world.id_of(name.as_str()).cloned();
        if let Some(kept) = id.and_then(|id| world.containers.get_mut(&id)) {
            kept.behaviour.ready = !hangs;
        }
    }

    /// Takes a running container out of its network behind everybody's back.
    pub fn detach(&self, name: &ContainerName) {
        let mut world = lock(&self.0.world);
        let id = world.id_of(name.as_str()).cloned();
        if let Some(kept) = id.and_then(|id| world.containers.get_mut(&id)) {
            kept.address = None;
            if let ContainerState::Running { address, .. } = &mut kept.state {
                *address = None;
            }
        }
    }

    /// Gives two running containers each other's address and tells nobody, as an engine may that starts all anew.
    pub fn swap_addresses(&self, names: [&ContainerName; 2]) {
        let mut world = lock(&self.0.world);
        let ids = names.map(|name| world.id_of(name.as_str()).cloned());
        let [Some(one), Some(other)] = ids else { return };
        let addresses = [&one, &other].map(|id| world.containers.get(id).and_then(|kept| kept.address));
        for (id, now) in [(one, addresses[1]), (other, addresses[0])] {
            let Some(kept) = world.containers.get_mut(&id) else { continue };
            kept.address = now;
            if let ContainerState::Running { address, .. } = &mut kept.state {
                *address = now;
            }
            if let Some(now) = now {
                world.by_address.insert(now, id);
            }
        }
    }

    /// Puts a container into another network, too, behind everybody's back.
    pub fn attach_elsewhere(&self, name: &ContainerName) {
        let mut world = lock(&self.0.world);
        let id = world.id_of(name.as_str()).cloned();
        if let Some(kept) = id.and_then(|id| world.containers.get_mut(&id)) {
            kept.elsewhere = true;
        }
    }

    /// Gives a container another name behind everybody's back.
    pub fn misname(&self, name: &ContainerName, other: &str) {
        let mut world = lock(&self.0.world);
        let id = world.id_of(name.as_str()).cloned();
        if let Some(kept) = id.and_then(|id| world.rename(&id, other)) {
            self.0.tell(kept, "rename");
        }
    }

    /// Gives a container other limits and a restart policy that is not ours, behind everybody's back.
    pub fn loosen(&self, name: &ContainerName, limits: Limits) {
        let mut world = lock(&self.0.world);
        let id = world.id_of(name.as_str()).cloned();
        if let Some(kept) = id.and_then(|id| world.containers.get_mut(&id)) {
            (kept.limits, kept.restart) = (limits, None);
            self.0.tell(kept, "update");
        }
    }

    /// Removes a container behind everybody's back.
    pub fn vanish(&self, name: &ContainerName) {
        let mut world = lock(&self.0.world);
        let id = world.id_of(name.as_str()).cloned();
        if let Some(kept) = id.and_then(|id| world.forget(&id)) {
            self.0.tell(&kept, "destroy");
        }
    }

    /// What a container was made from; `None` if it is not there or not ours.
    #[must_use]
    pub fn spec(&self, name: &ContainerName) -> Option<Arc<ContainerSpec>> {
        let world = lock(&self.0.world);
        world.containers.get(world.id_of(name.as_str())?)?.spec.clone()
    }

    /// What every page of every app says from here on.
    pub fn show_page(&self, page: Answer) {
        lock(&self.0.world).page = page;
    }

    /// How many pages were read.
    #[must_use]
    pub fn pages_read(&self) -> u64 {
        lock(&self.0.world).pages_read
    }

    #[must_use]
    pub fn inventory(&self) -> Inventory {
        let world = lock(&self.0.world);
        Inventory {
            containers: world.containers.values().map(|kept| (kept.name.clone(), kept.state.clone())).collect(),
            networks: world.networks.keys().map(|name| name.as_str().to_owned()).collect(),
        }
    }
}

/// Its containers answer as they are scripted to.
#[async_trait]
impl Probe for FakeEngine {
    async fn ask(&self, target: Target<'_>) -> Result<(), NotReady> {
        let world = lock(&self.0.world);
        let Some(kept) = world.at(target.address) else { return Err(NotReady::Refused) };
        match &kept.state {
            ContainerState::Running { .. } if kept.behaviour.ready => Ok(()),
            ContainerState::Running { .. } => Err(NotReady::Status {
                path: target.probe.path.clone(),
                status: 503,
                expected: target.probe.accept.clone(),
            }),
            ContainerState::Paused => Err(NotReady::TimedOut(target.probe.timeout)),
            ContainerState::Created
            | ContainerState::Restarting { .. }
            | ContainerState::Exited { .. }
            | ContainerState::Dead => Err(NotReady::Refused),
        }
    }

    async fn read(&self, page: Page<'_>) -> Result<Answer, NotReady> {
        let mut world = lock(&self.0.world);
        world.pages_read += 1;
        let running = world.at(page.address).is_some_and(|kept| kept.state.address().is_some());
        if running { Ok(world.page.clone()) } else { Err(NotReady::Refused) }
    }
}

fn plain(id: ImageId, digest: Option<String>) -> Image {
    Image { id, digest, labels: Vec::new(), volumes: Vec::new() }
}

fn image_id(reference: &ImageReference) -> ImageId {
    let hex: String = Sha256::digest(reference.as_str()).iter().map(|byte| format!("{byte:02x}")).collect();
    ImageId::parse(&format!("sha256:{hex}")).expect("a hash of 32 bytes")
}
