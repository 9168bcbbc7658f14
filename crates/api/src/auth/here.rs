//! The caller may do this where they are.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use storage::Scope;

use super::{Caller, Needs};
use crate::error::ApiError;
use crate::state::ApiState;

/// A caller who may do what `P` says in the organisation they are in.
#[derive(Debug)]
pub(crate) struct Here<P> {
    pub(crate) caller: Caller,
    pub(crate) scope: Scope,
    permission: PhantomData<P>,
}

impl<P: Needs> FromRequestParts<ApiState> for Here<P> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, state).await?;
        tracing::Span::current().record("permission", P::PERMISSION.as_str());
        caller.may(P::PERMISSION)?;
        Ok(Self { scope: caller.scope()?, caller, permission: PhantomData })
    }
}
