//! systemd starts it, sees that it works, and brings it back.

use std::time::Instant;

use crate::machine::Machine;

const UNIT: &str = "frescod.service";

#[test]
fn it_says_when_it_is_ready_comes_back_however_it_ends_and_stops_in_time() {
    let machine = Machine::boot("supervision");
    machine.install("--domain example.org --local-postgres --start");
    machine.run("curl --silent --fail http://127.0.0.1:8080/readyz");
    let status = "reconciler: waits for work; api: answers on 127.0.0.1:8080";
    machine.wait_until("it says what it is at", &format!("systemctl show -p StatusText {UNIT} | grep -F '{status}'"));

    let first = machine.show(UNIT, "MainPID");
    machine.run(&format!("kill -KILL {first}"));
    let second = machine.wait_for_another(UNIT, &first);
    machine.run("curl --silent --fail http://127.0.0.1:8080/readyz");

    // Shorter than an operator has it, and longer than the loop sleeps when there is nothing to do.
    drop_in(&machine, "[Service]\nWatchdogSec=8s");
    let third = machine.wait_for_another(UNIT, &second);
    machine.run(&format!("kill -STOP {third}"));
    let fourth = machine.wait_for_another(UNIT, &third);
    machine.run(&format!("journalctl -u {UNIT} | grep -F 'Watchdog timeout (limit 8s)!'"));
    machine.run("curl --silent --fail http://127.0.0.1:8080/readyz");
    assert_eq!(machine.show(UNIT, "NRestarts"), "1", "the second hang of all since the unit was started by hand");

    let stopping = Instant::now();
    machine.run(&format!("systemctl stop {UNIT}"));
    assert!(stopping.elapsed().as_secs() < 20, "it took {:?}", stopping.elapsed());
    assert_eq!(machine.show(UNIT, "ExecMainPID"), fourth, "the one that came back is the one that was stopped");
    assert_eq!((machine.show(UNIT, "Result"), machine.show(UNIT, "ExecMainStatus")), ("success".into(), "0".into()));
}

#[test]
fn a_database_that_is_away_is_waited_for_and_a_wrong_configuration_is_not_tried_again() {
    let machine = Machine::boot("waits");
    machine.install("--domain example.org --local-postgres --start");
    machine.run(&format!("systemctl stop {UNIT} postgresql@15-main && systemctl start --no-block {UNIT}"));
    machine.wait_until("it tries again", &format!("[ $(systemctl show --value -p NRestarts {UNIT}) -ge 2 ]"));
    machine.run("systemctl start postgresql@15-main");
    machine.wait_until("it has found its database", &format!("systemctl is-active {UNIT}"));

    machine.run("sed -i 's/^domain = .*/domain = \"Example!\"/' /etc/frescod/frescod.toml");
    assert!(!machine.try_run(&format!("systemctl restart {UNIT}")).status.success());
    let told = ["ActiveState", "ExecMainStatus", "NRestarts"].map(|property| machine.show(UNIT, property));
    assert_eq!(told, ["failed", "78", "0"]);
    machine.run(&format!("journalctl -u {UNIT} | grep -F '`tenants.domain` is \"Example!\"'"));
}

/// Changes the unit, and starts it again with the change.
fn drop_in(machine: &Machine, content: &str) {
    let folder = format!("/run/systemd/system/{UNIT}.d");
    machine.run(&format!(
        "mkdir -p {folder} && printf '{content}\\n' >{folder}/test.conf && systemctl daemon-reload && systemctl restart {UNIT}"
    ));
}
