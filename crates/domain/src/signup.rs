//! Who may make an account by themselves, and whether they must wait then.
//!
//! Invariant: what is decided here is told to nobody but by letter to the address itself, except that nobody at all may: so
//! no answer says who has an account or who is invited.

use crate::{Domain, Email};

/// As the operator has settled it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SignupMode {
    /// Everybody.
    #[default]
    Open,
    /// Who was invited: to an organisation, or by the operator.
    Invitation,
    /// Everybody, who then waits until the operator lets them in.
    Approval,
    /// Nobody.
    Closed,
}

impl SignupMode {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Invitation => "invitation",
            Self::Approval => "approval",
            Self::Closed => "closed",
        }
    }

    /// Reads a mode.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Open, Self::Invitation, Self::Approval, Self::Closed].into_iter().find(|mode| mode.as_str() == text)
    }
}

/// Who has invited an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inviter {
    Operator,
    Organisation,
}

/// What becomes of somebody who wants an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    Admitted,
    /// They get an account, and wait for the operator.
    Waits,
    /// They get none, because nobody has invited them.
    Uninvited,
    Closed,
}

/// The mode, and what stands beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignupPolicy {
    pub mode: SignupMode,
    /// Who has an address of one of these need not wait. Not those below them.
    pub allowed_domains: Vec<Domain>,
}

impl SignupPolicy {
    /// Whether somebody with this address gets an account. Whether the address is theirs is another question.
    #[must_use]
    pub fn admit(&self, email: &Email, invited_by: Option<Inviter>) -> Admission {
        match (self.mode, invited_by) {
            (SignupMode::Closed, _) => Admission::Closed,
            (SignupMode::Open, _)
            | (SignupMode::Invitation, Some(_))
            | (SignupMode::Approval, Some(Inviter::Operator)) => Admission::Admitted,
            (SignupMode::Invitation, None) => Admission::Uninvited,
            (SignupMode::Approval, Some(Inviter::Organisation) | None) => {
                let allowed = self.allowed_domains.iter().any(|domain| domain.as_str() == email.domain());
                if allowed { Admission::Admitted } else { Admission::Waits }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mode_lets_in_whom_it_says() {
        use Admission::{Admitted, Closed, Uninvited, Waits};
        let (nobody, organisation, operator) = (None, Some(Inviter::Organisation), Some(Inviter::Operator));
        let allowed_domains = vec![Domain::parse("uni.example.org").unwrap()];
        for (mode, address, expected) in [
            (SignupMode::Open, "ada@example.org", [Admitted, Admitted, Admitted]),
            (SignupMode::Invitation, "ada@example.org", [Uninvited, Admitted, Admitted]),
            (SignupMode::Invitation, "ada@uni.example.org", [Uninvited, Admitted, Admitted]),
            (SignupMode::Approval, "ada@example.org", [Waits, Waits, Admitted]),
            (SignupMode::Approval, "ada@UNI.example.org", [Admitted, Admitted, Admitted]),
            (SignupMode::Approval, "ada@uni.example.org.evil.example", [Waits, Waits, Admitted]),
            (SignupMode::Approval, "ada@mail.uni.example.org", [Waits, Waits, Admitted]),
            (SignupMode::Closed, "ada@uni.example.org", [Closed, Closed, Closed]),
        ] {
            let policy = SignupPolicy { mode, allowed_domains: allowed_domains.clone() };
            let email = Email::parse(address).unwrap();
            assert_eq!(
                [nobody, organisation, operator].map(|by| policy.admit(&email, by)),
                expected,
                "{mode:?} {address}"
            );
            assert_eq!(SignupMode::parse(mode.as_str()), Some(mode));
        }
        assert_eq!(SignupMode::parse("Open"), None);
    }
}
