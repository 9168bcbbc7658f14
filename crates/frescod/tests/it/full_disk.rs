//! A disk that runs full under routes and dumps, and under everything the platform keeps: what is said is true and says
//! why, nothing is lost, and all goes on by itself when there is room again.

use std::ffi::OsString;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::daemon::{Daemon, answers};
use crate::support::{Dev, image, output_of};
use crate::tenant::{PLATFORM, Tenant, apps_that_save, try_sql};

const FULL: &str = "No space left on device";

/// A file system of its own; gone with this.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn new(mebibytes: u32) -> Self {
        let folder = tempfile::Builder::new().prefix("frescod-small-disk-").tempdir().unwrap();
        let options = format!("size={mebibytes}m,mode=0755");
        output_of("mount", &["-t", "tmpfs", "-o", &options, "small-disk", folder.path().to_str().unwrap()]);
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// To the last byte.
    fn fill(&self) {
        let mut file = File::create(self.path("filler")).unwrap();
        for size in [1 << 20, 4096, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
    }

    fn make_room(&self) {
        std::fs::remove_file(self.path("filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").args(["--lazy", self.0.path().to_str().unwrap()]).output());
    }
}

fn cause(dev: &Dev, tenant: &Tenant) -> String {
    tenant.shown_if_any(dev)["last_error"]["cause"].as_str().unwrap_or_default().to_owned()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Whether its owner's data is what is answered.
fn answers_with(dev: &Dev, tenant: &Tenant, entry: &str) -> bool {
    tenant.visit(dev, "/entries", &[]).is_some_and(|(status, body)| status == 200 && body.contains(entry))
}

#[test]
fn a_full_disk_under_routes_and_dumps_takes_nothing_from_anybody() {
    image();
    let disk = SmallDisk::new(4);
    let apps = apps_that_save();
    let environment: Vec<(&'static str, OsString)> = vec![
        ("FRESCOD_ROUTING__PROVIDER", "file".into()),
        ("FRESCOD_ROUTING__DIRECTORY", disk.path("routes").into()),
        ("FRESCOD_ROUTING__STAGING", disk.path("staging").into()),
        ("FRESCOD_DUMPS__DIRECTORY", disk.path("dumps").into()),
        ("FRESCOD_TENANTS__APPS_DIRECTORY", apps.path().into()),
        ("FRESCOD_RECONCILER__BACKOFF_MOST", "2s".into()),
        ("FRESCOD_GATE__ENABLED", "false".into()),
    ];
    let mut dev = Dev::start_gated(environment.clone());
    let [updated, restarted] =
        ["owls", "terns"].map(|name| Tenant::deploy(&dev, name, "sample", &["--image", "fresco-sample:3.1.2"]));
    for tenant in [&updated, &restarted] {
        tenant.enter(&dev, "before");
    }
    let routes = names(&disk.path("routes"));

    disk.fill();
    let new = Tenant::ask_for(&dev, "larks", "sample", &[]);
    let update = ["update", &updated.subdomain, "--image", "fresco-sample:4.0.0", "--no-wait"];
    assert!(dev.tenant(&update).status.success());
    assert!(dev.tenant(&["restart", &restarted.subdomain, "--no-wait"]).status.success());
    for (tenant, what) in [(&new, "write"), (&updated, "could not be saved"), (&restarted, "write")] {
        let mut said = String::new();
        dev.wait_until(&format!("{} says why", tenant.subdomain), || {
            said = cause(&dev, tenant);
            said.contains(FULL)
        });
        assert!(said.contains(what), "{said}");
        assert_eq!(tenant.shown(&dev)["status"], "error");
    }
    // A daemon that dies now comes back to a disk that is full.
    dev.kill();
    let daemon = Daemon::start(&dev, &[], &environment);
    dev.wait_until("it can work", || answers(&dev) == 200);
    for tenant in [&updated, &restarted] {
        assert!(answers_with(&dev, tenant, "before"), "{} is where it was", tenant.subdomain);
    }
    assert_eq!(names(&disk.path("routes")), routes, "no route is lost, none is half there");

    disk.make_room();
    daemon.kill();
    dev.start_again();
    for tenant in [&new, &updated, &restarted] {
        tenant.wait_active(&dev);
        assert_eq!(tenant.shown(&dev)["last_error"], Value::Null);
    }
    for tenant in [&updated, &restarted] {
        tenant.answers_with(&dev, "before");
    }
    assert_eq!(names(&disk.path("dumps").join(&updated.id)), ["2.dump"]);
    assert_eq!(names(&disk.path("staging")), Vec::<String>::new());
}

#[test]
fn a_disk_that_is_full_under_everything_is_survived_by_everything() {
    image();
    let disk = SmallDisk::new(300);
    let open = ("FRESCOD_GATE__ENABLED", "false".into());
    let mut dev = Dev::start_in(disk.0.path(), vec![("FRESCOD_ROUTING__PROVIDER", "file".into()), open]);
    let tenant = Tenant::deploy(&dev, "owls", "sample", &[]);
    tenant.enter(&dev, "before");

    disk.fill();
    // PostgreSQL has some room left in what it has made already: it is used up.
    dev.wait_until("nobody can write any more", || {
        let write = "SELECT pg_switch_wal(); CREATE TABLE public.room AS SELECT repeat('x', 1000) FROM generate_series(1, 20000); \
                     DROP TABLE public.room";
        try_sql(&dev, PLATFORM, write).is_err()
    });
    assert!(tenant.is_up(&dev), "who only reads notices nothing");
    assert!([200, 503].contains(&answers(&dev)), "people are answered");

    disk.make_room();
    dev.wait_until("it can work again", || answers(&dev) == 200);
    tenant.recovers(&dev);
    tenant.answers_with(&dev, "before");
    tenant.enter(&dev, "after");
    dev.kill();
    dev.start_again();
    tenant.recovers(&dev);
    tenant.answers_with(&dev, "after");
}
