//! Begin a draft.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::wizard::Draft;
use domain::{Email, SignupId};
use mail::Message;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use storage::{NewSignup, Signup};
use utoipa::ToSchema;

use super::representation::WizardSession;
use crate::auth::{Asker, at_pulse};
use crate::error::{ApiError, FieldError, Problem};
use crate::extract::Body;
use crate::mails;
use crate::routes::auth::register::open;
use crate::state::ApiState;
use crate::token::generate;

/// Who signs up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartWizard {
    #[schema(example = "ada@example.org")]
    email: String,
}

/// A draft, and the key to it.
#[derive(Serialize, ToSchema)]
pub(crate) struct StartedWizard {
    /// Shown once: `Authorization: Bearer …` for this draft.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    token: String,
    session: WizardSession,
}

/// Begin to sign up
///
/// The draft lives for an hour after its last answer, and is found again with its token, or by the link that is sent to its
/// address. `notice` says what holds for new
/// accounts here.
#[utoipa::path(post, path = "/wizard/sessions", tag = "wizard", operation_id = "start_wizard", security(()),
    request_body = StartWizard,
    responses(
        (status = 201, description = "A draft", body = StartedWizard),
        (status = 403, description = "`signup_closed`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn start(
    asker: Asker,
    State(state): State<ApiState>,
    Body(request): Body<StartWizard>,
) -> Result<(StatusCode, Json<StartedWizard>), ApiError> {
    asker.counts_as_request(&state)?;
    open(&state)?;
    let email = Email::parse(&request.email);
    let email = email.map_err(|error| ApiError::invalid(FieldError::body(["email"], error)))?;
    asker.counts_as_draft(&state, &email).await?;
    let (now, key) = (state.clock.now(), generate(&*state.entropy));
    let expires_at = now + state.settings.signup.draft_lifetime;
    let id = SignupId::generate(now, &*state.entropy);
    let new = NewSignup { id, hash: key.hash, email: email.clone(), now, expires_at };
    let message = Message::ContinueSignUp { draft: id.to_string(), token: mails::token(&key.token), expires_at };
    let letter = mails::sealed(&state, email.as_str(), &message);
    at_pulse(state.auth.settings.pulse, state.store.create_signup(&new, letter)).await?;
    let signup = Signup { id, email, draft: Draft::default(), created_at: now, expires_at, deployed: None };
    let token = key.token.expose_secret().to_owned();
    Ok((StatusCode::CREATED, Json(StartedWizard { token, session: WizardSession::of(&state, signup) })))
}
