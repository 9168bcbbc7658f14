//! What is kept, whatever happens to the files.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use logbook::{Book, BookError, Bounds, Options};
use proptest::prelude::*;
use tempfile::TempDir;

const SMALL: Options = Options { block: 200, segment: 2_000, size: 10_000, age: i64::MAX, level: 1 };

fn text(number: u64) -> String {
    // Random enough not to vanish in the compression.
    format!("record {number} {:x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// Appends `count` records, each with a state that names it.
fn write(book: &mut Book, count: u64) {
    for _ in 0..count {
        let number = book.end();
        book.append(i64::try_from(number).unwrap() * 10, text(number).as_bytes()).unwrap();
        book.set_state(number.to_le_bytes().to_vec());
        if book.is_due() {
            book.flush().unwrap();
        }
    }
}

fn all(book: &Book, bounds: Bounds) -> Vec<(u64, String)> {
    let mut found = Vec::new();
    let keep = |record: logbook::Record<'_>| {
        found.push((record.position, String::from_utf8(record.bytes.to_owned()).unwrap()));
        ControlFlow::Continue(())
    };
    let view = book.view();
    assert_eq!((view.begin(), view.end()), (book.begin(), book.end()));
    view.forward(bounds, keep).unwrap();
    let mut back = Vec::new();
    view.backward(bounds, |record| {
        back.push(record.position);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert!(back.iter().rev().eq(found.iter().map(|(position, _)| position)), "to and fro is the same");
    found
}

fn expected(from: u64, to: u64) -> Vec<(u64, String)> {
    (from..to).map(|number| (number, text(number))).collect()
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|found| found == extension));
    files.sort();
    files
}

#[test]
fn what_was_appended_is_read_to_and_fro_before_and_after_it_is_opened_again() {
    let folder = TempDir::new().unwrap();
    let mut book = Book::open(folder.path(), Options { size: u64::MAX, ..SMALL }).unwrap();
    assert!(all(&book, Bounds::ALL).is_empty() && book.state().is_empty());
    write(&mut book, 500);
    assert_eq!(all(&book, Bounds::ALL), expected(0, 500));
    assert_eq!(all(&book, Bounds { from: 123, to: 321 }), expected(123, 321));
    book.sync().unwrap();
    drop(book);
    let book = Book::open(folder.path(), SMALL).unwrap();
    assert!(files(folder.path(), "seg").len() > 3);
    assert_eq!((book.begin(), book.end(), book.state()), (0, 500, &499_u64.to_le_bytes()[..]));
    assert_eq!(all(&book, Bounds::ALL), expected(0, 500));
}

#[test]
fn times_are_found() {
    let folder = TempDir::new().unwrap();
    let mut book = Book::open(folder.path(), Options { size: u64::MAX, ..SMALL }).unwrap();
    write(&mut book, 500);
    let found = [-1, 0, 995, 4_990, 5_000].map(|at| book.view().seek(at).unwrap());
    assert_eq!(found, [0, 0, 100, 499, 500]);
    assert_eq!(book.view().find(1230, |bytes| bytes == text(123).as_bytes()).unwrap(), Some(123));
    assert_eq!(book.view().find(4990, |_| true).unwrap(), Some(499));
    assert_eq!(book.view().find(1230, |_| false).unwrap(), None);
    assert_eq!(book.view().find(1231, |_| true).unwrap(), None);
}

#[test]
fn blocks_that_are_later_are_skipped_and_what_stands_behind_them_is_not() {
    let folder = TempDir::new().unwrap();
    let mut book = Book::open(folder.path(), Options { size: u64::MAX, ..SMALL }).unwrap();
    // In turns a hundred early ones and a hundred late ones; the last of each wait.
    for number in 0..600_u64 {
        let at = i64::try_from(number).unwrap() + if number / 100 % 2 == 1 { 1_000_000 } else { 0 };
        book.append(at, text(number).as_bytes()).unwrap();
        if book.is_due() || number % 100 == 99 {
            book.flush().unwrap();
        }
    }
    let early = |from: u64| (from..600).filter(|number| number / 100 % 2 == 0).collect::<Vec<_>>();
    let view = book.view();
    let (mut found, mut back) = (Vec::new(), Vec::new());
    view.forward_until(Bounds { from: 50, to: u64::MAX }, 999_999, |record| {
        found.push(record.position);
        ControlFlow::Continue(())
    })
    .unwrap();
    view.backward_until(Bounds { from: 50, to: u64::MAX }, 999_999, |record| {
        back.push(record.position);
        ControlFlow::Continue(())
    })
    .unwrap();
    back.reverse();
    assert_eq!((found, back), (early(50), early(50)));
    assert_eq!([-1, 0, 999_999, i64::MAX].map(|at| view.end_until(at).unwrap()).map(|end| end / 100), [0, 0, 5, 6]);
    book.append(7, b"waits").unwrap();
    assert_eq!(book.view().end_until(7).unwrap(), 601);
}

#[test]
fn the_oldest_files_go_when_it_is_too_large_or_too_old() {
    let folder = TempDir::new().unwrap();
    let mut book = Book::open(folder.path(), SMALL).unwrap();
    write(&mut book, 3000);
    book.flush().unwrap();
    let gone = book.enforce(0).unwrap();
    assert!(gone > 0 && book.begin() == gone);
    assert!(book.size() <= SMALL.size, "{}", book.size());
    assert_eq!(all(&book, Bounds::ALL), expected(gone, 3000));
    assert_eq!(files(folder.path(), "seg").len(), files(folder.path(), "idx").len() + 1);
    drop(book);
    let mut book = Book::open(folder.path(), Options { age: 100, ..SMALL }).unwrap();
    assert_eq!(book.begin(), gone);
    book.enforce(1_000_000).unwrap();
    assert_eq!((book.begin(), book.end(), book.state()), (3000, 3000, &2999_u64.to_le_bytes()[..]));
    drop(book);
    // Nothing is left but where to go on.
    assert_eq!(files(folder.path(), "seg").len(), 1);
    let mut book = Book::open(folder.path(), Options { age: 100, ..SMALL }).unwrap();
    assert_eq!((book.begin(), book.end(), book.state()), (3000, 3000, &2999_u64.to_le_bytes()[..]));
    assert!(all(&book, Bounds::ALL).is_empty());
    assert_eq!((book.enforce(2_000_000).unwrap(), files(folder.path(), "seg").len()), (0, 1));
    book.append(30_000, &[7; 4000]).unwrap();
    book.set_state(3000_u64.to_le_bytes().to_vec());
    book.flush().unwrap();
    drop(book);
    let book = Book::open(folder.path(), SMALL).unwrap();
    assert_eq!((book.begin(), book.end(), book.state()), (3000, 3001, &3000_u64.to_le_bytes()[..]));
}

#[test]
fn limits_write_nothing_that_waits_without_its_state() {
    let folder = TempDir::new().unwrap();
    let mut book = Book::open(folder.path(), Options { age: 100, ..SMALL }).unwrap();
    write(&mut book, 3);
    book.flush().unwrap();
    book.append(1_000_000, b"waits").unwrap();
    assert_eq!(book.enforce(1_000_000).unwrap(), 0);
    assert_eq!(Book::open(folder.path(), SMALL).unwrap().end(), 3);
    book.set_state(b"last".to_vec());
    book.flush().unwrap();
    assert_eq!(book.enforce(1_000_000).unwrap(), 3);
    assert_eq!((book.begin(), book.end(), book.kept_state()), (3, 4, &b"last"[..]));
}

/// A file goes as a whole: so one that is never full would keep its first record for as long as any comes.
#[test]
fn of_a_quiet_log_nothing_is_much_older_than_it_may_be() {
    const DAY: i64 = 86_400_000_000_000;
    let folder = TempDir::new().unwrap();
    let options = Options { age: 30 * DAY, ..Options::default() };
    let mut book = Book::open(folder.path(), options).unwrap();
    for day in 0..200 {
        book.append(day * DAY, b"once a day").unwrap();
        book.flush().unwrap();
        book.enforce(day * DAY).unwrap();
        let kept = i64::try_from(book.end() - book.begin()).unwrap();
        assert!(kept >= day.min(30) && kept <= 30 + 30 / 16 + 2, "{kept} on day {day}");
    }
}

#[test]
fn a_state_is_kept_without_a_record_where_that_is_asked_for() {
    let folder = TempDir::new().unwrap();
    let mut book = Book::open(folder.path(), SMALL).unwrap();
    book.set_state(b"first".to_vec());
    book.sync().unwrap();
    assert_eq!(Book::open(folder.path(), SMALL).unwrap().state(), b"first");
    write(&mut book, 5);
    book.sync().unwrap();
    book.set_state(b"last".to_vec());
    book.flush().unwrap();
    assert_eq!(book.kept_state(), 4_u64.to_le_bytes());
    book.sync().unwrap();
    drop(book);
    let mut book = Book::open(folder.path(), SMALL).unwrap();
    assert_eq!(book.state(), b"last");
    write(&mut book, 500);
    book.flush().unwrap();
    assert_eq!(all(&book, Bounds::ALL), expected(0, 505));
}

#[test]
fn what_is_discarded_was_never_there() {
    let folder = TempDir::new().unwrap();
    let mut book = Book::open(folder.path(), SMALL).unwrap();
    write(&mut book, 3);
    book.flush().unwrap();
    write(&mut book, 2);
    assert_eq!(book.discard(), 2);
    assert_eq!((book.end(), book.state()), (3, &2_u64.to_le_bytes()[..]));
    write(&mut book, 1);
    assert_eq!(all(&book, Bounds::ALL), expected(0, 4));
}

#[test]
fn damage_in_the_middle_is_told_and_a_lost_index_is_none() {
    let folder = TempDir::new().unwrap();
    let mut book = Book::open(folder.path(), Options { size: u64::MAX, ..SMALL }).unwrap();
    write(&mut book, 500);
    book.flush().unwrap();
    drop(book);
    for index in files(folder.path(), "idx") {
        fs::write(index, "nonsense").unwrap();
    }
    let book = Book::open(folder.path(), SMALL).unwrap();
    assert_eq!(all(&book, Bounds::ALL), expected(0, 500));
    let first = &files(folder.path(), "seg")[0];
    let mut bytes = fs::read(first).unwrap();
    bytes[60] ^= 1;
    fs::write(first, bytes).unwrap();
    let read = book.view().forward(Bounds::ALL, |_| ControlFlow::Continue(()));
    assert!(matches!(read, Err(BookError::Damaged { offset: 0, .. })), "{read:?}");
}

#[test]
fn a_view_reads_on_while_the_oldest_files_go() {
    let folder = TempDir::new().unwrap();
    let mut book = Book::open(folder.path(), SMALL).unwrap();
    write(&mut book, 500);
    let view = book.view();
    write(&mut book, 50);
    let gone = book.enforce(0).unwrap();
    let mut found = Vec::new();
    view.forward(Bounds::ALL, |record| {
        found.push(record.position);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert!((1..500).contains(&gone), "{gone}");
    assert_eq!(found, (gone..500).collect::<Vec<_>>());
}

#[test]
fn one_large_record_is_a_block_of_its_own_kind() {
    let folder = TempDir::new().unwrap();
    let mut book = Book::open(folder.path(), SMALL).unwrap();
    let large = vec![7; 1 << 20];
    book.append(1, &large).unwrap();
    book.flush().unwrap();
    book.append(2, b"small").unwrap();
    let mut sizes = Vec::new();
    book.view()
        .forward(Bounds::ALL, |record| {
            sizes.push(record.bytes.len());
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(sizes, [1 << 20, 5]);
}

#[test]
fn a_book_that_is_destroyed_leaves_nothing() {
    let parent = TempDir::new().unwrap();
    let folder = parent.path().join("book");
    let mut book = Book::open(&folder, SMALL).unwrap();
    write(&mut book, 100);
    drop(book);
    Book::destroy(&folder).unwrap();
    Book::destroy(&folder).unwrap();
    assert!(fs::read_dir(parent.path()).unwrap().next().is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Killed anywhere, its last file cut at any byte or its end overwritten, a book is a beginning of what was written, with
    /// the state of its last record; and its writer goes on from there.
    #[test]
    fn a_torn_end_is_cut_off(count in 1..200_u64, cut in any::<prop::sample::Index>(), zeros in any::<bool>()) {
        let folder = TempDir::new().unwrap();
        let options = Options { size: u64::MAX, ..SMALL };
        let mut book = Book::open(folder.path(), options).unwrap();
        write(&mut book, count);
        book.flush().unwrap();
        drop(book);
        let last = files(folder.path(), "seg").pop().unwrap();
        let bytes = fs::read(&last).unwrap();
        let cut = cut.index(bytes.len() + 1);
        let mut torn = bytes[..cut].to_vec();
        if zeros {
            torn.resize(bytes.len(), 0);
        }
        fs::write(&last, torn).unwrap();
        let mut book = Book::open(folder.path(), options).unwrap();
        let kept = book.end();
        prop_assert!(kept <= count && (cut < bytes.len() || kept == count));
        if kept > 0 {
            prop_assert_eq!(book.state(), (kept - 1).to_le_bytes());
        }
        prop_assert_eq!(all(&book, Bounds::ALL), expected(0, kept));
        write(&mut book, 10);
        book.flush().unwrap();
        drop(book);
        let book = Book::open(folder.path(), options).unwrap();
        prop_assert_eq!(all(&book, Bounds::ALL), expected(0, kept + 10));
    }
}
