//! What is right, what is a few changes from it, and anything.

use domain::app::AppManifest;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Of each kind of input; enough for what stands a change or two from what is right.
const CASES: u32 = 2000;

const MANIFESTS: [&str; 2] = [
    include_str!("../../../crates/domain/manifests/fresco.toml"),
    include_str!("../../../crates/domain/manifests/sample.toml"),
];

const RIGHT: [&str; 36] = [
    "my-study",
    "xn--bcher-kva",
    "ada@example.org",
    "\"a b\"@example.org",
    "ada+lists@sub.example.org",
    "registry.example.org:5000/team/fresco:4.1.0",
    "fresco@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "tnt_0190a1b2c3d4e5f60718293a4b5c6d7e",
    "org_0190a1b2c3d4e5f60718293a4b5c6d7e",
    "usr_0190a1b2-c3d4-e5f6-0718-293a4b5c6d7e",
    "256MiB",
    "18446744073709551615GiB",
    "1 KiB",
    "500ms",
    "1h 30m",
    "584554531years",
    "10/5m",
    "1000000/31d",
    "example.org",
    "websecure",
    "fresco",
    "SANDBOX_MODE",
    "tenant.view",
    "fr_0190a1b2c3d4e5f60718293a4b5c6d7e_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "frk_0190a1b2c3d4e5f60718293a4b5c6d7e_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "eyJhbGciOiJFZERTQSIsImtpZCI6Im9uZSJ9.eyJzdWIiOiJ1c3IifQ.AAAA",
    "3f2a9c81b0de-o-1764466907123456789-0",
    "after=3f2a9c81b0de-o-1764466907123456789-0&level=error&query=%28a%7Cb%29&regex=true&limit=5000",
    "since=2026-11-30T09:30:00Z&until=2026-11-30T10:30:00.5%2B01:00&oldest=true",
    r#"{"type":"lagged","skipped":3,"from":"3f2a9c81b0de-o-1-0","to":"3f2a9c81b0de-e-2-1"}"#,
    r#"{"type":"end","reason":"cursor_gone"}"#,
    "{\"tenant\":\"tnt_0190a1b2c3d4e5f60718293a4b5c6d7e\",\"ask\":{\"watch\":{\"after\":null,\"level\":null,\"query\":null}}}\n",
    "Ready\n!Error: it broke\n!    at Database (/app/x.js:1:2)\n{\"level\":50}\n\u{1b}[31mred\u{1b}[0m\n 10%\r100%\n+long ",
    "cursor=6650e124ef800-0190a1b2c3d4e5f60718293a4b5c6d7e&limit=50",
];

/// What is easily got wrong: ends of ranges, other alphabets, what ends a text elsewhere.
const CHARS: [char; 20] =
    ['\0', '\n', ' ', '-', '_', '.', '/', ':', '@', '"', '%', '0', '9', 'a', 'Z', 'ü', 'İ', 'K', '\u{202e}', '😀'];

#[derive(Clone, Debug)]
enum Change {
    Insert(Index, char),
    Remove(Index),
    Double(Index),
    Cut(Index),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<Index>(), select(CHARS.to_vec())).prop_map(|(at, char)| Change::Insert(at, char)),
        any::<Index>().prop_map(Change::Remove),
        any::<Index>().prop_map(Change::Double),
        any::<Index>().prop_map(Change::Cut),
    ]
}

fn changed(text: &str, changes: &[Change]) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for change in changes {
        match change {
            Change::Insert(at, char) => chars.insert(at.index(chars.len() + 1), *char),
            Change::Remove(_) | Change::Double(_) | Change::Cut(_) if chars.is_empty() => {}
            Change::Remove(at) => drop(chars.remove(at.index(chars.len()))),
            Change::Double(at) => chars.extend(chars.clone().split_off(at.index(chars.len()))),
            Change::Cut(at) => chars.truncate(at.index(chars.len())),
        }
    }
    chars.into_iter().collect()
}

/// What is right, a few changes from it, or anything.
fn text() -> impl Strategy<Value = String> {
    let near = (select(RIGHT.to_vec()), vec(change(), 0..4)).prop_map(|(text, changes)| changed(text, &changes));
    let bytes = vec(any::<u8>(), 0..80).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    prop_oneof![6 => near, 1 => any::<String>(), 1 => bytes]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn texts_are_read_and_printed_the_same(text in text()) {
        outside_input::subdomain(&text);
        outside_input::names(&text);
    }

    #[test]
    fn tokens_are_what_they_look_like(text in text()) {
        outside_input::tokens(&text);
    }

    #[test]
    fn parts_of_lists_are_told_or_refused(text in text()) {
        outside_input::pages(&text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn what_is_asked_of_logs_is_told_or_refused(text in text()) {
        outside_input::frames(&text);
        outside_input::wire(&text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES / 4))]

    #[test]
    fn lines_lose_nothing_whatever_an_app_writes(texts in vec(text(), 1..4)) {
        outside_input::lines(&texts.join("\n"));
    }

    #[test]
    fn manifests_are_read_and_printed_the_same(which in select(MANIFESTS.to_vec()), changes in vec(change(), 0..3)) {
        outside_input::manifest(&changed(which, &changes));
    }

    #[test]
    fn no_bytes_are_a_manifest_by_chance(text in text()) {
        assert!(AppManifest::parse(&text).is_err());
    }
}
