//! What the engine holds.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::image::{ImageId, ImageReference};
use domain::limits::Limits;
use domain::tenant::{ContainerId, ContainerState};
use domain::usage::{Counted, Reading};
use sha2::{Digest as _, Sha256};

use super::behaviour::Behaviour;
use super::log::Log;
use crate::container::labels::ROLE;
use crate::container::network::NetworkPlan;
use crate::container::{
    Container, ContainerSpec, Endpoint, Image, ImageName, ListedContainer, NetworkName, NetworkSpec, Ownership,
    PlatformId, Restart,
};
use crate::probe::Answer;

#[derive(Debug, Default)]
pub(super) struct World {
    /// By `repository:tag` and `repository@digest`.
    pub(super) references: HashMap<String, Image>,
    pub(super) images: HashMap<ImageId, Files>,
    /// What a pull would find.
    pub(super) registry: HashMap<String, Image>,
    pub(super) networks: HashMap<NetworkName, KeptNetwork>,
    pub(super) containers: HashMap<ContainerId, Kept>,
    /// Names of containers that were left by who died while reading a file.
    pub(super) abandoned_readers: Vec<String>,
    by_name: HashMap<String, ContainerId>,
    by_platform: HashMap<PlatformId, HashSet<ContainerId>>,
    pub(super) by_address: HashMap<SocketAddr, ContainerId>,
    made: u32,
    /// What every page says.
    pub(super) page: Answer,
    pub(super) pages_read: u64,
}

type Files = HashMap<String, Vec<u8>>;

#[derive(Clone, Debug)]
pub(super) struct KeptNetwork {
    pub(super) spec: NetworkSpec,
    pub(super) plan: NetworkPlan,
    /// Whether it is a network of ours that keeps the contract.
    pub(super) conforms: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Kept {
    pub(super) name: String,
    pub(super) owner: Option<Ownership>,
    pub(super) image: String,
    /// `None` for one that somebody else made.
    pub(super) spec: Option<Arc<ContainerSpec>>,
    pub(super) behaviour: Behaviour,
    pub(super) state: ContainerState,
    pub(super) address: Option<SocketAddr>,
    /// Whether somebody has put it into another network, too.
    pub(super) elsewhere: bool,
    pub(super) log: Log,
    /// Which start this is: an end planned for an earlier one does not count.
    pub(super) run: u64,
    /// What it is held to.
    pub(super) limits: Limits,
    /// As the engine keeps it; `None`: a policy that is not ours.
    pub(super) restart: Option<Restart>,
    pub(super) restarts: u32,
}

impl Kept {
    /// As its behaviour says; it never touches network or disk.
    pub(super) fn usage(&self, now: DateTime<Utc>) -> Option<Reading> {
        let ContainerState::Running { started_at, .. } = self.state else { return None };
        let Behaviour { busy, memory, .. } = self.behaviour;
        Some(Reading {
            processor: (now - started_at).to_std().unwrap_or_default() * busy.0 / 1000,
            memory: memory.0,
            memory_limit: Some(self.limits.memory),
            cpu_limit: Some(self.limits.cpus),
            pids: 1,
            network: Some(Counted::default()),
            block: Some(Counted::default()),
        })
    }
}

impl World {
    pub(super) fn find_image(&self, name: ImageName<'_>) -> Option<Image> {
        match name {
            ImageName::Reference(reference) => self.references.get(&handle(reference)).cloned(),
            ImageName::Id(id) => {
                let known = self.references.values().find(|image| image.id == *id).cloned();
                known.filter(|_| self.images.contains_key(id))
            }
        }
    }

    pub(super) fn keep_image(&mut self, handle: String, image: Image) {
        self.images.entry(image.id.clone()).or_default();
        self.references.insert(handle, image);
    }

    /// Images that carry our role, but `keep` and those that a container is made of.
    pub(super) fn remove_own_images(&mut self, keep: Option<&ImageReference>) {
        let keep = keep.map(handle);
        let used: HashSet<_> = self.containers.values().map(|kept| kept.image.clone()).collect();
        let goes = |reference: &String, image: &Image| {
            let ours = image.labels.iter().any(|label| label == ROLE);
            ours && Some(reference) != keep.as_ref() && !used.contains(image.id.as_str())
        };
        let gone: Vec<_> = self.references.extract_if(|reference, image| goes(reference, image)).collect();
        for (_, image) in gone {
            self.images.remove(&image.id);
        }
    }

