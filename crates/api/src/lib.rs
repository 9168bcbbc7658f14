//! The HTTP API: writes what should be, answers what is.
//!
//! A request ends in one transaction of [`storage`]; it never calls the loop that makes things so, and knows nothing of
//! it. Whoever wants to know when it is done waits for the row.
//!
//! | module | what it is |
//! |---|---|
//! | [`routes`] | one operation a file: request, answer, documentation, handler |
//! | [`auth`] | extractors that are the authorisation |
//! | [`gate`] | another listener, in front of instances: who may open one that nobody has set up, and pages in its place |
//! | [`mails`] | letters: sealed by handlers, sent by a task of their own |
//! | [`sockets`] | WebSockets: who may open one, how they end |
//! | [`extract`] | bodies and parameters whose mistakes are told with their place |
//! | [`openapi`] | the document; [`reference`] is the same as a page |
//! | [`exposition`] | another listener: the platform's own metrics |
//! | [`error`] | the one error, as problem details |
//! | [`middleware`] | request ids, logging, panics, bounds |
//! | [`server`] | connections |
//! | [`outside`] | what reads what strangers send, for those who try it with anything |
//!
//! Invariants: router and OpenAPI document are one list ([`routes::all`]); every operation takes an extractor of [`auth`]
//! or is named as public in a test; no internal reaches the caller; every wait and every body is bounded.
//!
//! To add an operation: a file in `routes/<noun>/`, a line in that noun's list, a row in `tests/access.rs`, and
//! `UPDATE_DOCUMENT=1 cargo nextest run -p api document` for the committed document.

mod auth;
mod error;
mod exposition;
mod extract;
mod first_run;
mod follow_images;
mod forget;
mod gate;
mod look;
mod mails;
mod middleware;
mod news;
mod openapi;
pub mod outside;
mod reference;
mod routes;
mod server;
mod sockets;
mod state;
mod token;
mod unread;

pub use auth::{
    Auth, AuthSettings, InvalidPasswordSettings, PasswordSettings, SessionSettings, SigningParts, api_key, operator_key,
};
pub use axum::Router;
pub use error::{Code, FieldError, Problem};
pub use exposition::metrics_router;
pub use follow_images::{ImagePace, follow_images};
pub use forget::{Retention, forget};
pub use gate::gate_router;
pub use mails::{Announce, Desk, MailPace, Postman, PostmanParts, tell_ready};
pub use middleware::{LimitSettings, RateLimits};
pub use news::News;
pub use openapi::document;
pub use server::{Bounds, answers, serve};
pub use state::{ApiParts, ApiSettings, ApiState, GateSettings, LogSettings, MetricsSettings, SignupSettings};

/// All routes and what surrounds them.
pub fn router(state: ApiState) -> Router {
    let (router, _) = routes::all(&state).split_for_parts();
    middleware::around(router.with_state(state.clone()), &state)
}
