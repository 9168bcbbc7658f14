//! Both generations of cgroups and a bridge, out of folders that look like the kernel's.

use std::fs;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use domain::limits::Millicpus;
use domain::quantity::Bytes;
use domain::usage::Counted;

use super::*;
use crate::container::HardwareAddress;

const ID: &str = "481930dee0d4c4c84a6a8e1ad632312eb516b02294fbe7ffefe8c6fc775cf42a";

fn id() -> ContainerId {
    ContainerId::parse(ID).unwrap()
}

fn endpoint() -> Endpoint {
    let address = IpAddr::from([127, 0, 0, 9]);
    Endpoint { address, hardware: HardwareAddress::parse("02:42:ac:11:00:02") }
}

fn write(root: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = root.join(path.replace("ID", ID));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn second(root: &Path) {
    write(
        root,
        &[
            ("cgroup/cgroup.controllers", "cpu io memory pids\n"),
            (
                "cgroup/fresco.slice/docker-ID.scope/cpu.stat",
                "usage_usec 1500000\nuser_usec 1000000\nsystem_usec 500000\n",
            ),
            ("cgroup/fresco.slice/docker-ID.scope/cpu.max", "50000 100000\n"),
            ("cgroup/fresco.slice/docker-ID.scope/memory.current", "104857600\n"),
            ("cgroup/fresco.slice/docker-ID.scope/memory.max", "402653184\n"),
            (
                "cgroup/fresco.slice/docker-ID.scope/memory.stat",
                "anon 1\nfile 2\ninactive_file 4857600\nactive_file 7\n",
            ),
            ("cgroup/fresco.slice/docker-ID.scope/pids.current", "11\n"),
            (
                "cgroup/fresco.slice/docker-ID.scope/io.stat",
                "8:0 rbytes=4096 wbytes=512 rios=1 wios=1 dbytes=0 dios=0\n8:16 rbytes=4 wbytes=8 rios=1 wios=1\n",
            ),
        ],
    );
}

fn first(root: &Path) {
    write(
        root,
        &[
            ("cgroup/cpuacct/docker/ID/cpuacct.usage", "1500000000\n"),
            ("cgroup/cpu/docker/ID/cpu.cfs_quota_us", "25000\n"),
            ("cgroup/cpu/docker/ID/cpu.cfs_period_us", "100000\n"),
            ("cgroup/memory/docker/ID/memory.usage_in_bytes", "104857600\n"),
            ("cgroup/memory/docker/ID/memory.limit_in_bytes", "9223372036854771712\n"),
            ("cgroup/memory/docker/ID/memory.stat", "inactive_file 1\ntotal_inactive_file 4857600\n"),
            ("cgroup/pids/docker/ID/pids.current", "11\n"),
            (
                "cgroup/blkio/docker/ID/blkio.throttle.io_service_bytes_recursive",
                "8:0 Read 4096\n8:0 Write 512\n8:0 Sync 1\n8:0 Total 4608\n8:16 Read 4\n8:16 Write 8\nTotal 4620\n",
            ),
        ],
    );
}

/// A bridge that has learned one address behind its third port.
fn bridge(root: &Path) {
    write(
        root,
        &[
            ("net/fresco0/brif/veth1/port_no", "0x3\n"),
            ("net/veth1/statistics/rx_bytes", "700\n"),
            ("net/veth1/statistics/tx_bytes", "900\n"),
        ],
    );
    let own = [0xe6, 0x22, 0x78, 0x60, 0xbd, 0x7e, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    let learned = [0x02, 0x42, 0xac, 0x11, 0x00, 0x02, 3, 0, 9, 0, 0, 0, 0, 0, 0, 0];
    fs::write(root.join("net/fresco0/brforward"), [own, learned].concat()).unwrap();
}

fn usage(root: &Path) -> HostUsage {
    let places = Places { cgroups: root.join("cgroup"), interfaces: root.join("net"), bridge: "fresco0".to_owned() };
    HostUsage::new(&places).unwrap()
}

fn expected() -> Reading {
    Reading {
        processor: Duration::from_millis(1500),
        memory: 100_000_000,
        memory_limit: Some(Bytes::mib(384)),
        cpu_limit: Some(Millicpus(500)),
        pids: 11,
        network: None,
        block: Some(Counted { inward: 4100, outward: 520 }),
    }
}

#[test]
fn the_second_generation_is_read() {
    let root = tempfile::tempdir().unwrap();
    second(root.path());
    assert_eq!(usage(root.path()).read(&[(id(), None)]), [Some(expected())]);
}

#[test]
fn the_first_generation_is_read_and_no_limit_is_none() {
    let root = tempfile::tempdir().unwrap();
    first(root.path());
    let without_memory_limit = Reading { memory_limit: None, cpu_limit: Some(Millicpus(250)), ..expected() };
    assert_eq!(usage(root.path()).read(&[(id(), None)]), [Some(without_memory_limit)]);
}

#[test]
fn what_the_hosts_end_of_an_interface_receives_the_container_has_sent() {
    let root = tempfile::tempdir().unwrap();
    second(root.path());
    bridge(root.path());
    let [Some(reading)] = usage(root.path()).read(&[(id(), Some(endpoint()))])[..] else { panic!("it runs") };
    assert_eq!(reading.network, Some(Counted { inward: 900, outward: 700 }));
}

#[test]
fn who_is_not_behind_a_port_has_no_network_counters() {
    let root = tempfile::tempdir().unwrap();
    second(root.path());
    bridge(root.path());
    fs::write(root.path().join("net/fresco0/brforward"), []).unwrap();
    let [Some(reading)] = usage(root.path()).read(&[(id(), Some(endpoint()))])[..] else { panic!("it runs") };
    assert_eq!(reading.network, None);
}

#[test]
fn what_is_not_named_or_has_ended_is_closed() {
    let root = tempfile::tempdir().unwrap();
    second(root.path());
    let mut usage = usage(root.path());
    usage.read(&[(id(), None)]);
    assert_eq!(usage.open(), 1);
    usage.keep_only(&[]);
    assert_eq!(usage.open(), 0);
    usage.read(&[(id(), None)]);
    fs::write(root.path().join(format!("cgroup/fresco.slice/docker-{ID}.scope/pids.current")), "0\n").unwrap();
    assert_eq!(usage.read(&[(id(), None)]), [None]);
    assert_eq!(usage.open(), 0);
}

#[test]
fn one_that_is_not_there_costs_the_others_nothing_and_is_found_when_it_comes() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), &[("cgroup/cgroup.controllers", "cpu\n")]);
    let mut usage = usage(root.path());
    assert_eq!(usage.read(&[(id(), None)]), [None]);
    second(root.path());
    let found = (0..=SEARCH_AGAIN).find_map(|_| usage.read(&[(id(), None)])[0]);
    assert_eq!(found, Some(expected()));
}

#[test]
fn a_host_without_cgroups_is_not_read() {
    let root = tempfile::tempdir().unwrap();
    let places = Places { cgroups: root.path().join("none"), ..Places::usual("fresco0") };
    assert!(HostUsage::new(&places).is_none());
}
