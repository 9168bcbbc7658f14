//! Make an account.

use axum::extract::State;
use axum::http::StatusCode;
use domain::signup::{Admission, SignupMode};
use domain::{Email, OrganisationId, UserId};
use mail::Message;
use serde::Deserialize;
use storage::sessions::user_tokens::{NewUserToken, Purpose};
use storage::{CreateUserError, NewMail, NewUser};
use utoipa::ToSchema;

use super::email;
use crate::auth::{Asker, NotCrossSite, Password, at_pulse};
use crate::error::{ApiError, FieldError, Problem};
use crate::extract::Body;
use crate::mails;
use crate::routes::words::person_name;
use crate::state::ApiState;

/// Who wants an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Register {
    #[schema(example = "ada@example.org")]
    email: String,
    /// 12 characters or more, or hard to guess; nothing common; 256 bytes at most.
    #[schema(value_type = String, example = "purple monkey dishwasher")]
    password: Password,
    /// As others see you.
    #[schema(example = "Ada Lovelace")]
    name: String,
    /// The terms of use that you have accepted.
    #[schema(example = "2026-11")]
    terms_version: Option<String>,
}

/// Make an account
///
/// The answer is the same whether the address has an account or not, and where accounts are made by invitation, whether it
/// is invited or not; a letter to it tells. Until the link in it is used, the address is not verified.
#[utoipa::path(post, path = "/auth/register", tag = "auth", operation_id = "register", security(()), request_body = Register,
    responses(
        (status = 202, description = "A letter is on its way"),
        (status = 403, description = "`signup_closed` or `cross_site`", body = Problem,
            content_type = "application/problem+json"),
        (status = 422, description = "`invalid_request`: the password is weak, for instance", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn register(
    _: NotCrossSite,
    asker: Asker,
    State(state): State<ApiState>,
    Body(request): Body<Register>,
) -> Result<StatusCode, ApiError> {
    let email = email(&request.email)?;
    let name = person_name(&request.name).map_err(|error| ApiError::invalid(FieldError::body(["name"], error)))?;
    let terms_version = request.terms_version.map(|terms| version(&terms)).transpose()?;
    make(&state, &asker, NewAccount { email, name, password: request.password, terms_version }).await?;
    Ok(StatusCode::ACCEPTED)
}

/// An account that somebody wants.
pub(crate) struct NewAccount {
    pub(crate) email: Email,
    pub(crate) name: String,
    pub(crate) password: Password,
    pub(crate) terms_version: Option<String>,
}

/// Makes it, unless the address has one, or takes an invitation and has none; a letter tells which, and nothing else: not even
/// the time that it takes.
///
/// # Errors
/// Nobody makes accounts here, the password is weak, there were too many letters, or something failed: nothing that tells
/// whether the address is known.
pub(crate) async fn make(state: &ApiState, asker: &Asker, account: NewAccount) -> Result<(), ApiError> {
    open(state)?;
    asker.counts_as_letter(state, account.email.as_str()).await?;
    at_pulse(state.auth.settings.pulse, make_or_tell(state, account)).await
}

async fn make_or_tell(state: &ApiState, account: NewAccount) -> Result<(), ApiError> {
    let NewAccount { email, name, password, terms_version } = account;
    // Hashed whether it is needed or not: the time it takes would tell.
    let hash = state.auth.passwords.choose(password, vec![email.to_string(), name.clone()]).await?;
    let now = state.clock.now();
    let invited_by = state.store.invited_by(&email, now).await?;
    let approved_at = match state.settings.signup.policy.admit(&email, invited_by) {
        Admission::Admitted => Some(now),
        Admission::Waits => None,
        Admission::Uninvited | Admission::Closed => return turn_away(state, &email).await,
    };
    let new = NewUser {
        id: UserId::generate(now, &*state.entropy),
        email: email.clone(),
        name,
        password_hash: Some(hash.as_str().into()),
        email_verified_at: None,
        approved_at,
        terms_version,
        organisation: OrganisationId::generate(now, &*state.entropy),
        now,
    };
    let (token, letter) = link(state, &email);
    match state.store.register(&new, &token, letter).await {
        Ok(()) => {}
        Err(CreateUserError::EmailTaken) => tell(state, &email, &Message::AlreadyRegistered).await?,
        Err(CreateUserError::Storage(error)) => return Err(error.into()),
    }
    Ok(())
}

/// Whether anybody makes an account here.
///
/// # Errors
/// [`ApiError::SignupClosed`].
pub(crate) fn open(state: &ApiState) -> Result<(), ApiError> {
    match state.settings.signup.policy.mode {
        SignupMode::Closed => Err(ApiError::SignupClosed),
        SignupMode::Open | SignupMode::Invitation | SignupMode::Approval => Ok(()),
    }
}

/// Tells the address, and nobody else, that it gets no account, or has one.
async fn turn_away(state: &ApiState, email: &Email) -> Result<(), ApiError> {
    match state.store.find_login(email).await? {
        Some(_) => tell(state, email, &Message::AlreadyRegistered).await,
        None => tell(state, email, &Message::NotInvited).await,
    }
}

async fn tell(state: &ApiState, email: &Email, message: &Message) -> Result<(), ApiError> {
    Ok(state.store.queue_mails(&[mails::sealed(state, email.as_str(), message)]).await?)
}

fn version(text: &str) -> Result<String, ApiError> {
    let sane = (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    let wrong = || ApiError::invalid(FieldError::body(["terms_version"], "expected 1 to 64 letters, digits and signs"));
    sane.then(|| text.to_owned()).ok_or_else(wrong)
}

/// What shows whether somebody reads the mail sent to this address.
pub(super) fn link(state: &ApiState, email: &Email) -> (NewUserToken, NewMail) {
    mails::desk(state).link(Purpose::VerifyEmail, email, state.auth.settings.verification_lifetime)
}
