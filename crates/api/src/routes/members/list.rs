//! Who is a member.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::{OrgAccess, ViewMembers};
use crate::error::ApiError;
use crate::extract::Parameters;
use crate::routes::pages::PageOf;
use crate::routes::words::Role;
use crate::state::ApiState;

/// One page.
#[derive(Serialize, ToSchema)]
pub(crate) struct MemberPage {
    items: Vec<Member>,
    /// The next page's `cursor`; null on the last.
    next: Option<String>,
}

/// A member, for other members.
#[derive(Serialize, ToSchema)]
pub(crate) struct Member {
    #[schema(example = "usr_0190a1b2c3d4e5f60718293a4b5c6d7e")]
    user: String,
    name: String,
    /// Null: the operator.
    #[schema(example = "ada@example.org")]
    email: Option<String>,
    role: Role,
    /// When they became one.
    since: DateTime<Utc>,
}

/// List an organisation's members
///
/// In the order they came.
#[utoipa::path(get, path = "/organisations/{id}/members", tag = "organisations", operation_id = "list_members",
    params(("id" = String, Path, description = "`org_` and 32 hex digits"), PageOf),
    responses((status = 200, description = "A page", body = MemberPage)))]
pub(crate) async fn list(
    OrgAccess { organisation, scope, .. }: OrgAccess<ViewMembers>,
    State(state): State<ApiState>,
    Parameters(query): Parameters<PageOf>,
) -> Result<Json<MemberPage>, ApiError> {
    let page = state.store.list_members(scope, organisation.id, query.part(&state)?).await?;
    let items = page.items.into_iter().map(Member::from).collect();
    Ok(Json(MemberPage { items, next: page.next.map(|cursor| cursor.to_string()) }))
}

impl From<storage::Member> for Member {
    fn from(row: storage::Member) -> Self {
        Self {
            user: row.user.to_string(),
            name: row.name,
            email: row.email.map(String::from),
            role: row.role.into(),
            since: row.since,
        }
    }
}
