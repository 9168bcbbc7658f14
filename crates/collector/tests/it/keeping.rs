//! What is kept, whoever dies.

use std::time::Duration;

use chrono::TimeDelta;
use collector::Happening;
use domain::log::{ContainerChange, GapReason, LogEntry, LogPhase, LogStream};
use domain::tenant::ContainerState;
use domain::{Clock as _, SystemClock};
use provisioner::container::fake::{Call, End, Failure};
use provisioner::container::{ContainerEngine as _, Phase};

use crate::bench::{Bench, count, eventually, numbers};

fn changes(entries: &[LogEntry]) -> Vec<(ContainerChange, LogPhase)> {
    let change = |entry: &LogEntry| match entry {
        LogEntry::Container(note) => Some((note.event, note.phase)),
        LogEntry::Line(_) | LogEntry::Gap(_) => None,
    };
    entries.iter().filter_map(change).collect()
}

#[tokio::test]
async fn each_line_is_kept_once_however_often_the_collector_dies() {
    let bench = Bench::start().await;
    bench.container(Phase::Serve).await;
    let mut said = 0;
    for round in 0..10_u32 {
        bench.say(said..said + 300);
        said += 300;
        let collector = bench.idle();
        assert_eq!(numbers(&bench.all(&collector).await), count(0, said - 1), "{round}");
        bench.say(said..said + 50);
        said += 50;
        // Dies with what it has read since in memory.
    }
    bench.engine.down();
    let kept = numbers(&bench.all(&bench.idle()).await);
    assert_eq!(kept, count(0, u32::try_from(kept.len()).unwrap() - 1));
    assert!(kept.len() > 3000);
}

#[tokio::test]
async fn a_log_outlives_its_container_and_says_what_happened_to_it() {
    let bench = Bench::start().await;
    let collector = bench.idle();
    let release = bench.container(Phase::Release).await;
    bench.engine.say(&bench.name(Phase::Release), LogStream::Stdout, "line 1");
    bench.all(&collector).await;
    bench.engine.wait_container(&release).await.unwrap();
    let guarded = collector.guard();
    guarded.remove_container(&release).await.unwrap();
    let first = bench.container(Phase::Serve).await;
    bench.say(2..=5);
    bench.all(&collector).await;
    bench.say(6..=9);
    guarded.remove_container(&first).await.unwrap();
    bench.container(Phase::Serve).await;
    bench.say(10..=12);
    let all = bench.all(&collector).await;
    assert_eq!(numbers(&all), count(1, 12));
    use ContainerChange::{Replaced, Started, Stopped};
    let (release, serve) = (LogPhase::Release, LogPhase::Serve);
    let expected = [(Started, serve), (Stopped, serve), (Replaced, serve)];
    assert_eq!(changes(&all).into_iter().filter(|(_, phase)| *phase == serve).collect::<Vec<_>>(), expected);
    assert!(changes(&all).contains(&(Stopped, release)));
    assert!(!all.iter().any(|entry| matches!(entry, LogEntry::Gap(_))), "{all:?}");
}

/// Also while somebody watches: whoever reads may be far behind an app that said much before it ended.
#[tokio::test]
async fn an_end_stands_behind_the_last_lines() {
    for is_watched in [false, true] {
        let bench = Bench::start().await;
        let running = bench.running();
        let serve = bench.container(Phase::Serve).await;
        bench.say(0..10);
        bench.all(&running.collector).await;
        let watching = if is_watched { Some(bench.watch(&running.collector, None).await) } else { None };
        bench.say(10..20_000);
        bench.engine.stop_container(&serve, Duration::ZERO).await.unwrap();
        let is_end =
            |entry: &LogEntry| matches!(entry, LogEntry::Container(note) if note.event == ContainerChange::Stopped);
        eventually("the end is said", async || bench.all(&running.collector).await.iter().any(is_end)).await;
        let all = bench.all(&running.collector).await;
        assert_eq!(numbers(&all), count(0, 19_999));
        assert_eq!(all.iter().position(is_end), Some(all.len() - 1), "{is_watched}");
        drop(watching);
        running.stop().await;
    }
}

