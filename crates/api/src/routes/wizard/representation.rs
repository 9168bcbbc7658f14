//! A draft as its writer sees it.

use chrono::{DateTime, Utc};
use domain::signup::SignupMode;
use domain::wizard;
use serde::{Deserialize, Serialize};
use storage::Signup;
use utoipa::ToSchema;

use crate::routes::words::words;
use crate::state::ApiState;

words! {
    /// A page of the wizard, in their order.
    WizardStep as wizard::Step { Account, UseCase, Subdomain, Terms, Deploy, }
}

/// A draft.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WizardSession {
    #[schema(example = "sgn_0190a1b2c3d4e5f60718293a4b5c6d7e")]
    id: String,
    #[schema(example = "ada@example.org")]
    email: String,
    /// What is to be answered next; `deploy`: nothing.
    step: WizardStep,
    data: Answers,
    /// Who makes an account here: `open`, `invitation`, `approval`.
    #[schema(example = "open")]
    signup_mode: &'static str,
    /// What that means for who signs up, in words; null where it is everybody.
    notice: Option<&'static str>,
    /// The terms that are to be accepted.
    #[schema(example = "2026-11")]
    terms_version: String,
    /// For who tests or learns: where that can be done without an instance of one's own.
    sandbox_url: Option<String>,
    /// Every answer keeps it for longer.
    expires_at: DateTime<Utc>,
    /// What became of it.
    deployed: Option<Deployed>,
}

/// What was answered so far.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Answers {
    account: bool,
    use_case: Option<UseCase>,
    #[schema(example = "my-study")]
    subdomain: Option<String>,
    /// Where the instance will answer.
    url: Option<String>,
    terms: Option<AcceptedTerms>,
}

/// What the instance is for.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UseCase {
    /// `study`, `testing`, `learning` or `other`.
    pub(super) kind: String,
    /// For `other`: in 500 characters at most.
    #[serde(default)]
    pub(super) description: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AcceptedTerms {
    version: String,
    at: DateTime<Utc>,
}

/// The instance that a draft has led to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Deployed {
    #[schema(example = "tnt_0190a1b2c3d4e5f60718293a4b5c6d7e")]
    pub(super) tenant_id: String,
    #[schema(example = "dep_0190a1b2c3d4e5f60718293a4b5c6d7e")]
    pub(super) deployment_id: String,
}

impl WizardSession {
    pub(super) fn of(state: &ApiState, signup: Signup) -> Self {
        let settings = &state.settings.signup;
        let Signup { id, email, draft, expires_at, deployed, .. } = signup;
        let sandbox = draft.use_case.as_ref().is_some_and(wizard::UseCase::suits_a_sandbox);
        Self {
            id: id.to_string(),
            email: email.into(),
            step: draft.next(&settings.terms_version).into(),
            signup_mode: settings.policy.mode.as_str(),
            notice: notice(settings.policy.mode),
            terms_version: settings.terms_version.clone(),
            sandbox_url: settings.sandbox_url.clone().filter(|_| sandbox),
            data: Answers {
                account: draft.account,
                use_case: draft.use_case.map(UseCase::from),
                url: draft.subdomain.as_ref().map(|name| state.platform.url(name)),
                subdomain: draft.subdomain.map(String::from),
                terms: draft.terms.map(|terms| AcceptedTerms { version: terms.version, at: terms.at }),
            },
            expires_at,
            deployed: deployed.map(|(tenant, deployment)| Deployed {
                tenant_id: tenant.to_string(),
                deployment_id: deployment.to_string(),
            }),
        }
    }
}

/// Told before anybody has typed a password. It says nothing of the draft's address: a letter to that does.
const fn notice(mode: SignupMode) -> Option<&'static str> {
    match mode {
        SignupMode::Open => None,
        SignupMode::Invitation => Some(
            "Accounts are made by invitation here. If nobody has invited your address, you get a letter that says so, and no \
             account.",
        ),
        SignupMode::Approval => Some(
            "Whoever runs this installation looks at new accounts first. You can sign in and look around at once; your \
             instance is made once they have let you in, and a letter tells you.",
        ),
        SignupMode::Closed => {
            Some("Nobody makes an account here. If you have one, sign in, and make your instance there.")
        }
    }
}

impl From<wizard::UseCase> for UseCase {
    fn from(use_case: wizard::UseCase) -> Self {
        let kind = use_case.kind().to_owned();
        let description = if let wizard::UseCase::Other(text) = use_case { Some(text) } else { None };
        Self { kind, description }
    }
}
