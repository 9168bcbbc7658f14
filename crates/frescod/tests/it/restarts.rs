//! The daemon ends and comes back while people use their instances: nobody notices.

use crate::daemon::{Daemon, answers};
use crate::support::{Dev, image, output_of};
use crate::tenant::Tenant;
use crate::visitors::Visitors;

const TENANTS: usize = 25;
const VISITORS: usize = 2;

/// Ids and starts of the tenants' containers.
fn containers(tenants: &[Tenant]) -> Vec<String> {
    let format = ["inspect", "--format", "{{.Id}} {{.State.StartedAt}} {{.RestartCount}}"];
    let name = |tenant: &Tenant| output_of("docker", &[&format[..], &[&tenant.container()]].concat());
    tenants.iter().map(name).collect()
}

/// Each was looked at since `at`, and is active.
fn settled_since(dev: &Dev, at: &str) -> bool {
    let list = dev.list();
    let fresh = |shown: &serde_json::Value| {
        shown["status"] == "active" && shown["observed_at"].as_str().is_some_and(|seen| *seen >= *at)
    };
    list.len() == TENANTS && list.iter().all(fresh)
}

#[test]
fn a_daemon_that_is_killed_or_stopped_under_load_costs_no_tenant_a_request() {
    image();
    let mut dev = Dev::start();
    let tenants: Vec<_> =
        (1..=TENANTS).map(|number| Tenant::ask_for(&dev, &format!("study-{number}"), "sample", &[])).collect();
    for tenant in &tenants {
        tenant.wait_active(&dev);
        tenant.enter(&dev, "before");
    }
    // Its PostgreSQL, its Traefik and what that sees of the engine live on.
    dev.kill();
    let before = containers(&tenants);
    let visitors = Visitors::come(&dev, &tenants, VISITORS);
    let mut daemon = Daemon::start(&dev, &[], &[]);
    for round in 0..6 {
        dev.wait_until("it can work", || answers(&dev) == 200);
        if round % 2 == 0 {
            daemon.kill();
        } else {
            assert_eq!(daemon.stop().code(), Some(0));
        }
        let at = output_of("date", &["--utc", "+%Y-%m-%dT%H:%M:%S.%NZ"]);
        daemon = Daemon::start(&dev, &[], &[]);
        let asked = visitors.asked();
        dev.wait_until("all are settled", || answers(&dev) == 200 && settled_since(&dev, &at));
        dev.wait_until("all were visited twice", || visitors.asked() >= asked + 2 * TENANTS);
    }
    let seen = visitors.go();
    assert_eq!(seen.failures, Vec::<String>::new(), "of {} requests", seen.answers);
    assert_eq!(containers(&tenants), before, "no container was touched");
    println!("{} requests answered over 6 restarts", seen.answers);
}
