//! Answer a step.

use axum::Json;
use axum::extract::State;
use domain::tenant::Subdomain;
use domain::wizard::{self, Answer};
use serde::Deserialize;
use storage::{AnswerError, CreateTenantError, NameState, Signup};
use utoipa::ToSchema;

use super::representation::{UseCase, WizardSession};
use crate::auth::{Asker, Drafter, Password};
use crate::error::{ApiError, FieldError, Problem};
use crate::extract::Body;
use crate::routes::auth::register::{self, NewAccount};
use crate::routes::words::person_name;
use crate::state::ApiState;

/// An answer to one step: `data` is what that step asks.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "step", content = "data", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum AnswerStep {
    Account(AccountAnswer),
    UseCase(UseCase),
    Subdomain(SubdomainAnswer),
    Terms(TermsAnswer),
}

/// A new account for the draft's address.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountAnswer {
    #[schema(example = "Ada Lovelace")]
    name: String,
    /// 12 characters or more, or hard to guess; nothing common; 256 bytes at most.
    #[schema(value_type = String, example = "purple monkey dishwasher")]
    password: Password,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubdomainAnswer {
    #[schema(example = "my-study")]
    subdomain: String,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TermsAnswer {
    /// The version that was read: the draft's `terms_version`.
    #[schema(example = "2026-11")]
    version: String,
}

/// Answer a step
///
/// The next one, or one before it: going back changes one answer and keeps the others. A subdomain is held for the draft as long
/// as it lives. The answer to `account` is the same whether the address has an account or not; a letter to it tells.
#[utoipa::path(patch, path = "/wizard/sessions/{id}", tag = "wizard", operation_id = "answer_wizard",
    params(("id" = String, Path, description = "`sgn_` and 32 hex digits")), security(("wizard_token" = [])),
    request_body = AnswerStep,
    responses(
        (status = 200, description = "The draft with this answer in it", body = WizardSession),
        (status = 401, description = "`unauthenticated`: it has expired, or this is not its token", body = Problem,
            content_type = "application/problem+json"),
        (status = 403, description = "`signup_closed`: to the step `account`", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "`step_too_early`, `draft_deployed`, `subdomain_taken`, `subdomain_held` or \
            `subdomain_in_quarantine`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`busy`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn answer(
    Drafter(signup): Drafter,
    asker: Asker,
    State(state): State<ApiState>,
    Body(request): Body<AnswerStep>,
) -> Result<Json<WizardSession>, ApiError> {
    if signup.deployed.is_some() {
        return Err(ApiError::DraftDeployed);
    }
    let terms = &state.settings.signup.terms_version;
    let (answer, account) = read(&state, &signup, request)?;
    let draft = signup.draft.clone().answered(answer, terms)?;
    if let Some(account) = account {
        register::make(&state, &asker, account).await?;
    }
    let now = state.clock.now();
    let expires_at = now + state.settings.signup.draft_lifetime;
    let kept = state.store.answer_signup(signup.id, &draft, (now, expires_at)).await;
    kept.map_err(|error| refusal(error, draft.subdomain.as_ref()))?;
    Ok(Json(WizardSession::of(&state, Signup { draft, expires_at, ..signup })))
}

/// The answer, and the account that it wants made.
fn read(state: &ApiState, signup: &Signup, request: AnswerStep) -> Result<(Answer, Option<NewAccount>), ApiError> {
    let wrong = |field: &'static str, error: &dyn std::fmt::Display| {
        ApiError::invalid(FieldError::body(["data", field], error))
    };
    let answer = match request {
        AnswerStep::Account(AccountAnswer { name, password }) => {
            let name = person_name(&name).map_err(|error| wrong("name", &error))?;
            let account = NewAccount { email: signup.email.clone(), name, password, terms_version: None };
            return Ok((Answer::Account, Some(account)));
        }
        AnswerStep::UseCase(UseCase { kind, description }) => Answer::UseCase(
            wizard::UseCase::parse(&kind, description.as_deref()).map_err(|error| wrong("kind", &error))?,
        ),
        AnswerStep::Subdomain(SubdomainAnswer { subdomain }) => {
            Answer::Subdomain(Subdomain::parse(&subdomain).map_err(|error| wrong("subdomain", &error))?)
        }
        AnswerStep::Terms(TermsAnswer { version }) if version == state.settings.signup.terms_version => {
            Answer::Terms { version, at: state.clock.now() }
        }
        AnswerStep::Terms(_) => {
            let expected = format!("the terms in force are those of version `{}`", state.settings.signup.terms_version);
            return Err(ApiError::invalid(FieldError::body(["data", "version"], expected)));
        }
    };
    Ok((answer, None))
}

fn refusal(error: AnswerError, name: Option<&Subdomain>) -> ApiError {
    match (error, name.cloned()) {
        (AnswerError::NameRefused(NameState::Held { until }), Some(subdomain)) => {
            CreateTenantError::SubdomainHeld { subdomain, until }.into()
        }
        (AnswerError::NameRefused(NameState::InQuarantine { until }), Some(subdomain)) => {
            CreateTenantError::SubdomainInQuarantine { subdomain, until }.into()
        }
        (AnswerError::NameRefused(_), Some(subdomain)) => CreateTenantError::SubdomainTaken(subdomain).into(),
        (AnswerError::Storage(error), _) => error.into(),
        (AnswerError::NotFound | AnswerError::NameRefused(_), _) => ApiError::DraftDeployed,
    }
}
