//! What the process inside may do, as the kernel tells it.

use std::fs;
use std::path::Path;

use domain::hostile::{Attempt, Check, Outcome};

use super::attempt;
use crate::hostile::ProcessOrders;

/// More processes than a container of ours ever has: those are somebody else's.
const MANY: usize = 10;
const DEVICES: [&str; 6] = ["/dev/mem", "/dev/kmsg", "/dev/sda", "/dev/vda", "/dev/nvme0n1", "/dev/fuse"];

pub(super) fn looks(orders: &ProcessOrders) -> Vec<Attempt> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let seen = |target: &str, outcome| attempt(Check::Process, target, outcome);
    let mut all: Vec<_> = ["CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb"]
        .map(|set| seen(&format!("capabilities ({set})"), is(&status, set, "0000000000000000")))
        .into();
    all.push(seen("no_new_privs", is(&status, "NoNewPrivs", "1")));
    all.push(seen("seccomp filter", is(&status, "Seccomp", "2")));
    if orders.unprivileged {
        all.push(seen("user", not_root(&status)));
    }
    if orders.read_only {
        all.push(seen("root file system", read_only(&mounts)));
    }
    let pids = ["/sys/fs/cgroup/pids.max", "/sys/fs/cgroup/pids/pids.max"];
    all.push(seen("limit of processes", at_most(&pids, orders.pids.into())));
    let memory = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
    all.push(seen("limit of memory", at_most(&memory, orders.memory)));
    all.push(seen("others' processes", alone()));
    let devices = DEVICES.iter().filter(|device| Path::new(device).exists());
    let devices: Vec<_> = devices.copied().collect();
    let none = if devices.is_empty() { Outcome::Held } else { Outcome::Open(devices.join(", ")) };
    all.push(seen("the host's devices", none));
    all
}

fn value<'a>(status: &'a str, key: &str) -> Option<&'a str> {
    status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':')).map(str::trim)
}

fn is(status: &str, key: &str, wanted: &str) -> Outcome {
    match value(status, key) {
        Some(found) if found == wanted => Outcome::Held,
        Some(found) => Outcome::Open(format!("it is {found}, not {wanted}")),
        None => Outcome::Unclear("the kernel doesn't tell".to_owned()),
    }
}

/// Real, effective, saved and of the file system.
fn not_root(status: &str) -> Outcome {
    match value(status, "Uid") {
        Some(ids) if ids.split_whitespace().any(|id| id == "0") => Outcome::Open("it is root".to_owned()),
        Some(_) => Outcome::Held,
        None => Outcome::Unclear("the kernel doesn't tell".to_owned()),
    }
}

fn read_only(mounts: &str) -> Outcome {
    let root = mounts.lines().rev().find_map(|line| {
        let mut words = line.split(' ').skip(1);
        (words.next()? == "/").then(|| words.nth(1))?
    });
    match root {
        Some(options) if options.split(',').any(|option| option == "ro") => Outcome::Held,
        Some(options) => Outcome::Open(format!("mounted {options}")),
        None => Outcome::Unclear("the kernel doesn't tell".to_owned()),
    }
}

/// The first of these files that is there, against a limit; cgroup v2 first.
fn at_most(files: &[&str], most: u64) -> Outcome {
    let Some(text) = files.iter().find_map(|file| fs::read_to_string(file).ok()) else {
        return Outcome::Unclear("no control group tells".to_owned());
    };
    match text.trim().parse::<u64>() {
        Ok(limit) if limit <= most => Outcome::Held,
        _ => Outcome::Open(format!("it is {}, not {most}", text.trim())),
    }
}

fn alone() -> Outcome {
    let is_process =
        |entry: &fs::DirEntry| entry.file_name().to_string_lossy().bytes().all(|byte| byte.is_ascii_digit());
    match fs::read_dir("/proc") {
        Ok(entries) => match entries.flatten().filter(is_process).count() {
            count if count <= MANY => Outcome::Held,
            count => Outcome::Open(format!("{count} processes can be seen")),
        },
        Err(error) => Outcome::Unclear(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_words_are_read() {
        let status = "Name:\tx\nUid:\t1001\t1001\t1001\t1001\nCapEff:\t0000000000000000\nCapBnd:\t00000000a80425fb\n";
        assert_eq!(is(status, "CapEff", "0000000000000000"), Outcome::Held);
        assert!(matches!(is(status, "CapBnd", "0000000000000000"), Outcome::Open(what) if what.contains("a80425fb")));
        assert!(matches!(is(status, "Seccomp", "2"), Outcome::Unclear(_)));
        assert_eq!(not_root(status), Outcome::Held);
        assert!(matches!(not_root("Uid:\t1001\t0\t1001\t1001"), Outcome::Open(_)));
        assert_eq!(read_only("overlay / overlay ro,relatime,lowerdir=x 0 0\nproc /proc proc rw 0 0\n"), Outcome::Held);
        assert!(matches!(read_only("overlay / overlay rw,relatime 0 0\n"), Outcome::Open(_)));
    }
}
