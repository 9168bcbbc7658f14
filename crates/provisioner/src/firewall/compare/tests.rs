use std::net::Ipv4Addr;

use super::super::change::remove_script;
use super::super::table::target;
use super::super::{Egress, Policy};
use super::*;

fn ruleset() -> Ruleset {
    Ruleset::v4(&Policy {
        bridge: "fresco0".to_owned(),
        services: vec!["10.77.0.1:5432".parse().unwrap()],
        resolvers: vec![Ipv4Addr::new(10, 0, 0, 2)],
        egress: Egress::Open,
        closed_ports: vec![25],
    })
}

const ENGINE: &str = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:DOCKER - [0:0]\n\
    :DOCKER-USER - [0:0]\n\
    -A FORWARD -j DOCKER-USER\n-A FORWARD -i fresco0 ! -o fresco0 -j ACCEPT\n-A DOCKER-USER -j RETURN\nCOMMIT\n";

/// The host after `script`, as far as the lines go that ours consist of.
fn after(found: &Table, script: &str) -> Table {
    let mut table = found.clone();
    for line in script.lines() {
        let words: Vec<_> = line.splitn(3, ' ').collect();
        match words.as_slice() {
            ["-I", parent, rest] => {
                table.0.get_mut(*parent).unwrap().insert(0, rest.strip_prefix("1 ").unwrap().to_owned());
            }
            ["-A", chain, rule] => table.0.get_mut(*chain).unwrap().push((*rule).to_owned()),
            ["-D", chain, rule] => {
                let rules = table.0.get_mut(*chain).unwrap();
                rules.remove(rules.iter().position(|there| there == rule).unwrap());
            }
            ["-N", chain] => assert!(table.0.insert((*chain).to_owned(), vec![]).is_none()),
            ["-F", chain] => table.0.get_mut(*chain).unwrap().clear(),
            ["-X", chain] => assert_eq!(table.0.remove(*chain), Some(vec![]), "{chain} is empty"),
            [declared, ..] if declared.starts_with(':') => {
                table.0.insert(declared[1..].to_owned(), vec![]);
            }
            _ => assert!(["*filter", "COMMIT"].contains(&line), "{line}"),
        }
    }
    table
}

fn applied() -> Table {
    let engine = Table::parse(ENGINE);
    after(&engine, &ruleset().apply_script(&engine))
}

/// The one thing that is wrong after `change`.
fn wrong(change: impl FnOnce(&mut Table)) -> String {
    let mut table = applied();
    change(&mut table);
    let all = ruleset().differences(&table);
    assert_eq!(all.len(), 1, "{all:#?}");
    assert!(!all[0].mend.is_empty());
    all[0].what.clone()
}

fn chain<'a>(table: &'a mut Table, name: &str) -> &'a mut Vec<String> {
    table.0.get_mut(name).unwrap()
}

#[test]
fn what_was_applied_is_in_force_and_removing_leaves_what_was_there() {
    assert_eq!(ruleset().differences(&applied()), []);
    let again = after(&applied(), &ruleset().apply_script(&applied()));
    assert_eq!(again, applied(), "applying twice is applying once");
    let engine = Table::parse(ENGINE);
    assert_eq!(after(&applied(), &remove_script("fresco0", &applied()).unwrap()), engine);
    assert_eq!(remove_script("fresco0", &engine), None);
    assert_eq!(remove_script("other0", &applied()), None, "another bridge's are not ours");
}

#[test]
fn a_host_whose_engine_is_yet_to_start_has_its_rules_in_force() {
    let bare = Table::parse("*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n");
    let table = after(&bare, &ruleset().apply_script(&bare));
    assert_eq!(ruleset().differences(&table), []);
    assert_eq!(after(&table, &remove_script("fresco0", &table).unwrap()), bare, "not even the chain we made");
}

#[test]
fn each_difference_is_named_with_what_no_longer_holds() {
    let lacks = wrong(|table| chain(table, "FRESCO-OUT-fresco0").retain(|rule| !rule.contains("169.254")));
    assert!(lacks.contains("169.254.0.0/16") && lacks.contains("no metadata service"), "{lacks}");
    let strange = wrong(|table| chain(table, "FRESCO-HOST-fresco0").insert(0, "-p tcp -j ACCEPT".to_owned()));
    assert!(strange.contains("isn't ours: `-p tcp -j ACCEPT`"), "{strange}");
    let order = wrong(|table| chain(table, "FRESCO-HOST-fresco0").swap(0, 1));
    assert!(order.contains("another order"), "{order}");
    let unhooked = wrong(|table| chain(table, "INPUT").clear());
    assert!(
        unhooked.contains("INPUT has no line") && unhooked.contains("sent to this host")
            || unhooked.contains("send to this host"),
        "{unhooked}"
    );
    let unheard = wrong(|table| drop(chain(table, "FORWARD").remove(0)));
    assert!(unheard.contains("FORWARD has no line `-j DOCKER-USER`"), "{unheard}");
}

