//! What goes over containers' interfaces, counted at the host's end of each.
//!
//! Neither the engine nor the kernel names the host's end of a container's interface to who may not enter the container's
//! network namespace. But the bridge has learned at which of its ports each hardware address lives, and says so in
//! `brforward`: records of 16 bytes (`struct __fdb_entry`, `include/uapi/linux/if_bridge.h`). It forgets one that is silent
//! for minutes, so what was found once is kept; and who was never heard is made to speak, by a datagram to a closed port:
//! before it can be sent, the kernel has to ask the container for its address.

use std::collections::HashMap;
use std::fs::File;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};

use domain::tenant::ContainerId;
use domain::usage::Counted;

use super::counter::{open, whole};
use crate::container::{Endpoint, HardwareAddress};

const RECORD: usize = 16;
/// The port nobody listens at (RFC 863's "discard").
const DISCARD: u16 = 9;
/// One that was not found is looked for again each so many looks.
const LOOK_AGAIN: u32 = 4;

/// One container's interface.
#[derive(Debug)]
struct Interface {
    /// Where it was when its end was found.
    endpoint: Endpoint,
    received: File,
    sent: File,
}

impl Interface {
    /// What the host's end receives, the container has sent.
    fn open(endpoint: Endpoint, end: &Path) -> Option<Self> {
        let statistics = end.join("statistics");
        Some(Self { endpoint, received: open(&statistics, "tx_bytes")?, sent: open(&statistics, "rx_bytes")? })
    }

    fn counted(&self) -> Option<Counted> {
        Some(Counted { inward: whole(&self.received)?, outward: whole(&self.sent)? })
    }
}

#[derive(Debug)]
pub(super) struct Bridge {
    interfaces: PathBuf,
    folder: PathBuf,
    /// The host's end of each container's interface.
    found: HashMap<ContainerId, Interface>,
    /// How many looks one was not found.
    silent: HashMap<ContainerId, u32>,
}

impl Bridge {
    pub(super) fn new(interfaces: &Path, bridge: &str) -> Self {
        let (interfaces, folder) = (interfaces.to_owned(), interfaces.join(bridge));
        Self { interfaces, folder, found: HashMap::new(), silent: HashMap::new() }
    }

    /// Finds the ends of those that were not found yet, or are somewhere else than they were.
    pub(super) fn look(&mut self, containers: &[(ContainerId, Option<Endpoint>)]) {
        let mut wanted = Vec::new();
        for (id, endpoint) in containers {
            let Some((endpoint, hardware)) = endpoint.and_then(|endpoint| Some((endpoint, endpoint.hardware?))) else {
                continue;
            };
            if self.found.get(id).is_some_and(|interface| interface.endpoint == endpoint) {
                continue;
            }
            let looks = self.silent.entry(id.clone()).or_default();
            if (*looks).is_multiple_of(LOOK_AGAIN) || *looks == 1 {
                wanted.push((id.clone(), endpoint, hardware));
            }
            *looks += 1;
        }
        if !wanted.is_empty() {
            self.find(wanted);
        }
    }

    fn find(&mut self, wanted: Vec<(ContainerId, Endpoint, HardwareAddress)>) {
        let (learned, ports) = (self.learned(), self.ports());
        for (id, endpoint, hardware) in wanted {
            let end = learned.get(&hardware).and_then(|port| ports.get(port));
            match end.and_then(|end| Interface::open(endpoint, end)) {
                Some(interface) => {
                    self.silent.remove(&id);
                    self.found.insert(id, interface);
                }
                None => provoke(endpoint.address),
            }
        }
    }

    /// At which port each address lives, without the ports' own.
    fn learned(&self) -> HashMap<HardwareAddress, u16> {
        let table = std::fs::read(self.folder.join("brforward")).unwrap_or_default();
        let (records, _) = table.as_chunks::<RECORD>();
        let entry = |record: &[u8; RECORD]| {
            let [a, b, c, d, e, f, port, is_local, _, _, _, _, port_high, ..] = *record;
            (is_local == 0).then_some((HardwareAddress([a, b, c, d, e, f]), u16::from_le_bytes([port, port_high])))
        };
        records.iter().filter_map(entry).collect()
    }

    /// The interface at each port; written as `0x1`.
    fn ports(&self) -> HashMap<u16, PathBuf> {
        let entries = std::fs::read_dir(self.folder.join("brif")).into_iter().flatten().flatten();
        let port = |entry: std::fs::DirEntry| {
            let text = std::fs::read_to_string(entry.path().join("port_no")).ok()?;
            let number = u16::from_str_radix(text.trim().strip_prefix("0x")?, 16).ok()?;
            Some((number, self.interfaces.join(entry.file_name())))
        };
        entries.filter_map(port).collect()
    }

    /// `None` if its end was not found, or is gone: then it is looked for again.
    pub(super) fn counted(&mut self, id: &ContainerId) -> Option<Counted> {
        let counted = self.found.get(id)?.counted();
        if counted.is_none() {
            self.found.remove(id);
        }
        counted
    }

    pub(super) fn retain(&mut self, keep: impl Fn(&ContainerId) -> bool) {
        self.found.retain(|id, _| keep(id));
        self.silent.retain(|id, _| keep(id));
    }
}

/// Whether it arrives is of no matter, and there is nothing to say if it can't be sent.
fn provoke(address: IpAddr) {
    if let Ok(socket) = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)) {
        let _ = socket.send_to(&[], SocketAddr::new(address, DISCARD));
    }
}
