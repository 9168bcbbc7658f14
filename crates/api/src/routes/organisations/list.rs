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
use crate::extract::Parameters;
use crate::routes::pages::PageOf;
use crate::state::ApiState;

/// One page.
#[derive(Serialize, ToSchema)]
pub(crate) struct OrganisationPage {
    items: Vec<Organisation>,
    /// The next page's `cursor`; null on the last.
    next: Option<String>,
}

/// List your organisations
///
/// Those that you are a member of, in the order they were made. A key has one; an operator sees all.
#[utoipa::path(get, path = "/organisations", tag = "organisations", operation_id = "list_organisations",
    params(PageOf),
    responses((status = 200, description = "A page", body = OrganisationPage)))]
pub(crate) async fn list(
    caller: Caller,
    State(state): State<ApiState>,
    Parameters(query): Parameters<PageOf>,
) -> Result<Json<OrganisationPage>, ApiError> {
    let scope = match caller.principal {
        // Wherever they are at present.
        Principal::User { user, .. } => Scope::User(user),
        Principal::Operator { .. } | Principal::ApiKey { .. } => {
            caller.may(Permission::OrganisationView)?;
            caller.scope()?
        }
    };
    let page = state.store.list_organisations(scope, query.part(&state)?).await?;
    let items = page.items.into_iter().map(Organisation::from).collect();
    Ok(Json(OrganisationPage { items, next: page.next.map(|cursor| cursor.to_string()) }))
}
