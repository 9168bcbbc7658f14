//! Asks apps that await their first visitor whether they have been set up, and opens those that have to everybody.
//!
//! Only an owner who came by a claim link can set one up, so those are asked often while they may be at it. All others are
//! asked at the start, and then rarely: one may have been set up before it was gated.
//!
//! What an app says is believed as its manifest tells it, and only of the tenant's own running container: the engine gives
//! the address of one that has ended to another's.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use domain::TenantId;
use domain::app::{Profile, SetupState};
use futures_util::{StreamExt, stream};
use provisioner::container::{ContainerName, EngineError, Phase};
use provisioner::probe::{NotReady, Page};
use storage::{Scope, StorageError, Unvisited};
use tokio_util::sync::CancellationToken;

use crate::repeats::Repeats;
use crate::{Reconciler, backoff};

/// How many are asked at once.
const AT_ONCE: usize = 4;
/// How many of all are read, and asked, between two pauses.
const PAGE: u16 = 200;
/// How much longer the pause is while no owner is at it.
const IDLE: u32 = 5;

pub(crate) async fn run(shared: Arc<Reconciler>, stop: CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = watch_owners(&shared) => {}
        () = sweep(&shared) => {}
    }
}

/// Asks those whose owner may be at it, for ever.
async fn watch_owners(shared: &Reconciler) {
    let mut repeats = Repeats::default();
    loop {
        let asked = async {
            let tenants = shared.store.being_set_up(shared.clock.now()).await?;
            let some = !tenants.is_empty();
            ask_all(shared, tenants).await;
            Ok(some)
        };
        let some = told(asked.await, &mut repeats).unwrap_or(false);
        rest(shared, shared.settings.pace.first_run * if some { 1 } else { IDLE }).await;
    }
}

/// Asks all, for ever. Many are asked a page at a time, with a pause after each: a start is busy enough without them.
async fn sweep(shared: &Reconciler) {
    let mut repeats = Repeats::default();
    let mut after = None;
    loop {
        let asked = told(ask_page(shared, after).await, &mut repeats);
        after = asked.unwrap_or(after);
        let pace = &shared.settings.pace;
        rest(shared, if asked == Some(None) { pace.first_run_sweep } else { pace.first_run * IDLE }).await;
    }
}

/// Asks those of a page; answers with the last of them if there are more.
async fn ask_page(shared: &Reconciler, after: Option<TenantId>) -> Result<Option<TenantId>, StorageError> {
    let (tenants, last) = shared.store.not_set_up(after, PAGE).await?;
    ask_all(shared, tenants).await;
    Ok(last)
}

async fn ask_all(shared: &Reconciler, tenants: Vec<Unvisited>) {
    stream::iter(tenants).for_each_concurrent(AT_ONCE, |tenant| async move { visit(shared, &tenant).await }).await;
}

/// What came of it; a failure is told here.
fn told<T>(asked: Result<T, StorageError>, repeats: &mut Repeats) -> Option<T> {
    match asked {
        Ok(asked) => {
            repeats.over();
            Some(asked)
        }
        Err(error) => {
            if repeats.is_due(&error) {
                tracing::warn!(%error, "could not look for instances that await their first visitor");
            }
            None
        }
    }
}

async fn rest(shared: &Reconciler, period: Duration) {
    tokio::time::sleep(backoff::jitter(period, &*shared.entropy)).await;
}

async fn visit(shared: &Reconciler, tenant: &Unvisited) {
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
async fn ask(shared: &Reconciler, tenant: &Unvisited) -> Result<Option<SetupState>, AskError> {
    let Some(profile) = profile(shared, tenant) else { return Ok(None) };
    let Some(setup) = &profile.setup else { return Ok(None) };
    let Some(address) = address(shared, tenant).await? else { return Ok(None) };
    let host = shared.settings.platform.host(&tenant.subdomain);
    let page = Page { address, host: &host, path: &setup.path, timeout: profile.serve.ready.timeout };
    Ok(setup.read(shared.parts.probe.read(page).await?.shown()))
}

fn profile<'a>(shared: &'a Reconciler, tenant: &Unvisited) -> Option<&'a Profile> {
    let manifest = shared.settings.catalogue.get(&tenant.app).ok()?;
    Some(manifest.profile(&tenant.image))
}

/// Where the tenant's own container answers now.
async fn address(shared: &Reconciler, tenant: &Unvisited) -> Result<Option<SocketAddr>, EngineError> {
    let found = shared.parts.engine.find_container(&ContainerName::serve(tenant.id)).await?;
    Ok(found.and_then(|container| {
        let owner = container.owner.as_ref()?;
        let is_ours = owner.platform == shared.settings.platform_id && owner.phase == Phase::Serve;
        container.state.address().filter(|_| is_ours && owner.tenant == tenant.id)
    }))
}
