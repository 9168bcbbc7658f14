//! The caller may watch that, and still may.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use axum::http::HeaderValue;
use axum::http::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL};
use axum::http::request::Parts;
use hyper::upgrade::OnUpgrade;
use storage::Scope;

use super::PROTOCOL;
use crate::auth::{Caller, Here, Needs, TenantAccess};
use crate::error::{ApiError, Code};
use crate::news::Audience;
use crate::state::ApiState;
use crate::token;

/// What lets somebody watch: an extractor, and whose rows it shows.
pub(crate) trait Watching: FromRequestParts<ApiState, Rejection = ApiError> {
    fn scope(&self) -> Scope;
}

impl<P: Needs> Watching for TenantAccess<P> {
    fn scope(&self) -> Scope {
        self.scope
    }
}

impl<P: Needs> Watching for Here<P> {
    fn scope(&self) -> Scope {
        self.scope
    }
}

/// As the extractor, for one that lasts: by `Authorization`, or by a ticket among the subprotocols.
pub(crate) struct SocketAccess<A> {
    pub(crate) access: A,
    pub(crate) rights: Rights<A>,
}

/// What was shown, to be asked again.
pub(crate) struct Rights<A> {
    parts: Parts,
    /// Where they were.
    audience: Option<Audience>,
    access: PhantomData<fn() -> A>,
}

impl<A: Watching> Rights<A> {
    /// Whether the caller still may, and is still there. What can't be told now is as it was; that they have asked for too
    /// much meanwhile tells nothing, and looking costs them nothing of their quota.
    pub(crate) async fn hold(&self, state: &ApiState) -> bool {
        let gone = [Code::Unauthenticated, Code::Forbidden, Code::TenantNotFound, Code::SessionEnded];
        match self.look(state).await {
            Ok(access) => Audience::of(access.scope()) == self.audience,
            Err(error) => !gone.contains(&error.code()),
        }
    }

    async fn look(&self, state: &ApiState) -> Result<A, ApiError> {
        let mut parts = self.parts.clone();
        Caller::again(&mut parts, state).await?;
        A::from_request_parts(&mut parts, state).await
    }
}

impl<A: Watching> FromRequestParts<ApiState> for SocketAccess<A> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        if !parts.headers.contains_key(AUTHORIZATION)
            && let Some(authorization) = shown(parts, state)
        {
            parts.headers.insert(AUTHORIZATION, authorization);
        }
        let access = A::from_request_parts(parts, state).await?;
        let mut kept = parts.clone();
        // The connection is not ours to keep.
        kept.extensions.remove::<OnUpgrade>();
        let rights = Rights { parts: kept, audience: Audience::of(access.scope()), access: PhantomData };
        Ok(Self { access, rights })
    }
}

/// What whoever got the ticket has shown.
fn shown(parts: &Parts, state: &ApiState) -> Option<HeaderValue> {
    let protocols = parts.headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    let mut named = protocols.flat_map(|value| value.split(',')).map(str::trim);
    let ticket = named.find(|name| *name != PROTOCOL).and_then(token::Key::parse)?;
    state.tickets.redeem(ticket, state.clock.now())
}