#[tokio::test]
async fn a_restart_stands_between_the_lines_of_its_end_and_the_next_ones() {
    let bench = Bench::start().await;
    let running = bench.running();
    bench.container(Phase::Serve).await;
    let name = bench.name(Phase::Serve);
    bench.say(1..=3);
    bench.all(&running.collector).await;
    eventually("it hears events", async || bench.engine.calls(Call::Events) > 0).await;
    bench.say(4..=6);
    bench.engine.crash(&name, End::with(1));
    let state = async || bench.engine.find_container(&name).await.unwrap().unwrap().state;
    eventually("it runs again", async || matches!(state().await, ContainerState::Running { .. })).await;
    // Until the event is heard.
    tokio::time::sleep(Duration::from_millis(20)).await;
    bench.say(7..=9);
    let stopped = |all: &[LogEntry]| {
        let change =
            |entry: &LogEntry| matches!(entry, LogEntry::Container(note) if note.event == ContainerChange::Stopped);
        all.iter().position(change)
    };
    eventually("it is said", async || stopped(&bench.all(&running.collector).await).is_some()).await;
    let all = bench.all(&running.collector).await;
    let place = stopped(&all).unwrap();
    assert_eq!(numbers(&all[..place]), count(1, 6));
    assert_eq!(numbers(&all[place..]), count(7, 9));
    assert!(matches!(&all[place + 1], LogEntry::Container(note) if note.event == ContainerChange::Started), "{all:?}");
    running.stop().await;
}

#[tokio::test]
async fn what_rotation_took_is_marked_where_it_is_missing() {
    let bench = Bench::start().await;
    bench.container(Phase::Serve).await;
    bench.say(0..100);
    bench.all(&bench.idle()).await;
    let collector = bench.idle();
    bench.all(&collector).await;
    bench.say(100..200);
    bench.engine.rotate_log(&bench.name(Phase::Serve), 40);
    let all = bench.all(&collector).await;
    assert_eq!(numbers(&all), [count(0, 99), count(160, 199)].concat());
    let gaps: Vec<_> = all.iter().enumerate().filter(|(_, entry)| matches!(entry, LogEntry::Gap(_))).collect();
    let [(place, LogEntry::Gap(gap))] = gaps[..] else { panic!("{gaps:?}") };
    assert_eq!((gap.reason, gap.lost), (GapReason::Rotated, None));
    assert!(gap.from.unwrap() < gap.to.unwrap());
    assert_eq!(numbers(&all[..place]), count(0, 99));
}

#[tokio::test]
async fn a_flood_between_two_looks_is_kept_whole() {
    let bench = Bench::start().await;
    bench.container(Phase::Serve).await;
    let collector = bench.idle();
    bench.say(0..10);
    bench.all(&collector).await;
    bench.say(10..45_000);
    assert_eq!(numbers(&bench.all(&collector).await), count(0, 44_999));
    let asked = bench.engine.calls(Call::ReadLog);
    bench.say(45_000..45_100);
    assert_eq!(numbers(&bench.all(&collector).await).len(), 45_100);
    assert_eq!(bench.engine.calls(Call::ReadLog), asked + 1, "a little is found near the end");
}

#[tokio::test]
async fn events_of_the_platform_stand_between_the_lines_once() {
    let bench = Bench::start().await;
    bench.container(Phase::Serve).await;
    bench.say(1..=2);
    let event = |id, message: &str, at| Happening { id, at, message: message.to_owned() };
    let now = SystemClock.now();
    bench.rows.events.lock().unwrap().extend([
        event(3, "Deployed", now - TimeDelta::seconds(60)),
        event(7, "Restarted", now + TimeDelta::milliseconds(1)),
    ]);
    tokio::time::sleep(Duration::from_millis(5)).await;
    bench.say(3..=3);
    for _ in 0..2 {
        let all = bench.all(&bench.idle()).await;
        let texts = |entry: &LogEntry| match entry {
            LogEntry::Line(line) => Some(line.text.clone()),
            LogEntry::Gap(_) | LogEntry::Container(_) => None,
        };
        let texts: Vec<String> = all.iter().filter_map(texts).collect();
        assert_eq!(texts, ["Deployed", "line 1", "line 2", "Restarted", "line 3"]);
    }
}

#[tokio::test]
async fn by_itself_it_keeps_up_and_an_engine_that_fails_costs_nothing() {
    let mut bench = Bench::start().await;
    bench.settings.harvest = Duration::from_millis(60);
    bench.container(Phase::Serve).await;
    bench.engine.fail(Call::ReadLog, Failure::Before, Some(2));
    bench.engine.fail(Call::ListContainers, Failure::Before, Some(2));
    let running = bench.running();
    bench.say(1..=100);
    let book = bench.book();
    eventually("it is on disk", async || book.exists() && kept_size(&book) > 1000).await;
    bench.say(101..=200);
    running.stop().await;
    bench.engine.down();
    let kept = numbers(&bench.all(&bench.idle()).await);
    assert!(kept.len() >= 100 && kept == count(1, u32::try_from(kept.len()).unwrap()), "{}", kept.len());
}

