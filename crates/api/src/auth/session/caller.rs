//! Whom an access token stands for.

use domain::access::{Caller, Permissions, Principal};

use super::keys::TokenError;
use crate::auth::Unauthenticated;
use crate::error::ApiError;
use crate::state::ApiState;

/// Whether a text looks like an access token: a JWT's three parts.
pub(crate) fn is_token(text: &str) -> bool {
    let part =
        |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    text.split('.').count() == 3 && text.split('.').all(part)
}

/// Whom a session stands for now: it may have ended since the token was made, and its owner may be no member any more of
/// the organisation that the token names, or something else.
pub(crate) async fn caller(state: &ApiState, token: &str) -> Result<Caller, ApiError> {
    let claims = state.auth.tokens.verify(token).await?;
    let shown = state.store.find_session(claims.sid, claims.org, state.clock.now()).await?;
    let shown = shown.filter(|shown| shown.user == claims.sub).ok_or(Unauthenticated::Refused)?;
    Ok(Caller {
        principal: Principal::User { user: shown.user, session: claims.sid },
        organisation: claims.org.filter(|_| shown.role.is_some()),
        role: shown.role,
        scopes: Permissions::all(),
        standing: shown.standing,
    })
}

impl From<TokenError> for ApiError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Refused(_) => Unauthenticated::Refused.into(),
            TokenError::Storage(error) => error.into(),
            TokenError::Signing(_) | TokenError::NoKey => Self::Internal(error.into()),
        }
    }
}
