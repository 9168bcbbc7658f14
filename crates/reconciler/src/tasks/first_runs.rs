//! Asks apps that await their first visitor whether they have been set up, and opens those that have to everybody.
//!
//! Only an owner who came by a claim link can set one up, so those are asked often while they may be at it. All others are
//! asked at the start, and then rarely: one may have been set up before it was gated.
//!
//! What an app says is believed as its manifest tells it, and only of the tenant's own running container: the engine gives
//! the address of one that has ended to another's.

use std::net::SocketAddr;
use std::sync::Arc;

use domain::app::{Profile, SetupState};
use futures_util::{StreamExt, stream};
use provisioner::container::{ContainerName, EngineError, Phase};
use provisioner::probe::{NotReady, Page};
use storage::{Scope, StorageError, Tenant};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::repeats::Repeats;
use crate::{Reconciler, backoff};

/// How many are asked at once.
const AT_ONCE: usize = 4;
/// How many are read from the platform's tables at once.
const PAGE: u16 = 200;
/// How much longer the pause is while no owner is at it.
const IDLE: u32 = 5;

pub(crate) async fn run(shared: Arc<Reconciler>, stop: CancellationToken) {
    let mut swept: Option<Instant> = None;
    let mut repeats = Repeats::default();
    loop {
        let is_due = swept.is_none_or(|at| at.elapsed() >= shared.settings.pace.first_run_sweep);
        let asked = tokio::select! {
            () = stop.cancelled() => return,
            asked = ask_all(&shared, !is_due) => asked,
        };
        let some = match asked {
            Ok(count) => {
                repeats.over();
                swept = if is_due { Some(Instant::now()) } else { swept };
                count > 0 && !is_due
            }
            Err(error) => {
                if repeats.is_due(&error) {
                    tracing::warn!(%error, "could not look for instances that await their first visitor");
                }
                false
            }
        };
        let pause = shared.settings.pace.first_run * if some { 1 } else { IDLE };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(backoff::jitter(pause, &*shared.entropy)) => {}
        }
    }
}

/// Asks all of them, or those whose owner may be at it; answers with how many there were.
async fn ask_all(shared: &Reconciler, claimed: bool) -> Result<usize, StorageError> {
    let (mut count, mut after) = (0, None);
    loop {
        let tenants = shared.store.await_set_up(claimed, shared.clock.now(), after, PAGE).await?;
        count += tenants.len();
        after = tenants.last().map(|tenant| tenant.id);
        let is_last = tenants.len() < usize::from(PAGE);
        stream::iter(tenants).for_each_concurrent(AT_ONCE, |tenant| async move { visit(shared, &tenant).await }).await;
        if is_last {
            return Ok(count);
        }
    }
}

async fn visit(shared: &Reconciler, tenant: &Tenant) {
    match ask(shared, tenant).await {
        Ok(Some(SetupState::Done)) => {
            let message = "Its owner has set it up; it is open to everybody";
            match shared.store.mark_set_up(Scope::Operator, tenant.id, message, shared.clock.now()).await {
                Ok(_) => tracing::info!(tenant.id = %tenant.id, "set up: open to everybody"),
                Err(error) => tracing::warn!(tenant.id = %tenant.id, %error, "it is set up, which could not be noted"),
            }
        }
        Ok(Some(SetupState::Open | SetupState::Expired) | None) => {}
        Err(error) => tracing::debug!(tenant.id = %tenant.id, %error, "it can't be asked whether it is set up"),
    }
}

#[derive(Debug, thiserror::Error)]
enum AskError {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    App(#[from] NotReady),
}

/// What the app says; `None` if it has no set-up, does not run, or says nothing we understand.
async fn ask(shared: &Reconciler, tenant: &Tenant) -> Result<Option<SetupState>, AskError> {
    let Some(profile) = profile(shared, tenant) else { return Ok(None) };
    let Some(setup) = &profile.setup else { return Ok(None) };
    let Some(address) = address(shared, tenant).await? else { return Ok(None) };
    let host = shared.settings.platform.host(&tenant.subdomain);
    let page = Page { address, host: &host, path: &setup.path, timeout: profile.serve.ready.timeout };
    Ok(setup.read(shared.parts.probe.read(page).await?.shown()))
}

fn profile<'a>(shared: &'a Reconciler, tenant: &Tenant) -> Option<&'a Profile> {
    let manifest = shared.settings.catalogue.get(&tenant.spec.app).ok()?;
    Some(manifest.profile(tenant.pinned_image.as_ref()?))
}

/// Where the tenant's own container answers now.
async fn address(shared: &Reconciler, tenant: &Tenant) -> Result<Option<SocketAddr>, EngineError> {
    let found = shared.parts.engine.find_container(&ContainerName::serve(tenant.id)).await?;
    Ok(found.and_then(|container| {
        let owner = container.owner.as_ref()?;
        let is_ours = owner.platform == shared.settings.platform_id && owner.phase == Phase::Serve;
        container.state.address().filter(|_| is_ours && owner.tenant == tenant.id)
    }))
}
