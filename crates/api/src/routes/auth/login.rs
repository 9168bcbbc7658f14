//! Log in.

use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use domain::{OrganisationId, SessionId, UserId};
use mail::Message;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use storage::LoginUser;
use storage::accounts::{SignIn, SignInFailure};
use storage::sessions::NewSession;
use storage::sessions::refresh::TokenHash;
use utoipa::ToSchema;

use super::{SignedIn, access, email};
use crate::auth::{Asker, NotCrossSite, Password, PasswordHash, Verdict, totp};
use crate::error::{ApiError, Problem};
use crate::extract::Body;
use crate::mails;
use crate::state::ApiState;
use crate::token::{Generated, generate};

/// Who comes, and what proves it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    #[schema(example = "ada@example.org")]
    email: String,
    #[schema(value_type = String)]
    password: Password,
    /// Of the second factor, where there is one: six digits, or a recovery code.
    #[schema(value_type = Option<String>, example = "287082")]
    code: Option<SecretString>,
    /// Whether to stay logged in when the browser is closed.
    #[serde(default)]
    remember: bool,
}

/// Log in
///
/// The answer is the same for an unknown address and a wrong password. Sets the cookie with the refresh token.
#[utoipa::path(post, path = "/auth/login", tag = "auth", operation_id = "login", security(()), request_body = Login,
    responses(
        (status = 200, description = "You are in", body = SignedIn,
            headers(("Set-Cookie" = String, description = "`__Host-fresco_refresh`"))),
        (status = 401, description = "`wrong_credentials` or `second_factor_required`", body = Problem,
            content_type = "application/problem+json"),
        (status = 403, description = "`cross_site`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn login(
    _: NotCrossSite,
    asker: Asker,
    State(state): State<ApiState>,
    Body(request): Body<Login>,
) -> Result<Response, ApiError> {
    let email = email(&request.email)?;
    asker.counts_as_login(&state, &email).await?;
    let found = state.store.find_login(&email).await?;
    let kept = found.as_ref().and_then(|user| user.password_hash.as_ref());
    let kept = kept.map(|hash| PasswordHash::from_column(hash.expose_secret().to_owned()));
    let verdict = state.auth.passwords.verify(request.password, kept).await?;
    let (user, fresh) = match (found, verdict) {
        (Some(user), Verdict::Right { fresh }) if user.disabled_at.is_none() => (user, fresh),
        (Some(user), Verdict::Right { .. }) => return failed(&state, Some(user.id), SignInFailure::Disabled).await,
        (found, Verdict::Right { .. } | Verdict::Wrong) => {
            return failed(&state, found.map(|user| user.id), SignInFailure::Password).await;
        }
    };
    match second_factor(&state, user.id, request.code.as_ref()).await {
        Err(ApiError::WrongCredentials) => return failed(&state, Some(user.id), SignInFailure::SecondFactor).await,
        shown => shown?,
    }
    begin(&state, &asker, &user, (request.remember, fresh)).await
}

/// Written down, and told to whoever asks in the same words whatever it was.
async fn failed(state: &ApiState, to: Option<UserId>, failure: SignInFailure) -> Result<Response, ApiError> {
    state.store.note_failed_sign_in(to, failure).await?;
    Err(ApiError::WrongCredentials)
}

/// Whether they have shown their second factor, where they have one. What was shown is used up.
pub(crate) async fn second_factor(state: &ApiState, user: UserId, code: Option<&SecretString>) -> Result<(), ApiError> {
    let factor = state.store.second_factor(user, &state.keyring).await?;
    let Some(factor) = factor.filter(|factor| factor.confirmed) else { return Ok(()) };
    let code = code.ok_or(ApiError::SecondFactorRequired)?.expose_secret();
    let now = state.clock.now();
    let good = match (totp::check(&factor.secret, code, now), totp::read_code(code)) {
        (Some(step), _) => state.store.use_second_factor(user, step).await?,
        (None, Some(recovery)) => state.store.use_recovery_code(user, recovery, now).await?,
        (None, None) => false,
    };
    if good { Ok(()) } else { Err(ApiError::WrongCredentials) }
}

async fn begin(
    state: &ApiState,
    asker: &Asker,
    user: &LoginUser,
    (remember, fresh): (bool, Option<PasswordHash>),
) -> Result<Response, ApiError> {
    let (now, refresh) = (state.clock.now(), generate(&*state.entropy));
    let session = new_session(state, asker, user.id, (remember, &refresh), now).await?;
    let origin = asker.origin();
    let letter = mails::sealed(state, user.email.as_str(), &Message::NewSignIn { at: now, origin });
    let fresh_hash = fresh.as_ref().map(PasswordHash::as_str);
    state.store.sign_in(&SignIn { session: &session, fresh_hash, letter: &letter }).await?;
    let lifetime = remember.then_some(state.auth.settings.sessions.remembered_lifetime);
    let cookie = state.auth.cookie.set(&refresh.token, lifetime);
    Ok(access(state, (session.id, user.id), session.organisation).await?.with_cookie(cookie))
}

async fn new_session(
    state: &ApiState,
    asker: &Asker,
    user: UserId,
    (remembered, refresh): (bool, &Generated),
    now: DateTime<Utc>,
) -> Result<NewSession, ApiError> {
    let sessions = &state.auth.settings.sessions;
    let lifetime = if remembered { sessions.remembered_lifetime } else { sessions.lifetime };
    Ok(NewSession {
        id: SessionId::generate(now, &*state.entropy),
        user,
        organisation: first_organisation(state, user).await?,
        remembered,
        refresh: TokenHash(refresh.hash),
        seen: asker.seen(),
        now,
        expires_at: now + TimeDelta::from_std(lifetime).unwrap_or(TimeDelta::MAX),
    })
}

/// Their personal one, or whichever they are a member of.
async fn first_organisation(state: &ApiState, user: UserId) -> Result<Option<OrganisationId>, ApiError> {
    let all = state.store.organisations_of(user).await?;
    Ok(all.first().map(|organisation| organisation.id))
}
