//! What somebody is given who is in.

use axum::Json;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use domain::{OrganisationId, SessionId, UserId};
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::state::ApiState;

/// An access token. The refresh token is in a cookie that no script reads.
#[derive(Serialize, ToSchema)]
pub(crate) struct SignedIn {
    /// For `Authorization: Bearer …`. Keep it in memory only.
    #[schema(example = "eyJ0eXAiOiJKV1QiLCJhbGciOiJFZERTQSIsImtpZCI6…")]
    access_token: String,
    /// Renew it before, with `POST /api/v1/auth/refresh`.
    expires_at: DateTime<Utc>,
    #[schema(example = "usr_0190a1b2c3d4e5f60718293a4b5c6d7e")]
    user: String,
    #[schema(example = "ses_0190a1b2c3d4e5f60718293a4b5c6d7e")]
    session: String,
    /// Where you act; null: nowhere, choose one with `POST /api/v1/me/organisation`.
    #[schema(example = "org_0190a1b2c3d4e5f60718293a4b5c6d7e")]
    organisation: Option<String>,
}

/// A token for this session there.
pub(crate) async fn access(
    state: &ApiState,
    (session, user): (SessionId, UserId),
    organisation: Option<OrganisationId>,
) -> Result<SignedIn, ApiError> {
    let issued = state.auth.tokens.issue(session, user, organisation).await?;
    Ok(SignedIn {
        access_token: issued.token.expose_secret().to_owned(),
        expires_at: issued.expires_at,
        user: user.to_string(),
        session: session.to_string(),
        organisation: organisation.map(|organisation| organisation.to_string()),
    })
}

impl SignedIn {
    pub(super) fn with_cookie(self, cookie: HeaderValue) -> Response {
        (StatusCode::OK, [(SET_COOKIE, cookie)], Json(self)).into_response()
    }
}
