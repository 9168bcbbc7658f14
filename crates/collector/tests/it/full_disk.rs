//! A disk that takes nothing for a while.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use domain::log::{ContainerChange, GapReason, LogEntry, LogFrame, LogSource};
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

/// Whose gaps there are, and why.
fn gaps(entries: &[LogEntry]) -> Vec<(LogSource, GapReason)> {
    let gap = |entry: &LogEntry| match entry {
        LogEntry::Gap(gap) => Some((gap.container, gap.reason)),
        LogEntry::Line(_) | LogEntry::Container(_) => None,
    };
    entries.iter().filter_map(gap).collect()
}

fn changes(entries: &[LogEntry]) -> Vec<(LogSource, ContainerChange)> {
    let change = |entry: &LogEntry| match entry {
        LogEntry::Container(note) => Some((note.container, note.event)),
        LogEntry::Line(_) | LogEntry::Gap(_) => None,
    };
    entries.iter().filter_map(change).collect()
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
    // It reads when it is asked, so none is under way when there is room again.
    let collector = bench.idle();
    bench.say(1..=50);
    assert_eq!(numbers(&bench.all(&collector).await), count(1, 50));
    disk.fill();
    bench.say(51..=3000);
    assert_eq!(numbers(&bench.all(&collector).await), count(1, 50), "the disk is full");
    bench.engine.rotate_log(&bench.name(Phase::Serve), 10);
    disk.make_room();
    let expected = [count(1, 50), count(2991, 3000)].concat();
    let all = bench.all(&collector).await;
    assert_eq!(numbers(&all), expected);
    assert_eq!(gaps(&all).into_iter().map(|(_, reason)| reason).collect::<Vec<_>>(), [GapReason::DiskFull]);
    drop(collector);
    assert_eq!(numbers(&bench.all(&bench.idle()).await), expected);
}

/// One that the book knows, and one that came meanwhile.
#[tokio::test]
async fn containers_that_go_meanwhile_are_marked() {
    let disk = SmallDisk::new();
    let bench = bench(&disk).await;
    let running = bench.running();
    bench.say(1..=50);
    eventually("it is kept", async || numbers(&bench.all(&running.collector).await) == count(1, 50)).await;
    let known = bench.id(Phase::Serve).await;
    disk.fill();
    // More than fits into the last page of a file.
    bench.say(51..=2050);
    let guard = running.collector.guard();
    guard.remove_container(&known).await.unwrap();
    let brief = bench.container(Phase::Serve).await;
    bench.say(2051..=4050);
    guard.remove_container(&brief).await.unwrap();
    // Also while it goes on, no mark is lost.
    tokio::time::sleep(Duration::from_millis(300)).await;
    disk.make_room();
    bench.container(Phase::Serve).await;
    bench.say(4051..=4060);
    let expected = [count(1, 50), count(4051, 4060)].concat();
    eventually("the rest is kept", async || numbers(&bench.all(&running.collector).await) == expected).await;
    running.stop().await;
    let kept = bench.all(&bench.idle()).await;
    let (known, brief) = (LogSource::of(&known), LogSource::of(&brief));
    assert_eq!(gaps(&kept), [(known, GapReason::DiskFull), (brief, GapReason::DiskFull)]);
    assert!(changes(&kept).contains(&(known, ContainerChange::Stopped)), "{kept:?}");
}

/// Whoever comes after a process that died meanwhile knows it, too; once, however many die.
#[tokio::test]
async fn containers_that_go_meanwhile_are_marked_though_the_process_dies() {
    let disk = SmallDisk::new();
    let bench = bench(&disk).await;
    let running = bench.running();
    bench.say(1..=50);
    eventually("it is kept", async || numbers(&bench.all(&running.collector).await) == count(1, 50)).await;
    disk.fill();
    bench.say(51..=2050);
    let known = bench.id(Phase::Serve).await;
    running.collector.guard().remove_container(&known).await.unwrap();
    let brief = bench.container(Phase::Serve).await;
    bench.say(2051..=4050);
    running.collector.guard().remove_container(&brief).await.unwrap();
    // Dies, as does the next one, for which there is no room either.
    drop(running);
    bench.all(&bench.idle()).await;
    disk.make_room();
    bench.container(Phase::Serve).await;
    bench.say(4051..=4060);
    let expected = [(LogSource::of(&known), GapReason::DiskFull), (LogSource::of(&brief), GapReason::DiskFull)];
    for _ in 0..3 {
        let kept = bench.all(&bench.idle()).await;
        assert_eq!(numbers(&kept), [count(1, 50), count(4051, 4060)].concat());
        assert_eq!(gaps(&kept), expected);
    }
}

