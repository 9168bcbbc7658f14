//! The caller shows the token of a draft.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use domain::SignupId;
use storage::Signup;

use super::caller::bearer;
use super::{Asker, Unauthenticated};
use crate::error::ApiError;
use crate::state::ApiState;
use crate::token::Key;

/// Whoever has the draft of the path's `{id}`: shown by `Authorization: Bearer` and the draft's token, which stands in its
/// link's fragment and in no URL that is sent. Nobody is known by it, so it is counted where it comes from, good or not.
#[derive(Debug)]
pub(crate) struct Drafter(pub(crate) Signup);

impl FromRequestParts<ApiState> for Drafter {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        let Ok(asker) = Asker::from_request_parts(parts, state).await;
        asker.counts_as_request(state)?;
        let key = Key::parse(bearer(&parts.headers)?).ok_or(Unauthenticated::Malformed)?;
        let path: Path<String> = Path::from_request_parts(parts, state).await.map_err(|_| Unauthenticated::Refused)?;
        // An id of another shape, another's token, one that has expired: which of them is nobody's business.
        let id = SignupId::parse(&path).map_err(|_| Unauthenticated::Refused)?;
        let found = state.store.find_signup((id, &key.hash()), state.clock.now()).await?;
        Ok(Self(found.ok_or(Unauthenticated::Refused)?))
    }
}
