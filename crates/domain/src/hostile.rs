//! What the hostile probe found: a program in a tenant's place that tries what a tenant must not be able to do.
//!
//! The program tells what came of each attempt ([`Attempt`]); whether that is a hole, how bad, and how to mend it is decided
//! here, by what was attempted. An attempt of which nobody knows what came is a finding too: not refused is not proved.
//!
//! To add a check: a variant of [`Check`] with its words, and the attempts in `provisioner::hostile`.

use serde::{Deserialize, Serialize};

/// What is attempted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// Connections to other tenants' containers.
    OtherTenants,
    /// Connections to ports of the host that are no service of a tenant.
    Host,
    /// The container engine, by its socket and its usual ports.
    Engine,
    PrivateNetworks,
    /// The cloud's metadata service.
    Metadata,
    Mail,
    /// The internet where the policy closes it.
    Internet,
    /// The tenant's own database: if it isn't reached, what is refused proves nothing.
    OwnDatabase,
    OtherDatabases,
    PlatformDatabase,
    /// Schemas, tables and sessions of others in the same database.
    OtherData,
    /// What a database role may do besides.
    Privileges,
    /// What the container's process may do.
    Process,
}

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Not proved, not shown to be open either.
    Low,
    Medium,
    High,
    /// Others' data, or the host.
    Critical,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Refused, as it should be.
    Held,
    /// It worked; what that showed.
    Open(String),
    /// Neither: no answer, or one that proves nothing.
    Unclear(String),
}

/// One attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    pub check: Check,
    /// What was tried, or whom.
    pub target: String,
    pub outcome: Outcome,
}

/// Something that isn't as it must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub check: Check,
    pub target: String,
    pub expected: String,
    pub outcome: String,
    pub severity: Severity,
    pub mend: String,
}

/// How many attempts there were of a kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    pub check: Check,
    pub attempts: u32,
    pub held: u32,
}

/// The whole in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Everything was refused.
    Tight,
    /// Nothing was shown to be open, and not everything was proved to be closed.
    Unproved,
    Holes,
}

/// What a probe found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub verdict: Verdict,
    /// The worst first.
    pub findings: Vec<Finding>,
    pub tried: Vec<Tried>,
}

/// So many findings are kept: a firewall that is gone makes hundreds alike.
const MOST_FINDINGS: usize = 200;

impl Report {
    /// Judges what was attempted.
    #[must_use]
    pub fn of(attempts: &[Attempt]) -> Self {
        let mut tried = std::collections::BTreeMap::<Check, (u32, u32)>::new();
        for attempt in attempts {
            let (all, held) = tried.entry(attempt.check).or_default();
            *all += 1;
            *held += u32::from(attempt.outcome == Outcome::Held);
        }
        let mut findings: Vec<_> = attempts.iter().filter_map(Attempt::finding).collect();
        findings.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), finding.check));
        let open = attempts.iter().any(|attempt| matches!(attempt.outcome, Outcome::Open(_)));
        let verdict = match (open, findings.is_empty()) {
            (true, _) => Verdict::Holes,
            (false, true) => Verdict::Tight,
            (false, false) => Verdict::Unproved,
        };
        findings.truncate(MOST_FINDINGS);
        let tried = tried.into_iter().map(|(check, (attempts, held))| Tried { check, attempts, held }).collect();
        Self { verdict, findings, tried }
    }
}

impl Attempt {
    fn finding(&self) -> Option<Finding> {
        let (outcome, severity) = match &self.outcome {
            Outcome::Held => return None,
            Outcome::Open(what) => (what, self.check.severity()),
            Outcome::Unclear(why) => (why, Severity::Low),
        };
        Some(Finding {
            check: self.check,
            target: self.target.clone(),
            expected: self.check.expected().to_owned(),
            outcome: outcome.clone(),
            severity,
            mend: self.check.mend().to_owned(),
        })
    }
}

impl Check {
    const fn severity(self) -> Severity {
        match self {
            Self::OtherTenants | Self::OtherDatabases | Self::PlatformDatabase | Self::Engine => Severity::Critical,
            Self::OtherData | Self::Privileges | Self::Metadata | Self::Process | Self::Host => Severity::High,
            Self::PrivateNetworks | Self::Internet | Self::Mail => Severity::Medium,
            Self::OwnDatabase => Severity::Low,
        }
    }

    const fn expected(self) -> &'static str {
        match self {
            Self::OtherTenants | Self::Host | Self::PrivateNetworks | Self::Metadata | Self::Mail | Self::Internet => {
                "refused at once"
            }
            Self::Engine => "not there, or refused at once",
            Self::OwnDatabase => "reached, with the tenant's own credentials",
            Self::OtherDatabases | Self::PlatformDatabase => "login refused",
            Self::OtherData => "nothing of others to be seen",
            Self::Privileges => "permission denied",
            Self::Process => "taken away",
        }
    }

    const fn mend(self) -> &'static str {
        match self {
            Self::OtherTenants | Self::Host | Self::PrivateNetworks | Self::Metadata | Self::Mail | Self::Internet => {
                "`frescod firewall check` as root says what is missing, and `frescod firewall apply` mends it; what tenants \
                 may reach stands in [firewall]"
            }
            Self::Engine => {
                "let the engine listen on its unix socket only, mount that nowhere, and run `frescod firewall apply`"
            }
            Self::OwnDatabase => {
                "let PostgreSQL listen and admit tenants at `tenants.database_address`; see `frescod doctor`"
            }
            Self::OtherDatabases | Self::PlatformDatabase => {
                "REVOKE CONNECT ON DATABASE … FROM PUBLIC, and run what `frescod bootstrap-sql` prints as a superuser"
            }
            Self::OtherData => "revoke what was granted to PUBLIC or to the tenant's role on what isn't the tenant's",
            Self::Privileges => {
                "take the attribute, the membership or the grant from the tenant's role; nobody but frescod should alter it"
            }
            Self::Process => "look into the engine's configuration (seccomp, cgroups), and into the app's manifest",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(check: Check, outcome: Outcome) -> Attempt {
        Attempt { check, target: "x".to_owned(), outcome }
    }

    #[test]
    fn what_is_not_refused_is_a_finding_and_the_worst_comes_first() {
        let held = attempt(Check::Host, Outcome::Held);
        let unclear = attempt(Check::OtherTenants, Outcome::Unclear("no answer".to_owned()));
        let mail = attempt(Check::Mail, Outcome::Open("connected".to_owned()));
        let engine = attempt(Check::Engine, Outcome::Open("connected".to_owned()));
        let verdict = |attempts: &[Attempt]| Report::of(attempts).verdict;
        assert_eq!(verdict(std::slice::from_ref(&held)), Verdict::Tight);
        assert_eq!(verdict(&[held.clone(), unclear.clone()]), Verdict::Unproved);
        let report = Report::of(&[held.clone(), unclear, mail, engine, held]);
        assert_eq!(report.verdict, Verdict::Holes);
        let found: Vec<_> = report.findings.iter().map(|finding| (finding.check, finding.severity)).collect();
        let wanted = [
            (Check::Engine, Severity::Critical),
            (Check::Mail, Severity::Medium),
            (Check::OtherTenants, Severity::Low),
        ];
        assert_eq!(found, wanted);
        assert!(report.findings.iter().all(|finding| !finding.mend.is_empty() && !finding.expected.is_empty()));
        assert!(report.tried.contains(&Tried { check: Check::Host, attempts: 2, held: 2 }));
    }
}
