//! The caller holds an operator key.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use chrono::TimeDelta;
use domain::{OrganisationId, UserId};
use storage::{OperatorKey, Scope};

use super::Unauthenticated;
use super::operator_key::Presented;
use crate::error::ApiError;
use crate::state::ApiState;

/// An operator: may do everything, and owns what they create as the operator's own organisation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operator;

impl Operator {
    pub(crate) const ORGANISATION: OrganisationId = OrganisationId::OPERATOR;
    pub(crate) const OWNER: UserId = UserId::OPERATOR;

    /// Whose rows they see.
    pub(crate) const fn scope(self) -> Scope {
        Scope::Operator
    }
}

impl FromRequestParts<ApiState> for Operator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        let presented = presented(&parts.headers)?;
        let kept = state.store.find_operator_key(presented.id).await?;
        let key = kept.filter(|key| presented.is(&key.hash)).ok_or(Unauthenticated::Refused)?;
        tracing::Span::current().record("caller", tracing::field::display(key.id));
        note_use(state, &key).await;
        Ok(Self)
    }
}

/// Storage writes it once a minute at most; asking it no more often saves a busy key the round trip.
async fn note_use(state: &ApiState, key: &OperatorKey) {
    let now = state.clock.now();
    if key.last_used_at.is_some_and(|at| now - at < TimeDelta::minutes(1)) {
        return;
    }
    if let Err(error) = state.store.touch_operator_key(key.id, now).await {
        tracing::warn!(key.id = %key.id, %error, "can't note that a key was used");
    }
}

fn presented(headers: &HeaderMap) -> Result<Presented, Unauthenticated> {
    let header = headers.get(AUTHORIZATION).ok_or(Unauthenticated::Missing)?;
    let text = header.to_str().map_err(|_| Unauthenticated::Malformed)?;
    let (scheme, token) = text.split_once(' ').ok_or(Unauthenticated::Malformed)?;
    let token = scheme.eq_ignore_ascii_case("bearer").then_some(token.trim());
    token.and_then(Presented::parse).ok_or(Unauthenticated::Malformed)
}
