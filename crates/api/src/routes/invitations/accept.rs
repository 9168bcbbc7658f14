//! Become a member by an invitation.

use axum::Json;
use axum::extract::State;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Me;
use crate::error::{ApiError, Problem};
use crate::extract::Body;
use crate::routes::words::Role;
use crate::state::ApiState;
use crate::token::Key;

/// What the mailed link holds.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcceptInvitation {
    /// From the link's fragment.
    #[schema(value_type = String)]
    token: SecretString,
}

/// What one is now, and where.
#[derive(Serialize, ToSchema)]
pub(crate) struct Joined {
    #[schema(example = "org_0190a1b2c3d4e5f60718293a4b5c6d7e")]
    organisation: String,
    role: Role,
}

/// Accept an invitation
///
/// For who has the address it was sent to, verified, and has signed in. Good once. Who is a member stays what they are.
#[utoipa::path(post, path = "/invitations/accept", tag = "organisations", operation_id = "accept_invitation",
    request_body = AcceptInvitation,
    responses(
        (status = 200, description = "You are a member", body = Joined),
        (status = 403, description = "`invitation_refused`", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn accept(
    me: Me,
    State(state): State<ApiState>,
    Body(request): Body<AcceptInvitation>,
) -> Result<Json<Joined>, ApiError> {
    let token = Key::parse(request.token.expose_secret()).ok_or(ApiError::InvitationRefused)?;
    let accepted = state.store.accept_invitation(me.user, token.hash(), state.clock.now()).await?;
    let (organisation, role) = accepted.ok_or(ApiError::InvitationRefused)?;
    Ok(Json(Joined { organisation: organisation.to_string(), role: role.into() }))
}
