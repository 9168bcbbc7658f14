//! Who watches sees each line once.

use std::time::Duration;

use domain::log::{EndReason, Level, LogFrame, Wanted};
use logs::{LogSource as _, LogsError, Place, Watch};
use provisioner::container::Phase;
use provisioner::container::fake::{Call, Failure};

use crate::bench::{Bench, Viewer, count, eventually, numbers};

#[tokio::test]
async fn many_watch_one_stream_and_the_last_to_leave_ends_it() {
    let bench = Bench::start().await;
    bench.container(Phase::Serve).await;
    let running = bench.running();
    let mut viewers = Vec::new();
    for _ in 0..50 {
        viewers.push(bench.watch(&running.collector, None).await);
    }
    eventually("it is followed", async || bench.engine.logs_read() == 1).await;
    bench.say(1..=500);
    for viewer in &mut viewers {
        assert_eq!(viewer.until(500).await.0, count(1, 500));
    }
    assert_eq!(bench.engine.logs_read(), 1);
    assert_eq!(running.collector.watched(), (1, 50));
    drop(viewers);
    eventually("it is let go", async || bench.engine.logs_read() == 0).await;
    assert_eq!(running.collector.watched(), (0, 0));
    running.stop().await;
}

#[tokio::test]
async fn viewers_come_and_go_and_nothing_is_left() {
    let bench = Bench::start().await;
    bench.container(Phase::Serve).await;
    let running = bench.running();
    let mut last = 0;
    for round in 0..200_u32 {
        let mut viewer = bench.watch(&running.collector, None).await;
        if round % 3 == 0 {
            bench.say(last + 1..=last + 5);
            last += 5;
            viewer.until(last).await;
        }
    }
    eventually("it is let go", async || bench.engine.logs_read() == 0).await;
    assert_eq!(numbers(&bench.all(&running.collector).await), count(1, last));
    running.stop().await;
}

/// What is kept has its limits, and a viewer may be slower than they are.
#[tokio::test]
async fn what_goes_before_a_slow_viewer_comes_to_it_is_told() {
    let mut bench = Bench::start().await;
    bench.settings.book = logbook::Options { block: 1 << 10, segment: 4 << 10, size: 16 << 10, ..bench.settings.book };
    bench.container(Phase::Serve).await;
    let running = bench.running();
    bench.say(1..=10);
    let first = bench.all(&running.collector).await.last().unwrap().cursor();
    // It does not ask for anything yet.
    let mut viewer = bench.watch(&running.collector, Some(first)).await;
    let texts: Vec<u32> = (11..=20_000).collect();
    for some in texts.chunks(2_000) {
        bench.say(some.iter().copied());
        bench.page(&running.collector, Place::Newest, 1).await;
    }
    let kept = numbers(&bench.all(&running.collector).await);
    let begins = kept[0];
    assert!(begins > 11, "nothing is gone yet");
    let Some(LogFrame::Gap(gap)) = viewer.frame().await else { panic!("no word of what is gone") };
    assert_eq!((gap.lost, gap.cursor), (Some(u64::from(begins - 11)), first));
    assert!(gap.from.unwrap() <= gap.to.unwrap());
    assert_eq!(viewer.until(20_000).await.0, kept);
    drop(viewer);
    running.stop().await;
}

#[tokio::test]
async fn an_engine_that_cuts_its_streams_loses_and_doubles_nothing() {
    let bench = Bench::start().await;
    bench.container(Phase::Serve).await;
    let running = bench.running();
    let mut viewer = bench.watch(&running.collector, None).await;
    let mut seen = Vec::new();
    for round in 0..5 {
        bench.say(round * 100..round * 100 + 50);
        bench.engine.cut_streams();
        bench.say(round * 100 + 50..round * 100 + 100);
        seen.extend(viewer.until(round * 100 + 99).await.0);
    }
    assert_eq!(seen, count(0, 499));
    drop(viewer);
    running.stop().await;
}

