//! A disk that takes nothing for a while.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use domain::log::{GapReason, LogEntry};
use provisioner::container::Phase;

use crate::bench::{Bench, count, eventually, numbers};

/// A file system of its own; gone with this.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn new() -> Self {
        let folder = tempfile::TempDir::new().unwrap();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=1m", "small-disk"]).arg(folder.path()).status();
        assert!(mounted.unwrap().success(), "mounting takes root");
        Self(folder)
    }

    fn filler(&self) -> PathBuf {
        self.0.path().join("filler")
    }

    fn fill(&self) {
        let mut file = File::create(self.filler()).unwrap();
        for size in [4096, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
    }

    fn make_room(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("--lazy").arg(self.0.path()).output());
    }
}

async fn bench(disk: &SmallDisk) -> Bench {
    let mut bench = Bench::start().await;
    (bench.settings.directory, bench.settings.harvest) = (disk.0.path().join("logs"), Duration::from_millis(120));
    bench.container(Phase::Serve).await;
    bench
}

#[tokio::test]
async fn viewers_see_what_comes_and_it_is_kept_once_there_is_room() {
    let disk = SmallDisk::new();
    let bench = bench(&disk).await;
    let running = bench.running();
    bench.say(1..=100);
    let mut viewer = {
        let page = bench.page(&running.collector, logs::Place::Oldest, 1).await;
        bench.watch(&running.collector, page.after).await
    };
    assert_eq!(viewer.until(100).await.0, count(1, 100));
    disk.fill();
    for round in 0..5 {
        bench.say(round * 1000 + 101..=round * 1000 + 1100);
        let seen = viewer.until(round * 1000 + 1100).await.0;
        assert!(
            seen == count(round * 1000 + 101, round * 1000 + 1100),
            "round {round}: {} from {:?} on",
            seen.len(),
            seen.first()
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    disk.make_room();
    bench.say(5101..=5200);
    assert_eq!(viewer.until(5200).await.0, count(5101, 5200), "nothing is shown twice");
    eventually("all is kept", async || numbers(&bench.all(&running.collector).await) == count(1, 5200)).await;
    drop(viewer);
    running.stop().await;
    let kept = bench.all(&bench.idle()).await;
    assert_eq!(numbers(&kept), count(1, 5200));
    assert!(!kept.iter().any(|entry| matches!(entry, LogEntry::Gap(_))));
}

#[tokio::test]
async fn what_is_rotated_away_meanwhile_is_marked_with_the_reason() {
    let disk = SmallDisk::new();
    let bench = bench(&disk).await;
    let running = bench.running();
    bench.say(1..=50);
    eventually("it is kept", async || numbers(&bench.all(&running.collector).await) == count(1, 50)).await;
    disk.fill();
    bench.say(51..=3000);
    tokio::time::sleep(Duration::from_millis(300)).await;
    bench.engine.rotate_log(&bench.name(Phase::Serve), 10);
    disk.make_room();
    let expected = [count(1, 50), count(2991, 3000)].concat();
    eventually("the rest is kept", async || numbers(&bench.all(&running.collector).await) == expected).await;
    let all = bench.all(&running.collector).await;
    let gaps: Vec<_> = all
        .iter()
        .filter_map(|entry| match entry {
            LogEntry::Gap(gap) => Some(gap.reason),
            LogEntry::Line(_) | LogEntry::Container(_) => None,
        })
        .collect();
    assert_eq!(gaps, [GapReason::DiskFull]);
    running.stop().await;
}
