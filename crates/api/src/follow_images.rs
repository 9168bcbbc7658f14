//! Gives instances the image that their app's manifest names by now, where their owners leave that to the platform.
//!
//! It asks for the same change that people ask for, in the platform's name: release, health gate and the way back are the
//! loop's. Whoever changes the tenant at the same time, another process too, goes first; the next look finds what is left.

use std::time::Duration;

use domain::DeploymentId;
use domain::app::AppManifest;
use domain::tenant::{Operation, Update};
use storage::audit::acting;
use storage::{Actor, ActorKind, Change, ChangeError, Scope, StorageError, Tenant};
use tokio_util::sync::CancellationToken;

use crate::state::ApiState;

/// How often it is looked, and how many of an app may be on their way at once.
#[derive(Clone, Copy, Debug)]
pub struct ImagePace {
    pub period: Duration,
    pub at_once: u16,
}

/// Until `stop`.
pub async fn follow_images(state: ApiState, pace: ImagePace, stop: CancellationToken) {
    loop {
        for manifest in state.catalogue.iter() {
            let work = acting(Actor::new(ActorKind::System, None), follow(&state, manifest, pace.at_once));
            if let Err(error) = work.await {
                tracing::warn!(app = %manifest.name, %error, "nobody is given the app's image");
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pace.period) => {}
        }
    }
}

async fn follow(state: &ApiState, manifest: &AppManifest, at_once: u16) -> Result<(), StorageError> {
    for tenant in state.store.tenants_behind(&manifest.name, &manifest.image, at_once).await? {
        let id = tenant.id;
        match give(state, manifest, tenant).await {
            Ok(()) => tracing::info!(tenant = %id, image = %manifest.image, "is given its app's image"),
            Err(ChangeError::Storage(error)) => return Err(error),
            // Somebody was quicker.
            Err(error) => tracing::debug!(tenant = %id, %error, "is not given its app's image"),
        }
    }
    Ok(())
}

async fn give(state: &ApiState, manifest: &AppManifest, tenant: Tenant) -> Result<(), ChangeError> {
    let Some(spec) = tenant.spec.following(&manifest.image) else { return Ok(()) };
    let now = state.clock.now();
    let operation = Operation::Update(Box::new(Update { spec, notes: false }));
    let plain = Change::plain(operation, DeploymentId::generate(now, &*state.entropy), now);
    let change = Change { expected_generation: Some(tenant.generation), ..plain };
    state.store.change_tenant(Scope::Operator, tenant.id, change).await.map(drop)
}
