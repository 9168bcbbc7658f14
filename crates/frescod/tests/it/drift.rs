//! What somebody changes on the engine, or among the routes, behind the platform's back.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::{Dev, image, output_of, text};
use crate::tenant::Tenant;

/// How soon it must be found and mended.
const SOON: Duration = Duration::from_secs(15);
/// What `docker update` can change that the platform has settled, and since when it runs.
const HELD_TO: &str = "{{.Id}} {{.State.StartedAt}} {{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} \
                       {{.HostConfig.NanoCpus}} {{.HostConfig.PidsLimit}} {{.HostConfig.RestartPolicy.Name}}";
const CHANGES: [&[&str]; 4] =
    [&["--memory", "1g", "--memory-swap", "2g"], &["--cpus", "1.5"], &["--pids-limit", "-1"], &["--restart", "no"]];

fn held_to(tenant: &Tenant) -> String {
    output_of("docker", &["inspect", "--format", HELD_TO, &tenant.container()])
}

fn change(tenant: &Tenant, change: &[&str]) {
    output_of("docker", &[&["update"], change, &[&tenant.container()]].concat());
}

#[test]
fn routes_that_somebody_removes_or_empties_lead_there_again_soon() {
    image();
    let dev = Dev::start();
    let tenant = Tenant::deploy(&dev, "dipper", "sample", &[]);
    let routes = dev.state().join("routes");
    let own = routes.join(format!("fresco-{}.yml", tenant.id));
    let base = routes.join("fresco.yml");
    for (what, path) in [("its own", &own), ("what all share", &base)] {
        let written = std::fs::read(path).unwrap();
        for spoil in [|path: &Path| std::fs::remove_file(path), |path: &Path| std::fs::write(path, "")] {
            spoil(path).unwrap();
            let since = Instant::now();
            dev.wait_until(&format!("{what} is back"), || std::fs::read(path).is_ok_and(|found| found == written));
            dev.wait_until("it is up", || tenant.is_up(&dev));
            assert!(since.elapsed() < SOON, "{what} was back after {:?}", since.elapsed());
        }
    }
}

#[test]
fn another_network_that_somebody_adds_is_left_again_soon() {
    image();
    let dev = Dev::start();
    let tenant = Tenant::deploy(&dev, "egret", "sample", &[]);
    tenant.enter(&dev, "before");
    let networks = || {
        let format = "{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}";
        let inspect = ["inspect", "--format", format, &tenant.container()];
        text(&Command::new("docker").args(inspect).output().unwrap().stdout).trim().to_owned()
    };
    assert_eq!(networks(), dev.network());
    output_of("docker", &["network", "connect", "bridge", &tenant.container()]);
    assert_ne!(networks(), dev.network());
    let since = Instant::now();
    dev.wait_until("it is in its own alone", || networks() == dev.network() && tenant.is_up(&dev));
    assert!(since.elapsed() < SOON, "undone after {:?}", since.elapsed());
    tenant.wait_active(&dev);
    tenant.answers_with(&dev, "before");
}

#[test]
fn limits_that_somebody_changes_while_nobody_looks_hold_again_soon_after_a_start() {
    image();
    let mut dev = Dev::start();
    let tenant = Tenant::deploy(&dev, "crake", "sample", &[]);
    let settled = held_to(&tenant);
    dev.kill();
    change(&tenant, &CHANGES.concat());
    dev.start_again();
    let since = Instant::now();
    dev.wait_until("its limits hold again", || held_to(&tenant) == settled);
    assert!(since.elapsed() < SOON, "undone after {:?}", since.elapsed());
}

#[test]
fn limits_that_somebody_changes_hold_again_soon_and_the_app_does_not_notice() {
    image();
    let dev = Dev::start();
    let tenant = Tenant::deploy(&dev, "wren", "sample", &[]);
    let settled = held_to(&tenant);
    let all = CHANGES.concat();
    let stopped = ["--restart", "always"];
    for (is_stopped, flags) in
        CHANGES.map(|flags| (false, flags)).into_iter().chain([(false, &all[..]), (true, &stopped)])
    {
        if is_stopped {
            assert!(dev.tenant(&["stop", &tenant.subdomain]).status.success(), "{}", dev.log());
        }
        change(&tenant, flags);
        let since = Instant::now();
        dev.wait_until(&format!("{flags:?} is undone"), || held_to(&tenant) == settled);
        assert!(since.elapsed() < SOON, "{flags:?} was undone after {:?}", since.elapsed());
    }
}
