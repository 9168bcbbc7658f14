//! Invite somebody.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::TimeDelta;
use domain::{Email, InvitationId};
use serde::Deserialize;
use storage::NewInvitation;
use utoipa::ToSchema;

use super::representation::Invitation;
use crate::auth::{ManageMembers, OrgAccess};
use crate::error::{ApiError, FieldError, Problem};
use crate::extract::Body;
use crate::routes::words::Role;
use crate::state::ApiState;
use crate::token::generate;

/// How long an invitation is good.
const LIFETIME: TimeDelta = TimeDelta::days(7);

/// Who is to be what.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Invite {
    #[schema(example = "ada@example.org")]
    email: String,
    /// No more than you are.
    role: Role,
}

/// Invite somebody
///
/// They are sent a link, good once, for a week, and only for who has this address. An open invitation to the same address
/// ends.
#[utoipa::path(post, path = "/organisations/{id}/invitations", tag = "organisations", operation_id = "create_invitation",
    params(("id" = String, Path, description = "`org_` and 32 hex digits")),
    request_body = Invite,
    responses(
        (status = 201, description = "They are invited", body = Invitation),
        (status = 409, description = "`already_a_member` or `personal_organisation`", body = Problem,
            content_type = "application/problem+json"),
        (status = 422, description = "`invalid_request`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn create(
    OrgAccess { organisation, caller, scope, .. }: OrgAccess<ManageMembers>,
    State(state): State<ApiState>,
    Body(request): Body<Invite>,
) -> Result<(StatusCode, Json<Invitation>), ApiError> {
    let email = Email::parse(&request.email);
    let email = email.map_err(|error| ApiError::invalid(FieldError::body(["email"], error)))?;
    let now = state.clock.now();
    let new = NewInvitation {
        id: InvitationId::generate(now, &*state.entropy),
        organisation: organisation.id,
        email,
        role: request.role.into(),
        // The token is nobody's but the address's: whoever invites never sees it.
        hash: generate(&*state.entropy).hash,
        invited_by: caller.answerable(),
        now,
        expires_at: now + LIFETIME,
    };
    state.store.create_invitation(scope, &new).await?;
    let NewInvitation { id, organisation, email, role, invited_by, expires_at, .. } = new;
    let made = storage::Invitation { id, organisation, email, role, invited_by, created_at: now, expires_at };
    Ok((StatusCode::CREATED, Json(made.into())))
}
