//! What is there against what should be.

use super::rules::{Chain, Hook, Ruleset, Traffic};
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
        chains.chain(hooks).chain(stale).collect()
    }

    /// Chains of ours that this has no use for: an older version's.
    pub(super) fn stale<'a>(&'a self, found: &'a Table) -> impl Iterator<Item = &'a str> {
        let wanted = |name: &str| self.chains.iter().any(|chain| chain.name == name);
        super::change::ours(&self.bridge, found).filter(move |name| !wanted(name))
    }

    pub(super) fn hook_difference(&self, hook: &Hook, found: &Table) -> Option<Difference> {
        let Hook { parent, traffic, rule } = hook;
        let rules = found.rules(parent).unwrap_or_default();
        let Some(place) = rules.iter().position(|there| normal(there) == normal(&rule.text)) else {
            let what = format!("{parent} has no line `{}`, so it doesn't hold that {}", rule.text, rule.purpose);
            return Some(Difference::ours(what));
        };
        let passes = |rule: &&String| traffic.iter().any(|traffic| self.may_pass_by(found, rule, *traffic));
        let before = rules[..place].iter().find(passes)?;
        let what = format!(
            "the line `{before}` of {parent} comes before ours and may let tenants through, so it doesn't hold that {}",
            rule.purpose
        );
        Some(Difference::ours(what))
    }

    /// Whether a rule of the chain that leads to ours may keep such packets from getting there.
    fn may_pass_by(&self, found: &Table, rule: &str, traffic: Traffic) -> bool {
        let leaves = target(rule) == Some("RETURN") || never_returns(rule);
        leaves && self.is_about(traffic, rule) || self.may_let_through(found, rule, traffic, DEEPEST)
    }

    /// Whether a rule, or one that it leads to, may end in an ACCEPT for such packets.
    fn may_let_through(&self, found: &Table, rule: &str, traffic: Traffic, depth: usize) -> bool {
        if depth == 0 {
            return true;
        }
        if !self.is_about(traffic, rule) {
            return false;
        }
        match target(rule) {
            Some("ACCEPT") => true,
            Some(name) if self.chains.iter().any(|chain| chain.name == name) => false,
            Some(name) => {
                let rules = found.rules(name).unwrap_or_default();
                rules.iter().any(|rule| self.may_let_through(found, rule, traffic, depth - 1))
            }
            None => false,
        }
    }

    /// Whether a rule may match such packets: only the interface on the bridge's side of them says that it doesn't.
    fn is_about(&self, traffic: Traffic, rule: &str) -> bool {
        let side = match traffic {
            Traffic::FromTenants => "-i",
            Traffic::ToTenants => "-o",
        };
        !normal(rule).iter().any(|option| {
            let named = option.strip_prefix("! ").unwrap_or(option).strip_prefix(side).map(str::trim_start);
            named.is_some_and(|name| is_meant(name, &self.bridge) == option.starts_with('!'))
        })
    }
}

/// Whether what the rule leads to goes back to before the chain that the rule stands in.
fn never_returns(rule: &str) -> bool {
    rule.split_whitespace().any(|word| word == "-g")
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
