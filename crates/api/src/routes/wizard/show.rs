//! Look at a draft.

use axum::Json;
use axum::extract::State;

use super::representation::WizardSession;
use crate::auth::Drafter;
use crate::error::Problem;
use crate::state::ApiState;

/// Look at a draft
#[utoipa::path(get, path = "/wizard/sessions/{id}", tag = "wizard", operation_id = "show_wizard",
    params(("id" = String, Path, description = "`sgn_` and 32 hex digits")), security(("wizard_token" = [])),
    responses(
        (status = 200, description = "What was answered so far, and what comes next", body = WizardSession),
        (status = 401, description = "`unauthenticated`: it has expired, or this is not its token", body = Problem,
            content_type = "application/problem+json"),
    ))]
pub(crate) async fn show(Drafter(signup): Drafter, State(state): State<ApiState>) -> Json<WizardSession> {
    Json(WizardSession::of(&state, signup))
}
