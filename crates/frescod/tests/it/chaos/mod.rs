//! Owners and accidents at random over many tenants; at the end everybody has what they asked for, and nothing else is
//! there.
//!
//! The seed is printed, and `FRESCO_TEST_SEED` repeats a choice of operations (their timing is the machine's).
//! `FRESCO_CHAOS_OPERATIONS` says how many there are: what owners ask for, what they enter, and accidents. Two daemons work
//! on one database all the while, one of them without mercy.
//!
//! The last line of a run sums it up: `{"operations":…,"crash_points":…,"off_desired":…,"left_over":…,"lost":…}`.

mod accidents;
mod owners;

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
/// The longest that an accident lasts, and the longest pause between two operations, in milliseconds.
const LASTS: u64 = 1_500;
const PAUSE: u64 = 600;

#[expect(clippy::disallowed_methods, reason = "only a test reads it, for a longer run")]
fn how_many() -> usize {
    std::env::var("FRESCO_CHAOS_OPERATIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(USUAL)
}

fn platform(proxy: &EngineProxy) -> Dev {
    Dev::start_with(vec![
        ("FRESCOD_ENGINE__SOCKET", proxy.socket().into()),
        ("FRESCOD_ENGINE__CALL_TIMEOUT", "3s".into()),
        ("FRESCOD_RECONCILER__LEASE", "3s".into()),
        ("FRESCOD_RECONCILER__RESYNC", "2s".into()),
        ("FRESCOD_RECONCILER__FULL_LOOK", "10s".into()),
        ("FRESCOD_RECONCILER__BACKOFF_MOST", "4s".into()),
        ("FRESCOD_RECONCILER__UNKNOWN_MOST", "2s".into()),
    ])
}

#[test]
fn whatever_happens_owners_get_what_they_asked_for() {
    image();
    let mut dice = Dice::cast();
    let proxy = EngineProxy::before(&engine());
    let mut dev = platform(&proxy);
    let mut owners = Owners::default();
    let mut accidents = Accidents::begin(&dev, &proxy);
    owners.settle_in(&dev);
    let operations = how_many();
    for _ in 0..operations {
        if dice.below(3) == 0 {
            accidents.happen(&mut dev, &mut dice, owners.tenants());
        } else {
            owners.act(&dev, &mut dice);
        }
        std::thread::sleep(dice.millis(PAUSE));
    }
    let crashes = accidents.end(&dev);
    dev.wait_until("it can work again", || answers(&dev) == 200);
    owners.learn(&dev);
    let until = Instant::now() + PATIENCE;
    let mut off_desired = owners.off_desired(&dev, until);
    owners.resume(&dev);
    off_desired.extend(owners.off_desired(&dev, Instant::now() + PATIENCE));
    let lost = owners.lost(&dev);
    let left_over = owners.left_over(&dev);
    println!("operations: {} {}", owners.summary(), accidents.summary());
    println!(
        r#"{{"operations":{operations},"crash_points":{crashes},"off_desired":{},"left_over":{},"lost":{}}}"#,
        off_desired.len(),
        left_over.len(),
        lost.len()
    );
    assert!(off_desired.is_empty(), "{off_desired:#?}\n{}", dev.log());
    assert!(lost.is_empty(), "{lost:#?}");
    assert!(left_over.is_empty(), "{left_over:#?}");
    owners.leave(&dev);
}
