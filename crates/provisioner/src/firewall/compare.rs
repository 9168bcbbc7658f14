//! What is there against what should be.

use super::rules::{Chain, DOCKER_USER, Hook, Ruleset};
use super::table::{Table, normal, target};

/// How deep chains may lead to chains before we stop following: the kernel itself refuses loops.
const DEEPEST: usize = 16;

/// Something that isn't as it should be.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// What is wrong, and what no longer holds.
    pub what: String,
    pub mend: String,
}

const APPLY: &str = "run `frescod firewall apply` as root";

impl Difference {
    pub(super) fn new(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { what: what.into(), mend: mend.into() }
    }

    fn ours(what: String) -> Self {
        Self::new(what, APPLY)
    }
}

impl Ruleset {
    /// Everything in `found` that isn't as this says; nothing if the rules are in force.
    pub(super) fn differences(&self, found: &Table) -> Vec<Difference> {
        let chains = self.chains.iter().flat_map(|chain| chain_differences(chain, found));
        let hooks = self.hooks.iter().filter_map(|hook| self.hook_difference(hook, found));
        let stale = self.stale(found).map(|chain| Difference::ours(format!("the chain {chain} is of no use any more")));
        chains.chain(hooks).chain(stale).chain(self.unheard(found)).collect()
    }

    /// Chains of ours that this has no use for: an older version's.
    pub(super) fn stale<'a>(&'a self, found: &'a Table) -> impl Iterator<Item = &'a str> {
        let wanted = |name: &str| self.chains.iter().any(|chain| chain.name == name);
        super::change::ours(&self.bridge, found).filter(move |name| !wanted(name))
    }

    fn hook_difference(&self, hook: &Hook, found: &Table) -> Option<Difference> {
        let Hook { parent, rule } = hook;
        let rules = found.rules(parent).unwrap_or_default();
        let Some(place) = rules.iter().position(|there| normal(there) == normal(&rule.text)) else {
            let what = format!("{parent} has no line `{}`, so it doesn't hold that {}", rule.text, rule.purpose);
            return Some(Difference::ours(what));
        };
        let before = rules[..place].iter().find(|rule| self.may_pass_by(found, rule))?;
        let what = format!(
            "the line `{before}` of {parent} comes before ours and may let tenants through, so it doesn't hold that {}",
            rule.purpose
        );
        Some(Difference::ours(what))
    }

    /// Whether a rule of the chain that leads to ours may keep tenants' packets from getting there.
    fn may_pass_by(&self, found: &Table, rule: &str) -> bool {
        let leaves = target(rule) == Some("RETURN") && !self.is_about_others(rule);
        leaves || self.may_let_through(found, rule, DEEPEST)
    }

    /// Whether a rule, or one that it leads to, may end in an ACCEPT for what tenants send or are sent.
    fn may_let_through(&self, found: &Table, rule: &str, depth: usize) -> bool {
        if depth == 0 {
            return true;
        }
        if self.is_about_others(rule) {
            return false;
        }
        match target(rule) {
            Some("ACCEPT") => true,
            Some(name) if self.chains.iter().any(|chain| chain.name == name) => false,
            Some(name) => {
                let rules = found.rules(name).unwrap_or_default();
                rules.iter().any(|rule| self.may_let_through(found, rule, depth - 1))
            }
            None => false,
        }
    }

    /// Whether a rule names another interface, or answers only.
    fn is_about_others(&self, rule: &str) -> bool {
        let options = normal(rule);
        let names = |prefix: &str, option: &str| option.strip_prefix(prefix).map(str::to_owned);
        options.iter().any(|option| {
            let interface = names("-i ", option).or_else(|| names("-o ", option));
            let answers = matches!(option.as_str(), "--ctstate RELATED,ESTABLISHED" | "--ctstate ESTABLISHED,RELATED");
            answers
                || interface.is_some_and(|name| !is_meant(&name, &self.bridge))
                || *option == format!("! -i {}", self.bridge)
        })
    }

    /// Rules in DOCKER-USER that nobody leads to hold nothing.
    fn unheard(&self, found: &Table) -> Option<Difference> {
        if self.hooks.iter().all(|hook| hook.parent != DOCKER_USER) {
            return None;
        }
        let forward = found.rules("FORWARD").unwrap_or_default();
        let jump = forward.iter().position(|rule| target(rule) == Some(DOCKER_USER) && normal(rule).len() == 1);
        let Some(place) = jump else {
            let mend = "start the container engine, with its `iptables` option on; if it runs, its rules may stand in \
                        the other of iptables-nft and iptables-legacy: name that with `firewall.backend`";
            return Some(Difference::new("FORWARD doesn't lead to DOCKER-USER, so no rule of ours is asked", mend));
        };
        let before = forward[..place].iter().find(|rule| self.may_pass_by(found, rule))?;
        let what = format!("the line `{before}` of FORWARD comes before DOCKER-USER and may let tenants through");
        Some(Difference::new(what, "move that line behind the jump to DOCKER-USER, or restart the container engine"))
    }
}

/// Whether an interface of a rule (`br+` means all that begin so) is this one.
fn is_meant(name: &str, bridge: &str) -> bool {
    name.strip_suffix('+').map_or(name == bridge, |prefix| bridge.starts_with(prefix))
}

fn chain_differences(chain: &Chain, found: &Table) -> Vec<Difference> {
    let name = &chain.name;
    let Some(there) = found.rules(name) else {
        return vec![Difference::ours(format!("the chain {name} isn't there"))];
    };
    let there: Vec<_> = there.iter().map(|rule| normal(rule)).collect();
    let wanted: Vec<_> = chain.rules.iter().map(|rule| normal(&rule.text)).collect();
    if there == wanted {
        return vec![];
    }
    let missing = chain.rules.iter().zip(&wanted).filter(|(_, rule)| !there.contains(rule)).map(|(rule, _)| {
        Difference::ours(format!("{name} lacks `{}`, so it doesn't hold that {}", rule.text, rule.purpose))
    });
    let strange = found.rules(name).unwrap_or_default().iter().zip(&there);
    let strange = strange.filter(|(_, rule)| !wanted.contains(rule));
    let strange = strange.map(|(rule, _)| Difference::ours(format!("{name} has a line that isn't ours: `{rule}`")));
    let all: Vec<_> = missing.chain(strange).collect();
    if all.is_empty() { vec![Difference::ours(format!("the lines of {name} are in another order"))] } else { all }
}

#[cfg(test)]
mod tests;