    pub(super) fn remove_abandoned_readers(&mut self) {
        for name in std::mem::take(&mut self.abandoned_readers) {
            if let Some(id) = self.id_of(&name).cloned() {
                self.forget(&id);
            }
        }
    }

    pub(super) fn addresses_in(&self, name: &NetworkName) -> Option<Vec<IpAddr>> {
        self.networks.get(name)?;
        let running = self.containers.values().filter(|kept| kept.state.may_run());
        let here = running.filter(|kept| kept.spec.as_ref().is_some_and(|spec| spec.network == *name));
        Some(here.filter_map(|kept| Some(kept.address?.ip())).collect())
    }

    pub(super) fn id_of(&self, name: &str) -> Option<&ContainerId> {
        self.by_name.get(name)
    }

    pub(super) fn named(&self, name: &str) -> Option<Container> {
        let id = self.by_name.get(name)?;
        let kept = self.containers.get(id)?;
        Some(Container {
            id: id.clone(),
            name: kept.name.clone(),
            owner: kept.owner.clone(),
            image: kept.image.clone(),
            state: kept.state.clone(),
            elsewhere: kept.elsewhere,
            limits: kept.limits.into(),
            restart: kept.restart,
            restarts: kept.restarts,
        })
    }

    pub(super) fn list(&self, platform: &PlatformId) -> Vec<ListedContainer> {
        let listed = |id: &ContainerId| {
            let kept = self.containers.get(id)?;
            let Kept { name, owner, state, .. } = kept;
            let endpoint = kept.address.map(|address| Endpoint { address: address.ip(), hardware: None });
            let (may_run, elsewhere) = (state.may_run(), kept.elsewhere);
            let (id, name, owner) = (id.clone(), name.clone(), owner.clone());
            Some(ListedContainer { id, name, owner, may_run, endpoint, elsewhere })
        };
        self.by_platform.get(platform).into_iter().flatten().filter_map(listed).collect()
    }

    pub(super) fn at(&self, address: SocketAddr) -> Option<&Kept> {
        self.containers.get(self.by_address.get(&address)?)
    }

    /// Keeps a container under a new id.
    pub(super) fn keep(&mut self, mut kept: Kept) -> ContainerId {
        self.made += 1;
        // As an engine's: different in their first digits, which is all that people are shown.
        let hash: String = Sha256::digest(self.made.to_le_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        let id = ContainerId::parse(&hash).expect("a hash of 32 bytes");
        kept.address = self.address(&kept);
        if let Some(address) = kept.address {
            self.by_address.insert(address, id.clone());
        }
        if let Some(owner) = &kept.owner {
            self.by_platform.entry(owner.platform.clone()).or_default().insert(id.clone());
        }
        self.by_name.insert(kept.name.clone(), id.clone());
        self.containers.insert(id.clone(), kept);
        id
    }

    pub(super) fn rename(&mut self, id: &ContainerId, name: &str) -> Option<&Kept> {
        let kept = self.containers.get_mut(id)?;
        let old = std::mem::replace(&mut kept.name, name.to_owned());
        self.by_name.remove(&old);
        self.by_name.insert(name.to_owned(), id.clone());
        self.containers.get(id)
    }

    pub(super) fn forget(&mut self, id: &ContainerId) -> Option<Kept> {
        let kept = self.containers.remove(id)?;
        self.by_name.remove(&kept.name);
        if let Some(address) = &kept.address {
            self.by_address.remove(address);
        }
        if let Some(ours) = kept.owner.as_ref().and_then(|owner| self.by_platform.get_mut(&owner.platform)) {
            ours.remove(id);
        }
        Some(kept)
    }

    /// The next address of its network; it may run over the subnet's end, where a real engine would refuse.
    fn address(&self, kept: &Kept) -> Option<SocketAddr> {
        let spec = kept.spec.as_ref()?;
        let base = self.networks.get(&spec.network)?.plan.gateway;
        let ip = Ipv4Addr::from(u32::from(base).wrapping_add(self.made));
        Some(SocketAddr::new(IpAddr::V4(ip), spec.port))
    }
}

/// How a reference is looked up: by digest if it has one.
pub(super) fn handle(reference: &ImageReference) -> String {
    match reference.digest() {
        Some(digest) => format!("{}@{digest}", reference.repository()),
        None => format!("{}:{}", reference.repository(), reference.tag().unwrap_or_default()),
    }
}
