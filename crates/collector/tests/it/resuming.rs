//! Who looks through a filter and goes on after a line has each line once, also of entries of several.

use collector::Collector;
use domain::log::{LogCursor, LogEntry, LogFrame, LogStream, Wanted};
use domain::quantity::Bytes;
use logs::{LogSource as _, Place, Watch};
use provisioner::container::Phase;

use crate::bench::{Bench, Viewer};

fn wanted() -> Wanted {
    Wanted { query: Some("database".to_owned()), regex: false, level: None }
}

fn say(bench: &Bench, stream: LogStream, text: &str) {
    bench.engine.say(&bench.name(Phase::Serve), stream, text);
}

async fn watch(bench: &Bench, collector: &Collector, after: Option<LogCursor>) -> Viewer {
    Viewer(collector.watch(bench.tenant, Watch { after, wanted: wanted() }).await.unwrap())
}

/// What one frame shows of lines: the last cursor, and the texts.
async fn frame(viewer: &mut Viewer) -> Vec<(LogCursor, String)> {
    match viewer.frame().await.unwrap() {
        LogFrame::Lines { lines } => lines.into_iter().map(|line| (line.cursor, line.text)).collect(),
        LogFrame::Container(_) => Vec::new(),
        other @ (LogFrame::Lagged { .. } | LogFrame::Gap(_) | LogFrame::Heartbeat | LogFrame::End { .. }) => {
            panic!("{other:?}")
        }
    }
}

async fn until(viewer: &mut Viewer, last: &str) -> Vec<(LogCursor, String)> {
    let mut shown = Vec::new();
    while shown.last().is_none_or(|(_, text)| text != last) {
        shown.extend(frame(viewer).await);
    }
    shown
}

fn texts(shown: &[(LogCursor, String)]) -> Vec<&str> {
    shown.iter().map(|(_, text)| text.as_str()).collect()
}

async fn first(bench: &Bench, collector: &Collector) -> LogCursor {
    say(bench, LogStream::Stdout, "Ready");
    let page = bench.page(collector, Place::Newest, 1).await;
    page.entries[0].cursor()
}

/// Entries of several lines on both outputs in turns; some are wanted for their first line, some for a later one, some not.
fn say_entries(bench: &Bench) {
    let mut random = 7_u32;
    let mut next = |below: u32| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 16) % below
    };
    for number in 0..120 {
        let stream = if next(2) == 0 { LogStream::Stdout } else { LogStream::Stderr };
        let word = if next(6) == 0 { "the Database" } else { "something else" };
        let text = if next(4) == 0 { format!("Error: {number} {word}") } else { format!("    at {number} {word}") };
        say(bench, stream, &text);
    }
    say(bench, LogStream::Stdout, "Error: the last database");
}

#[tokio::test]
async fn whoever_is_cut_off_anywhere_goes_on_there() {
    let mut bench = Bench::start().await;
    bench.settings.batch_bytes = Bytes(500);
    bench.container(Phase::Serve).await;
    let collector = bench.idle();
    let first = first(&bench, &collector).await;
    say_entries(&bench);
    bench.all(&collector).await;
    let whole = until(&mut watch(&bench, &collector, Some(first)).await, "Error: the last database").await;
    assert!(whole.len() > 30 && !whole.is_sorted_by_key(|(cursor, _)| cursor.nanos), "{}", whole.len());
    let mut cuts = 0;
    for frames in 1.. {
        let (mut viewer, mut shown) = (watch(&bench, &collector, Some(first)).await, Vec::new());
        for _ in 0..frames {
            shown.extend(frame(&mut viewer).await);
        }
        let Some((last, text)) = shown.last().cloned() else { continue };
        if text == "Error: the last database" {
            break;
        }
        drop(viewer);
        shown.extend(until(&mut watch(&bench, &collector, Some(last)).await, "Error: the last database").await);
        assert_eq!(texts(&shown), texts(&whole), "cut after {frames} frames, at {text}");
        cuts += 1;
    }
    assert!(cuts > 10, "{cuts}");
}

#[tokio::test]
async fn the_rest_of_an_entry_that_is_shown_is_shown() {
    let bench = Bench::start().await;
    bench.container(Phase::Serve).await;
    let collector = bench.idle();
    let first = first(&bench, &collector).await;
    let mut viewer = watch(&bench, &collector, Some(first)).await;
    say(&bench, LogStream::Stderr, "Error: of the database");
    let shown = until(&mut viewer, "Error: of the database").await;
    drop(viewer);
    say(&bench, LogStream::Stderr, "    at one");
    say(&bench, LogStream::Stderr, "    at two");
    let mut viewer = watch(&bench, &collector, Some(shown[0].0)).await;
    assert_eq!(texts(&until(&mut viewer, "    at two").await), ["    at one", "    at two"]);
}

/// What decides comes after a line of the other output that they have.
#[tokio::test]
async fn an_entry_that_is_decided_later_is_shown_whole() {
    let bench = Bench::start().await;
    bench.container(Phase::Serve).await;
    let collector = bench.idle();
    let first = first(&bench, &collector).await;
    let mut viewer = watch(&bench, &collector, Some(first)).await;
    say(&bench, LogStream::Stderr, "Error: it broke");
    say(&bench, LogStream::Stdout, "database ready");
    let shown = until(&mut viewer, "database ready").await;
    assert_eq!(shown.len(), 1);
    drop(viewer);
    say(&bench, LogStream::Stderr, "    at the database");
    let mut viewer = watch(&bench, &collector, Some(shown[0].0)).await;
    assert_eq!(texts(&until(&mut viewer, "    at the database").await), ["Error: it broke", "    at the database"]);
}

/// A page that ends in an entry which nothing decides yet says where to go on so that it is not lost; nor is it for whoever comes new.
#[tokio::test]
async fn an_entry_under_way_at_the_end_of_a_page_is_shown_when_it_is_decided() {
    let bench = Bench::start().await;
    bench.container(Phase::Serve).await;
    let collector = bench.idle();
    first(&bench, &collector).await;
    say(&bench, LogStream::Stderr, "Error: it broke");
    say(&bench, LogStream::Stdout, "database ready");
    say(&bench, LogStream::Stderr, "    at one");
    for (place, shown) in [(Place::Newest, 1), (Place::Oldest, 5)] {
        let page = bench.query(&collector, place, 100, wanted()).await;
        let lines = page.entries.iter().filter(|entry| matches!(entry, LogEntry::Line(_)));
        assert_eq!(lines.count(), shown, "{place:?}");
        let (mut viewer, mut new) =
            (watch(&bench, &collector, page.after).await, watch(&bench, &collector, None).await);
        say(&bench, LogStream::Stderr, "    at the database");
        let all = ["Error: it broke", "    at one", "    at the database"];
        assert_eq!(texts(&until(&mut viewer, "    at the database").await), all, "{place:?}");
        assert_eq!(texts(&until(&mut new, "    at the database").await), all, "{place:?}");
        let page = bench.query(&collector, Place::After(page.after.unwrap()), 100, wanted()).await;
        let lines = page.entries.iter().filter(|entry| matches!(entry, LogEntry::Line(_)));
        assert_eq!(lines.count(), 3, "{place:?}");
        // The same again, for the next.
        say(&bench, LogStream::Stdout, "other");
        say(&bench, LogStream::Stderr, "Error: it broke");
        say(&bench, LogStream::Stdout, "database ready");
        say(&bench, LogStream::Stderr, "    at one");
    }
}
