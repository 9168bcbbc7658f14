//! What somebody has answered so far.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::use_case::UseCase;
use crate::tenant::Subdomain;

/// A page of the wizard, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    Account,
    UseCase,
    Subdomain,
    Terms,
    /// Nothing is left to ask.
    Deploy,
}

impl Step {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::UseCase => "use_case",
            Self::Subdomain => "subdomain",
            Self::Terms => "terms",
            Self::Deploy => "deploy",
        }
    }
}

/// An answer to one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The account was asked for; whether there is one, its mail tells.
    Account,
    UseCase(UseCase),
    Subdomain(Subdomain),
    /// This version of the terms was accepted, then.
    Terms {
        version: String,
        at: DateTime<Utc>,
    },
}

impl Answer {
    /// The step it answers.
    #[must_use]
    pub const fn step(&self) -> Step {
        match self {
            Self::Account => Step::Account,
            Self::UseCase(_) => Step::UseCase,
            Self::Subdomain(_) => Step::Subdomain,
            Self::Terms { .. } => Step::Terms,
        }
    }
}

/// The terms that were accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    pub version: String,
    pub at: DateTime<Utc>,
}

/// All answers so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Draft {
    pub account: bool,
    pub use_case: Option<UseCase>,
    pub subdomain: Option<Subdomain>,
    pub terms: Option<Accepted>,
}

/// Why a step can't be answered yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the step `{}` comes first", next.as_str())]
pub struct TooEarly {
    /// What is to be answered now.
    pub next: Step,
}

/// What a finished draft asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    pub use_case: UseCase,
    pub subdomain: Subdomain,
    pub terms: Accepted,
}

impl Draft {
    /// The first step that is not answered, by the terms in force.
    #[must_use]
    pub fn next(&self, terms: &str) -> Step {
        let agreed = self.terms.as_ref().is_some_and(|accepted| accepted.version == terms);
        match self {
            Self { account: false, .. } => Step::Account,
            Self { use_case: None, .. } => Step::UseCase,
            Self { subdomain: None, .. } => Step::Subdomain,
            Self { .. } if !agreed => Step::Terms,
            Self { .. } => Step::Deploy,
        }
    }

    /// The draft with this answer in it. Going back changes one answer and keeps the others.
    ///
    /// # Errors
    /// [`TooEarly`] names the step that comes first.
    pub fn answered(mut self, answer: Answer, terms: &str) -> Result<Self, TooEarly> {
        let next = self.next(terms);
        if answer.step() > next {
            return Err(TooEarly { next });
        }
        match answer {
            Answer::Account => self.account = true,
            Answer::UseCase(use_case) => self.use_case = Some(use_case),
            Answer::Subdomain(subdomain) => self.subdomain = Some(subdomain),
            Answer::Terms { version, at } => self.terms = Some(Accepted { version, at }),
        }
        Ok(self)
    }

    /// What it asks for, once all is answered.
    ///
    /// # Errors
    /// [`TooEarly`] names what is not.
    pub fn wish(self, terms: &str) -> Result<Wish, TooEarly> {
        let next = self.next(terms);
        match (next, self.use_case, self.subdomain, self.terms) {
            (Step::Deploy, Some(use_case), Some(subdomain), Some(terms)) => Ok(Wish { use_case, subdomain, terms }),
            (next, _, _, _) => Err(TooEarly { next }),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TERMS: &str = "2026-11";

    fn name(text: &str) -> Subdomain {
        Subdomain::parse(text).unwrap()
    }

    fn agreed(version: &str) -> Answer {
        Answer::Terms { version: version.to_owned(), at: DateTime::UNIX_EPOCH }
    }

    #[test]
    fn each_step_leads_to_the_next_and_back_forgets_nothing() {
        let answers =
            [Answer::Account, Answer::UseCase(UseCase::Study), Answer::Subdomain(name("owls")), agreed(TERMS)];
        let mut draft = Draft::default();
        for answer in answers {
            assert_eq!(draft.next(TERMS), answer.step());
            draft = draft.answered(answer, TERMS).unwrap();
        }
        assert_eq!(draft.next(TERMS), Step::Deploy);
        let back = draft.answered(Answer::Subdomain(name("terns")), TERMS).unwrap();
        let wish = back.wish(TERMS).unwrap();
        assert_eq!((wish.subdomain, wish.use_case), (name("terns"), UseCase::Study));
    }

    #[test]
    fn terms_that_changed_meanwhile_are_asked_for_again() {
        let draft = Draft {
            account: true,
            use_case: Some(UseCase::Study),
            subdomain: Some(name("owls")),
            terms: Some(Accepted { version: "2025".to_owned(), at: DateTime::UNIX_EPOCH }),
        };
        assert_eq!(draft.next(TERMS), Step::Terms);
        assert_eq!(draft.wish(TERMS), Err(TooEarly { next: Step::Terms }));
    }

    fn any_answer() -> impl Strategy<Value = Answer> {
        prop_oneof![
            Just(Answer::Account),
            Just(Answer::UseCase(UseCase::Testing)),
            Just(Answer::Subdomain(name("owls"))),
            Just(agreed(TERMS)),
            Just(agreed("older")),
        ]
    }

    proptest! {
        /// Whatever is sent in whatever order, a deploy has all four answers behind it.
        #[test]
        fn nothing_is_deployed_that_was_not_answered(answers in prop::collection::vec(any_answer(), 0..12)) {
            let (mut draft, mut given) = (Draft::default(), Vec::new());
            for answer in answers {
                let step = answer.step();
                match draft.clone().answered(answer, TERMS) {
                    Ok(next) => { draft = next; given.push(step); }
                    Err(early) => prop_assert!(early.next < step),
                }
            }
            if draft.wish(TERMS).is_ok() {
                for step in [Step::Account, Step::UseCase, Step::Subdomain, Step::Terms] {
                    prop_assert!(given.contains(&step), "{step:?}");
                }
            }
        }
    }
}
