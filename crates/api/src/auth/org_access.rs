//! The caller may do this with that organisation.

use std::collections::HashMap;
use std::marker::PhantomData;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use domain::OrganisationId;
use domain::access::{self, Principal};
use storage::{Organisation, Scope};

use super::{Caller, Needs};
use crate::error::ApiError;
use crate::state::ApiState;

/// The organisation of the path's `{id}`, which the caller may treat as `P` says. One that they are no member of is not there.
#[derive(Debug)]
pub(crate) struct OrgAccess<P> {
    pub(crate) organisation: Organisation,
    /// As they are in that organisation, wherever else they are.
    pub(crate) caller: Caller,
    pub(crate) scope: Scope,
    permission: PhantomData<P>,
}

impl<P: Needs> FromRequestParts<ApiState> for OrgAccess<P> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, state).await?;
        let id = path_id(parts, state).await?;
        tracing::Span::current().record("permission", P::PERMISSION.as_str());
        let found = state.store.find_organisation(seen_by(&caller)?, id).await?;
        let organisation = found
            .ok_or_else(|| ApiError::OrganisationNotFound(format!("{id} was never here, is gone, or is not yours")))?;
        let caller = there(caller, &organisation);
        caller.may(P::PERMISSION)?;
        Ok(Self { organisation, scope: caller.scope()?, caller, permission: PhantomData })
    }
}

/// A path may have more than one part: which of an organisation's things is meant.
async fn path_id(parts: &mut Parts, state: &ApiState) -> Result<OrganisationId, ApiError> {
    let parameters: Path<HashMap<String, String>> = Path::from_request_parts(parts, state)
        .await
        .map_err(|error| ApiError::OrganisationNotFound(error.body_text()))?;
    let text = parameters.get("id").map(String::as_str).unwrap_or_default();
    OrganisationId::parse(text).map_err(|error| ApiError::OrganisationNotFound(error.to_string()))
}

/// A person is let into every organisation that they are a member of; a key only into its own.
fn seen_by(caller: &Caller) -> Result<Scope, ApiError> {
    match caller.principal {
        Principal::User { user, .. } => Ok(Scope::User(user)),
        Principal::Operator { .. } | Principal::ApiKey { .. } => caller.scope(),
    }
}

fn there(caller: Caller, organisation: &Organisation) -> Caller {
    match caller.principal {
        Principal::User { .. } => {
            Caller(access::Caller { organisation: Some(organisation.id), role: organisation.role, ..caller.0 })
        }
        Principal::Operator { .. } | Principal::ApiKey { .. } => caller,
    }
}