/// What is followed is looked at again soon, and not late for what comes then.
#[tokio::test]
async fn an_engine_that_failed_makes_nothing_late() {
    for call in [Call::ListContainers, Call::ReadLog] {
        let bench = Bench::start().await;
        bench.container(Phase::Serve).await;
        bench.engine.fail(call, Failure::Before, Some(4));
        let collector = bench.idle();
        let mut viewer = bench.watch(&collector, None).await;
        let began = std::time::Instant::now();
        bench.say(1..=5);
        assert_eq!(viewer.until(5).await.0, count(1, 5));
        assert!(began.elapsed() < Duration::from_secs(2), "{call:?}: {:?}", began.elapsed());
    }
}

#[tokio::test]
async fn who_comes_back_goes_on_after_what_they_have_whatever_died() {
    let bench = Bench::start().await;
    let first = bench.container(Phase::Serve).await;
    let (mut seen, mut after, mut said) = (Vec::new(), None, 0);
    for round in 0..6 {
        let running = bench.running();
        let mut viewer = bench.watch(&running.collector, after).await;
        bench.say(said..said + 40);
        said += 40;
        let (numbers, cursor) = viewer.until(said - 1).await;
        seen.extend(numbers);
        after = Some(cursor);
        bench.say(said..said + 7);
        said += 7;
        if round == 2 {
            running.collector.guard().remove_container(&first).await.unwrap();
            bench.container(Phase::Serve).await;
        }
        if round % 2 == 0 {
            running.stop().await;
        } else {
            // It dies with all it has in memory, and writes no more.
            drop(viewer);
            eventually("it reads no more", async || bench.engine.logs_read() == 0).await;
        }
    }
    let running = bench.running();
    let mut viewer = bench.watch(&running.collector, after).await;
    seen.extend(viewer.until(said - 1).await.0);
    assert_eq!(seen, count(0, said - 1));
}

#[tokio::test]
async fn who_comes_back_in_a_flood_misses_nothing() {
    let bench = Bench::start().await;
    bench.container(Phase::Serve).await;
    let running = bench.running();
    bench.say(0..10);
    let page = bench.page(&running.collector, Place::Oldest, 100).await;
    let mut other = bench.watch(&running.collector, None).await;
    bench.say(10..20_000);
    let mut viewer = bench.watch(&running.collector, page.after).await;
    bench.say(20_000..25_000);
    assert_eq!(viewer.until(24_999).await.0, count(10, 24_999));
    assert_eq!(other.until(24_999).await.0, count(10, 24_999));
    running.stop().await;
}

#[tokio::test]
async fn who_is_slow_is_told_what_was_skipped_and_can_have_it() {
    let mut bench = Bench::start().await;
    (bench.settings.viewer_batches, bench.settings.batch_lines) = (4, 50);
    bench.container(Phase::Serve).await;
    let running = bench.running();
    let (mut slow, mut quick) =
        (bench.watch(&running.collector, None).await, bench.watch(&running.collector, None).await);
    eventually("it is followed", async || bench.engine.logs_read() == 1).await;
    let mut seen = 0;
    for round in 0..40 {
        bench.say(round * 50 + 1..=round * 50 + 50);
        seen += quick.until(round * 50 + 50).await.0.len();
    }
    assert_eq!(seen, 2000);
    let (mut shown, mut skipped) = (Vec::new(), None);
    while skipped.is_none() {
        match slow.frame().await.unwrap() {
            LogFrame::Lines { lines } => shown.extend(lines.iter().filter_map(|line| crate::bench::number(&line.text))),
            LogFrame::Lagged { skipped: count, from, to } => skipped = Some((count, from, to)),
            LogFrame::Gap(_) | LogFrame::Container(_) | LogFrame::Heartbeat | LogFrame::End { .. } => {}
        }
    }
    let (count_of_skipped, from, to) = skipped.unwrap();
    let missed = bench.page(&running.collector, Place::Before(from), 1).await;
    let missed = bench
        .page(&running.collector, Place::After(missed.entries[0].cursor()), u32::try_from(count_of_skipped).unwrap())
        .await;
    assert_eq!(missed.entries.last().unwrap().cursor(), to);
    shown.extend(numbers(&missed.entries));
    bench.say(2001..=2010);
    shown.extend(slow.until(2010).await.0);
    assert_eq!(shown, count(1, 2010));
    running.stop().await;
}

