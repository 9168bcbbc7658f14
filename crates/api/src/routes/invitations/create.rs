//! Invite somebody.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::TimeDelta;
use domain::{Email, InvitationId, UserId};
use mail::Message;
use serde::Deserialize;
use storage::{NewInvitation, Scope};
use utoipa::ToSchema;

use super::representation::Invitation;
use crate::auth::{Asker, ManageMembers, OrgAccess};
use crate::error::{ApiError, FieldError, Problem};
use crate::extract::Body;
use crate::mails;
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
        (status = 403, description = "`forbidden`, `email_not_verified` or `awaiting_approval`", body = Problem,
            content_type = "application/problem+json"),
        (status = 409, description = "`already_a_member` or `personal_organisation`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn create(
    OrgAccess { organisation, caller, scope, .. }: OrgAccess<ManageMembers>,
    asker: Asker,
    State(state): State<ApiState>,
    Body(request): Body<Invite>,
) -> Result<(StatusCode, Json<Invitation>), ApiError> {
    caller.stands_well()?;
    let email = Email::parse(&request.email);
    let email = email.map_err(|error| ApiError::invalid(FieldError::body(["email"], error)))?;
    asker.counts_as_letter(&state, email.as_str()).await?;
    // The token is nobody's but the address's: whoever invites never sees it.
    let (now, made) = (state.clock.now(), generate(&*state.entropy));
    let new = NewInvitation {
        id: InvitationId::generate(now, &*state.entropy),
        organisation: organisation.id,
        email,
        role: request.role.into(),
        hash: made.hash,
        invited_by: caller.answerable(),
        now,
        expires_at: now + LIFETIME,
    };
    let message = Message::Invitation {
        token: mails::token(&made.token),
        inviter: name_of(&state, scope, new.invited_by).await?.unwrap_or_else(|| organisation.name.clone()),
        organisation: organisation.name,
        role: new.role.as_str().to_owned(),
        expires_at: new.expires_at,
    };
    let letter = mails::sealed(&state, new.email.as_str(), &message);
    state.store.create_invitation(scope, &new, &[letter]).await?;
    let NewInvitation { id, organisation, email, role, invited_by, expires_at, .. } = new;
    let made = storage::Invitation { id, organisation, email, role, invited_by, created_at: now, expires_at };
    Ok((StatusCode::CREATED, Json(made.into())))
}

/// `None` of whoever made the key that invites and has left since.
async fn name_of(state: &ApiState, scope: Scope, user: UserId) -> Result<Option<String>, ApiError> {
    Ok(state.store.find_user(scope, user).await?.map(|user| user.name))
}
