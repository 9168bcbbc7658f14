//! Getting in and out: registration, log-in, sessions, forgotten passwords, keys for programs on people's machines.
//!
//! Invariant: whether an address has an account is told to whoever reads what is sent there, and to nobody else: register,
//! log-in and forgotten password answer alike, and take as long.

mod device;
mod forgot_password;
mod jwks;
mod login;
mod logout;
mod refresh;
pub(super) mod register;
mod resend_verification;
mod reset_password;
mod show_caller;
mod signed_in;
mod verify_email;

use domain::{Email, UserId};
use secrecy::ExposeSecret;
use storage::sessions::refresh::TokenHash;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::{Asker, Password, PasswordHash, Verdict};
use crate::error::{ApiError, FieldError};
use crate::state::ApiState;
use crate::token::Key;

pub(super) use login::second_factor;
pub(super) use signed_in::{SignedIn, access};

pub(super) fn quick() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(register::register))
        .routes(routes!(login::login))
        .routes(routes!(refresh::refresh))
        .routes(routes!(logout::logout))
        .routes(routes!(verify_email::verify_email))
        .routes(routes!(resend_verification::resend_verification))
        .routes(routes!(forgot_password::forgot_password))
        .routes(routes!(reset_password::reset_password))
        .routes(routes!(show_caller::show_caller))
        .routes(routes!(device::begin::begin))
        .routes(routes!(device::look::look))
        .routes(routes!(device::answer::answer))
        .routes(routes!(device::redeem::redeem))
}

/// For other programs, at the place they look for it.
pub(super) fn well_known() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(jwks::jwks))
}

/// The member `email` of a body.
fn email(text: &str) -> Result<Email, ApiError> {
    Email::parse(text).map_err(|error| ApiError::invalid(FieldError::body(["email"], error)))
}

/// The token that a mailed link holds.
fn link_token(text: &secrecy::SecretString) -> Result<TokenHash, ApiError> {
    let key = Key::parse(text.expose_secret());
    key.map(|key| TokenHash(key.hash())).ok_or(ApiError::LinkRefused)
}

/// Whether it is they who ask: by their password, which is counted as an attempt to log in.
pub(super) async fn password_again(
    state: &ApiState,
    asker: &Asker,
    (user, email): (UserId, &Email),
    again: Password,
) -> Result<(), ApiError> {
    asker.counts_as_login(state, email).await?;
    let kept = state.store.password_hash_of(user).await?;
    let kept = kept.map(|hash| PasswordHash::from_column(hash.expose_secret().to_owned()));
    match state.auth.passwords.verify(again, kept).await? {
        Verdict::Right { .. } => Ok(()),
        Verdict::Wrong => {
            state.store.note_failed_confirmation(user).await?;
            Err(ApiError::WrongPassword)
        }
    }
}
