//! What is asked of what is kept.

use chrono::TimeDelta;
use collector::Happening;
use domain::log::{Level, LogEntry, LogPhase, Wanted};
use domain::{Clock as _, SystemClock};
use logs::{LogQuery, LogSource as _, LogsError, Place};
use provisioner::container::Phase;

use crate::bench::{Bench, count, numbers};

fn texts(entries: &[LogEntry]) -> Vec<&str> {
    let text = |entry: &'_ LogEntry| match entry {
        LogEntry::Line(_) => true,
        LogEntry::Gap(_) | LogEntry::Container(_) => false,
    };
    let lines = entries.iter().filter(|entry| text(entry));
    lines
        .map(|entry| match entry {
            LogEntry::Line(line) => line.text.as_str(),
            LogEntry::Gap(_) | LogEntry::Container(_) => "",
        })
        .collect()
}

#[tokio::test]
async fn a_log_is_paged_to_and_fro_without_a_seam() {
    let bench = Bench::start().await;
    bench.container(Phase::Serve).await;
    bench.say(1..=1000);
    let collector = bench.idle();
    let (mut back, mut page) = (Vec::new(), bench.page(&collector, Place::Newest, 77).await);
    assert!(page.as_of.is_some() && !page.more);
    loop {
        back.splice(0..0, numbers(&page.entries));
        let Some(before) = page.before else { break };
        page = bench.page(&collector, Place::Before(before), 77).await;
    }
    assert_eq!(back, count(1, 1000));
    let (mut on, mut page) = (Vec::new(), bench.page(&collector, Place::Oldest, 77).await);
    loop {
        on.extend(numbers(&page.entries));
        if !page.more {
            break;
        }
        page = bench.page(&collector, Place::After(page.after.unwrap()), 77).await;
    }
    assert_eq!(on, count(1, 1000));
    bench.say(1001..=1003);
    let later = bench.page(&collector, Place::After(page.after.unwrap()), 77).await;
    assert_eq!(numbers(&later.entries), [1001, 1002, 1003]);
}

#[tokio::test]
async fn a_filter_pages_to_and_fro_too() {
    let bench = Bench::start().await;
    bench.container(Phase::Serve).await;
    bench.say(1..=20_000);
    let collector = bench.idle();
    let wanted = Wanted { query: Some("line [0-9]*77$".to_owned()), regex: true, level: None };
    let expected: Vec<u32> = count(1, 20_000).into_iter().filter(|number| number % 100 == 77).collect();
    for (first, forward) in [(Place::Oldest, true), (Place::Newest, false)] {
        let (mut found, mut place) = (Vec::new(), Some(first));
        while let Some(next) = place {
            let page = bench.query(&collector, next, 30, wanted.clone()).await;
            assert!(page.entries.len() <= 30);
            let part = numbers(&page.entries);
            if forward {
                found.extend(part);
                place = page.after.filter(|_| page.more).map(Place::After);
            } else {
                found.splice(0..0, part);
                place = page.before.map(Place::Before);
            }
        }
        assert_eq!(found, expected, "{forward}");
    }
}

#[tokio::test]
async fn one_request_looks_at_so_much_and_says_how_far() {
    let mut bench = Bench::start().await;
    bench.settings.scan = domain::quantity::Bytes(64 << 10);
    bench.container(Phase::Serve).await;
    bench.say(1..=5000);
    let collector = bench.idle();
    let wanted = Wanted { query: Some("nowhere".to_owned()), regex: false, level: None };
    let (mut pages, mut place) = (0, Some(Place::Newest));
    while let Some(next) = place {
        let page = bench.query(&collector, next, 10, wanted.clone()).await;
        assert!(numbers(&page.entries).is_empty());
        place = page.before.map(Place::Before);
        pages += 1;
    }
    assert!((2..50).contains(&pages), "{pages}");
    let page = bench.query(&collector, Place::Oldest, 10, wanted).await;
    assert!(page.more && page.after.is_some());
}

