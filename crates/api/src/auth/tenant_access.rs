//! The caller may do this with that tenant.

use std::marker::PhantomData;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use domain::TenantId;
use storage::{Scope, Tenant};

use super::Operator;
use crate::error::ApiError;
use crate::state::ApiState;

/// What a handler does with a tenant; stands in its signature, and in the log.
pub(crate) trait Permission {
    const NAME: &'static str;
}

/// To look at it.
#[derive(Debug)]
pub(crate) struct View;

impl Permission for View {
    const NAME: &'static str = "tenant.view";
}

/// To let its first visitor in.
#[derive(Debug)]
pub(crate) struct Claim;

impl Permission for Claim {
    const NAME: &'static str = "tenant.claim";
}

/// To start and stop it.
#[derive(Debug)]
pub(crate) struct Operate;

impl Permission for Operate {
    const NAME: &'static str = "tenant.operate";
}

/// To change what it is.
#[derive(Debug)]
pub(crate) struct Configure;

impl Permission for Configure {
    const NAME: &'static str = "tenant.configure";
}

/// To destroy it, with all its data.
#[derive(Debug)]
pub(crate) struct Destroy;

impl Permission for Destroy {
    const NAME: &'static str = "tenant.destroy";
}

/// To have it probed.
#[derive(Debug)]
pub(crate) struct Probe;

impl Permission for Probe {
    const NAME: &'static str = "tenant.probe";
}

/// The tenant of the path's `{id}`, which the caller may treat as `P` says. One that they may not see is not there.
#[derive(Debug)]
pub(crate) struct TenantAccess<P> {
    pub(crate) tenant: Tenant,
    pub(crate) scope: Scope,
    permission: PhantomData<P>,
}

impl<P: Permission> FromRequestParts<ApiState> for TenantAccess<P> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        // First of all, so that a stranger learns nothing from the answer.
        let scope = Operator::from_request_parts(parts, state).await?.scope();
        let Path(text): Path<String> = Path::from_request_parts(parts, state)
            .await
            .map_err(|error| ApiError::TenantNotFound(error.body_text()))?;
        let id = TenantId::parse(&text).map_err(|error| ApiError::TenantNotFound(error.to_string()))?;
        let span = tracing::Span::current();
        span.record("tenant.id", tracing::field::display(id)).record("permission", P::NAME);
        let tenant = state.store.find_tenant(scope, id).await?;
        let tenant = tenant.ok_or_else(|| ApiError::TenantNotFound(format!("there is no tenant {id}")))?;
        Ok(Self { tenant, scope, permission: PhantomData })
    }
}
