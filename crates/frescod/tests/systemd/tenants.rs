//! A tenant on a host that was installed so: beside the platform, and there again after a reboot.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::machine::{Machine, repository, text};

const VIEW: &str = "fresco-engine-view.service";
const CLIENT: &str = "FRESCOD_KEY_FILE=/root/key frescod tenant";

fn sample_image() -> &'static str {
    let script: &Path = &repository().join("scripts/sample-image");
    let made = Command::new(script).output().unwrap();
    assert!(made.status.success(), "{}", text(&made.stderr));
    "fresco-sample:4.0.0"
}

/// When the tenant's container was started.
fn started(machine: &Machine) -> String {
    machine.run("docker inspect --format '{{.State.StartedAt}}' $(docker ps -q --filter name=fresco_tenant_)")
}

#[test]
fn tenants_live_in_their_slice_whatever_becomes_of_the_platform_and_return_with_the_host() {
    let machine = Machine::boot("tenants");
    machine.bring_image(sample_image());
    machine.install("--domain example.org --local-postgres --split");
    machine.run(r"sed -i 's/^domain = .*/&\nsample_apps = true/' /etc/frescod/frescod.toml");
    machine.install("--split --start");
    machine.run("umask 077; frescod operator-key create --name me >/root/key");
    machine.run(&format!("{CLIENT} deploy owls --app sample --timeout 90s"));
    let groups = machine
        .run("cat /proc/$(docker inspect -f '{{.State.Pid}}' $(docker ps -q --filter name=fresco_tenant_))/cgroup");
    assert!(groups.contains("/fresco.slice/fresco-tenants.slice/"), "{groups}");
    let slices = ["frescod-api", "frescod-worker"].map(|unit| machine.show(unit, "Slice"));
    assert_eq!(slices, ["fresco-platform.slice", "fresco-platform.slice"]);
    let slice = finding(&machine, "tenants' slice");
    assert!(slice["verdict"] == "ok" && slice["detail"].as_str().unwrap().contains("weight"), "{slice}");
    assert_eq!(finding(&machine, "live-restore")["verdict"], "ok");

    machine.run("frescod firewall check");
    machine.run("iptables --flush && ! frescod firewall check");
    machine.wait_until("a firewall that was flushed is there again", "frescod firewall check");

    sees_the_tenant_and_gives_no_order(&machine);
    let before = started(&machine);
    let view = machine.show(VIEW, "MainPID");
    machine.run("systemctl restart frescod-api frescod-worker");
    machine.install("--split --start");
    assert_eq!(machine.show(VIEW, "MainPID"), view, "no reason to restart it");
    // Else it would be the timer that mends what the engine puts first.
    machine.run("systemctl stop fresco-firewall.timer && kill -KILL $(systemctl show --value -p MainPID docker)");
    machine.wait_until("the engine is back", "systemctl is-active docker && docker version");
    machine.wait_until("so is the firewall", "frescod firewall check");
    machine.run("systemctl start fresco-firewall.timer");
    machine.run(&format!("{CLIENT} wait owls --timeout 90s"));
    assert_eq!(started(&machine), before, "the tenant noticed nothing of any of it");

    machine.reboot();
    machine.wait_until("the API is back", "curl --silent --fail http://127.0.0.1:8080/readyz");
    machine.run(&format!("{CLIENT} wait owls --timeout 90s"));
    assert_ne!(started(&machine), before);
    sees_the_tenant_and_gives_no_order(&machine);
    machine.run("frescod firewall check");
    let told = machine.run("journalctl --output=cat --unit=docker --unit=fresco-firewall");
    let (_, since) = told.rsplit_once("Stopped docker.service").unwrap();
    let first = since.lines().nth(1).unwrap();
    assert_eq!(first, "the rules for fresco0 are there now", "before the engine begins to start: {told}");
    machine.run(&answers_with_its_data(&machine));

    machine.install("--uninstall");
    assert_eq!(machine.run("docker ps -q --filter name=fresco_tenant_ | wc -l"), "1", "tenants go on");
}

/// As Traefik would, the first time right after the view was killed.
fn sees_the_tenant_and_gives_no_order(machine: &Machine) {
    let ask = "curl --silent --unix-socket /run/frescod/engine.sock --write-out ' %{http_code}'";
    let killed = machine.show(VIEW, "MainPID");
    let listed = machine.run(&format!("kill -KILL {killed}; {ask} http://engine/containers/json"));
    assert!(listed.contains("fresco_tenant_") && listed.ends_with(" 200"), "{listed}");
    assert_ne!(machine.show(VIEW, "MainPID"), killed);
    let refused = machine.run(&format!("{ask} --request POST http://engine/containers/create"));
    assert!(refused.ends_with(" 403"), "{refused}");
    assert_eq!(machine.run("stat --format '%U:%G %a' /run/frescod/engine.sock"), "fresco:fresco-view 660");
    // Nobody asks there all the time: there is no Traefik on this host.
    let found = finding(machine, "Traefik's view of the engine");
    assert!(found["verdict"] == "warn" && found["detail"].as_str().unwrap().contains("nobody asks there"), "{found}");
}

/// Asks the tenant itself, which asks its database.
fn answers_with_its_data(machine: &Machine) -> String {
    let address = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
    let address = machine.run(&format!("docker inspect -f '{address}' $(docker ps -q --filter name=fresco_tenant_)"));
    format!("curl --silent --fail --max-time 10 http://{address}:3000/whoami")
}

fn finding(machine: &Machine, name: &str) -> Value {
    // Traefik isn't on this host, which is a finding too.
    let answer: Value = serde_json::from_str(&machine.run("frescod doctor --json || true")).unwrap();
    let findings = answer["findings"].as_array().unwrap();
    findings.iter().find(|finding| finding["name"] == name).unwrap_or_else(|| panic!("{answer:#}")).clone()
}
