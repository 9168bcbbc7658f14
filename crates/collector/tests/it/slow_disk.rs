//! A disk that takes its time with one tenant's log.

use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use domain::log::LogEntry;
use domain::quantity::Bytes;
use provisioner::container::{ContainerEngine as _, Phase};

use crate::bench::{Bench, count, eventually, numbers};

/// A file of a tenant's book that takes as long as the test wants: a pipe, which whoever opens it to write waits at until somebody
/// reads. The index of its first file is written when that is full, so it is then that the disk hangs.
struct SlowDisk(PathBuf);

impl SlowDisk {
    fn of(bench: &Bench) -> Self {
        std::fs::create_dir_all(bench.book()).unwrap();
        let pipe = bench.book().join("00000000000000000000.idx");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        Self(pipe)
    }

    /// It goes on.
    async fn release(self) {
        let read = move || {
            let mut index = Vec::new();
            File::open(&self.0).unwrap().read_to_end(&mut index).unwrap();
            index.len()
        };
        assert!(tokio::task::spawn_blocking(read).await.unwrap() > 0, "somebody waited for it");
    }
}

impl Drop for SlowDisk {
    fn drop(&mut self) {
        // Whoever still waits is let go, so that a test that fails ends.
        let _both_ends = OpenOptions::new().read(true).write(true).open(&self.0);
        std::fs::remove_file(&self.0).unwrap();
    }
}

/// Of one chunk of the engine's, beyond what may wait.
const CHUNK: usize = 1 << 20;

async fn bench() -> Bench {
    let mut bench = Bench::start().await;
    bench.settings.book = logbook::Options { block: 4 << 10, segment: 16 << 10, ..bench.settings.book };
    bench.settings.waiting = Bytes(64 << 10);
    bench.settings.removal_patience = Duration::from_secs(600);
    bench.container(Phase::Serve).await;
    bench
}

fn is_gap(entry: &LogEntry) -> bool {
    matches!(entry, LogEntry::Gap(_))
}

#[tokio::test]
async fn others_are_shown_what_comes_meanwhile_and_nothing_is_removed_before_it_is_kept() {
    let slow = bench().await;
    let disk = SlowDisk::of(&slow);
    let other = slow.neighbour();
    other.container(Phase::Serve).await;
    let running = slow.running();
    let mut watched = other.watch(&running.collector, None).await;
    slow.say(1..=6_000);
    let id = slow.id(Phase::Serve).await;
    let guard = running.collector.guard();
    let mut removal = Box::pin(guard.remove_container(&id));
    let meanwhile = async {
        let most = usize::try_from(slow.settings.waiting.0).unwrap();
        eventually("so much waits as may", async || running.collector.open().1 >= most).await;
        other.say(1..=500);
        assert_eq!(watched.until(500).await.0, count(1, 500));
        // Also one who comes only now, to a log that has to be opened first.
        let third = slow.neighbour();
        third.container(Phase::Serve).await;
        let mut late = third.watch(&running.collector, None).await;
        third.say(1..=10);
        assert_eq!(late.until(10).await.0, count(1, 10));
        let waits = running.collector.open().1;
        assert!(waits <= most + CHUNK, "{waits} bytes wait");
        assert!(slow.engine.find_container(&slow.name(Phase::Serve)).await.unwrap().is_some());
    };
    tokio::select! {
        removed = &mut removal => panic!("{removed:?} before its log is kept"),
        () = meanwhile => {}
    }
    disk.release().await;
    removal.await.unwrap();
    assert!(slow.engine.find_container(&slow.name(Phase::Serve)).await.unwrap().is_none());
    drop(watched);
    running.stop().await;
    let all = slow.all(&slow.idle()).await;
    assert_eq!(numbers(&all), count(1, 6_000));
    assert!(!all.iter().any(is_gap));
}

#[tokio::test]
async fn others_are_read_meanwhile_that_nobody_watches() {
    let mut slow = bench().await;
    (slow.settings.harvest, slow.settings.look_patience) = (Duration::from_millis(60), Duration::from_millis(50));
    let disk = SlowDisk::of(&slow);
    let other = slow.neighbour();
    other.container(Phase::Serve).await;
    slow.say(1..=6_000);
    let running = slow.running();
    let most = usize::try_from(slow.settings.waiting.0).unwrap();
    eventually("so much waits as may", async || running.collector.open().1 >= most).await;
    other.say(1..=500);
    let first = other.book().join("00000000000000000000.seg");
    eventually("the other's is kept", async || first.metadata().is_ok_and(|file| file.len() > 0)).await;
    disk.release().await;
    eventually("all is kept", async || numbers(&slow.all(&running.collector).await) == count(1, 6_000)).await;
    running.stop().await;
    assert_eq!(numbers(&slow.all(&slow.idle()).await), count(1, 6_000));
    assert_eq!(numbers(&other.all(&other.idle()).await), count(1, 500));
}

/// Who asks for a page is shown what waits for the disk, too.
#[tokio::test]
async fn what_waits_is_shown_and_is_kept_in_the_end() {
    let mut slow = bench().await;
    slow.settings.look_patience = Duration::from_millis(50);
    let disk = SlowDisk::of(&slow);
    let running = slow.running();
    slow.say(1..=300);
    // A page reads the index of a full file, so it is asked for by whoever was there before.
    let mut viewer = slow.watch(&running.collector, None).await;
    slow.say(301..=6_000);
    let most = usize::try_from(slow.settings.waiting.0).unwrap();
    eventually("so much waits as may", async || running.collector.open().1 >= most).await;
    let newest = slow.page(&running.collector, logs::Place::Newest, 1).await;
    let shown = numbers(&newest.entries)[0];
    assert!(shown > 300, "{shown}");
    disk.release().await;
    let seen = viewer.until(6_000).await.0;
    assert_eq!(seen, count(seen[0], 6_000));
    eventually("all is kept", async || numbers(&slow.all(&running.collector).await) == count(1, 6_000)).await;
    drop(viewer);
    running.stop().await;
    assert_eq!(numbers(&slow.all(&slow.idle()).await), count(1, 6_000));
}
