//! The wall clock of the host is set while the daemon runs, as by who mends a wrong clock: statuses are true again soon,
//! nobody is touched, nothing is due that is not, and nothing is forgotten.
//!
//! `libfaketime` (Debian: `libfaketime`) stands between the daemon and its clock; the monotonic one goes on, as on a host.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::support::{Dev, image, output_of};
use crate::tenant::Tenant;
use crate::visitors::Visitors;

/// By when what is shown must be true again.
const SOON: Duration = Duration::from_secs(15);
/// What the clock is set to, against the right one.
const STEPS: [&str; 4] = ["+2h", "+0", "-2h", "+0"];

/// The library, wherever the architecture has it.
fn library() -> PathBuf {
    let places = std::fs::read_dir("/usr/lib").unwrap().flatten();
    let mut found = places.map(|place| place.path().join("faketime/libfaketimeMT.so.1")).filter(|path| path.is_file());
    found.next().expect("libfaketime: apt-get install libfaketime, as scripts/setup does")
}

/// The container, and since when it runs.
fn container(tenant: &Tenant) -> String {
    output_of("docker", &["inspect", "--format", "{{.Id}} {{.State.StartedAt}}", &tenant.container()])
}

#[test]
fn a_clock_that_is_set_under_the_daemon_disturbs_nobody_and_hides_nothing() {
    image();
    let offset = tempfile::NamedTempFile::new().unwrap();
    let set = |step: &str| std::fs::write(offset.path(), step).unwrap();
    set("+0");
    // Its PostgreSQL and Traefik keep the right time.
    let mut dev = Dev::start_with(vec![
        ("LD_PRELOAD", library().into()),
        ("FAKETIME_TIMESTAMP_FILE", offset.path().into()),
        ("FAKETIME_NO_CACHE", "1".into()),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".into()),
    ]);
    let mut tenants = vec![Tenant::deploy(&dev, "owls", "sample", &[])];
    tenants[0].enter(&dev, "before");
    let visitors = Visitors::come(&dev, &tenants, 1);
    let before = container(&tenants[0]);
    for (number, step) in STEPS.into_iter().enumerate() {
        set(step);
        let since = Instant::now();
        dev.wait_until(&format!("all are known to be active at {step}"), || {
            tenants.iter().all(|tenant| tenant.shown_if_any(&dev)["status"] == "active")
        });
        assert!(since.elapsed() < SOON, "at {step} it took {:?}", since.elapsed());
        let new = Tenant::deploy(&dev, &format!("study-{number}"), "sample", &[]);
        output_of("docker", &["rm", "--force", &new.container()]);
        let since = Instant::now();
        dev.wait_until(&format!("what is lost at {step} is made again"), || new.is_up(&dev));
        assert!(since.elapsed() < SOON, "at {step} it took {:?}", since.elapsed());
        tenants.push(new);
    }
    let seen = visitors.go();
    assert_eq!(seen.failures, Vec::<String>::new(), "of {} requests", seen.answers);
    assert_eq!(container(&tenants[0]), before);
    assert_eq!(dev.stop(), Some(0));
}
