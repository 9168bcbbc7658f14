//! PostgreSQL and Traefik die under running tenants: both come back, and what is said of the tenants is true.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::support::{Dev, image};
use crate::tenant::Tenant;

fn two(dev: &Dev) -> [Tenant; 2] {
    let names = [("owls", "sample"), ("terns", "sample-schema")];
    let tenants = names.map(|(name, app)| Tenant::ask_for(dev, name, app, &[]));
    for tenant in &tenants {
        tenant.wait_active(dev);
        tenant.enter(dev, "before");
    }
    tenants
}

fn containers(dev: &Dev, tenants: &[Tenant; 2]) -> [Value; 2] {
    [0, 1].map(|index| tenants[index].shown(dev)["container_id"].clone())
}

/// They go on in the containers they had.
fn go_on(dev: &Dev, tenants: &[Tenant; 2], before: &[Value; 2]) {
    for tenant in tenants {
        let has_data = |(status, body): (u16, String)| status == 200 && body.contains("before");
        let answers = || tenant.visit(dev, "/entries", &[]).is_some_and(has_data);
        dev.wait_until(&format!("{} answers again", tenant.subdomain), answers);
        tenant.wait_active(dev);
        assert!(tenant.shown(dev)["last_error"].is_null(), "{}", tenant.shown(dev));
        tenant.enter(dev, "after");
        tenant.answers_with(dev, "after");
        assert_eq!(tenant.parts(dev), tenant.whole());
    }
    assert_eq!(&containers(dev, tenants), before);
}

/// The server's first process; the others end when they miss it.
fn postgres(dev: &Dev) -> Option<Pid> {
    let file = std::fs::read_to_string(dev.state().join("postgresql/postmaster.pid")).ok()?;
    Pid::from_raw(file.lines().next()?.parse().ok()?)
}

#[test]
fn tenants_survive_the_death_of_postgresql_even_in_the_middle_of_a_deploy() {
    image();
    let dev = Dev::start();
    let tenants = two(&dev);
    let before = containers(&dev, &tenants);
    let third = Tenant::ask_for(&dev, "larks", "sample", &["--env", "SAMPLE_RELEASE_SECONDS=2"]);
    dev.wait_until("its database is being prepared", || third.shown(&dev)["step"]["name"] == "await_release");
    let mut follower = dev.tenant_command(&["wait", "larks", "--timeout", "90s"]);
    let mut follower = follower.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut followed = BufReader::new(follower.stderr.take().unwrap());
    // A step that is behind it: it follows.
    followed.read_line(&mut String::new()).unwrap();

    let server = postgres(&dev).unwrap();
    kill_process(server, Signal::KILL).unwrap();
    dev.wait_until("another server is ready", || {
        postgres(&dev).is_some_and(|another| another != server) && dev.curl("/readyz").0 == 200
    });
    go_on(&dev, &tenants, &before);
    let rest = std::io::read_to_string(followed).unwrap();
    assert!(follower.wait().unwrap().success(), "{rest}");
    third.wait_active(&dev);
    third.enter(&dev, "an owl");
    third.answers_with(&dev, "an owl");
    assert_eq!(third.parts(&dev), third.whole());
    assert_eq!(third.releases(&dev), 1);
}

#[test]
fn tenants_survive_the_death_of_traefik() {
    image();
    let dev = Dev::start();
    let tenants = two(&dev);
    let before = containers(&dev, &tenants);
    kill_process(dev.child("traefik"), Signal::KILL).unwrap();
    dev.wait_until("nobody leads there", || tenants.iter().all(|tenant| tenant.visit(&dev, "/", &[]).is_none()));
    // They run, whoever leads there.
    assert!(tenants.iter().all(|tenant| tenant.shown(&dev)["status"] == "active"));
    go_on(&dev, &tenants, &before);
}