#[tokio::test]
async fn a_destroyed_tenants_log_is_gone() {
    let mut bench = Bench::start().await;
    bench.settings.harvest = Duration::from_millis(60);
    bench.container(Phase::Serve).await;
    bench.say(1..=10);
    let running = bench.running();
    let book = bench.book();
    eventually("it is kept", async || book.exists()).await;
    let mut viewer = bench.watch(&running.collector, None).await;
    bench.engine.vanish(&bench.name(Phase::Serve));
    *bench.rows.destroyed.lock().unwrap() = true;
    eventually("it is forgotten", async || !book.exists()).await;
    while let Some(frame) = viewer.frame().await {
        if let domain::log::LogFrame::End { reason } = frame {
            assert_eq!(reason, domain::log::EndReason::Destroyed);
        }
    }
    running.stop().await;
    assert!(!book.exists());
}

/// Nobody reads, asks or says anything: its log still goes in time.
#[tokio::test]
async fn what_is_too_old_goes_also_of_tenants_that_have_stopped() {
    let mut bench = Bench::start().await;
    (bench.settings.harvest, bench.settings.enforce) = (Duration::from_millis(60), Duration::from_millis(50));
    bench.settings.book.age = 500_000_000;
    bench.container(Phase::Serve).await;
    bench.say(1..=100);
    let running = bench.running();
    let (book, first) = (bench.book(), bench.book().join("00000000000000000000.seg"));
    eventually("it is kept", async || first.exists()).await;
    bench.engine.vanish(&bench.name(Phase::Serve));
    eventually("it is gone", async || !first.exists() && kept_size(&book) > 0).await;
    running.stop().await;
    assert!(numbers(&bench.all(&bench.idle()).await).is_empty());
}

fn kept_size(book: &std::path::Path) -> u64 {
    std::fs::read_dir(book)
        .map_or(0, |files| files.flatten().map(|file| file.metadata().map_or(0, |data| data.len())).sum())
}

/// Descriptors of this process that lead into a folder.
fn descriptors(folder: &std::path::Path) -> usize {
    let links = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
    links.filter_map(|link| std::fs::read_link(link.path()).ok()).filter(|path| path.starts_with(folder)).count()
}

#[tokio::test]
async fn of_many_logs_only_those_are_open_that_somebody_uses() {
    const LOGS: usize = 300;
    let mut bench = Bench::start().await;
    (bench.settings.harvest, bench.settings.book.age) = (Duration::from_millis(60), 3_600_000_000_000);
    let old = bench.settings.directory.clone();
    for _ in 0..LOGS {
        let neighbour = bench.neighbour();
        let mut book = logbook::Book::open(&neighbour.book(), bench.settings.book).unwrap();
        book.append(1, b"L{}").unwrap();
        book.sync().unwrap();
    }
    bench.container(Phase::Serve).await;
    bench.say(1..=10);
    let running = bench.running();
    // What is of 1970 goes; what is left is a file with the state.
    let gone = |tenant: std::fs::DirEntry| !tenant.path().join("00000000000000000000.seg").exists();
    let (mut most, mut most_descriptors) = (0, 0);
    loop {
        most = most.max(running.collector.open().0);
        most_descriptors = most_descriptors.max(descriptors(&old));
        let tenants = std::fs::read_dir(&old).unwrap().flatten().filter(|entry| entry.path().is_dir());
        if tenants.filter(|tenant| tenant.path() != bench.book()).all(gone) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    // The one with a container, the one whose limits are seen to, and those that are about to be closed.
    assert!(most <= 4, "{most} are open");
    assert!(most_descriptors <= 12, "{most_descriptors} descriptors");
    eventually("they are closed", async || running.collector.open().0 == 1).await;
    // One that is looked at is open for as long as that.
    let other = bench.neighbour();
    let viewer = other.watch(&running.collector, None).await;
    let turns = running.collector.turns();
    eventually("it gets round", async || running.collector.turns() > turns + 10).await;
    assert!((2..=3).contains(&running.collector.open().0));
    drop(viewer);
    eventually("it is closed", async || running.collector.open().0 == 1).await;
    assert_eq!(numbers(&bench.all(&running.collector).await), count(1, 10));
    running.stop().await;
}
