//! Who asks, whoever that is.

use std::ops::Deref;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use domain::access::{self, Principal};
use storage::Scope;

use super::{Unauthenticated, api_key, operator_key, session};
use crate::error::ApiError;
use crate::state::ApiState;

/// Somebody who is known. What they may do is asked of it ([`access::Caller::may`]), mostly by an extractor.
#[derive(Clone, Debug)]
pub(crate) struct Caller(pub(crate) access::Caller);

impl Caller {
    /// Whose rows they see.
    pub(crate) fn scope(&self) -> Result<Scope, ApiError> {
        Scope::of(&self.0).ok_or_else(|| ApiError::Forbidden(access::Denied::NoOrganisation.to_string()))
    }
}

impl Deref for Caller {
    type Target = access::Caller;

    fn deref(&self) -> &access::Caller {
        &self.0
    }
}

impl FromRequestParts<ApiState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        let token = bearer(&parts.headers)?;
        let caller = if let Some(key) = operator_key::parse(token) {
            operator_key::caller(state, key).await?
        } else if let Some(key) = api_key::parse(token) {
            api_key::caller(state, key).await?
        } else if session::is_token(token) {
            session::caller(state, token).await?
        } else {
            return Err(Unauthenticated::Malformed.into());
        };
        let name = match caller.principal {
            Principal::Operator { key } => key.to_string(),
            Principal::User { user, .. } => user.to_string(),
            Principal::ApiKey { key, .. } => key.to_string(),
        };
        tracing::Span::current().record("caller", name);
        Ok(Self(caller))
    }
}

pub(super) fn bearer(headers: &HeaderMap) -> Result<&str, Unauthenticated> {
    let header = headers.get(AUTHORIZATION).ok_or(Unauthenticated::Missing)?;
    let text = header.to_str().map_err(|_| Unauthenticated::Malformed)?;
    let (scheme, token) = text.split_once(' ').ok_or(Unauthenticated::Malformed)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token.trim()) } else { Err(Unauthenticated::Malformed) }
}
