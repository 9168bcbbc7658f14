//! Who asks, whoever that is.

use axum::Json;
use axum::extract::State;
use domain::access::{Principal, Standing};
use serde::{Deserialize, Serialize};
use storage::Scope;
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::error::ApiError;
use crate::routes::words::{Role, words};
use crate::state::ApiState;

words! {
    /// How an account stands with the operator; a key stands as its maker does.
    AccountStanding as Standing {
        /// It may have instances made.
        Good,
        /// Its address is not verified.
        Unverified,
        /// The operator has not let it in yet.
        Waiting,
    }
}

/// What kind of somebody.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CallerKind {
    Operator,
    User,
    ApiKey,
}

/// Whom a key or a token stands for.
#[derive(Serialize, ToSchema)]
pub(crate) struct ShownCaller {
    kind: CallerKind,
    /// The key, where it is one: `key_…`, or an operator key's UUID.
    key: Option<String>,
    /// The person that it is, or acts for.
    user: Option<String>,
    #[schema(example = "ada@example.org")]
    email: Option<String>,
    /// Where it acts; null: everywhere, for the operator; else nowhere.
    organisation: Option<String>,
    organisation_name: Option<String>,
    /// What it is there.
    role: Option<Role>,
    /// How far it is let.
    scopes: Vec<String>,
    standing: AccountStanding,
}

/// Show who asks
///
/// For programs, to find out what their key is good for; people ask `GET /api/v1/me`.
#[utoipa::path(get, path = "/auth/caller", tag = "auth", operation_id = "show_caller",
    responses((status = 200, description = "Whom the key or token stands for", body = ShownCaller)))]
pub(crate) async fn show_caller(caller: Caller, State(state): State<ApiState>) -> Result<Json<ShownCaller>, ApiError> {
    let (kind, key) = match caller.principal {
        Principal::Operator { key } => (CallerKind::Operator, Some(key.to_string())),
        Principal::User { .. } => (CallerKind::User, None),
        Principal::ApiKey { key, .. } => (CallerKind::ApiKey, Some(key.to_string())),
    };
    let user = match caller.user() {
        Some(user) => state.store.find_user(Scope::User(user), user).await?,
        None => None,
    };
    let organisation = match caller.organisation {
        Some(organisation) => state.store.find_organisation(caller.scope()?, organisation).await?,
        None => None,
    };
    Ok(Json(ShownCaller {
        kind,
        key,
        user: caller.user().map(|user| user.to_string()),
        email: user.and_then(|user| user.email).map(String::from),
        organisation: caller.organisation.map(|organisation| organisation.to_string()),
        organisation_name: organisation.map(|organisation| organisation.name),
        role: caller.role.map(Role::from),
        scopes: caller.scopes.iter().map(String::from).collect(),
        standing: caller.standing.into(),
    }))
}
