//! Keys of programs, for a person or an organisation.

mod create;
mod list;
mod representation;

pub(super) use representation::ApiKey;
mod revoke;

use domain::UserId;
use domain::access::Permission;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::Caller;
use crate::error::ApiError;
use crate::state::ApiState;

pub(super) fn quick() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list::list, create::create)).routes(routes!(revoke::revoke))
}

/// Whose keys somebody may see and revoke: `None`: everybody's.
fn whose(caller: &Caller) -> Result<Option<UserId>, ApiError> {
    match (caller.may(Permission::ApiKeysManage), caller.user()) {
        (Ok(()), _) => Ok(None),
        (Err(_), Some(user)) => Ok(Some(user)),
        (Err(denied), None) => Err(denied.into()),
    }
}
