//! The organisations one is in.

use axum::Json;
use axum::extract::State;
use domain::access::{Permission, Principal};
use serde::Serialize;
use storage::Scope;
use utoipa::ToSchema;

use super::representation::Organisation;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::state::ApiState;

/// All of them.
#[derive(Serialize, ToSchema)]
pub(crate) struct Organisations {
    items: Vec<Organisation>,
}

/// List your organisations
///
/// Those that you are a member of, the personal one first, then by name. A key has one; an operator sees all.
#[utoipa::path(get, path = "/organisations", tag = "organisations", operation_id = "list_organisations",
    responses((status = 200, description = "All of them", body = Organisations)))]
pub(crate) async fn list(caller: Caller, State(state): State<ApiState>) -> Result<Json<Organisations>, ApiError> {
    let scope = match caller.principal {
        // Wherever they are at present.
        Principal::User { user, .. } => Scope::User(user),
        Principal::Operator { .. } | Principal::ApiKey { .. } => {
            caller.may(Permission::OrganisationView)?;
            caller.scope()?
        }
    };
    let found = state.store.list_organisations(scope).await?;
    Ok(Json(Organisations { items: found.into_iter().map(Organisation::from).collect() }))
}
