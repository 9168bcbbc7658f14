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
use crate::middleware::{Class, ClientAddress, Subject};
use crate::state::ApiState;

/// Somebody who is known. What they may do is asked of it ([`access::Caller::may`]), mostly by an extractor.
#[derive(Clone, Debug)]
pub(crate) struct Caller(pub(crate) access::Caller);

impl Caller {
    /// Who asks, found out now whoever they were before; counted by nobody, because nobody has asked for it.
    pub(crate) async fn again(parts: &mut Parts, state: &ApiState) -> Result<(), ApiError> {
        let caller = Self(identify(parts, state).await?);
        parts.extensions.insert(caller);
        Ok(())
    }

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
        // Asked for twice in one request, by a layer and by the handler: looked up, and counted, once.
        if let Some(known) = parts.extensions.get::<Self>() {
            return Ok(known.clone());
        }
        let known = identify(parts, state).await;
        let caller = known.map_err(|error| counted(parts, state, error))?;
        count(parts, state, &caller)?;
        let name = match caller.principal {
            Principal::Operator { key } => key.to_string(),
            Principal::User { user, .. } => user.to_string(),
            Principal::ApiKey { key, .. } => key.to_string(),
        };
        tracing::Span::current().record("caller", name);
        storage::audit::identify_caller(&caller);
        let caller = Self(caller);
        parts.extensions.insert(caller.clone());
        Ok(caller)
    }
}

async fn identify(parts: &Parts, state: &ApiState) -> Result<access::Caller, ApiError> {
    let token = bearer(&parts.headers)?;
    if let Some(key) = operator_key::parse(token) {
        operator_key::caller(state, key).await
    } else if let Some(key) = api_key::parse(token) {
        api_key::caller(state, key).await
    } else if session::is_token(token) {
        session::caller(state, token).await
    } else {
        Err(Unauthenticated::Malformed.into())
    }
}

/// One more request of theirs, and of their organisation's; the operator's are not counted.
fn count(parts: &Parts, state: &ApiState, caller: &access::Caller) -> Result<(), ApiError> {
    let who = match caller.principal {
        Principal::Operator { .. } => return Ok(()),
        Principal::User { user, .. } => Subject::user(user),
        Principal::ApiKey { key, .. } => Subject::api_key(key.uuid()),
    };
    let now = state.clock.now();
    state.limits.spend(&parts.extensions, (Class::User, who), now)?;
    match caller.organisation {
        Some(organisation) => {
            let organisation = (Class::Organisation, Subject::organisation(organisation));
            state.limits.spend(&parts.extensions, organisation, now)
        }
        None => Ok(()),
    }
}

/// Why somebody is not known, or that they have tried too often from where they are.
fn counted(parts: &Parts, state: &ApiState, error: ApiError) -> ApiError {
    if !matches!(error, ApiError::Unauthenticated(_)) {
        return error;
    }
    let address = ClientAddress::of(&parts.extensions, &parts.headers, &state.settings.trusted_proxies);
    let address = (Class::Address, Subject::address(address));
    state.limits.spend(&parts.extensions, address, state.clock.now()).err().unwrap_or(error)
}

pub(super) fn bearer(headers: &HeaderMap) -> Result<&str, Unauthenticated> {
    let header = headers.get(AUTHORIZATION).ok_or(Unauthenticated::Missing)?;
    let text = header.to_str().map_err(|_| Unauthenticated::Malformed)?;
    let (scheme, token) = text.split_once(' ').ok_or(Unauthenticated::Malformed)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token.trim()) } else { Err(Unauthenticated::Malformed) }
}
