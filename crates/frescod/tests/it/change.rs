//! A tenant is changed while people use it.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::support::{Dev, image, text};
use crate::tenant::Tenant;

/// Ends the reading, also where the change panics.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Changes a tenant while somebody reads what was entered, again and again. Answers with how often that went well, and
/// what it was answered where it did not.
fn read_during(dev: &Dev, tenant: &Tenant, change: impl FnOnce()) -> (u32, Vec<String>) {
    let (over, read) = (AtomicBool::new(false), AtomicU32::new(0));
    let failures = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut failures = Vec::new();
            while !over.load(Ordering::Relaxed) {
                match tenant.visit(dev, "/entries", &[]) {
                    Some((200, body)) if body.contains("before") => drop(read.fetch_add(1, Ordering::Relaxed)),
                    other => failures.push(format!("{other:?}")),
                }
            }
            failures
        });
        let end = Ends(&over);
        change();
        drop(end);
        reader.join().unwrap()
    });
    (read.into_inner(), failures)
}

fn restarted(dev: &Dev, tenant: &Tenant) {
    let restarted = dev.tenant(&["restart", &tenant.subdomain]);
    assert!(restarted.status.success(), "{}\n{}", text(&restarted.stderr), dev.log());
}

#[test]
fn behind_route_files_a_restart_loses_no_request() {
    image();
    let dev = Dev::start_with(vec![("FRESCOD_ROUTING__PROVIDER", "file".into())]);
    let tenant = Tenant::ask_for(&dev, "owls", "sample", &[]);
    tenant.wait_active(&dev);
    tenant.enter(&dev, "before");
    let before = tenant.shown(&dev)["container_id"].clone();
    let (read, failures) = read_during(&dev, &tenant, || {
        for _ in 0..3 {
            restarted(&dev, &tenant);
        }
    });
    assert_eq!(failures, Vec::<String>::new(), "of {read} requests");
    assert!(read > 10, "only {read} requests were made");
    assert_ne!(tenant.shown(&dev)["container_id"], before);
    assert_eq!(tenant.parts(&dev), tenant.whole());
}

#[test]
fn behind_labels_a_restart_keeps_what_was_entered_and_leaves_one_of_everything() {
    image();
    let dev = Dev::start();
    let tenant = Tenant::ask_for(&dev, "terns", "sample-schema", &[]);
    tenant.wait_active(&dev);
    tenant.enter(&dev, "before");
    let before = tenant.shown(&dev)["container_id"].clone();
    restarted(&dev, &tenant);
    assert_ne!(tenant.shown(&dev)["container_id"], before);
    dev.wait_until("it is led to", || tenant.is_up(&dev));
    tenant.answers_with(&dev, "before");
    assert_eq!(tenant.parts(&dev), tenant.whole());
}

/// The new one ends at once: what was there before serves, and says so.
#[test]
fn a_change_that_does_not_work_out_is_taken_back() {
    image();
    let dev = Dev::start();
    let tenant = Tenant::ask_for(&dev, "larks", "sample", &[]);
    tenant.wait_active(&dev);
    tenant.enter(&dev, "before");
    let before = tenant.shown(&dev)["container_id"].clone();
    let changed =
        dev.tenant(&["update", "larks", "--env", "SAMPLE_NEVER_READY=true", "--env", "SAMPLE_CRASH_AFTER_SECONDS=1"]);
    assert!(!changed.status.success(), "{}", text(&changed.stdout));
    let shown = tenant.shown(&dev);
    assert_eq!((&shown["status"], &shown["container_id"]), (&"active".into(), &before), "{shown}");
    assert!(shown["last_error"]["cause"].as_str().is_some_and(|cause| cause.contains("given up")), "{shown}");
    // Traefik is told of the start at that moment.
    dev.wait_until("it is led to again", || tenant.is_up(&dev));
    tenant.answers_with(&dev, "before");
    assert_eq!(tenant.parts(&dev), tenant.whole());
}
