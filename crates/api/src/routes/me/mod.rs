//! One's own account: what it is, where it is logged in, its second factor, its end.
//!
//! Whatever changes how somebody gets in asks for the password again, and counts as a log-in: who finds a screen unlocked
//! gets no further than what is on it. What would do away with the second factor asks for that as well, or who has learned
//! the password would need nothing else.

mod accept_terms;
mod begin_totp;
mod change_password;
mod confirm_totp;
mod delete;
mod disable_totp;
mod export;
mod list_sessions;
mod recovery_codes;
mod representation;
mod revoke_other_sessions;
mod revoke_session;
mod show;
mod switch_organisation;
mod update;

use domain::Email;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use storage::{Scope, User};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::representation::Account;
use super::auth::{password_again, second_factor};
use crate::auth::{Asker, Me, Password, Unauthenticated};
use crate::error::ApiError;
use crate::state::ApiState;

pub(super) fn quick() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(show::show, update::update))
        .routes(routes!(accept_terms::accept_terms))
        .routes(routes!(delete::delete))
        .routes(routes!(export::export))
        .routes(routes!(list_sessions::list_sessions, revoke_other_sessions::revoke_other_sessions))
        .routes(routes!(revoke_session::revoke_session))
        .routes(routes!(switch_organisation::switch_organisation))
        .routes(routes!(begin_totp::begin_totp))
        .routes(routes!(confirm_totp::confirm_totp))
        .routes(routes!(disable_totp::disable_totp))
        .routes(routes!(recovery_codes::recovery_codes))
        .routes(routes!(change_password::change_password))
}

/// One's own password, once more.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Again {
    #[schema(value_type = String)]
    password: Password,
}

/// Whatever one logs in with, once more.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BothAgain {
    #[schema(value_type = String)]
    password: Password,
    /// Of the second factor, where there is one: six digits, or a recovery code.
    #[schema(value_type = Option<String>, example = "287082")]
    code: Option<SecretString>,
}

/// Codes to be kept somewhere safe.
#[derive(serde::Serialize, ToSchema)]
pub(crate) struct RecoveryCodes {
    /// Each is good once, in the place of a code of the second factor. Nobody can be shown them a second time.
    #[schema(example = json!(["7k3m-9x2p-q4vn-0c8r"]))]
    codes: Vec<String>,
}

impl RecoveryCodes {
    fn of(codes: &[crate::auth::totp::RecoveryCode]) -> Self {
        Self { codes: codes.iter().map(|code| code.text.expose_secret().to_owned()).collect() }
    }
}

/// One's own account, whose address is known.
async fn account(state: &ApiState, me: Me) -> Result<(User, Email), ApiError> {
    let user = state.store.find_user(Scope::User(me.user), me.user).await?.ok_or(Unauthenticated::Refused)?;
    let email = user.email.clone().ok_or(Unauthenticated::Refused)?;
    Ok((user, email))
}

/// The same as its owner sees it.
async fn shown(state: &ApiState, me: Me) -> Result<Account, ApiError> {
    let (user, _) = account(state, me).await?;
    Ok(Account::of(user, &state.settings.signup.terms_version))
}

/// Whether it is they who ask: by the password.
async fn confirmed(state: &ApiState, asker: &Asker, me: Me, again: Password) -> Result<(User, Email), ApiError> {
    let (user, email) = account(state, me).await?;
    password_again(state, asker, (me.user, &email), again).await?;
    Ok((user, email))
}

/// The same by both factors, where there are two.
async fn confirmed_by_both(
    state: &ApiState,
    asker: &Asker,
    me: Me,
    again: BothAgain,
) -> Result<(User, Email), ApiError> {
    let account = confirmed(state, asker, me, again.password).await?;
    match second_factor(state, me.user, again.code.as_ref()).await {
        Ok(()) => Ok(account),
        Err(ApiError::WrongCredentials) => {
            state.store.note_failed_confirmation(me.user).await?;
            Err(ApiError::WrongCode)
        }
        Err(error) => Err(error),
    }
}
