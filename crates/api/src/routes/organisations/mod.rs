//! Organisations: what people share.

mod create;
mod delete;
mod list;
mod rename;
mod representation;
mod show;
mod transfer_ownership;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::error::FieldError;
use crate::state::ApiState;

pub(super) fn quick() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(show::show, rename::rename, delete::delete))
        .routes(routes!(transfer_ownership::transfer_ownership))
}

/// A name for people, without the space around it.
pub(super) fn name(text: &str) -> Result<String, FieldError> {
    let text = text.trim();
    if (1..=200).contains(&text.chars().count()) && !text.contains(char::is_control) {
        return Ok(text.to_owned());
    }
    Err(FieldError::body(["name"], "expected 1 to 200 characters, none of them a control character"))
}
