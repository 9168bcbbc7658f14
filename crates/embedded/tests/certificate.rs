//! The local certificate authority, judged by openssl.
#![expect(clippy::unwrap_used, reason = "what a helper can't do fails the test")]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use embedded::Authority;
use embedded::certificate::CertificateError;

const DAY: Duration = Duration::from_secs(24 * 3600);

#[expect(clippy::disallowed_methods, reason = "openssl judges certificates by the machine's clock")]
fn now() -> SystemTime {
    SystemTime::now()
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

/// Whether openssl takes `leaf` for `host` if it trusts `authority`.
fn is_valid(authority: &Path, leaf: &Path, host: &str) -> bool {
    let mut openssl = Command::new("openssl");
    openssl.args(["verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", host, "-CAfile"]);
    openssl.arg(authority).arg(leaf).output().unwrap().status.success()
}

#[test]
fn signs_for_wildcards_and_exact_names_of_its_domain_only() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::open(folder.path(), "localhost", now()).unwrap();
    let leaf = authority.leaf(&names(&["study.localhost", "*.lab.localhost"]), now()).unwrap();
    for (host, expected) in [("study.localhost", true), ("a.lab.localhost", true), ("other.localhost", false)] {
        assert_eq!(is_valid(&authority.certificate(), &leaf.certificate, host), expected, "{host}");
    }
    for foreign in ["bank.example", "notlocalhost", "*.com", "../key.localhost", "/etc/x.localhost"] {
        let refused = authority.leaf(&names(&[foreign]), now());
        assert!(matches!(refused, Err(CertificateError::OutsideDomain { .. })), "{foreign}");
    }
    let too_wide = authority.leaf(&names(&["*.localhost"]), now());
    assert!(matches!(too_wide, Err(CertificateError::TooWide { .. })), "no client honours it");
}

#[test]
fn the_authority_itself_is_worth_nothing_outside_its_domain() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::open(folder.path(), "localhost", now()).unwrap();
    let text = Command::new("openssl").args(["x509", "-noout", "-text", "-in"]).arg(authority.certificate()).output();
    let text = String::from_utf8(text.unwrap().stdout).unwrap();
    assert!(text.contains("Name Constraints: critical") && text.contains("DNS:localhost"), "{text}");
    assert!(text.contains("CA:TRUE, pathlen:0"), "{text}");
}

#[test]
fn keys_are_their_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::open(folder.path(), "localhost", now()).unwrap();
    let leaf = authority.leaf(&names(&["study.localhost"]), now()).unwrap();
    for key in [leaf.key, folder.path().join("local_authority.key")] {
        assert_eq!(key.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{}", key.display());
    }
}

#[test]
fn stays_the_same_until_it_must_change() {
    let folder = tempfile::tempdir().unwrap();
    let open = |now| Authority::open(folder.path(), "localhost", now).unwrap();
    let leaf = |names: &[String], now| std::fs::read(open(now).leaf(names, now).unwrap().certificate).unwrap();
    let root = |now| std::fs::read(open(now).certificate()).unwrap();
    let host = names(&["study.localhost"]);
    let (first_root, first_leaf) = (root(now()), leaf(&host, now()));
    assert_eq!(leaf(&host, now() + 50 * DAY), first_leaf, "still good for long enough");
    let renewed = leaf(&host, now() + 61 * DAY);
    assert_ne!(renewed, first_leaf, "near its end");
    assert_ne!(leaf(&names(&["study.localhost", "lab.localhost"]), now()), renewed, "other names");
    assert_eq!(root(now() + 300 * DAY), first_root, "browsers trust the authority for long");
    assert_ne!(root(now() + 3640 * DAY), first_root, "near its end");
}

#[test]
fn a_new_authority_signs_anew() {
    let folder = tempfile::tempdir().unwrap();
    let (names, before) = (names(&["study.localhost"]), now() - 40 * DAY);
    Authority::open(folder.path(), "localhost", now() - 3630 * DAY).unwrap();
    let old = Authority::open(folder.path(), "localhost", before).unwrap();
    old.leaf(&names, before).unwrap();
    let new = Authority::open(folder.path(), "localhost", now()).unwrap();
    let leaf = new.leaf(&names, now()).unwrap();
    assert!(is_valid(&new.certificate(), &leaf.certificate, "study.localhost"));
}

#[test]
fn a_crash_between_files_leads_to_a_pair_that_fits() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::open(folder.path(), "localhost", now()).unwrap();
    authority.leaf(&names(&["a.localhost"]), now()).unwrap();
    // As if killed while the next leaf was written: its key is there, its certificate isn't.
    std::fs::remove_file(folder.path().join("a.localhost.json")).unwrap();
    std::fs::write(folder.path().join("a.localhost.key"), "another key").unwrap();
    std::fs::write(folder.path().join("a.localhost.key.draft"), "half a k").unwrap();
    let leaf =
        Authority::open(folder.path(), "localhost", now()).unwrap().leaf(&names(&["a.localhost"]), now()).unwrap();
    let public = |args: &[&str], path: &Path| Command::new("openssl").args(args).arg(path).output().unwrap().stdout;
    let of_certificate = public(&["x509", "-noout", "-pubkey", "-in"], &leaf.certificate);
    assert!(!of_certificate.is_empty());
    assert_eq!(of_certificate, public(&["pkey", "-pubout", "-in"], &leaf.key));
}
