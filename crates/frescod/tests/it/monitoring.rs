//! What the operator's own tools get: metrics for Prometheus, and a log in JSON.

use std::fs::File;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::daemon::{Daemon, answers};
use crate::support::{Dev, image, output_of, text};
use crate::tenant::Tenant;

/// A port that nobody listens on now.
fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

fn scrape(address: &str) -> String {
    output_of("curl", &["--silent", "--show-error", "--max-time", "10", &format!("http://{address}/metrics")])
}

/// The value of a series, whatever the order of its labels; 0 if there is none.
fn value(metrics: &str, name: &str, labels: &[(&str, &str)]) -> f64 {
    let is_it = |line: &&str| {
        let series = line.strip_prefix(name).filter(|rest| rest.starts_with(['{', ' ']));
        series.is_some_and(|rest| labels.iter().all(|(label, value)| rest.contains(&format!("{label}=\"{value}\""))))
    };
    let found = metrics.lines().filter(is_it).map(|line| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap());
    found.sum()
}

/// The lines of a log that are of that kind.
fn lines(log: &Path, message: &str) -> Vec<Value> {
    let log = std::fs::read_to_string(log).unwrap();
    let all = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    all.filter(|line| line["message"] == message).collect()
}

/// What a deploy and a restart count, among other things.
const DONE: [(&str, &[(&str, &str)]); 11] = [
    ("fresco_deployments_asked_total", &[("action", "deploy")]),
    ("fresco_deployments_asked_total", &[("action", "restart")]),
    ("fresco_deployments_ended_total", &[("outcome", "succeeded")]),
    ("fresco_tenants", &[("status", "active")]),
    ("fresco_http_requests_total", &[("route", "/api/v1/tenants"), ("method", "POST"), ("status", "2xx")]),
    ("fresco_http_request_seconds_count", &[("route", "/api/v1/tenants/{id}/restart")]),
    ("fresco_reconcile_step_seconds_count", &[("step", "ensure_database"), ("outcome", "ok")]),
    ("fresco_reconcile_pass_seconds_count", &[("outcome", "converged")]),
    ("fresco_engine_call_seconds_count", &[("outcome", "answered")]),
    ("fresco_tenants_database_call_seconds_count", &[("outcome", "ok")]),
    ("fresco_database_begin_seconds_count", &[("outcome", "ok")]),
];

#[test]
fn metrics_and_log_tell_what_was_done_and_no_secret() {
    image();
    let address = free_address();
    let environment = [
        ("FRESCOD_MONITORING__LISTEN", address.clone().into()),
        ("FRESCOD_LOG__FORMAT", "json".into()),
        ("FRESCOD_LOG__FILTER", "debug".into()),
    ];
    let mut dev = Dev::start();
    // Its PostgreSQL and Traefik live on.
    dev.kill();
    let folder = tempfile::tempdir().unwrap();
    let log_file = folder.path().join("log");
    let _daemon = Daemon::start_logging(&dev, &[], &environment, File::create(&log_file).unwrap());
    dev.wait_until("it can work", || answers(&dev) == 200);
    let before = scrape(&address);
    let tenant = Tenant::ask_for(&dev, "owls", "sample", &["--env", "S3_SECRET_ACCESS_KEY=hunter2"]);
    let settled = || {
        let waited = dev.tenant(&["wait", &tenant.subdomain, "--timeout", "90s"]);
        assert!(waited.status.success(), "{}", text(&waited.stderr));
    };
    settled();
    let key = std::fs::read_to_string(dev.ready("key_file")).unwrap().trim().to_owned();
    let url = format!("{}/api/v1/tenants/tnt_{}/restart", dev.ready("api"), tenant.id);
    let bearer = format!("Authorization: Bearer {key}");
    output_of(
        "curl",
        &["--silent", "--fail", "--request", "POST", "--header", &bearer, "--header", "X-Request-Id: find-me", &url],
    );
    settled();

    let after = scrape(&address);
    let grew = |name: &str, labels: &[(&str, &str)]| value(&after, name, labels) - value(&before, name, labels);
    for (name, labels) in DONE {
        assert!(grew(name, labels) >= 1.0, "{name} {labels:?}\n{after}");
    }
    assert!((value(&after, "fresco_tenants", &[]) - 1.0).abs() < f64::EPSILON, "{after}");
    for (name, most) in
        [("fresco_queue_oldest_seconds", 5.0), ("fresco_queue_due", 1.0), ("fresco_deployments_open", 0.0)]
    {
        assert!(after.contains(name) && value(&after, name, &[]) <= most, "{name}\n{after}");
    }
    let (log, id) = (std::fs::read_to_string(&log_file).unwrap(), tenant.id.as_str());
    for secret in ["hunter2", &key[key.len() - 64..], "owls", id] {
        assert!(!after.contains(secret), "{secret} is in\n{after}");
    }
    for secret in ["hunter2", &key[key.len() - 64..]] {
        assert!(!log.contains(secret), "{secret} is in\n{log}");
    }
    // Not where people are.
    let (_, public) = dev.curl("/metrics");
    assert!(!public.contains("fresco_http"), "{public}");

    let answered = lines(&log_file, "answered");
    let answered = answered.iter().find(|line| line["span"]["request.id"] == "find-me").expect("the request's line");
    assert_eq!(answered["span"]["tenant.id"], format!("tnt_{id}"));
    dev.wait_until("the pass has ended", || {
        let passes = lines(&log_file, "pass ended");
        passes.iter().any(|line| {
            let span = &line["span"];
            span["request.id"] == "find-me" && span["tenant.id"] == format!("tnt_{id}") && span["generation"] == 2
        })
    });
    let steps = lines(&log_file, "step");
    assert!(steps.iter().any(|line| line["span"]["request.id"] == "find-me"), "its steps are told as its");
}

#[test]
fn a_worker_of_its_own_has_metrics_of_its_own() {
    let mut dev = Dev::start();
    dev.kill();
    let addresses = [free_address(), free_address()];
    let monitoring = [
        ("FRESCOD_MONITORING__LISTEN", addresses[0].clone().into()),
        ("FRESCOD_MONITORING__WORKER_LISTEN", addresses[1].clone().into()),
    ];
    let _worker = Daemon::start(&dev, &["--role", "worker"], &monitoring);
    let url = format!("http://{}/metrics", addresses[1]);
    let metrics = || text(&Command::new("curl").args(["--silent", "--max-time", "5", &url]).output().unwrap().stdout);
    dev.wait_until("it answers", || metrics().contains("fresco_database_up 1"));
    let here = metrics();
    assert!(here.contains("fresco_queue_due") && !here.contains("fresco_http_requests_total"), "{here}");
    assert!(std::net::TcpStream::connect(&addresses[0]).is_err(), "the API's is the API's");
}
