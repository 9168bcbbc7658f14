//! What frescod answers in front of instances: a listener of its own, which Traefik alone reaches.
//!
//! | path | who asks | what for |
//! |---|---|---|
//! | `/check` | Traefik, for every request to an instance nobody has set up | whether it comes from its owner |
//! | `/.fresco/claim` | an owner's browser, on the instance's own host | to exchange the token of a claim link for a cookie |
//! | `/.fresco/check` | whoever wonders, on the instance's own host | whether they may pass |
//! | `/.fresco/hello` | `frescod doctor`, through Traefik | that the way here is whole |
//! | `/instead` | Traefik, where an instance doesn't answer | a page that says why |
//!
//! The first visitor of an app such as Fresco becomes its administrator. So until an app says that it is set up, the
//! instance's middleware chain holds a check that lets in whoever shows a session, and sessions are given for links that
//! only the owner has. Set-up instances don't pass here: they serve whether frescod runs or not.
//!
//! Invariants: a key (link or session) is good for one tenant, the one whose host it is shown on, and is kept as a hash;
//! a link is good for one exchange, made by a page of ours on the instance's own host; the check says yes only if it knows
//! (a failing database is a no); what is sent on to the application never holds our cookie.

mod check;
mod claim;
mod cookie;
mod host;
mod instead;
mod page;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get};

use crate::middleware::{self, timeout};
use crate::state::ApiState;

pub(crate) use claim::PATH as CLAIM_PATH;

/// The listener's routes and what surrounds them.
pub fn gate_router(state: ApiState) -> Router {
    let seen = Arc::new(instead::Seen::default());
    let router = Router::new()
        .route("/check", get(check::check))
        .route("/.fresco/check", get(check::shown))
        .route("/.fresco/claim", get(claim::page).post(claim::exchange))
        .route("/.fresco/claim.js", get(claim::script))
        .route("/.fresco/hello", get(hello))
        .route("/.fresco/{*path}", any(instead::nothing))
        .route("/instead", any(instead::instead))
        .fallback(instead::instead)
        .layer(axum::Extension(seen))
        .layer(from_fn_with_state(state.clone(), timeout));
    middleware::watched(router.with_state(state.clone()), &state)
}

/// Whose gate this is: a database of one platform has one, and a doctor who asks for it by Traefik finds the same.
async fn hello(axum::extract::State(state): axum::extract::State<ApiState>) -> axum::Json<serde_json::Value> {
    axum::Json(serde_json::json!({ "gate": state.platform.domain.to_string() }))
}
