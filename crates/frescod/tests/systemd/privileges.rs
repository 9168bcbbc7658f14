//! What each process may: asked from inside its own sandbox, as its own account, with its own credentials.

use crate::machine::Machine;

/// What it is called, and how it is tried.
const TRIES: [(&str, &str); 13] = [
    ("writes its state", "touch /var/lib/frescod/try && rm /var/lib/frescod/try"),
    ("reads its credentials", "cat $CREDENTIALS_DIRECTORY/*"),
    ("reads the sealing key", "cat /run/credentials/*/key"),
    ("opens the engine", "curl --fail --unix-socket /run/docker.sock http://engine/_ping"),
    ("reads the admin's URL", "cat /run/credentials/*/tenants-admin-url"),
    ("reads the worker's URL", "cat /run/credentials/*/worker-database-url"),
    ("reads the secrets' files", "cat /etc/frescod/secrets/key"),
    ("reads the passwords of the host", "cat /etc/shadow"),
    ("writes its configuration", "touch /etc/frescod/try"),
    ("writes programs", "touch /usr/local/bin/try"),
    ("writes elsewhere", "touch /var/lib/try || touch /var/log/try || touch /home/try || touch /root/try"),
    ("sees others' processes", "[ -e /proc/1/cmdline ]"),
    ("makes itself root of a namespace", "unshare --map-root-user true"),
];

/// What of [`TRIES`] the unit's processes can do.
fn abilities(machine: &Machine, unit: &str) -> Vec<String> {
    let script: String = TRIES
        .iter()
        .map(|(what, how)| {
            format!("if ( {how} ) >/dev/null 2>&1; then echo \"{what}: yes\"; else echo \"{what}: no\"; fi\n")
        })
        .collect();
    let folder = format!("/run/systemd/system/{unit}.d");
    machine.run(&format!(
        "mkdir -p {folder} && cat >/usr/local/bin/tries <<'END'\n{script}END\n\
         printf '[Service]\\nExecStartPre=/bin/sh /usr/local/bin/tries\\n' >{folder}/test.conf\n\
         systemctl daemon-reload && systemctl restart {unit}"
    ));
    let invocation = machine.show(unit, "InvocationID");
    let log = machine.run(&format!("journalctl --output cat _SYSTEMD_INVOCATION_ID={invocation}"));
    let told: Vec<_> = log.lines().filter_map(|line| line.split_once(": ")).collect();
    let tried = TRIES.map(|(what, _)| what);
    let results = told.into_iter().filter(|(what, _)| tried.contains(what));
    let (yes, no): (Vec<_>, Vec<_>) = results.partition(|(_, result)| *result == "yes");
    assert_eq!(yes.len() + no.len(), tried.len(), "each was tried: {log}");
    yes.into_iter().map(|(what, _)| what.to_owned()).collect()
}

const OF_THE_API: [&str; 1] = ["reads its credentials"];
const OF_THE_WORKER: [&str; 6] = [
    "writes its state",
    "reads its credentials",
    "reads the sealing key",
    "opens the engine",
    "reads the admin's URL",
    "reads the worker's URL",
];

const OF_THE_VIEW: [&str; 1] = ["opens the engine"];

#[test]
fn the_api_has_neither_the_engine_nor_the_workers_secrets_and_nobody_writes_elsewhere() {
    let machine = Machine::boot("privileges");
    machine.install("--domain example.org --local-postgres --split --start");
    // While the worker runs, so that its credentials are there to be stolen.
    assert_eq!(abilities(&machine, "frescod-api.service"), OF_THE_API);
    assert_eq!(abilities(&machine, "frescod-worker.service"), OF_THE_WORKER);
    assert_eq!(abilities(&machine, "fresco-engine-view.service"), OF_THE_VIEW);
    machine.run("curl --silent --fail http://127.0.0.1:8080/readyz");

    for (unit, other) in [("frescod-api", "frescod-worker"), ("frescod-worker", "frescod-api")] {
        let (killed, stays) = (machine.show(unit, "MainPID"), machine.show(other, "MainPID"));
        machine.run(&format!("kill -KILL {killed}"));
        machine.wait_for_another(unit, &killed);
        assert_eq!(machine.show(other, "MainPID"), stays, "{other} goes on when {unit} dies");
    }

    machine.install("--start");
    assert_eq!(abilities(&machine, "frescod.service"), OF_THE_WORKER, "one process is both");
    let others = machine.run("systemctl list-units --state=active --no-legend 'frescod-*' | wc -l");
    assert_eq!(others, "0", "either one or two");
}
