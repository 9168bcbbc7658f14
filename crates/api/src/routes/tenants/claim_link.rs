//! Make a link for an instance's owner.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::ExposeSecret;
use serde::Serialize;
use storage::NewGateKey;
use utoipa::ToSchema;

use super::first_visit;
use crate::auth::{Claim, TenantAccess};
use crate::error::{ApiError, Problem};
use crate::gate::CLAIM_PATH;
use crate::state::ApiState;
use crate::token::generate;

/// A way in for the instance's owner.
#[derive(Serialize, ToSchema)]
pub(crate) struct ClaimLink {
    /// To be opened in the owner's browser; good for one visit, which gives that browser the right to pass. Whoever has
    /// it becomes the instance's administrator, so it goes to its owner only.
    #[schema(example = "https://my-study.example.org/.fresco/claim#5f1b…")]
    url: String,
    expires_at: DateTime<Utc>,
}

/// Make a claim link
///
/// Until an instance is set up, only a browser that came by such a link may open it. Earlier links stay good, up to
/// eight of them. Nobody can be shown a link a second time.
#[utoipa::path(post, path = "/tenants/{id}/claim-link", tag = "tenants", operation_id = "create_claim_link",
    params(("id" = String, Path, description = "`tnt_` and 32 hex digits")),
    responses(
        (status = 201, description = "The link", body = ClaimLink),
        (status = 409, description = "`already_set_up`, `no_first_run`, `being_destroyed` or `already_destroyed`", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn claim_link(
    TenantAccess { tenant, scope, .. }: TenantAccess<Claim>,
    State(state): State<ApiState>,
) -> Result<(StatusCode, Json<ClaimLink>), ApiError> {
    first_visit(&state, &tenant)?;
    let (now, key) = (state.clock.now(), generate(&*state.entropy));
    let expires_at = now + TimeDelta::from_std(state.settings.gate.link_lifetime).unwrap_or(TimeDelta::MAX);
    state.store.add_claim_link(scope, tenant.id, NewGateKey { hash: key.hash, now, expires_at }).await?;
    let url = format!("{}{CLAIM_PATH}#{}", state.platform.url(&tenant.subdomain), key.token.expose_secret());
    Ok((StatusCode::CREATED, Json(ClaimLink { url, expires_at })))
}
