//! The caller may watch that tenant, and still may.

use axum::extract::FromRequestParts;
use axum::http::HeaderValue;
use axum::http::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL};
use axum::http::request::Parts;
use hyper::upgrade::OnUpgrade;
use storage::{Scope, Tenant};

use super::PROTOCOL;
use crate::auth::{Caller, Needs, TenantAccess};
use crate::error::{ApiError, Code};
use crate::state::ApiState;
use crate::token;

/// As [`TenantAccess`], for one that lasts: by `Authorization`, or by a ticket among the subprotocols.
pub(crate) struct SocketAccess<P> {
    pub(crate) tenant: Tenant,
    /// Whose rows the caller may see.
    pub(crate) scope: Scope,
    pub(crate) rights: Rights<P>,
}

/// What was shown, to be asked again.
pub(crate) struct Rights<P> {
    parts: Parts,
    permission: std::marker::PhantomData<fn() -> P>,
}

impl<P: Needs> Rights<P> {
    /// Whether the caller still may. What can't be told now is as it was; that they have asked for too much meanwhile tells
    /// nothing, and looking costs them nothing of their quota.
    pub(crate) async fn hold(&self, state: &ApiState) -> bool {
        let gone = [Code::Unauthenticated, Code::Forbidden, Code::TenantNotFound, Code::SessionEnded];
        self.look(state).await.map_or_else(|error| !gone.contains(&error.code()), |_| true)
    }

    async fn look(&self, state: &ApiState) -> Result<TenantAccess<P>, ApiError> {
        let mut parts = self.parts.clone();
        Caller::again(&mut parts, state).await?;
        TenantAccess::from_request_parts(&mut parts, state).await
    }
}

impl<P: Needs> FromRequestParts<ApiState> for SocketAccess<P> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        if !parts.headers.contains_key(AUTHORIZATION)
            && let Some(authorization) = shown(parts, state)
        {
            parts.headers.insert(AUTHORIZATION, authorization);
        }
        let access = TenantAccess::<P>::from_request_parts(parts, state).await?;
        let mut kept = parts.clone();
        // The connection is not ours to keep.
        kept.extensions.remove::<OnUpgrade>();
        let rights = Rights { parts: kept, permission: std::marker::PhantomData };
        Ok(Self { tenant: access.tenant, scope: access.scope, rights })
    }
}

/// What whoever got the ticket has shown.
fn shown(parts: &Parts, state: &ApiState) -> Option<HeaderValue> {
    let protocols = parts.headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    let mut named = protocols.flat_map(|value| value.split(',')).map(str::trim);
    let ticket = named.find(|name| *name != PROTOCOL).and_then(token::Key::parse)?;
    state.tickets.redeem(ticket, state.clock.now())
}
