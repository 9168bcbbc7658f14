//! Tells owners that their instance runs, when it does for the first time.
//!
//! The worker notes what runs, and knows nothing of letters; so the web side looks at the rows by period. That somebody was told
//! and the letter that does it are one transaction: whoever looks at the same time, or dies in between, tells nobody twice.

use std::time::Duration;

use mail::Message;
use storage::{NewlyReady, StorageError};
use tokio_util::sync::CancellationToken;

use super::sealed;
use crate::first_run;
use crate::state::ApiState;

/// Instances at once.
const SOME: u16 = 100;

/// Until `stop`, as often as `period`.
pub async fn tell_ready(state: ApiState, period: Duration, stop: CancellationToken) {
    loop {
        if let Err(error) = tell_some(&state).await {
            tracing::warn!(%error, "nobody is told that their instance runs");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(period) => {}
        }
    }
}

async fn tell_some(state: &ApiState) -> Result<(), StorageError> {
    for NewlyReady { tenant, owner } in state.store.newly_ready(SOME).await? {
        let letter = owner.map(|owner| {
            let message = Message::InstanceReady {
                subdomain: tenant.subdomain.to_string(),
                url: state.platform.url(&tenant.subdomain),
                awaits_visitor: !tenant.first_run.is_set_up() && first_run::setup(state, &tenant).is_some(),
            };
            sealed(state, owner.as_str(), &message)
        });
        state.store.tell_ready(tenant.id, (letter, state.clock.now())).await?;
    }
    Ok(())
}