#[tokio::test]
async fn what_happens_to_containers_meanwhile_is_kept_and_told_once() {
    let disk = SmallDisk::new();
    let bench = bench(&disk).await;
    let running = bench.running();
    bench.say(1..=50);
    let first = bench.id(Phase::Serve).await;
    let page = bench.page(&running.collector, logs::Place::Newest, 1).await;
    let mut viewer = bench.watch(&running.collector, page.after).await;
    disk.fill();
    bench.say(51..=1050);
    viewer.until(1050).await;
    running.collector.guard().remove_container(&first).await.unwrap();
    let second = bench.container(Phase::Serve).await;
    bench.say(1051..=1060);
    let mut told = Vec::new();
    let mut last = 0;
    while last < 1070 {
        match viewer.frame().await.unwrap() {
            LogFrame::Container(note) => told.push((note.container, note.event)),
            LogFrame::Lines { lines } => last = crate::bench::number(&lines.last().unwrap().text).unwrap(),
            LogFrame::Gap(_) | LogFrame::Lagged { .. } | LogFrame::Heartbeat | LogFrame::End { .. } => {}
        }
        if last == 1060 {
            tokio::time::sleep(Duration::from_millis(300)).await;
            disk.make_room();
            tokio::time::sleep(Duration::from_millis(300)).await;
            bench.say(1061..=1070);
        }
    }
    let (first, second) = (LogSource::of(&first), LogSource::of(&second));
    let expected = [(first, ContainerChange::Stopped), (second, ContainerChange::Replaced)];
    assert_eq!(told, expected, "each once");
    eventually("it is kept", async || changes(&bench.all(&running.collector).await).ends_with(&expected)).await;
    drop(viewer);
    running.stop().await;
    assert!(changes(&bench.all(&bench.idle()).await).ends_with(&expected));
}

/// What others saw before can't be had by whoever comes then: so that is said.
#[tokio::test]
async fn who_comes_meanwhile_is_told_that_something_is_missing() {
    let disk = SmallDisk::new();
    let bench = bench(&disk).await;
    let running = bench.running();
    bench.say(1..=50);
    let page = bench.page(&running.collector, logs::Place::Newest, 1).await;
    let mut first = bench.watch(&running.collector, page.after).await;
    bench.say(51..=51);
    first.until(51).await;
    disk.fill();
    bench.say(52..=2050);
    first.until(2050).await;
    eventually("the disk is found full", async || {
        let page = bench.page(&running.collector, logs::Place::Newest, 1).await;
        numbers(&page.entries).iter().all(|number| *number < 2050)
    })
    .await;
    let mut second = bench.watch(&running.collector, page.after).await;
    let (mut last, mut marked, mut told) = (50, false, false);
    while last < 2060 {
        match second.frame().await.unwrap() {
            LogFrame::Lines { lines } => {
                for number in lines.iter().filter_map(|line| crate::bench::number(&line.text)) {
                    assert!(number == last + 1 || marked, "{number} after {last} without a word");
                    (last, marked) = (number, false);
                }
            }
            LogFrame::Gap(gap) => {
                assert_eq!((gap.reason, gap.lost), (GapReason::DiskFull, None));
                assert!(gap.from.unwrap() <= gap.to.unwrap());
                (marked, told) = (true, true);
                bench.say(2051..=2060);
            }
            LogFrame::Container(_) => {}
            LogFrame::Lagged { .. } | LogFrame::Heartbeat | LogFrame::End { .. } => panic!("no end"),
        }
    }
    assert!(told);
    assert_eq!(first.until(2060).await.0, count(2051, 2060), "who was there misses nothing");
    running.stop().await;
}

#[tokio::test]
async fn a_page_says_as_of_when_it_is_kept() {
    let disk = SmallDisk::new();
    let bench = bench(&disk).await;
    let collector = bench.idle();
    bench.say(1..=50);
    let before = bench.page(&collector, logs::Place::Newest, 1).await.as_of;
    disk.fill();
    bench.say(51..=2050);
    let page = bench.page(&collector, logs::Place::Newest, 1).await;
    assert_eq!((numbers(&page.entries), page.as_of), (vec![50], before));
    disk.make_room();
    let page = bench.page(&collector, logs::Place::Newest, 1).await;
    assert_eq!(numbers(&page.entries), [2050]);
    assert!(page.as_of > before);
}
