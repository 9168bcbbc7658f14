//! What is said in the place of an instance: Traefik leads here where no container answers.
//!
//! Anybody may ask for any name, so what was found out about one is kept for a moment.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use domain::tenant::{DesiredState, Status, Subdomain};
use storage::{Action, StorageError, Tenant};
use tokio::time::Instant;

use super::host;
use super::page::{self, Page, Wants};
use crate::state::ApiState;

/// How long an answer is good for.
const FRESH: Duration = Duration::from_secs(1);
/// For how many names one is kept.
const MOST_NAMES: usize = 4096;

/// What was found out lately.
#[derive(Debug, Default)]
pub(super) struct Seen(Mutex<HashMap<Subdomain, (Instant, &'static Page)>>);

impl Seen {
    fn get(&self, subdomain: &Subdomain) -> Option<&'static Page> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(subdomain).filter(|(at, _)| at.elapsed() < FRESH).map(|(_, page)| *page)
    }

    fn put(&self, subdomain: Subdomain, page: &'static Page) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MOST_NAMES {
            seen.retain(|_, (at, _)| at.elapsed() < FRESH);
        }
        if seen.len() < MOST_NAMES {
            seen.insert(subdomain, (Instant::now(), page));
        }
    }
}

pub(super) async fn instead(
    State(state): State<ApiState>,
    Extension(seen): Extension<Arc<Seen>>,
    wants: Wants,
    headers: HeaderMap,
) -> Response {
    let Some(subdomain) = host::own(&headers, &state.platform) else { return page::UNKNOWN.answer(wants) };
    let page = match look(&state, &seen, subdomain).await {
        Ok(page) => page,
        Err(error) => {
            tracing::error!(%error, "nobody can be told how an instance is while the platform's database fails");
            &page::SILENT
        }
    };
    page.answer(wants)
}

/// Whatever else is asked for below the platform's own path.
pub(super) async fn nothing(wants: Wants) -> Response {
    page::NOTHING.answer(wants)
}

async fn look(state: &ApiState, seen: &Seen, subdomain: Subdomain) -> Result<&'static Page, StorageError> {
    if let Some(page) = seen.get(&subdomain) {
        return Ok(page);
    }
    let holder = state.store.holder_of(&subdomain).await?;
    let page = holder.map_or(&page::UNKNOWN, |(tenant, action)| about(&tenant, action));
    seen.put(subdomain, page);
    Ok(page)
}

/// One that should run and does is on its way: Traefik learns of it in a moment.
fn about(tenant: &Tenant, action: Option<Action>) -> &'static Page {
    match (tenant.desired_state, tenant.status) {
        (DesiredState::Destroyed, _) => &page::REMOVED,
        (DesiredState::Stopped, _) => &page::STOPPED,
        (DesiredState::Running, Status::Error | Status::Unknown) => &page::FAILING,
        (
            DesiredState::Running,
            Status::Pending
            | Status::Provisioning
            | Status::Active
            | Status::Stopped
            | Status::Destroying
            | Status::Destroyed,
        ) => match action {
            Some(Action::Update | Action::Rollback) => &page::UPDATING,
            Some(
                Action::Deploy
                | Action::Start
                | Action::Stop
                | Action::Restart
                | Action::Cancel
                | Action::Destroy
                | Action::Undo,
            )
            | None => &page::STARTING,
        },
    }
}
