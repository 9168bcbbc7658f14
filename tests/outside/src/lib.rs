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

use std::collections::HashSet;
use std::fmt::{Debug, Display};
use std::sync::LazyLock;

use domain::access::Permission;
use domain::app::{AppManifest, AppName, Catalogue, EnvName};
use domain::image::{ImageId, ImageReference};
use domain::log::joining::PIECE;
use domain::log::understanding::Understood;
use domain::log::{
    Filter, Joiner, LogCursor, LogEntry, LogFrame, LogLine, LogSource, LogStream, Piece, RawLine, Reading, Sieve,
    Understanding, Wanted,
};
use domain::quantity::{Bytes, Span};
use domain::tenant::Subdomain;
use domain::wizard::suggestions;
use domain::{Domain, Email, OrganisationId, Quota, TenantId, TraefikName, UserId};
use logs::LogQuery;
use storage::Cursor;

/// Something that must hold of any text.
pub type Target = fn(&str);

/// All of them, by name.
pub const TARGETS: [(&str, Target); 8] = [
    ("subdomain", subdomain),
    ("names", names),
    ("manifest", manifest),
    ("tokens", tokens),
    ("pages", pages),
    ("lines", lines),
    ("frames", frames),
    ("wire", wire),
];

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

/// What an app writes, as an engine hands it out: a line of the text is a piece, of stderr if it begins with `!`, as long as pieces
/// become and without an end if with `+`.
pub fn lines(text: &str) {
    let mut joiner = Joiner::new(LogSource::PLATFORM, PIECE * 3 / 2);
    let (mut raw, mut written) = (Vec::new(), 0);
    for (number, piece) in (0..).zip(text.split('\n')) {
        let stream = if piece.starts_with('!') { LogStream::Stderr } else { LogStream::Stdout };
        let ended = !piece.starts_with('+');
        let bytes = if ended { piece.to_owned() } else { piece.repeat(PIECE.div_ceil(piece.len())) };
        written += bytes.len();
        // Several of a moment, as it happens.
        raw.extend(joiner.push(Piece { stream, nanos: number / 3, text: bytes.as_bytes(), ended }));
    }
    raw.extend(joiner.finish());
    let kept: usize = raw.iter().map(|line| line.bytes.len() + usize::try_from(line.cut).unwrap()).sum();
    assert_eq!(kept, written, "nothing is lost without being told");
    let cursors: HashSet<LogCursor> = raw.iter().map(|line| line.cursor).collect();
    assert_eq!(cursors.len(), raw.len(), "each has a name of its own");
    let mut reading = Reading::default();
    let entries: Vec<LogEntry> = raw.into_iter().map(|line| LogEntry::Line(understood(&mut reading, line))).collect();
    for wanted in [Wanted::default(), looking_for(text, false), looking_for(text, true)] {
        let Ok(filter) = Filter::new(&wanted) else { continue };
        let (open, mut sieve, mut out) = (filter.is_open(), Sieve::new(filter), Vec::new());
        entries.iter().for_each(|entry| sieve.push(entry.clone(), &mut out));
        assert!(out.len() <= entries.len() && (!open || out == entries));
    }
}

/// By the rules of the one app that everybody has.
fn understood(reading: &mut Reading, line: RawLine) -> LogLine {
    static RULES: LazyLock<Understanding> = LazyLock::new(|| {
        let app = AppName::parse("fresco").unwrap();
        Understanding::new(&Catalogue::shipped().get(&app).unwrap().profiles[0].logs)
    });
    let understood = RULES.read(reading, line.bytes);
    assert!(!understood.text.contains('\r'), "{understood:?}");
    let Understood { text, level, continues } = understood;
    let (cursor, cut) = (line.cursor, line.cut);
    LogLine { cursor, ts: cursor.at(), stream: cursor.stream, level, text, continues, cut }
}

/// The beginning of it.
fn looking_for(text: &str, regex: bool) -> Wanted {
    Wanted { level: None, query: Some(text.chars().take(24).collect()), regex }
}

/// What names a line, asks for some, and shows them.
pub fn frames(text: &str) {
    round(text, LogCursor::parse);
    match api::outside::log_page(text) {
        Ok(query) => {
            assert!((1..=5000).contains(&query.limit));
            // What is too large to be compiled is refused, and not tried.
            let _ = Filter::new(&query.wanted);
            assert_eq!(serde_json::from_str::<LogQuery>(&serde_json::to_string(&query).unwrap()).unwrap(), query);
        }
        Err(told) => assert!(!told.is_empty()),
    }
    if let Ok(frame) = serde_json::from_str::<LogFrame>(text) {
        assert_eq!(serde_json::from_str::<LogFrame>(&serde_json::to_string(&frame).unwrap()).unwrap(), frame);
    }
}

/// What the two processes say to each other about logs.
pub fn wire(text: &str) {
    let lines = logs::outside::lines(text.as_bytes());
    let taken: Vec<u8> = lines.iter().flat_map(|line| [line.as_slice(), b"\n"].concat()).collect();
    assert!(text.as_bytes().starts_with(&taken), "what is read is what was sent");
    for line in lines {
        assert!((line.len() as u64) < logs::outside::MOST);
        for read in [logs::outside::question, logs::outside::answer] {
            let Some(again) = read(&line) else { continue };
            assert_eq!(read(again.trim_ascii_end()), Some(again.clone()), "{}", String::from_utf8_lossy(&line));
        }
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
