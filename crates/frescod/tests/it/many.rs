//! Many tenants at once, and the daemon restarted among them.

use crate::support::{Dev, image};
use crate::tenant::{PLATFORM, Tenant, sql, wait_gone};

/// What the default run has time for; `FRESCO_TEST_TENANTS=100` asks for more.
const USUAL: usize = 25;

/// There are 16 slots: while the last are being made, the first run.
const SLOW: [&str; 2] = ["--env", "SAMPLE_RELEASE_SECONDS=1"];

#[expect(clippy::disallowed_methods, reason = "only a test reads it, for a longer run")]
fn how_many() -> usize {
    std::env::var("FRESCO_TEST_TENANTS").ok().and_then(|count| count.parse().ok()).unwrap_or(USUAL)
}

fn active(dev: &Dev) -> usize {
    sql(dev, PLATFORM, "SELECT id FROM fresco.tenants WHERE status = 'active'").len()
}

#[test]
fn many_are_deployed_at_once_and_destroyed_again() {
    image();
    let mut dev = Dev::start_with(vec![("FRESCOD_RECONCILER__LEASE", "3s".into())]);
    let apps = ["sample", "sample-schema"].into_iter().cycle();
    let tenants: Vec<_> = (1..=how_many())
        .zip(apps)
        .map(|(number, app)| Tenant::ask_for(&dev, &format!("study-{number}"), app, &SLOW))
        .collect();
    dev.wait_until("some run and some don't", || active(&dev) > 0);
    assert!(active(&dev) < tenants.len(), "it must be restarted in the middle");
    assert_eq!(dev.stop(), Some(0));
    dev.start_again();
    tenants.iter().for_each(|tenant| tenant.wait_active(&dev));
    // All first, so that what one has is not there by luck of the order.
    tenants.iter().for_each(|tenant| tenant.enter(&dev, &format!("entered at {}", tenant.url)));
    for tenant in &tenants {
        tenant.answers_with(&dev, &format!("entered at {}", tenant.url));
        assert_eq!(tenant.parts(&dev), tenant.whole());
    }
    let ends = tenants.iter().map(|tenant| tenant.destroy(&dev)).collect();
    wait_gone(&dev, &tenants, ends);
}