#[tokio::test]
async fn a_page_of_long_lines_is_no_larger_than_what_is_looked_at() {
    let mut bench = Bench::start().await;
    bench.settings.scan = domain::quantity::Bytes(64 << 10);
    bench.container(Phase::Serve).await;
    let long = "x".repeat(10_000);
    for number in 1..=100 {
        bench.say_text(&format!("{number} {long}"));
    }
    let collector = bench.idle();
    let (mut seen, mut place) = (Vec::new(), Some(Place::Newest));
    while let Some(next) = place {
        let page = bench.page(&collector, next, 1000).await;
        assert!(page.entries.len() <= 8, "{}", page.entries.len());
        let part = texts(&page.entries).into_iter().map(|text| text.split(' ').next().unwrap().to_owned());
        seen.splice(0..0, part.collect::<Vec<_>>());
        if seen.len() > 50 && seen.len() < 60 {
            let around = bench.page(&collector, Place::Around(page.entries[3].cursor()), 1000).await;
            assert!((4..=9).contains(&around.entries.len()), "{}", around.entries.len());
            assert!(around.entries.contains(&page.entries[3]));
        }
        place = page.before.map(Place::Before);
    }
    assert_eq!(seen, (1..=100).map(|number| number.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn entries_of_several_lines_are_found_by_any_of_them_and_shown_whole() {
    let bench = Bench::start().await;
    bench.container(Phase::Serve).await;
    for text in [
        "Ready",
        " ⨯ Error: broken",
        "    at Server.handler",
        "  code: 'E'",
        "}",
        "fine",
        r#"{"level":"warn","msg":"x"}"#,
    ] {
        bench.say_text(text);
    }
    let collector = bench.idle();
    let wanted = |level, query: Option<&str>| Wanted { level, query: query.map(str::to_owned), regex: false };
    let entry = [" ⨯ Error: broken", "    at Server.handler", "  code: 'E'", "}"];
    for place in [Place::Oldest, Place::Newest] {
        let page = bench.query(&collector, place, 100, wanted(None, Some("server.handler"))).await;
        assert_eq!(texts(&page.entries), entry);
        let page = bench.query(&collector, place, 100, wanted(Some(Level::Error), None)).await;
        assert_eq!(texts(&page.entries), entry);
        let page = bench.query(&collector, place, 100, wanted(Some(Level::Warn), None)).await;
        assert_eq!(page.entries.len(), 6, "five lines, and that the container started");
    }
}

/// However pages are cut, also where the lines of the other stream stand between those of an entry.
#[tokio::test]
async fn entries_of_several_lines_are_whole_over_all_pages() {
    for scan in [700, 64 << 20] {
        let mut bench = Bench::start().await;
        bench.settings.scan = domain::quantity::Bytes(scan);
        bench.container(Phase::Serve).await;
        for number in 0..40 {
            bench.say_text(&format!("Error: {number}"));
            bench.say_text("    at one");
            bench.say([2 * number + 1]);
            bench.say_text(if number % 3 == 0 { "    at a needle" } else { "    at two" });
            bench.say_text("    at three");
        }
        let collector = bench.idle();
        let wanted = Wanted { query: Some("needle".to_owned()), regex: false, level: None };
        let heads = (0..40).filter(|number| number % 3 == 0).map(|number| format!("Error: {number}"));
        let rest = ["    at one", "    at a needle", "    at three"].map(str::to_owned);
        let expected: Vec<String> = heads.flat_map(|head| std::iter::once(head).chain(rest.clone())).collect();
        for (first, limit) in
            [Place::Oldest, Place::Newest].into_iter().flat_map(|first| (1..7).map(move |n| (first, n)))
        {
            let (mut found, mut next) = (Vec::new(), Some(first));
            while let Some(place) = next {
                let page = bench.query(&collector, place, limit, wanted.clone()).await;
                let part = texts(&page.entries).into_iter().map(str::to_owned);
                if first == Place::Oldest {
                    found.extend(part);
                    next = page.after.filter(|_| page.more).map(Place::After);
                } else {
                    found.splice(0..0, part.collect::<Vec<_>>());
                    next = page.before.map(Place::Before);
                }
            }
            assert_eq!(found, expected, "{first:?} by {limit}, {scan}");
        }
    }
}

#[tokio::test]
async fn a_line_is_shown_amid_its_neighbours() {
    let bench = Bench::start().await;
    bench.container(Phase::Serve).await;
    bench.say(1..=100);
    let collector = bench.idle();
    let wanted = Wanted { query: Some("line 50".to_owned()), regex: false, level: None };
    let found = bench.query(&collector, Place::Newest, 10, wanted.clone()).await;
    let lines: Vec<&LogEntry> = found.entries.iter().filter(|entry| matches!(entry, LogEntry::Line(_))).collect();
    let page = bench.query(&collector, Place::Around(lines[0].cursor()), 11, wanted).await;
    assert_eq!(numbers(&page.entries), count(45, 55));
    let mut gone = lines[0].cursor();
    gone.ordinal += 1;
    let query = LogQuery { place: Place::Around(gone), since: None, until: None, wanted: Wanted::default(), limit: 3 };
    assert_eq!(collector.read(bench.tenant, query).await.unwrap_err(), LogsError::CursorGone);
}

#[tokio::test]
async fn times_bound_what_is_shown() {
    let bench = Bench::start().await;
    bench.container(Phase::Serve).await;
    bench.say(1..=100);
    let collector = bench.idle();
    let all = bench.all(&collector).await;
    let of =
        |wanted: u32| all.iter().find(|entry| numbers(std::slice::from_ref(entry)) == [wanted]).unwrap().cursor().at();
    for place in [Place::Oldest, Place::Newest] {
        let (since, until) = (Some(of(20)), Some(of(30)));
        let query = LogQuery { place, since, until, wanted: Wanted::default(), limit: 1000 };
        let page = collector.read(bench.tenant, query).await.unwrap();
        assert_eq!(numbers(&page.entries), count(20, 30));
        let tomorrow = Some(of(30) + TimeDelta::days(1));
        let query = LogQuery { place, since: tomorrow, until: None, wanted: Wanted::default(), limit: 1000 };
        assert!(collector.read(bench.tenant, query).await.unwrap().entries.is_empty());
    }
}

/// What is read later may have been said before: the book is in the order of reading.
#[tokio::test]
async fn times_bound_what_is_shown_wherever_it_stands() {
    let mut bench = Bench::start().await;
    bench.settings.book.block = 1 << 10;
    bench.container(Phase::Serve).await;
    let collector = bench.idle();
    bench.say(1..=100);
    let later = SystemClock.now() + TimeDelta::minutes(1);
    bench.rows.events.lock().unwrap().push(Happening { id: 1, at: later, message: "line 0".to_owned() });
    bench.all(&collector).await;
    bench.say(101..=200);
    bench.all(&collector).await;
    let again = Happening { id: 2, at: later + TimeDelta::minutes(1), message: "line 0".to_owned() };
    bench.rows.events.lock().unwrap().push(again);
    let (since, until) = (Some(later - TimeDelta::hours(1)), Some(later - TimeDelta::seconds(30)));
    for place in [Place::Oldest, Place::Newest] {
        let (mut found, mut next) = (Vec::new(), Some(place));
        while let Some(place) = next {
            let query = LogQuery { place, since, until, wanted: Wanted::default(), limit: 30 };
            let page = collector.read(bench.tenant, query).await.unwrap();
            let part = numbers(&page.entries);
            if matches!(place, Place::Oldest | Place::After(_)) {
                found.extend(part);
                next = page.after.filter(|_| page.more).map(Place::After);
            } else {
                found.splice(0..0, part);
                next = page.before.map(Place::Before);
            }
        }
        assert_eq!(found, count(1, 200), "{place:?}");
    }
}

#[tokio::test]
async fn who_has_said_nothing_has_an_empty_log() {
    let bench = Bench::start().await;
    let page = bench.page(&bench.idle(), Place::Newest, 10).await;
    assert!(page.entries.is_empty() && page.before.is_none() && page.after.is_none() && !page.more);
    bench.container(Phase::Release).await;
    let page = bench.page(&bench.idle(), Place::Newest, 10).await;
    assert!(
        page.entries.iter().all(|entry| matches!(entry, LogEntry::Container(note) if note.phase == LogPhase::Release))
    );
}
