//! The caller may do this with that tenant.

use std::marker::PhantomData;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use domain::TenantId;
use storage::{Scope, Tenant};

use super::{Here, Needs};
use crate::error::ApiError;
use crate::state::ApiState;

/// The tenant of the path's `{id}`, which the caller may treat as `P` says. One that they may not see is not there.
#[derive(Debug)]
pub(crate) struct TenantAccess<P> {
    pub(crate) tenant: Tenant,
    pub(crate) scope: Scope,
    permission: PhantomData<P>,
}

impl<P: Needs> FromRequestParts<ApiState> for TenantAccess<P> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        // First of all, so that neither a stranger nor one who may not learns anything from the answer.
        let scope = Here::<P>::from_request_parts(parts, state).await?.scope;
        let Path(text): Path<String> = Path::from_request_parts(parts, state)
            .await
            .map_err(|error| ApiError::TenantNotFound(error.body_text()))?;
        let id = TenantId::parse(&text).map_err(|error| ApiError::TenantNotFound(error.to_string()))?;
        tracing::Span::current().record("tenant.id", tracing::field::display(id));
        let tenant = state.store.find_tenant(scope, id).await?;
        let tenant = tenant.ok_or_else(|| ApiError::TenantNotFound(format!("{id} was never here, or is not yours")))?;
        Ok(Self { tenant, scope, permission: PhantomData })
    }
}
