//! The filter table as `iptables-save` prints it.

use std::collections::BTreeMap;

/// Chains by name, each with its rules in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Table(pub(super) BTreeMap<String, Vec<String>>);

impl Table {
    /// Reads what was printed; lines that are neither a chain nor a rule say nothing about either.
    pub(super) fn parse(text: &str) -> Self {
        let mut chains = BTreeMap::<String, Vec<String>>::new();
        for line in text.lines() {
            if let Some(name) = line.strip_prefix(':').and_then(|rest| rest.split_whitespace().next()) {
                chains.entry(name.to_owned()).or_default();
            } else if let Some((name, rule)) = line.strip_prefix("-A ").and_then(|rest| rest.split_once(' ')) {
                chains.entry(name.to_owned()).or_default().push(rule.to_owned());
            }
        }
        Self(chains)
    }

    pub(super) fn rules(&self, chain: &str) -> Option<&[String]> {
        self.0.get(chain).map(Vec::as_slice)
    }

    /// All rules with their chain.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|(chain, rules)| rules.iter().map(move |rule| (chain.as_str(), rule.as_str())))
    }
}

/// The chain that a rule leads to.
pub(super) fn target(rule: &str) -> Option<&str> {
    let mut words = rule.split_whitespace();
    words.find(|word| matches!(*word, "-j" | "-g"))?;
    words.next()
}

/// A rule in one form, however the version at hand prints it: the options in alphabetical order, the names of modules
/// (which the options imply) left out, and so is the prefix of a whole address.
pub(super) fn normal(rule: &str) -> Vec<String> {
    let mut options: Vec<String> = Vec::new();
    let mut negated = false;
    for word in rule.split_whitespace() {
        let starts = word.starts_with('-') || word == "!";
        match options.last_mut() {
            Some(option) if !starts || negated => {
                option.push(' ');
                option.push_str(word.strip_suffix("/32").unwrap_or(word));
            }
            _ => options.push(word.to_owned()),
        }
        negated = word == "!";
    }
    options.retain(|option| !option.starts_with("-m "));
    options.sort_unstable();
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_and_rules_are_read_in_order() {
        let table =
            Table::parse("# x\n*filter\n:INPUT ACCEPT [0:0]\n:A - [0:0]\n-A A -p tcp -j B\n-A A -j C\nCOMMIT\n");
        assert_eq!(table.rules("A").unwrap(), ["-p tcp -j B", "-j C"]);
        assert_eq!(table.rules("INPUT").unwrap(), [""; 0]);
        assert_eq!(table.rules("B"), None);
        assert_eq!(target("-p tcp -g B --x"), Some("B"));
        assert_eq!(target("-p tcp"), None);
    }

    #[test]
    fn the_same_rule_printed_otherwise_is_the_same() {
        let same = [
            "-d 10.0.0.1/32 -p udp -m udp --dport 53 -j RETURN",
            "-p udp -d 10.0.0.1 -m udp --dport 53 -j RETURN",
            "-d 10.0.0.1 -p udp --dport 53 -j RETURN",
        ];
        for rule in same {
            assert_eq!(normal(rule), normal(same[0]), "{rule}");
        }
        for other in ["-d 10.0.0.1/31 -p udp --dport 53 -j RETURN", "! -d 10.0.0.1 -p udp --dport 53 -j RETURN"] {
            assert_ne!(normal(other), normal(same[0]), "{other}");
        }
        assert_ne!(normal("! -i a -o b"), normal("-i a ! -o b"));
    }
}
