//! Help from whoever runs the installation.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::Email;
use mail::Message;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::{Asker, NotCrossSite};
use crate::error::{ApiError, FieldError, Problem};
use crate::extract::Body;
use crate::mails;
use crate::state::ApiState;

/// The longest message, in characters.
const LONGEST: usize = 5_000;
/// The longest name of an instance, as whoever writes knows it.
const LONGEST_INSTANCE: usize = 200;

pub(super) fn quick() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(show, ask))
}

/// What help there is.
#[derive(Serialize, ToSchema)]
pub(crate) struct Help {
    /// Whether messages reach somebody.
    takes_messages: bool,
}

/// What somebody wants help with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskForHelp {
    /// Where the answer goes.
    #[schema(example = "ada@example.org")]
    email: String,
    /// 1 to 5000 characters.
    #[schema(example = "My study says that its database is full. What can I do?")]
    message: String,
    /// The instance it is about: its name or its address.
    #[schema(example = "my-study")]
    instance: Option<String>,
}

/// See whether there is somebody to write to
#[utoipa::path(get, path = "/help", tag = "help", operation_id = "show_help", security(()),
    responses((status = 200, description = "What help there is", body = Help)))]
async fn show(asker: Asker, State(state): State<ApiState>) -> Result<Json<Help>, ApiError> {
    asker.counts_as_request(&state)?;
    Ok(Json(Help { takes_messages: state.settings.help_address.is_some() }))
}

/// Ask for help
///
/// Becomes a letter to whoever runs the installation, who answers by mail.
#[utoipa::path(post, path = "/help", tag = "help", operation_id = "ask_for_help", security(()),
    request_body = AskForHelp,
    responses(
        (status = 202, description = "A letter is on its way"),
        (status = 404, description = "`no_help_address`", body = Problem, content_type = "application/problem+json"),
    ))]
async fn ask(
    _: NotCrossSite,
    asker: Asker,
    State(state): State<ApiState>,
    Body(request): Body<AskForHelp>,
) -> Result<StatusCode, ApiError> {
    asker.counts_as_request(&state)?;
    let message = read(&state, request)?;
    let Some(address) = &state.settings.help_address else { return Err(ApiError::NoHelpAddress) };
    if let Some(email) = message.answer_to() {
        asker.counts_as_letter(&state, email).await?;
    }
    state.store.queue_mails(&[mails::sealed(&state, address.as_str(), &message)]).await?;
    Ok(StatusCode::ACCEPTED)
}

fn read(state: &ApiState, AskForHelp { email, message, instance }: AskForHelp) -> Result<Message, ApiError> {
    let wrong = |field, detail: String| ApiError::invalid(FieldError::body([field], detail));
    let email = Email::parse(&email).map_err(|error| wrong("email", error.to_string()))?;
    let (length, text) = (message.chars().count(), message.trim());
    if text.is_empty() || length > LONGEST {
        return Err(wrong("message", format!("expected 1 to {LONGEST} characters, not {length}")));
    }
    let instance = instance.filter(|name| !name.trim().is_empty());
    if let Some(length) = instance.as_ref().map(|name| name.chars().count()).filter(|length| *length > LONGEST_INSTANCE)
    {
        return Err(wrong("instance", format!("expected {LONGEST_INSTANCE} characters at most, not {length}")));
    }
    let at = state.clock.now();
    Ok(Message::HelpWanted { email: email.as_str().to_owned(), instance, text: text.to_owned(), at })
}
