//! The keys of access tokens.

use axum::Json;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::response::IntoResponse;

use crate::auth::PUBLISHED_FOR;
use crate::error::ApiError;
use crate::state::ApiState;

/// The keys that verify access tokens
///
/// A JSON Web Key Set (RFC 7517), Ed25519. A good signature says who somebody was when the token was made; whether their
/// session still is, only this API knows.
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "auth", operation_id = "jwks", security(()),
    responses((status = 200, description = "The keys", body = Object)))]
pub(crate) async fn jwks(State(state): State<ApiState>) -> Result<impl IntoResponse, ApiError> {
    let keys = state.auth.tokens.jwks().await?;
    let keep = format!("public, max-age={}", PUBLISHED_FOR.num_seconds());
    Ok(([(CACHE_CONTROL, keep)], Json(keys)))
}
