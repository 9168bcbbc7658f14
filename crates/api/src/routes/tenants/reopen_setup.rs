//! Let an instance's first-run window begin anew.

use axum::extract::State;
use domain::tenant::Operation;

use super::change::{Accepted, ask};
use super::first_visit;
use crate::auth::{Claim, TenantAccess};
use crate::error::ApiError;
use crate::extract::IfMatch;
use crate::state::ApiState;

/// Let a tenant's first-run window begin anew
///
/// For an app that accepts its first visitor for some time only. Its clock is set back in its own database, and it is
/// restarted, since it remembers what it has read. Only its owner can come, by a claim link. `already_set_up` or
/// `no_first_run` where there is no such window; `not_running` if it is stopped, and begins anew when it is started.
#[utoipa::path(post, path = "/tenants/{id}/reopen-setup", tag = "tenants", operation_id = "reopen_setup",
    params(("id" = String, Path, description = "`tnt_` and 32 hex digits"), IfMatch),
    responses((status = 202, description = "It will begin anew", body = Accepted)))]
pub(crate) async fn reopen_setup(
    access: TenantAccess<Claim>,
    State(state): State<ApiState>,
    if_match: IfMatch,
) -> Result<Accepted, ApiError> {
    if first_visit(&state, &access.tenant)?.reopen.is_none() {
        return Err(ApiError::NoFirstRun("this app's first-run window can't begin anew"));
    }
    // First, so that the restart finds the wish: the worker grants it before it makes the next container.
    state.store.ask_to_reopen(access.scope, access.tenant.id, state.clock.now()).await?;
    ask(&state, &access, if_match, Operation::Restart).await
}
