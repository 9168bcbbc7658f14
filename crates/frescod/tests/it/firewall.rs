//! The firewall on a host of its own: real engine, real containers, both families of iptables.

use std::process::Output;

use serde_json::Value;

use crate::host::{GATEWAY, Host, OWN, Opened, PUBLIC, WORLD};
use crate::support::{frescod, text};

/// The database, and what else listens on the host.
const DATABASE: u16 = 5432;
const OTHER: u16 = 8080;

fn firewall(host: &Host, arguments: &[&str], more: &str) -> Output {
    let mut command = host.inside(frescod().get_program());
    command.arg("firewall").args(arguments).arg("--config").arg(host.configuration(more)).output().unwrap()
}

fn succeeds(host: &Host, action: &str, more: &str) -> String {
    let output = firewall(host, &[action], more);
    assert!(output.status.success(), "{action}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// What `check` complains of.
fn complaints(host: &Host) -> Vec<String> {
    let output = firewall(host, &["check", "--json"], "");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let all = answer["differences"].as_array().unwrap();
    assert_eq!(output.status.success(), all.is_empty(), "{answer}");
    assert_eq!(answer["in_force"], all.is_empty(), "{answer}");
    assert!(all.iter().all(|found| !found["mend"].as_str().unwrap().is_empty()), "{answer}");
    all.iter().map(|found| found["what"].as_str().unwrap().to_owned()).collect()
}

/// A host where all that could be reached answers: databases, other ports, mail, others.
fn busy(backend: &'static str) -> (Host, String, String) {
    let mut host = Host::start(backend);
    for port in [DATABASE, OTHER] {
        host.serve(port);
    }
    for port in [80, 587] {
        host.serve_in_the_world(port);
    }
    host.tenant("one", "fresco");
    let neighbour = host.tenant("two", "fresco");
    host.docker(&["network", "create", "--subnet", "10.78.0.0/24", "elsewhere"]);
    let stranger = host.tenant("stranger", "elsewhere");
    (host, neighbour, stranger)
}

/// What one tenant reaches of all there is; the database first.
fn reached(host: &Host, neighbour: &str, stranger: &str) -> Vec<bool> {
    let on_the_host = [(GATEWAY, DATABASE), (GATEWAY, OTHER), (OWN, DATABASE), (OWN, OTHER), ("10.78.0.1", OTHER)];
    let in_the_world = WORLD.into_iter().map(|address| (address, 80)).chain([(PUBLIC, 587)]);
    let all = on_the_host.into_iter().chain([(neighbour, 3000)]).chain(in_the_world);
    let mut reached: Vec<bool> = all.map(|(address, port)| host.reaches("one", address, port)).collect();
    // The engine itself drops what comes from another bridge without an answer, but ours is asked first.
    if complaints(host).is_empty() {
        reached.push(host.reaches("one", stranger, 3000));
    }
    reached
}

const DATABASE_AND_INTERNET: [bool; 12] =
    [true, false, false, false, false, false, true, false, false, false, false, false];

fn keeps_tenants_to_what_they_need(backend: &'static str) {
    let (mut host, neighbour, stranger) = busy(backend);
    let before = host.rules();
    assert!(reached(&host, &neighbour, &stranger).iter().all(|reached| *reached), "without rules everything answers");
    assert!(!complaints(&host).is_empty());

    assert!(succeeds(&host, "apply", "").contains("are there now"));
    assert_eq!(reached(&host, &neighbour, &stranger), DATABASE_AND_INTERNET);
    let applied = host.rules();
    assert!(succeeds(&host, "apply", "").contains("were there already"));
    assert!(firewall(&host, &["apply", "--quiet"], "").stdout.is_empty());
    assert_eq!(host.rules(), applied);

    host.stop_engine();
    host.start_engine();
    host.docker(&["start", "one", "two", "stranger"]);
    assert_eq!(complaints(&host), [""; 0]);
    let [neighbour, stranger] = ["two", "stranger"].map(|name| host.address_of(name));
    assert_eq!(reached(&host, &neighbour, &stranger), DATABASE_AND_INTERNET, "after a restart of the engine");

    let before_removal = host.rules();
    assert!(succeeds(&host, "remove", "").contains("are gone"));
    assert!(succeeds(&host, "remove", "").contains("there were no rules"));
    let ours = |rules: &str| rules.lines().filter(|line| line.contains("FRESCO")).count();
    assert_eq!((ours(&before), ours(&host.rules())), (0, 0));
    let others =
        |rules: &str| rules.lines().filter(|line| !line.contains("FRESCO")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(others(&before_removal), others(&host.rules()), "nothing of anybody else's is touched");
}

#[test]
fn tenants_are_kept_to_what_they_need_by_nftables() {
    keeps_tenants_to_what_they_need("nft");
}

#[test]
fn tenants_are_kept_to_what_they_need_by_legacy_iptables() {
    keeps_tenants_to_what_they_need("legacy");
}

/// As at boot: nothing is left of the packet filter, and containers start with the engine.
fn no_container_starts_without_them(backend: &'static str) {
    let mut host = Host::start(backend);
    for port in [DATABASE, OTHER] {
        host.serve(port);
    }
    let tries = |port, word| format!("/bin/busybox nc -w 1 {GATEWAY} {port} </dev/null >/dev/null && echo {word}");
    let script = format!("while :; do {}; {}; done", tries(OTHER, "hole"), tries(DATABASE, "database"));
    let run = ["run", "--detach", "--restart", "always", "--stop-signal", "KILL", "--network", "fresco"];
    host.docker(&[&run[..], &["--name", "early", "busybox", "/bin/busybox", "sh", "-c", &script]].concat());
    let started = |host: &Host| host.docker(&["inspect", "--format", "{{.State.StartedAt}}", "early"]);
    let said = |host: &Host, word: &str| host.docker(&["logs", "--since", &started(host), "early"]).contains(word);
    host.wait_until("it reaches all", || said(&host, "hole") && said(&host, "database"));
    let before = started(&host);

    host.stop_engine();
    host.forget();
    succeeds(&host, "apply", "");
    host.start_engine();
    host.wait_until("it tries again", || started(&host) != before && said(&host, "database"));
    assert!(!said(&host, "hole"));
    assert_eq!(complaints(&host), [""; 0]);
}

#[test]
fn no_container_starts_without_rules_of_nftables() {
    no_container_starts_without_them("nft");
}

#[test]
fn no_container_starts_without_rules_of_legacy_iptables() {
    no_container_starts_without_them("legacy");
}

fn ends_what_was_open(backend: &'static str) {
    let (host, neighbour, _) = busy(backend);
    let open = |(address, port)| host.open("one", address, port);
    let allowed = [(GATEWAY, DATABASE), (PUBLIC, 80)].map(open);
    let refused = [(GATEWAY, OTHER), (OWN, DATABASE), ("10.9.9.9", 80), (&neighbour, 3000)].map(open);
    succeeds(&host, "apply", "");
    assert_eq!(allowed.map(Opened::answers), [true; 2]);
    assert_eq!(refused.map(Opened::answers), [false; 4]);
}

#[test]
fn what_was_open_before_nftables_had_rules_ends_with_them() {
    ends_what_was_open("nft");
}

#[test]
fn what_was_open_before_legacy_iptables_had_rules_ends_with_them() {
    ends_what_was_open("legacy");
}

#[test]
fn what_an_operator_configures_holds_and_each_hole_is_named() {
    let (host, neighbour, _) = busy("nft");
    let answers = |address: &str, port| host.reaches("one", address, port);

    succeeds(&host, "apply", "[firewall]\negress = \"none\"\nallow = [\"10.9.9.9:80\"]");
    assert_eq!([answers(PUBLIC, 80), answers("10.9.9.9", 80), answers(GATEWAY, DATABASE)], [false, true, true]);
    succeeds(&host, "apply", "[firewall]\negress = [\"192.168.7.0/24\"]");
    assert_eq!([answers(PUBLIC, 80), answers("192.168.7.7", 80), answers(&neighbour, 3000)], [false, true, false]);
    succeeds(&host, "apply", "[firewall]\nclosed_ports = []");
    assert_eq!([answers(PUBLIC, 587), answers(GATEWAY, OTHER)], [true, false]);
    succeeds(&host, "apply", "");
    assert!(!answers(PUBLIC, 587));

    for (hole, words) in [
        (&["-F", "FRESCO-HOST-fresco0"][..], "tenants reach nothing else of this host"),
        (&["-D", "DOCKER-USER", "-i", "fresco0", "-j", "FRESCO-OUT-fresco0"], "DOCKER-USER has no line"),
        (&["-I", "INPUT", "-p", "tcp", "--dport", "8080", "-j", "ACCEPT"], "comes before ours"),
        (&["-I", "DOCKER-USER", "-o", "wg0", "-j", "ACCEPT"], "what tenants send elsewhere is looked at"),
        (&["-I", "DOCKER-USER", "-i", "eth0", "-j", "ACCEPT"], "only this host reaches tenants"),
        (&["-I", "FORWARD", "-i", "fresco0", "-j", "ACCEPT"], "what passes through this host is looked at"),
        (&["-F", "FORWARD"], "FORWARD has no line `-j DOCKER-USER`"),
    ] {
        host.iptables(hole);
        let found = complaints(&host);
        assert!(found.iter().any(|what| what.contains(words)), "{hole:?}: {found:#?}");
        succeeds(&host, "apply", "");
        assert_eq!(complaints(&host), [""; 0]);
    }
    assert!(!answers(GATEWAY, OTHER), "ours comes first again");
}

/// A published port leads through the host's address translation into another of the engine's networks.
#[test]
fn a_database_in_a_container_is_reached_by_its_published_port_and_nothing_else_of_it() {
    let mut host = Host::start("nft");
    host.serve_in_the_world(80);
    host.tenant("one", "fresco");
    let publish = ["run", "--detach", "--name", "database", "--publish", "10.77.0.1:5432:3000", "busybox"];
    host.docker(&[&publish[..], &["/bin/busybox", "httpd", "-f", "-p", "3000"]].concat());
    let behind = host.address_of("database");
    succeeds(&host, "apply", "");
    assert!(host.reaches("one", GATEWAY, DATABASE));
    assert!(!host.reaches("one", &behind, 3000));
}
