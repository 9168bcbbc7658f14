//! The caller is a person who has signed in.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::access::Principal;
use domain::{SessionId, UserId};

use super::Caller;
use crate::error::ApiError;
use crate::state::ApiState;

/// Somebody with a session: for what is a person's own, and no program's to do for them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Me {
    pub(crate) user: UserId,
    #[expect(dead_code, reason = "for what ends other sessions than one's own")]
    pub(crate) session: SessionId,
}

impl FromRequestParts<ApiState> for Me {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        match Caller::from_request_parts(parts, state).await?.principal {
            Principal::User { user, session } => Ok(Self { user, session }),
            Principal::Operator { .. } | Principal::ApiKey { .. } => Err(ApiError::Forbidden(
                "only a person does this, for themselves: sign in, and ask without a key".to_owned(),
            )),
        }
    }
}
