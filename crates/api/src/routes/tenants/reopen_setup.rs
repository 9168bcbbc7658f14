//! Let an instance's first-run window begin anew.

use axum::extract::State;
use domain::tenant::Operation;
use storage::Change;

use super::change::{Accepted, ask_for, plain};
use super::first_visit;
use crate::auth::{Claim, TenantAccess};
use crate::error::ApiError;
use crate::extract::IfMatch;
use crate::state::ApiState;

/// Let a tenant's first-run window begin anew
///
/// For an app that accepts its first visitor for some time only. Its clock is set back in its own database, and it is
/// restarted, since it remembers what it has read. Only its owner can come, by a claim link. `already_set_up` or
/// `no_first_run` where there is no such window; `not_running` if it is stopped: start it first.
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
    // In one: the worker grants the wish before it makes the next container, and a restart that is refused leaves none.
    let change = Change { reopens: true, ..plain(&state, Operation::Restart) };
    ask_for(&state, &access, if_match, change).await
}
