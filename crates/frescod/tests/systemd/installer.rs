//! `scripts/install`: what it does, does once, and takes away; and the units it brings.

use crate::machine::Machine;

/// Tenths, as `systemd-analyze` counts: 2.0.
const MOST_EXPOSED: u32 = 20;
/// 0.9, of the one that Traefik talks to and that needs no network.
const LEAST_EXPOSED: u32 = 9;

const VIEW: &str = "fresco-engine-view.service";

#[test]
fn what_is_there_is_left_alone_and_what_was_brought_can_be_taken_away() {
    let machine = Machine::boot("installer");
    let refused = machine.try_run("/platform/scripts/install --binary /platform/frescod");
    assert!(!refused.status.success(), "a domain is needed");

    let first = machine.install("--domain example.org --local-postgres");
    for told in ["writing /usr/local/bin/frescod", "making the account fresco ", "holds a new key", "frescod.toml"] {
        assert!(first.contains(told), "{told} is not in {first}");
    }
    let state = "find /etc/frescod /var/lib/frescod /usr/local/bin /etc/systemd/system/fresco* -printf '%p %m %U %T@\\n' | sort";
    let before = machine.run(state);
    let second = machine.install("--domain other.example --local-postgres");
    assert_eq!(machine.run(state), before, "{second}");
    assert!(!second.contains("writing") && !second.contains("making the account"), "{second}");
    machine.run("grep -F 'domain = \"example.org\"' /etc/frescod/frescod.toml");
    assert_eq!(machine.run("find /etc/frescod/secrets -perm /077"), "", "secrets are root's alone");

    machine.install("--split --start");
    for unit in ["frescod-api.service", "frescod-worker.service", VIEW, "fresco-engine-view.socket"] {
        assert_eq!(machine.show(unit, "UnitFileState"), "enabled");
    }
    let away = machine.install("--uninstall");
    assert!(away.contains("tenants go on running"), "{away}");
    assert_eq!(machine.run("ls /etc/systemd/system | grep -c fresco || true"), "0");
    machine.run("test -e /etc/frescod/secrets/key && ! test -e /usr/local/bin/frescod && ! pgrep frescod");

    // What stayed is taken up again.
    machine.install("--start");
    machine.run("curl --silent --fail http://127.0.0.1:8080/readyz");
    machine.install("--uninstall --purge");
    machine.run("! test -e /etc/frescod && ! test -e /var/lib/frescod && ! getent passwd fresco fresco-api");
}

#[test]
fn the_units_are_sound_and_exposed_to_little() {
    let machine = Machine::boot("units");
    machine.install("--domain example.org --split");
    machine.install("");
    assert_eq!(machine.run("systemd-analyze verify /etc/systemd/system/fresco* 2>&1 | grep fresco || true"), "");
    let most = |unit| (unit, MOST_EXPOSED);
    let units = ["frescod.service", "frescod-api.service", "frescod-worker.service"].map(most);
    for (unit, most) in units.into_iter().chain([(VIEW, LEAST_EXPOSED)]) {
        let rated = machine
            .run(&format!("systemd-analyze security --offline=true --threshold={most} /etc/systemd/system/{unit}"));
        println!("{}", rated.lines().last().unwrap());
    }
}
