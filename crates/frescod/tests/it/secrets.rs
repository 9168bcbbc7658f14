//! What is secret stands in a tenant's container and, sealed, in its row; nowhere else.

use std::path::Path;

use crate::intruder::{database_url, inspect, variable};
use crate::support::{Dev, frescod, image, output_of, text};
use crate::tenant::{PLATFORM, Tenant, sql};

const PLANTED: &str = "planted-5e1f0c7ab2";

#[test]
fn a_secret_is_told_to_the_container_and_to_nobody_else() {
    image();
    let mut dev = Dev::start_with(vec![("FRESCOD_LOG__FILTER", "trace".into())]);
    let planted = format!("S3_SECRET_ACCESS_KEY={PLANTED}");
    let tenant = Tenant::deploy(&dev, "owls", "sample", &["--env", &planted]);
    // One whose release fails: its log and its failure are shown too.
    let failing = ["--env", &planted, "--env", "SAMPLE_RELEASE_FAULT=fail"];
    let failed = Tenant::ask_for(&dev, "larks", "sample", &failing);
    dev.wait_until("the failure is known", || !failed.shown(&dev)["last_error"].is_null());

    let shown = inspect(&tenant);
    assert_eq!(variable(&shown, "S3_SECRET_ACCESS_KEY"), PLANTED);
    let url = database_url(&tenant);
    let password = url.split(['@', ':']).nth(2).unwrap().to_owned();
    let generated = variable(&shown, "TOTP_ENCRYPTION_KEY");
    let secrets = [PLANTED.to_owned(), password, generated];
    assert!(secrets.iter().all(|secret| secret.len() >= 16), "{secrets:?}");

    let mut told = answers(&dev, &[&tenant, &failed]);
    told.push(("the labels", shown["Config"]["Labels"].to_string()));
    told.push(("the platform's rows", rows(&dev)));
    assert_eq!(dev.stop(), Some(0));
    told.push(("the log", dev.log()));
    assert!(dev.log().contains("ensure_role"), "the log is not that of a deploy in full");
    for (place, text) in &told {
        assert!(text.len() > 20, "{place} is empty");
        for secret in &secrets {
            assert!(!text.contains(secret.as_str()), "{secret} is in {place}: {text}");
        }
    }
    for secret in &secrets {
        assert_eq!(files_with(&dev.state(), secret), Vec::<String>::new(), "{secret}");
    }
    dev.start_again();
}

/// Everything the API and the command line say.
fn answers(dev: &Dev, tenants: &[&Tenant]) -> Vec<(&'static str, String)> {
    let key = std::fs::read_to_string(dev.ready("key_file")).unwrap();
    let key = format!("Authorization: Bearer {}", key.trim());
    let api = |path: &str| {
        let url = format!("{}/api/v1{path}", dev.ready("api"));
        output_of("curl", &["--silent", "--fail", "--header", &key, &url])
    };
    let mut told = vec![("the list", api("/tenants")), ("the apps", api("/apps"))];
    for Tenant { id, subdomain, .. } in tenants {
        told.push(("the tenant", api(&format!("/tenants/tnt_{id}"))));
        told.push(("the plan", api(&format!("/tenants/tnt_{id}/plan"))));
        told.push(("the events", api(&format!("/tenants/tnt_{id}/events?limit=200"))));
        told.push(("the deployments", api(&format!("/tenants/tnt_{id}/deployments"))));
        told.push(("the lines", api(&format!("/tenants/tnt_{id}/logs?oldest=true&limit=5000"))));
        told.push(("the export", api(&format!("/tenants/tnt_{id}/logs/export"))));
        told.push(("the measurements", api(&format!("/tenants/tnt_{id}/metrics"))));
        told.push(("the wait", api(&format!("/tenants/tnt_{id}/wait?generation=1&timeout=1"))));
        told.push(("`tenant show`", text(&dev.tenant(&["show", subdomain]).stdout)));
        told.push(("`tenant logs`", text(&dev.tenant(&["logs", subdomain]).stdout)));
        told.push(("`tenant plan`", text(&dev.tenant(&["plan", subdomain]).stdout)));
    }
    told.push(("the audit log", api("/audit/export")));
    told.push(("`tenant list`", text(&dev.tenant(&["list"]).stdout)));
    let doctor = frescod().args(["doctor", "--config"]).arg(dev.ready("config")).output().unwrap();
    told.push(("`doctor`", text(&doctor.stdout)));
    told
}

/// Every row of every table of the platform, as text.
fn rows(dev: &Dev) -> String {
    let tables = sql(dev, PLATFORM, "SELECT tablename FROM pg_tables WHERE schemaname = 'fresco'");
    assert!(tables.iter().any(|table| table == "tenant_secrets"), "{tables:?}");
    let rows = tables.iter().flat_map(|table| sql(dev, PLATFORM, &format!("SELECT t::text FROM fresco.{table} t")));
    rows.collect::<Vec<_>>().join("\n")
}

/// The files that hold it; PostgreSQL's own, and so its write-ahead log, among them.
fn files_with(folder: &Path, secret: &str) -> Vec<String> {
    let output = std::process::Command::new("grep")
        .args(["--recursive", "--files-with-matches", "--text", "--fixed-strings", "--regexp", secret])
        .arg(folder)
        .output()
        .unwrap();
    // 1: none found.
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}", text(&output.stderr));
    text(&output.stdout).lines().map(str::to_owned).collect()
}
