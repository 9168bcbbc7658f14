//! Going back with the data, on real parts: what was entered before the update is there again, whole, though the daemon is
//! killed in the middle of it.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::dice::Dice;
use crate::kill::survived;
use crate::support::{Dev, image, text};
use crate::tenant::{Tenant, apps_that_save, sql};

/// Enough to take a while, in either direction.
const ROWS: usize = 200_000;
const OLD: &str = "fresco-sample:3.1.2";
const NEW: &str = "fresco-sample:4.0.0";

/// A platform with short leases, whose sample app asks for dumps.
fn platform(apps: &tempfile::TempDir) -> Dev {
    Dev::start_with(vec![
        ("FRESCOD_TENANTS__APPS_DIRECTORY", apps.path().into()),
        ("FRESCOD_RECONCILER__LEASE", "3s".into()),
        ("FRESCOD_RECONCILER__BACKOFF_MOST", "2s".into()),
    ])
}

/// Makes a table of the tenant's own with nothing but that word in it.
fn fill(dev: &Dev, tenant: &Tenant, word: &str) {
    let fill = format!(
        "SET ROLE {}; DROP TABLE IF EXISTS public.big;
         CREATE TABLE public.big AS SELECT n, '{word}'::text AS word FROM generate_series(1, {ROWS}) n",
        tenant.role()
    );
    sql(dev, &tenant.database(), &fill);
}

/// The one word in it; all of its rows are there.
fn filled_with(dev: &Dev, tenant: &Tenant) -> String {
    let found = sql(dev, &tenant.database(), "SELECT word || ' ' || count(*) FROM public.big GROUP BY word");
    let [only] = found.as_slice() else { panic!("half of one and half of the other: {found:?}") };
    only.strip_suffix(&format!(" {ROWS}")).unwrap_or_else(|| panic!("not all of it: {only}")).to_owned()
}

fn asked(dev: &Dev, arguments: &[&str]) {
    let output = dev.tenant(arguments);
    assert!(output.status.success(), "{arguments:?}: {}{}\n{}", text(&output.stdout), text(&output.stderr), dev.log());
}

/// One that was updated, with data from before and from since.
fn updated(dev: &Dev, name: &str) -> Tenant {
    let tenant = Tenant::deploy(dev, name, "sample", &["--image", OLD]);
    tenant.enter(dev, "entered before");
    fill(dev, &tenant, "old");
    asked(dev, &["update", name, "--image", NEW]);
    tenant.wait_active(dev);
    tenant.enter(dev, "entered since");
    fill(dev, &tenant, "new");
    tenant
}

fn is_under_way(shown: &Value) -> bool {
    shown["generation"] != shown["observed_generation"]
}

fn version(dev: &Dev, tenant: &Tenant) -> String {
    tenant.shown(dev)["version"].as_str().unwrap().to_owned()
}

#[test]
fn the_data_from_before_an_update_come_back_with_the_image_and_no_others() {
    image();
    let apps = apps_that_save();
    let dev = platform(&apps);
    let tenant = updated(&dev, "owls");
    asked(&dev, &["rollback", "owls", "--restore", "--timeout", "90s"]);
    tenant.wait_active(&dev);
    assert_eq!((version(&dev, &tenant).as_str(), filled_with(&dev, &tenant).as_str()), ("3.1.2", "old"));
    tenant.answers_with(&dev, "entered before");
    let (_, entries) = tenant.visit(&dev, "/entries", &[]).unwrap();
    assert!(!entries.contains("entered since"), "{entries}");
    let dumps = dev.files(&format!("dumps/{}", tenant.id));
    assert!(dumps.contains(&"restore-3.dump".to_owned()), "what was there is kept: {dumps:?}");

    let again = dev.tenant(&["rollback", "owls", "--restore"]);
    assert!(text(&again.stderr).contains("without `restore`"), "{}", text(&again.stderr));
    // Forward again: what was released on data that are gone is released anew.
    asked(&dev, &["update", "owls", "--image", NEW]);
    tenant.wait_active(&dev);
    assert_eq!((version(&dev, &tenant).as_str(), tenant.releases(&dev)), ("4.0.0", 3));
    tenant.answers_with(&dev, "entered before");
}