#[tokio::test]
async fn a_filter_sees_whole_entries_as_they_come() {
    let bench = Bench::start().await;
    bench.container(Phase::Serve).await;
    let running = bench.running();
    let wanted = Wanted { level: Some(Level::Error), query: Some("database".to_owned()), regex: false };
    let watch = Watch { after: None, wanted };
    let mut viewer = Viewer(running.collector.watch(bench.tenant, watch).await.unwrap());
    eventually("it is followed", async || bench.engine.logs_read() == 1).await;
    for text in ["Ready", "Error: it broke", "  at the Database", "Error: other", "database"] {
        bench.say_text(text);
    }
    let mut texts = Vec::new();
    while texts.len() < 2 {
        if let LogFrame::Lines { lines } = viewer.frame().await.unwrap() {
            texts.extend(lines.into_iter().map(|line| line.text));
        }
    }
    assert_eq!(texts, ["Error: it broke", "  at the Database"]);
    running.stop().await;
}

#[tokio::test]
async fn a_stream_says_why_it_ends() {
    let bench = Bench::start().await;
    bench.container(Phase::Serve).await;
    let running = bench.running();
    bench.say(1..=3);
    let page = bench.page(&running.collector, Place::Oldest, 10).await;
    let mut gone = page.after.unwrap();
    gone.nanos += 1;
    let answer = running.collector.watch(bench.tenant, Watch { after: Some(gone), wanted: Wanted::default() }).await;
    assert!(matches!(answer.map(drop), Err(LogsError::CursorGone)));
    let mut viewer = bench.watch(&running.collector, page.after).await;
    bench.say(4..=4);
    viewer.until(4).await;
    running.stop().await;
    let mut last = None;
    while let Some(frame) = viewer.frame().await {
        last = Some(frame);
    }
    assert_eq!(last, Some(LogFrame::End { reason: EndReason::Unavailable }));
}

#[tokio::test]
async fn a_quiet_log_is_told_without_asking_the_engine_again() {
    let bench = Bench::start().await;
    bench.container(Phase::Serve).await;
    let running = bench.running();
    let mut viewer = bench.watch(&running.collector, None).await;
    eventually("it is followed", async || bench.engine.logs_read() == 1).await;
    let calls = bench.engine.calls(Call::ReadLog);
    tokio::time::sleep(Duration::from_millis(50)).await;
    bench.say(1..=1);
    viewer.until(1).await;
    assert_eq!(bench.engine.calls(Call::ReadLog), calls);
    running.stop().await;
}

/// Clients don't take frames of any size, and memory is bounded for each who watches.
#[tokio::test]
async fn what_was_missed_comes_in_frames_of_a_size() {
    let bench = Bench::start().await;
    bench.container(Phase::Serve).await;
    let collector = bench.idle();
    bench.say(1..=1);
    let first = bench.all(&collector).await.last().unwrap().cursor();
    let long = "x".repeat(60_000);
    // One entry that a filter holds back until its last line.
    bench.say_text(&format!("Error: {long}"));
    for _ in 0..40 {
        bench.say_text(&format!("    at {long}"));
    }
    bench.say_text("    at last");
    bench.say(2..=2);
    let most = usize::try_from(bench.settings.batch_bytes.0).unwrap() + 100;
    for query in [None, Some("last|line 2")] {
        let wanted = Wanted { query: query.map(str::to_owned), regex: true, level: None };
        let mut frames = collector.watch(bench.tenant, Watch { after: Some(first), wanted }).await.unwrap();
        let mut texts = Vec::new();
        while texts.last().is_none_or(|text| text != "line 2") {
            let frame = futures_util::StreamExt::next(&mut frames).await.unwrap();
            assert!(frame.len() <= most, "{} bytes", frame.len());
            if let LogFrame::Lines { lines } = serde_json::from_slice(&frame).unwrap() {
                texts.extend(lines.into_iter().map(|line| line.text));
            }
        }
        assert_eq!(texts.len(), 43, "{query:?}");
    }
}

