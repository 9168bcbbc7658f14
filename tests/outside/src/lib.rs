//! What must hold of whatever reads outside input, whatever it is given: nothing panics; what is read prints as what reads the
//! same; what is refused says why.
//!
//! One function a kind of input. Each is tried in two ways:
//!
//! | by | with | where |
//! |---|---|---|
//! | `tests/anything.rs` | what is right, and what is a few changes from it; in every run of the tests | stable |
//! | `tests/corpus.rs` | everything in `fuzz/corpus/NAME/`, what fuzzing has found among it | stable |
//! | `scripts/fuzz NAME` | what reaches code that nothing else has reached | nightly |
//!
//! To add a kind: a function here and its line in [`TARGETS`], a file in `fuzz/fuzz_targets/` and its lines in `fuzz/Cargo.toml`, a
//! corpus of one right input at least. A test notices what is missing.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::{Debug, Display};

use domain::access::Permission;
use domain::app::{AppManifest, AppName, EnvName};
use domain::image::{ImageId, ImageReference};
use domain::quantity::{Bytes, Span};
use domain::tenant::Subdomain;
use domain::wizard::suggestions;
use domain::{Domain, Email, OrganisationId, Quota, TenantId, TraefikName, UserId};
use storage::Cursor;

/// Something that must hold of any text.
pub type Target = fn(&str);

/// All of them, by name.
pub const TARGETS: [(&str, Target); 5] =
    [("subdomain", subdomain), ("names", names), ("manifest", manifest), ("tokens", tokens), ("pages", pages)];

/// The name of an instance, and others to be had in its place.
pub fn subdomain(text: &str) {
    round(text, Subdomain::parse);
    for offered in suggestions(text, 2026) {
        assert_ne!(offered.as_str(), text, "the wished one is none of the others");
    }
}

/// Names, addresses, ids and quantities.
pub fn names(text: &str) {
    round(text, Email::parse);
    round(text, ImageReference::parse);
    round(text, ImageId::parse);
    round(text, TenantId::parse);
    round(text, OrganisationId::parse);
    round(text, UserId::parse);
    round(text, Bytes::parse);
    round(text, |text| Span::try_from(text.to_owned()));
    round(text, Quota::parse);
    round(text, AppName::parse);
    round(text, EnvName::parse);
    round(text, Domain::parse);
    round(text, TraefikName::parse);
    round(text, Permission::parse);
    if let Ok(email) = Email::parse(text) {
        assert_eq!(Email::parse(&email.key()).unwrap(), email, "addresses that are compared as one stay one");
    }
}

/// An app's manifest.
pub fn manifest(text: &str) {
    match AppManifest::parse(text) {
        Ok(manifest) => assert_eq!(AppManifest::parse(&toml::to_string(&manifest).unwrap()).unwrap(), manifest),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// What shows who somebody is.
pub fn tokens(text: &str) {
    let looks = match text.split('_').collect::<Vec<_>>()[..] {
        ["fr", id, secret] if is_hex(id, 32) && is_hex(secret, 64) => Some("operator_key"),
        ["frk", id, secret] if is_hex(id, 32) && is_hex(secret, 64) => Some("api_key"),
        _ => None,
    };
    let taken = api::outside::bearer(text);
    assert_eq!(taken.filter(|kind| *kind != "access_token"), looks, "{text:?}");
    assert!(!api::outside::is_believed(text), "nobody here can sign: {text:?}");
    assert_eq!(api::outside::is_link_token(text), is_hex(text, 64), "{text:?}");
}

/// The query of a path that asks for part of a list.
pub fn pages(text: &str) {
    match api::outside::page(text) {
        Ok((Some(cursor), _)) => assert_eq!(Cursor::parse(&cursor.to_string()), Ok(cursor)),
        Ok((None, _)) => {}
        Err(told) => assert!(!told.is_empty()),
    }
    if let Ok(cursor) = Cursor::parse(text) {
        assert_eq!(Cursor::parse(&cursor.to_string()), Ok(cursor));
    }
}

/// What is read prints as what reads the same.
fn round<T: Debug + Display + PartialEq, E: Debug + Display>(text: &str, parse: fn(&str) -> Result<T, E>) {
    match parse(text) {
        Ok(value) => assert_eq!(parse(&value.to_string()).unwrap(), value, "{text:?}"),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}
