//! Tenants' logs on a real engine: the sample app numbers its lines, so what is lost or doubled is counted.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::support::{Dev, image, text};
use crate::tenant::Tenant;

/// Somebody who follows a log by the command line, which connects again whenever it has to.
pub(crate) struct Follower {
    process: Child,
    file: PathBuf,
    _folder: tempfile::TempDir,
}

impl Follower {
    pub(crate) fn start(dev: &Dev, tenant: &Tenant) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("lines");
        let mut command = dev.tenant_command(&["logs", &tenant.subdomain, "--follow", "--since", "1h", "--json"]);
        let process = command.stdout(File::create(&file).unwrap()).stderr(Stdio::null()).spawn().unwrap();
        Self { process, file, _folder: folder }
    }

    /// What it was shown so far.
    pub(crate) fn shown(&self) -> Vec<Value> {
        entries(&std::fs::read(&self.file).unwrap())
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// Entries, one a line; a last one that is not whole yet is none.
fn entries(lines: &[u8]) -> Vec<Value> {
    text(lines).lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// The numbers of the flood's lines, as they came.
pub(crate) fn numbers(entries: &[Value]) -> Vec<u32> {
    let number = |entry: &Value| entry["text"].as_str()?.strip_prefix("flood ")?.get(..7)?.parse().ok();
    entries.iter().filter_map(number).collect()
}

pub(crate) fn has(entries: &[Value], line: &str) -> bool {
    entries.iter().any(|entry| entry["text"].as_str().is_some_and(|text| text.contains(line)))
}

pub(crate) fn kept(dev: &Dev, tenant: &Tenant) -> Vec<Value> {
    let output = dev.tenant(&["logs", &tenant.subdomain, "--since", "1h", "--json"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    entries(&output.stdout)
}

#[test]
fn each_line_of_a_flood_is_seen_and_kept_once_though_the_platform_is_killed() {
    image();
    let mut dev = Dev::start();
    const LINES: u32 = 40_000;
    let flood = ["--env", "SAMPLE_FLOOD_LINES_PER_SECOND=3000", "--env", &format!("SAMPLE_FLOOD_LINES={LINES}")];
    let tenant = Tenant::deploy(&dev, "flood", "sample", &flood);
    let follower = Follower::start(&dev, &tenant);
    for _ in 0..2 {
        let before = numbers(&follower.shown()).len();
        dev.wait_until("it goes on", || numbers(&follower.shown()).len() > before + 2000);
        dev.kill_for_a_while(|_| std::thread::sleep(Duration::from_millis(500)));
    }
    dev.wait_until("the flood is over", || has(&follower.shown(), "flood over"));
    let all: Vec<u32> = (1..=LINES).collect();
    for (who, entries) in [("seen", follower.shown()), ("kept", kept(&dev, &tenant))] {
        let gaps: Vec<&Value> = entries.iter().filter(|entry| entry["type"] == "gap").collect();
        assert!(gaps.is_empty(), "{who}: {gaps:?}");
        let numbers = numbers(&entries);
        assert!(
            numbers == all,
            "{who}: {} lines, out of step at {:?}",
            numbers.len(),
            numbers.iter().zip(&all).position(|(a, b)| a != b)
        );
    }
}

#[test]
fn a_log_outlives_its_containers_and_goes_with_its_tenant() {
    image();
    let dev = Dev::start();
    let tenant = Tenant::deploy(&dev, "owls", "sample", &[]);
    let ready = |entries: &[Value]| {
        entries.iter().filter(|entry| entry["text"].as_str().is_some_and(|text| text.contains("Ready in"))).count()
    };
    dev.wait_until("it is ready", || ready(&kept(&dev, &tenant)) == 1);
    let first = kept(&dev, &tenant);
    assert!(
        has(&first, "All migrations have been successfully applied."),
        "the release's lines stand in it: {first:?}"
    );
    assert!(first.iter().any(|entry| entry["stream"] == "platform"), "and the platform's events");

    let restarted = dev.tenant(&["restart", "owls"]);
    assert!(restarted.status.success(), "{}", text(&restarted.stderr));
    dev.wait_until("both say that they are ready", || ready(&kept(&dev, &tenant)) == 2);
    let changes: Vec<String> =
        kept(&dev, &tenant).iter().filter_map(|entry| Some(entry["event"].as_str()?.to_owned())).collect();
    assert!(changes.contains(&"replaced".to_owned()) && changes.contains(&"stopped".to_owned()), "{changes:?}");
    let grave = dev.tenant(&["logs", "owls", "--grep", "Ready in [0-9]+ms", "--json"]);
    assert_eq!(numbers(&entries(&grave.stdout)).len() + ready(&entries(&grave.stdout)), 2);

    // Beside them stands one file for all, of containers that were lost while the disk was full.
    let logs = || dev.files("logs").into_iter().filter(|name| name != "lost-containers").collect::<Vec<_>>();
    assert_eq!(logs(), std::slice::from_ref(&tenant.id));
    let gone = dev.tenant(&["destroy", "owls", "--confirm", "owls"]);
    assert!(gone.status.success(), "{}", text(&gone.stderr));
    dev.wait_until("its log is gone", || logs().is_empty());
}
