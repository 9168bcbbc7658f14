//! Tenants that take all they can get: the platform and the others go on answering.

use std::process::Command;

use crate::support::{Dev, image, output_of, text};
use crate::tenant::Tenant;
use crate::visitors::Visitors;

/// More than any host has to spare, and as much as its limit leaves it.
const HOGS: [(&str, &str); 4] = [
    ("hog-1", "SAMPLE_HOG_MEMORY_MB=100000"),
    ("hog-2", "SAMPLE_HOG_MEMORY_MB=100000"),
    ("bomb-1", "SAMPLE_FORK_BOMB=true"),
    ("bomb-2", "SAMPLE_FORK_BOMB=true"),
];

fn started(tenant: &Tenant) -> String {
    output_of("docker", &["inspect", "--format", "{{.Id}} {{.State.StartedAt}}", &tenant.container()])
}

fn log(tenant: &Tenant) -> String {
    let output = Command::new("docker").args(["logs", &tenant.container()]).output().unwrap();
    text(&output.stdout) + &text(&output.stderr)
}

/// Whether it has been held to its limits: killed by them, or refused.
fn has_hit_its_limit(dev: &Dev, hog: &Tenant) -> bool {
    match hog.subdomain.starts_with("bomb") {
        true => log(hog).contains("fork bomb refused"),
        false => hog.shown(dev).to_string().contains("more memory than its limit"),
    }
}

#[test]
fn hogs_of_memory_and_of_processes_leave_the_platform_and_the_others_alone() {
    image();
    let dev = Dev::start();
    let tenants =
        [("owls", "sample"), ("terns", "sample-schema")].map(|(name, app)| Tenant::deploy(&dev, name, app, &[]));
    tenants.iter().for_each(|tenant| tenant.enter(&dev, "before"));
    let before = tenants.each_ref().map(started);
    let visitors = Visitors::come(&dev, &tenants, 2);

    let hogs = HOGS.map(|(name, switch)| Tenant::ask_for(&dev, name, "sample", &["--env", switch]));
    let (mut asked, mut hit) = (0, 0);
    dev.wait_until("all hogs have hit their limits", || {
        // The API is asked all the while, and answers each time.
        let shown = dev.list();
        assert_eq!(shown.len(), tenants.len() + hogs.len(), "{}", dev.log());
        asked += 1;
        hit = hogs.iter().filter(|hog| has_hit_its_limit(&dev, hog)).count();
        hit == hogs.len()
    });
    // While they are at it, others are deployed and used.
    let larks = Tenant::deploy(&dev, "larks", "sample", &[]);
    larks.enter(&dev, "beside hogs");
    larks.answers_with(&dev, "beside hogs");
    dev.wait_until("people were at it all the while", || visitors.asked() >= 20);

    let seen = visitors.go();
    assert!(seen.failures.is_empty() && seen.answers >= 20, "{asked} answers of the API; {seen:?}");
    assert_eq!(tenants.each_ref().map(started), before, "no container of theirs was touched");
    assert_eq!(dev.curl("/readyz").0, 200);
    tenants.iter().for_each(|tenant| tenant.answers_with(&dev, "before"));
}
