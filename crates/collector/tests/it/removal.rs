//! A container goes only when its log is kept.

use std::time::Duration;

use domain::log::{GapReason, LogEntry};
use provisioner::container::fake::{Call, Failure};
use provisioner::container::{EngineError, Phase};

use crate::bench::{Bench, count, numbers};

#[tokio::test]
async fn what_was_said_last_is_on_the_disk_before_it_goes() {
    let bench = Bench::start().await;
    let id = bench.container(Phase::Serve).await;
    let collector = bench.idle();
    bench.say(1..=500);
    collector.guard().remove_container(&id).await.unwrap();
    assert!(bench.engine.inventory().containers.is_empty());
    drop(collector);
    assert_eq!(numbers(&bench.all(&bench.idle()).await), count(1, 500));
}

#[tokio::test]
async fn that_it_was_read_is_kept_though_nothing_more_came() {
    let bench = Bench::start().await;
    let id = bench.container(Phase::Serve).await;
    let collector = bench.idle();
    bench.say(1..=5);
    bench.all(&collector).await;
    collector.guard().remove_container(&id).await.unwrap();
    drop(collector);
    let all = bench.all(&bench.idle()).await;
    assert_eq!(numbers(&all), count(1, 5));
    assert!(!all.iter().any(|entry| matches!(entry, LogEntry::Gap(_))), "{all:?}");
}

#[tokio::test]
async fn an_engine_that_does_not_answer_keeps_its_container() {
    let bench = Bench::start().await;
    let id = bench.container(Phase::Serve).await;
    let collector = bench.idle();
    bench.say(1..=5);
    for call in [Call::ListContainers, Call::ReadLog] {
        bench.engine.fail(call, Failure::Before, Some(1));
        let removed = collector.guard().remove_container(&id).await;
        assert!(matches!(removed, Err(EngineError::Unavailable { .. })), "{call:?}: {removed:?}");
        assert_eq!(bench.engine.inventory().containers.len(), 1);
    }
    // A removal that fails after it was read leaves nothing to be read twice.
    bench.engine.fail(Call::RemoveContainer, Failure::Before, Some(1));
    assert!(collector.guard().remove_container(&id).await.is_err());
    assert_eq!(numbers(&bench.all(&collector).await), count(1, 5));
    collector.guard().remove_container(&id).await.unwrap();
    assert_eq!(numbers(&bench.all(&collector).await), count(1, 5));
}

#[tokio::test]
async fn one_that_takes_too_long_to_read_goes_with_a_mark() {
    let mut bench = Bench::start().await;
    bench.settings.removal_patience = Duration::from_millis(50);
    let id = bench.container(Phase::Serve).await;
    let collector = bench.idle();
    bench.say(1..=5);
    bench.engine.fail(Call::ReadLog, Failure::Hang, Some(1));
    collector.guard().remove_container(&id).await.unwrap();
    let all = bench.all(&collector).await;
    assert!(matches!(&all[..], [LogEntry::Gap(gap), ..] if gap.reason == GapReason::Removed), "{all:?}");
}

/// As the engine says of a file that a loss of power has broken.
#[tokio::test]
async fn one_that_can_not_be_read_goes_with_a_mark_in_the_end() {
    let bench = Bench::start().await;
    let id = bench.container(Phase::Serve).await;
    let collector = bench.idle();
    bench.say(1..=5);
    bench.all(&collector).await;
    bench.say(6..=9);
    let broken = EngineError::Refused { action: "read a log", detail: "invalid character '\\x00'".to_owned() };
    bench.engine.fail(Call::ReadLog, Failure::Answer(broken.clone()), None);
    for _ in 0..2 {
        assert_eq!(collector.guard().remove_container(&id).await, Err(broken.clone()));
    }
    collector.guard().remove_container(&id).await.unwrap();
    assert!(bench.engine.inventory().containers.is_empty());
    let all = bench.all(&collector).await;
    assert_eq!(numbers(&all), count(1, 5));
    let gaps = all.iter().filter(|entry| matches!(entry, LogEntry::Gap(gap) if gap.reason == GapReason::Removed));
    assert_eq!(gaps.count(), 1, "{all:?}");
}

#[tokio::test]
async fn one_that_is_watched_hands_its_reading_over() {
    let bench = Bench::start().await;
    let id = bench.container(Phase::Serve).await;
    let running = bench.running();
    let mut viewer = bench.watch(&running.collector, None).await;
    bench.say(1..=50);
    viewer.until(50).await;
    bench.say(51..=60);
    running.collector.guard().remove_container(&id).await.unwrap();
    bench.container(Phase::Serve).await;
    bench.say(61..=70);
    assert_eq!(viewer.until(70).await.0, count(51, 70));
    drop(viewer);
    running.stop().await;
}

#[tokio::test]
async fn what_is_no_tenants_goes_as_ever() {
    let bench = Bench::start().await;
    let probe = bench.container(Phase::Probe).await;
    bench.idle().guard().remove_container(&probe).await.unwrap();
    assert!(bench.engine.inventory().containers.is_empty() && !bench.book().exists());
}
