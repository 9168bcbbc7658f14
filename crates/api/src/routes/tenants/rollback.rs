//! Ask for a tenant to be what it was before.

use axum::extract::State;
use domain::tenant::Operation;
use serde::Deserialize;
use utoipa::ToSchema;

use super::change::{Accepted, ask};
use crate::auth::{Configure, TenantAccess};
use crate::error::ApiError;
use crate::extract::{IfMatch, OptionalBody};
use crate::state::ApiState;

/// How far back.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RollBackTenant {
    /// Its data too: as they were before the first release that came after what it goes back to. What was entered since is
    /// saved on the host, and not there any more.
    restore: bool,
}

/// Roll a tenant back
///
/// To the newest revision that has served with another image or another spec: the very image it had then, and all its
/// settings. Its data stays as it is, unless `restore` asks for it: then the instance is stopped, its data are saved, and the
/// dump taken before that release is brought back. `nothing_to_roll_back_to` if there is no such revision,
/// `nothing_to_restore` if no release came after it.
#[utoipa::path(post, path = "/tenants/{id}/rollback", tag = "tenants", operation_id = "rollback_tenant",
    params(("id" = String, Path, description = "`tnt_` and 32 hex digits"), IfMatch),
    request_body = Option<RollBackTenant>,
    responses(
        (status = 202, description = "It will be rolled back", body = Accepted),
    ))]
pub(crate) async fn rollback(
    access: TenantAccess<Configure>,
    State(state): State<ApiState>,
    if_match: IfMatch,
    OptionalBody(RollBackTenant { restore }): OptionalBody<RollBackTenant>,
) -> Result<Accepted, ApiError> {
    ask(&state, &access, if_match, Operation::Rollback { restore }).await
}
