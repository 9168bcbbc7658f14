//! Whatever is given to what reads outside input: nothing panics, and what is read prints as what reads the same.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::{Debug, Display};

use domain::access::Permission;
use domain::app::{AppManifest, AppName, EnvName};
use domain::image::{ImageId, ImageReference};
use domain::quantity::{Bytes, Span};
use domain::tenant::Subdomain;
use domain::{Domain, Email, OrganisationId, Quota, TenantId, TraefikName, UserId};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Of each kind of input; enough for what stands a change or two from what is right.
const CASES: u32 = 2000;

const RIGHT: [&str; 24] = [
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

/// What is read prints as what reads the same.
fn round<T: Debug + Display + PartialEq, E: Debug + Display>(text: &str, parse: fn(&str) -> Result<T, E>) {
    match parse(text) {
        Ok(value) => assert_eq!(parse(&value.to_string()).unwrap(), value, "{text:?}"),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn texts_are_read_and_printed_the_same(text in text()) {
        round(&text, Subdomain::parse);
        round(&text, Email::parse);
        round(&text, ImageReference::parse);
        round(&text, ImageId::parse);
        round(&text, TenantId::parse);
        round(&text, OrganisationId::parse);
        round(&text, UserId::parse);
        round(&text, Bytes::parse);
        round(&text, |text| Span::try_from(text.to_owned()));
        round(&text, Quota::parse);
        round(&text, AppName::parse);
        round(&text, EnvName::parse);
        round(&text, Domain::parse);
        round(&text, TraefikName::parse);
        round(&text, Permission::parse);
    }

    #[test]
    fn addresses_that_are_compared_as_one_stay_one(text in text()) {
        if let Ok(email) = Email::parse(&text) {
            assert_eq!(Email::parse(&email.key()).unwrap(), email);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES / 4))]

    #[test]
    fn manifests_are_read_and_printed_the_same(
        which in select(vec![include_str!("../manifests/fresco.toml"), include_str!("../manifests/sample.toml")]),
        changes in vec(change(), 0..3),
    ) {
        if let Ok(manifest) = AppManifest::parse(&changed(which, &changes)) {
            let printed = toml::to_string(&manifest).unwrap();
            assert_eq!(AppManifest::parse(&printed).unwrap(), manifest);
        }
    }

    #[test]
    fn no_bytes_are_a_manifest_by_chance(text in text()) {
        assert!(AppManifest::parse(&text).is_err());
    }
}
