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
use crate::routes::api_keys::ApiKey;
use crate::routes::audit::AuditLine;
use crate::state::ApiState;

/// All that is kept of you.
#[derive(Serialize, ToSchema)]
pub(crate) struct Export {
    exported_at: DateTime<Utc>,
    account: Account,
    organisations: Vec<Membership>,
    sessions: Vec<Session>,
    second_factor: bool,
    /// Those that you have made, without what lets anybody in.
    api_keys: Vec<MadeKey>,
    /// What you have done, and what was done or tried to your account: the newest 10 000 lines.
    audit: Vec<AuditLine>,
}

/// The most lines of the audit log.
const MOST_LINES: u16 = 10_000;

/// A key that you have made.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeKey {
    #[schema(example = "org_0190a1b2c3d4e5f60718293a4b5c6d7e")]
    organisation: String,
    #[serde(flatten)]
    key: ApiKey,
    /// Null: it wasn't.
    revoked_at: Option<DateTime<Utc>>,
}

impl From<storage::MadeApiKey> for MadeKey {
    fn from(made: storage::MadeApiKey) -> Self {
        Self { organisation: made.organisation.to_string(), key: made.key.into(), revoked_at: made.revoked_at }
    }
}

/// Export your data
///
/// What is kept of your account, the keys that you have made and your traces in the audit log. What your instances hold is
/// theirs to export.
#[utoipa::path(get, path = "/me/export", tag = "me", operation_id = "export_me", security(("access_token" = [])),
    responses((status = 200, description = "All of it, as a file", body = Export)))]
pub(crate) async fn export(me: Me, State(state): State<ApiState>) -> Result<impl IntoResponse, ApiError> {
    let account = super::shown(&state, me).await?;
    let now = state.clock.now();
    let organisations = state.store.organisations_of(me.user).await?;
    let sessions = state.store.list_sessions(me.user, now, Part::first(u16::MAX)).await?.items;
    let keys = state.store.list_made_api_keys(me.user).await?;
    let lines = state.store.list_own_audit(me.user, MOST_LINES).await?;
    let export = Export {
        exported_at: now,
        account,
        organisations: organisations.into_iter().map(Membership::from).collect(),
        sessions: sessions.into_iter().map(|session| Session::of(session, me.session)).collect(),
        second_factor: state.store.second_factor_confirmed(me.user).await?,
        api_keys: keys.into_iter().map(MadeKey::from).collect(),
        audit: lines.into_iter().map(AuditLine::from).collect(),
    };
    Ok(([(CONTENT_DISPOSITION, "attachment; filename=\"fresco-platform-account.json\"")], Json(export)))
}
