//! All that is kept of somebody.

use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_DISPOSITION;
use axum::response::IntoResponse;
use chrono::{DateTime, Utc};
use serde::Serialize;
use storage::Part;
use utoipa::ToSchema;

use super::representation::{Account, Membership, Session};
use crate::auth::Me;
use crate::error::ApiError;
use crate::state::ApiState;

/// All that is kept of you.
#[derive(Serialize, ToSchema)]
pub(crate) struct Export {
    exported_at: DateTime<Utc>,
    account: Account,
    organisations: Vec<Membership>,
    sessions: Vec<Session>,
    second_factor: bool,
}

/// Export your data
///
/// What is kept of your account. What you have done is in the audit logs of your organisations, and what your instances
/// hold is theirs to export.
#[utoipa::path(get, path = "/me/export", tag = "me", operation_id = "export_me", security(("access_token" = [])),
    responses((status = 200, description = "All of it, as a file", body = Export)))]
pub(crate) async fn export(me: Me, State(state): State<ApiState>) -> Result<impl IntoResponse, ApiError> {
    let (user, _) = super::account(&state, me).await?;
    let now = state.clock.now();
    let organisations = state.store.organisations_of(me.user).await?;
    let sessions = state.store.list_sessions(me.user, now, Part::first(u16::MAX)).await?.items;
    let export = Export {
        exported_at: now,
        account: user.into(),
        organisations: organisations.into_iter().map(Membership::from).collect(),
        sessions: sessions.into_iter().map(|session| Session::of(session, me.session)).collect(),
        second_factor: state.store.second_factor_confirmed(me.user).await?,
    };
    Ok(([(CONTENT_DISPOSITION, "attachment; filename=\"fresco-platform-account.json\"")], Json(export)))
}
