//! The hostile probe: it finds nothing on a platform as it is set up, and each hole that is opened on purpose.

use std::net::TcpListener;
use std::process::Command;

use serde_json::Value;

use crate::support::{Dev, frescod, image, output_of, text};
use crate::tenant::{PLATFORM, SHARED, Tenant, sql};

/// What the probe of that tenant found.
pub(crate) fn probe(dev: &Dev, tenant: &Tenant) -> Value {
    let output = dev.tenant(&["probe", &tenant.subdomain, "--json"]);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output.stderr)));
    assert!(answer["failure"].is_null(), "{answer:#}");
    assert_eq!(output.status.success(), answer["report"]["verdict"] == "tight", "{answer:#}");
    answer["report"].clone()
}

pub(crate) fn is_tight(dev: &Dev, tenant: &Tenant) {
    let report = probe(dev, tenant);
    assert_eq!(report["verdict"], "tight", "{report:#}");
    assert_eq!(report["findings"], serde_json::json!([]), "{report:#}");
}

/// The probe finds `check` with a target or an outcome that has `words` in it.
pub(crate) fn finds(dev: &Dev, tenant: &Tenant, (check, severity, words): (&str, &str, &str)) {
    let report = probe(dev, tenant);
    let found =
        report["findings"].as_array().unwrap().iter().find(|found| {
            found["check"] == check && found["severity"] == severity && found.to_string().contains(words)
        });
    let found = found.unwrap_or_else(|| panic!("{check}, {severity}, {words} is not in {report:#}"));
    assert_eq!(report["verdict"], "holes");
    assert!(!found["mend"].as_str().unwrap().is_empty());
}

fn superuser(dev: &Dev, statement: &str) {
    sql(dev, PLATFORM, statement);
}

fn firewall(dev: &Dev, action: &str) {
    let output = frescod().args(["firewall", action, "--config", &dev.ready("config")]).output().unwrap();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
}

/// A rule of the host's own; gone with this.
struct Rule(Vec<String>);

impl Rule {
    /// As the engine has it for a bridge whose containers may reach one another: behind the jump to DOCKER-USER.
    fn accept(bridge: &str) -> Self {
        let rule = ["-i", bridge, "-o", bridge, "-j", "ACCEPT"].map(str::to_owned).to_vec();
        let output =
            Command::new("iptables").args(["--wait", "10", "-I", "FORWARD", "2"]).args(&rule).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        Self(rule)
    }
}

impl Drop for Rule {
    fn drop(&mut self) {
        let output = Command::new("iptables").args(["--wait", "10", "-D", "FORWARD"]).args(&self.0).output().unwrap();
        assert!(output.status.success() || std::thread::panicking(), "{}", text(&output.stderr));
    }
}

/// Containers of probes that are still there.
fn left_over(tenants: &[Tenant]) -> usize {
    let names = output_of("docker", &["ps", "--all", "--format", "{{.Names}}"]);
    let probe = |tenant: &Tenant| format!("fresco_probe_{}", tenant.id);
    names.lines().filter(|name| tenants.iter().any(|tenant| probe(tenant) == **name)).count()
}

pub(crate) fn setting(dev: &Dev, section: &str, key: &str) -> String {
    let config: toml::Table = std::fs::read_to_string(dev.ready("config")).unwrap().parse().unwrap();
    config[section][key].as_str().unwrap().to_owned()
}

fn two(dev: &Dev) -> [Tenant; 2] {
    let tenants =
        [("owls", "sample"), ("terns", "sample-schema")].map(|(name, app)| Tenant::ask_for(dev, name, app, &[]));
    tenants.iter().for_each(|tenant| tenant.wait_active(dev));
    tenants
}

#[test]
fn a_platform_as_it_is_set_up_is_tight_and_each_hole_is_found() {
    image();
    let dev = Dev::start();
    let [owls, terns] = two(&dev);
    let report = probe(&dev, &owls);
    assert_eq!(report["verdict"], "tight", "{report:#}");
    let tried: Vec<_> = report["tried"].as_array().unwrap().iter().map(|tried| &tried["check"]).collect();
    let everything = [
        "other_tenants",
        "host",
        "engine",
        "private_networks",
        "metadata",
        "mail",
        "own_database",
        "other_databases",
        "platform_database",
        "other_data",
        "privileges",
        "process",
    ];
    assert!(everything.iter().all(|check| tried.iter().any(|tried| *tried == check)), "{tried:?}");
    is_tight(&dev, &terns);

    let (role, database) = (owls.role(), owls.database());
    for (open, close, wanted, tenant) in [
        (
            format!("GRANT CONNECT ON DATABASE {database} TO PUBLIC"),
            format!("REVOKE CONNECT ON DATABASE {database} FROM PUBLIC"),
            ("other_databases", "critical", database.as_str()),
            &terns,
        ),
        (
            format!("GRANT CONNECT ON DATABASE {PLATFORM} TO PUBLIC"),
            format!("REVOKE CONNECT ON DATABASE {PLATFORM} FROM PUBLIC"),
            ("platform_database", "critical", PLATFORM),
            &owls,
        ),
        (
            format!("ALTER ROLE {role} SUPERUSER"),
            format!("ALTER ROLE {role} NOSUPERUSER"),
            ("privileges", "high", "SUPERUSER"),
            &owls,
        ),
        (
            format!("GRANT pg_read_all_data TO {role}"),
            format!("REVOKE pg_read_all_data FROM {role}"),
            ("privileges", "high", "pg_read_all_data"),
            &owls,
        ),
    ] {
        superuser(&dev, &open);
        finds(&dev, tenant, wanted);
        superuser(&dev, &close);
        is_tight(&dev, tenant);
    }
    sql(&dev, SHARED, "GRANT CREATE ON SCHEMA public TO PUBLIC");
    finds(&dev, &terns, ("other_data", "high", "make a table in public"));
    sql(&dev, SHARED, "REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    assert_eq!(left_over(&[owls.clone(), terns.clone()]), 0);
    assert_eq!(owls.parts(&dev), owls.whole(), "the probe leaves nothing, and the tenant as it was");
    owls.enter(&dev, "an owl");
    owls.answers_with(&dev, "an owl");
}

#[test]
fn without_the_firewall_a_port_of_the_host_and_without_isolation_another_tenant_is_found() {
    image();
    let dev = Dev::start_with(vec![("FRESCOD_PROBE__AFTER_DEPLOY", "true".into())]);
    let [owls, terns] = two(&dev);
    for tenant in [&owls, &terns] {
        dev.wait_until("the deploy is followed by a probe", || {
            let last = dev.tenant(&["probe", &tenant.subdomain, "--last", "--json"]);
            let answer: Value = serde_json::from_slice(&last.stdout).unwrap();
            answer["report"]["verdict"] == "tight"
        });
    }
    // On all addresses, as most services are by default.
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    is_tight(&dev, &owls);
    firewall(&dev, "remove");
    finds(&dev, &owls, ("host", "high", &format!(":{port}")));
    let rule = Rule::accept(&setting(&dev, "engine", "network_interface"));
    let neighbour = output_of(
        "docker",
        &["inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", &terns.container()],
    );
    finds(&dev, &owls, ("other_tenants", "critical", &format!("{}:3000", neighbour.trim())));
    // Ours is asked first: what the engine's bridge would let through, it does not.
    firewall(&dev, "apply");
    is_tight(&dev, &owls);
    drop(rule);
}