#[test]
fn killed_in_the_middle_of_it_or_told_to_leave_it_the_data_are_whole() {
    image();
    let apps = apps_that_save();
    let mut dev = platform(&apps);
    let mut dice = Dice::cast();
    let names = ["one", "two", "three", "four", "five", "six"];
    let tenants: Vec<Tenant> = names.iter().map(|name| updated(&dev, name)).collect();
    for pair in tenants.chunks(2) {
        for tenant in pair {
            asked(&dev, &["rollback", &tenant.subdomain, "--restore", "--no-wait"]);
        }
        let moment = dice.millis(4000);
        // The moment of the kill, and not a wait for something.
        std::thread::sleep(moment);
        let is_under_way = pair.iter().any(|tenant| is_under_way(&tenant.shown(&dev)));
        dev.kill();
        println!("killed {} ms after it was asked for", moment.as_millis());
        dev.start_again();
        let [kept, left] = pair else { unreachable!("chunks of two") };
        // It may have come to its end before.
        let cancelled = dev.tenant(&["cancel", &left.subdomain, "--timeout", "90s"]).status.success();
        for tenant in pair {
            tenant.wait_active(&dev);
        }
        assert_eq!((version(&dev, kept).as_str(), filled_with(&dev, kept).as_str()), ("3.1.2", "old"));
        let word = filled_with(&dev, left);
        println!("{} was left {word}, cancelled: {cancelled}", left.subdomain);
        assert_eq!(version(&dev, left), if cancelled { "4.0.0" } else { "3.1.2" });
        assert!(cancelled || word == "old", "{word}");
        left.answers_with(&dev, "entered before");
        survived(usize::from(is_under_way));
    }
}

/// A `pg_dump` of the server's version that takes very long, and tells which process it is.
fn endless(major: &str) -> String {
    let version = format!("pg_dump (PostgreSQL) {major}.0");
    format!("#!/bin/sh\n[ \"$1\" != --version ] || exec echo '{version}'\necho $$ >\"$0.pid\"\nexec sleep 600\n")
}

#[test]
fn a_dump_dies_with_the_platform() {
    image();
    let (apps, programs) = (apps_that_save(), tempfile::tempdir().unwrap());
    let mut dev = Dev::start_with(vec![
        ("FRESCOD_TENANTS__APPS_DIRECTORY", apps.path().into()),
        ("FRESCOD_DUMPS__PROGRAMS", programs.path().into()),
    ]);
    let major = std::fs::read_to_string(dev.state().join("postgresql/PG_VERSION")).unwrap();
    let program = programs.path().join("pg_dump");
    std::fs::write(&program, endless(major.trim())).unwrap();
    std::fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    Tenant::deploy(&dev, "owls", "sample", &["--image", OLD]);
    asked(&dev, &["update", "owls", "--image", NEW, "--no-wait"]);
    let began = || std::fs::read_to_string(programs.path().join("pg_dump.pid")).unwrap_or_default();
    dev.wait_until("it is dumped", || began().ends_with('\n'));
    let status = Path::new("/proc").join(began().trim()).join("status");
    // Whoever is dead may wait for somebody to ask how it died.
    let is_alive = || std::fs::read_to_string(&status).is_ok_and(|status| !status.contains("State:\tZ"));
    assert!(is_alive());
    dev.kill();
    let until = Instant::now() + Duration::from_secs(5);
    while is_alive() {
        assert!(Instant::now() < until, "it goes on without anybody");
        std::thread::sleep(Duration::from_millis(20));
    }
    dev.start_again();
}
