//! What to tell `iptables-restore`, so that what is there becomes what should be, or nothing of ours is left.

use super::rules::{DOCKER_USER, FORWARD, Hook, Kind, Ruleset};
use super::table::{Table, normal, target};

/// Our chains that are there.
pub(super) fn ours<'a>(bridge: &'a str, found: &'a Table) -> impl Iterator<Item = &'a str> {
    found.0.keys().map(String::as_str).filter(move |name| Kind::ALL.iter().any(|kind| kind.chain(bridge) == *name))
}

impl Ruleset {
    /// Makes it so, in one transaction: fills our chains anew, and leads to them first of all.
    pub(super) fn apply_script(&self, found: &Table) -> String {
        let mut lines = vec!["*filter".to_owned()];
        if self.hooks.iter().any(|hook| hook.parent == DOCKER_USER) && found.rules(DOCKER_USER).is_none() {
            lines.push(format!("-N {DOCKER_USER}"));
        }
        // Declaring a chain empties it.
        lines.extend(self.chains.iter().map(|chain| format!(":{} - [0:0]", chain.name)));
        for chain in &self.chains {
            lines.extend(chain.rules.iter().map(|rule| format!("-A {} {}", chain.name, rule.text)));
        }
        lines.extend(hooks(&self.bridge, found));
        // The engine puts its own line first, too, and not in one transaction: it is touched only if it must be.
        let stays = |hook: &Hook| is_jump(&hook.rule.text) && self.hook_difference(hook, found).is_none();
        let inserted: Vec<_> = self.hooks.iter().rev().filter(|hook| !stays(hook)).collect();
        if inserted.iter().any(|hook| is_jump(&hook.rule.text)) {
            lines.extend(jumps(found));
        }
        let stale: Vec<_> = self.stale(found).collect();
        lines.extend(stale.iter().map(|chain| format!("-F {chain}")));
        lines.extend(stale.iter().map(|chain| format!("-X {chain}")));
        lines.extend(inserted.iter().map(|hook| format!("-I {} 1 {}", hook.parent, hook.rule.text)));
        finished(lines)
    }
}

/// Takes away all that is ours; `None` if nothing is there.
pub(super) fn remove_script(bridge: &str, found: &Table) -> Option<String> {
    let chains: Vec<_> = ours(bridge, found).collect();
    let mut lines = vec!["*filter".to_owned()];
    lines.extend(hooks(bridge, found));
    lines.extend(chains.iter().map(|chain| format!("-F {chain}")));
    lines.extend(chains.iter().map(|chain| format!("-X {chain}")));
    if lines.len() == 1 {
        return None;
    }
    if is_only_for_us(bridge, found) {
        lines.extend(jumps(found));
        lines.push(format!("-F {DOCKER_USER}"));
        lines.push(format!("-X {DOCKER_USER}"));
    }
    Some(finished(lines))
}

fn finished(mut lines: Vec<String>) -> String {
    lines.push("COMMIT\n".to_owned());
    lines.join("\n")
}

/// Deletes every line of others' chains that leads to ours.
fn hooks<'a>(bridge: &'a str, found: &'a Table) -> impl Iterator<Item = String> {
    let is_ours = move |name: &str| Kind::ALL.iter().any(|kind| kind.chain(bridge) == name);
    found
        .all()
        .filter(move |(chain, rule)| !is_ours(chain) && target(rule).is_some_and(is_ours))
        .map(|(chain, rule)| format!("-D {chain} {rule}"))
}

/// Whether a line leads whatever comes by it to DOCKER-USER.
fn is_jump(rule: &str) -> bool {
    target(rule) == Some(DOCKER_USER) && normal(rule).len() == 1
}

/// Deletes every such line of FORWARD.
fn jumps(found: &Table) -> impl Iterator<Item = String> {
    let rules = found.rules(FORWARD).unwrap_or_default().iter();
    rules.filter(|rule| is_jump(rule)).map(|rule| format!("-D {FORWARD} {rule}"))
}

/// Whether DOCKER-USER was made by us for an engine that never came: it has no other chain, nobody else leads to this one,
/// and nothing else stands in it.
fn is_only_for_us(bridge: &str, found: &Table) -> bool {
    let mine = |rule: &String| Kind::ALL.iter().any(|kind| target(rule) == Some(&kind.chain(bridge)));
    let engines = |chain: &String| chain.starts_with("DOCKER") && chain != DOCKER_USER;
    let leads = found.all().filter(|(_, rule)| target(rule) == Some(DOCKER_USER)).count();
    found.rules(DOCKER_USER).is_some_and(|rules| rules.iter().all(mine))
        && leads == jumps(found).count()
        && !found.0.keys().any(engines)
}