/// Before which of these lines what the one of ours with that target is for doesn't hold; applying always puts ours first.
fn judged<'a>(ours: &str, lines: &[&'a str]) -> Vec<&'a str> {
    let ruleset = ruleset();
    let hook = ruleset.hooks.iter().find(|hook| target(&hook.rule.text) == Some(ours)).unwrap();
    let passes = |line: &&&str| {
        let mut table = applied();
        let rules = chain(&mut table, hook.parent);
        let place = rules.iter().position(|rule| target(rule) == Some(ours)).unwrap();
        rules.insert(place, (**line).to_owned());
        table.0.insert("ELSEWHERE".to_owned(), vec!["-s 10.0.0.0/8 -j ACCEPT".to_owned()]);
        table.0.insert("BACK".to_owned(), vec!["-j RETURN".to_owned()]);
        assert_eq!(ruleset.differences(&after(&table, &ruleset.apply_script(&table))), [], "{line}");
        let found = ruleset.differences(&table);
        found.iter().any(|found| found.what.contains(**line) && found.what.ends_with(hook.rule.purpose))
    };
    lines.iter().filter(passes).copied().collect()
}

const ANYBODY: [&str; 6] =
    ["-j ACCEPT", "-p tcp -j ACCEPT", "-j ELSEWHERE", "-p udp -j RETURN", "-g BACK", "! -i eth0 ! -o wg0 -j ACCEPT"];
const ESTABLISHED: [&str; 1] = ["-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"];
/// These match packets that come in by the bridge, and none that go out by it.
const FROM: [&str; 5] = [
    "-o wg0 -j ACCEPT",
    "-o eth0 -j ACCEPT",
    "-i fresco0 -o eth0 -j ACCEPT",
    "-i fres+ -o wg+ -j ELSEWHERE",
    "! -o fresco0 -j ACCEPT",
];
/// The other way round.
const TO: [&str; 4] =
    ["-i eth0 -j ACCEPT", "-i wg+ -j ELSEWHERE", "-i eth0 -o fresco0 -j ACCEPT", "! -i fresco0 -j ACCEPT"];
const HARMLESS: [&str; 6] = [
    "-i eth0 -o wg0 -j ACCEPT",
    "! -i fresco0 ! -o fresco0 -j ACCEPT",
    "-p tcp -j DROP",
    "-j LOG",
    "-j BACK",
    "-i eth0 -o wg0 -g BACK",
];

#[test]
fn what_comes_before_ours_may_not_let_tenants_out() {
    for ours in ["FRESCO-OUT-fresco0", "FRESCO-HOST-fresco0"] {
        let open = [&ANYBODY[..], &ESTABLISHED, &FROM].concat();
        assert_eq!(judged(ours, &open), open, "{ours}");
        assert_eq!(judged(ours, &[&TO[..], &HARMLESS].concat()), [""; 0], "{ours}");
    }
}

#[test]
fn what_comes_before_ours_may_not_let_others_in() {
    let open = [&ANYBODY[..], &ESTABLISHED, &TO].concat();
    assert_eq!(judged("FRESCO-TO-fresco0", &open), open);
    assert_eq!(judged("FRESCO-TO-fresco0", &[&FROM[..], &HARMLESS].concat()), [""; 0]);
}

#[test]
fn what_comes_before_all_of_ours_may_let_nobody_pass_either_way() {
    let open = [&ANYBODY[..], &ESTABLISHED, &FROM, &TO].concat();
    assert_eq!(judged("DOCKER-USER", &open), open);
    assert_eq!(judged("DOCKER-USER", &HARMLESS), [""; 0]);
}

#[test]
fn an_older_versions_chain_is_noticed_and_goes() {
    let none = Ruleset { chains: vec![], hooks: vec![], ..ruleset() };
    let left = after(&applied(), &none.apply_script(&applied()));
    assert_eq!(left, Table::parse(ENGINE));
    assert_eq!(none.differences(&applied()).len(), 4);
}
