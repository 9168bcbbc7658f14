//! Owners and accidents at random over many tenants; at the end everybody has what they asked for, and nothing else is
//! there.
//!
//! The seed is printed, and `FRESCO_TEST_SEED` repeats a choice of operations (their timing is the machine's).
//! `FRESCO_CHAOS_OPERATIONS` says how many there are: what owners ask for and is accepted, what they enter and is
//! acknowledged, and accidents that hit something; what comes to nothing does not count. Two daemons work on one database
//! all the while, one of them without mercy.
//!
//! What somebody asked for is what the platform's answer to it said will be; what was not answered may be either way, and
//! is learnt at the end. The last line of a run sums it up:
//! `{"operations":…,"crash_points":…,"off_desired":…,"left_over":…,"lost":…}`.

mod accidents;
mod inventory;
mod make;
mod mischief;
mod owner;
mod owners;

use std::ffi::OsString;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::daemon::answers;
use crate::dice::Dice;
use crate::engine_proxy::EngineProxy;
use crate::support::{Dev, engine, image};
use accidents::Accidents;
use owners::Owners;

/// What the default run has time for.
const USUAL: usize = 60;
/// What everybody has to become as wanted, once nothing goes wrong any more.
const PATIENCE: Duration = Duration::from_secs(180);
/// What the operations may take together.
const LONGEST: Duration = Duration::from_secs(1500);
/// The longest that an accident lasts, and the longest pause between two operations, in milliseconds.
const LASTS: u64 = 1_500;
const PAUSE: u64 = 600;

#[expect(clippy::disallowed_methods, reason = "only a test reads it, for a longer run")]
fn how_many() -> usize {
    std::env::var("FRESCO_CHAOS_OPERATIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(USUAL)
}

/// What both daemons are told: to be quick, and to lead people there by this provider.
fn settings(proxy: &EngineProxy, apps: &Path, provider: &str) -> Vec<(&'static str, OsString)> {
    vec![
        ("FRESCOD_ENGINE__SOCKET", proxy.socket().into()),
        ("FRESCOD_ENGINE__CALL_TIMEOUT", "3s".into()),
        ("FRESCOD_GATE__ENABLED", "false".into()),
        ("FRESCOD_RECONCILER__LEASE", "3s".into()),
        ("FRESCOD_RECONCILER__RESYNC", "2s".into()),
        ("FRESCOD_RECONCILER__ORPHANS", "10s".into()),
        ("FRESCOD_RECONCILER__FULL_LOOK", "10s".into()),
        ("FRESCOD_RECONCILER__BACKOFF_MOST", "4s".into()),
        ("FRESCOD_RECONCILER__UNKNOWN_MOST", "2s".into()),
        ("FRESCOD_ROUTING__PROVIDER", provider.into()),
        ("FRESCOD_TENANTS__APPS_DIRECTORY", apps.into()),
        ("FRESCOD_TENANTS__DESTROY_GRACE", "10s".into()),
    ]
}

/// The samples' manifests, with a dump before each release but the first.
fn saving_before_releases() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["sample.toml", "sample-schema.toml"] {
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../domain/manifests").join(name);
        let manifest = std::fs::read_to_string(shipped).unwrap();
        let asking = manifest.replace("deadline = \"2m\"", "deadline = \"2m\"\ndump_before = true");
        assert_ne!(manifest, asking, "the manifest has no such line any more");
        std::fs::write(folder.path().join(name), asking).unwrap();
    }
    folder
}

#[test]
fn whatever_happens_owners_get_what_they_asked_for() {
    image();
    let mut dice = Dice::cast();
    let (proxy, apps) = (EngineProxy::before(&engine()), saving_before_releases());
    let provider = dice.pick(&["labels", "file"]).unwrap();
    let settings = settings(&proxy, apps.path(), provider);
    let mut dev = Dev::start_gated(settings.clone());
    let mut owners = Owners::default();
    let mut accidents = Accidents::begin(&dev, &proxy, settings);
    owners.settle_in(&dev);
    let (wanted, until) = (how_many(), Instant::now() + LONGEST);
    let mut operations = 0;
    while operations < wanted && Instant::now() < until {
        let counts = match dice.below(3) {
            0 => accidents.happen(&mut dev, &mut dice, &owners.tenants()),
            _ => owners.act(&dev, &mut dice),
        };
        operations += usize::from(counts);
        std::thread::sleep(dice.millis(PAUSE));
    }
    let crashes = accidents.end(&dev);
    dev.wait_until("it can work again", || answers(&dev) == 200);
    let [off_desired, left_over, lost] = compare(&dev, &mut owners);
    println!("routes led by {provider}, operations: {} {}", owners.summary(), accidents.summary());
    println!(
        r#"{{"operations":{operations},"crash_points":{crashes},"off_desired":{},"left_over":{},"lost":{}}}"#,
        off_desired.len(),
        left_over.len(),
        lost.len()
    );
    assert_eq!(operations, wanted, "no more within {} s", LONGEST.as_secs());
    assert!(off_desired.is_empty(), "{off_desired:#?}\n{}", dev.log());
    assert!(lost.is_empty(), "{lost:#?}");
    assert!(left_over.is_empty(), "{left_over:#?}");
    owners.leave(&dev);
}

/// What is there with what was asked for: who is off that, what is left over, what is lost.
fn compare(dev: &Dev, owners: &mut Owners) -> [Vec<String>; 3] {
    owners.learn(dev);
    let mut off_desired = owners.off_desired(dev, Instant::now() + PATIENCE);
    owners.resume(dev);
    off_desired.extend(owners.off_desired(dev, Instant::now() + PATIENCE));
    let lost = owners.lost(dev);
    [off_desired, owners.left_over(dev, Instant::now() + PATIENCE), lost]
}