/// A collector that has died, and the last line that somebody saw of it: none of it was kept.
async fn died(bench: &mut Bench) -> domain::log::LogCursor {
    let flush = std::mem::replace(&mut bench.settings.flush, Duration::from_secs(3600));
    bench.container(Phase::Serve).await;
    let mut viewer = bench.watch(&bench.idle(), None).await;
    bench.say(0..10);
    let last = viewer.until(9).await.1;
    drop(viewer);
    eventually("it reads no more", async || bench.engine.logs_read() == 0).await;
    bench.settings.flush = flush;
    last
}

/// The second one's list of containers is compared before the first one's.
#[tokio::test]
async fn all_who_come_back_at_once_go_on_though_nothing_was_kept() {
    let mut bench = Bench::start().await;
    let last = died(&mut bench).await;
    let collector = bench.idle();
    bench.engine.slow(Duration::from_millis(100));
    *bench.rows.slow.lock().unwrap() = Duration::from_millis(60);
    let come = [0, 10, 20].map(|after| {
        let (bench, collector) = (&bench, &collector);
        async move {
            tokio::time::sleep(Duration::from_millis(after)).await;
            bench.watch(collector, Some(last)).await
        }
    });
    let viewers = futures_util::future::join_all(come).await;
    bench.say(10..20);
    for mut viewer in viewers {
        assert_eq!(viewer.until(19).await.0, count(10, 19));
    }
}

#[tokio::test]
async fn who_comes_back_to_one_that_is_followed_waits_until_it_is_read() {
    let mut bench = Bench::start().await;
    let last = died(&mut bench).await;
    let collector = bench.idle();
    bench.engine.slow(Duration::from_millis(100));
    let mut other = bench.watch(&collector, None).await;
    let mut viewer = bench.watch(&collector, Some(last)).await;
    let before = bench.page(&collector, Place::Before(last), 3).await;
    assert_eq!(numbers(&before.entries), [6, 7, 8]);
    bench.say(10..20);
    assert_eq!(viewer.until(19).await.0, count(10, 19));
    assert_eq!(other.until(19).await.0, count(0, 19));
}

#[tokio::test]
async fn a_cursor_is_gone_only_if_all_was_read() {
    let mut bench = Bench::start().await;
    bench.settings.look_patience = Duration::from_millis(100);
    let last = died(&mut bench).await;
    let collector = bench.idle();
    let watch = || collector.watch(bench.tenant, Watch { after: Some(last), wanted: Wanted::default() });
    let page = |place| {
        let query = logs::LogQuery { place, since: None, until: None, wanted: Wanted::default(), limit: 3 };
        collector.read(bench.tenant, query)
    };
    for (call, failure) in [
        (Call::ListContainers, Failure::Before),
        (Call::ReadLog, Failure::Before),
        (Call::ListContainers, Failure::Hang),
        (Call::ReadLog, Failure::Hang),
    ] {
        bench.engine.fail(call, failure.clone(), Some(1));
        let answer = watch().await.map(drop);
        assert!(matches!(answer, Err(LogsError::Unavailable(_))), "{call:?} {failure:?}: {answer:?}");
        for place in [Place::After(last), Place::Before(last), Place::Around(last)] {
            bench.engine.fail(call, failure.clone(), Some(1));
            let answer = page(place).await;
            assert!(matches!(answer, Err(LogsError::Unavailable(_))), "{call:?} {failure:?}: {answer:?}");
        }
    }
    let mut viewer = Viewer(watch().await.unwrap());
    bench.say(10..20);
    assert_eq!(viewer.until(19).await.0, count(10, 19));
}
