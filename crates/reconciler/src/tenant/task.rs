//! One claim from its lease to its result.

use std::sync::Arc;

use domain::tenant::DesiredState;
use storage::{ClaimError, Claimed, Lease, SecretsError};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::keep;
use super::observe::observe;
use super::pass::Pass;
use super::reconcile::{End, Signals, walk};
use super::report::Report;
use super::secrets;
use crate::Reconciler;

/// Works on one claimed tenant. Whatever happens, the claim ends: written, released, or lapsed.
pub(crate) async fn run(shared: Arc<Reconciler>, claimed: Claimed, signals: Signals, changed: watch::Sender<u64>) {
    let lease = claimed.lease;
    let tenant = lease.tenant;
    // A lease that is lost drops the pass where it stands: another holder may be at work.
    let ended = tokio::select! {
        ended = pass(Arc::clone(&shared), claimed, signals) => ended,
        error = renew(&shared, &lease, &changed) => Err(error),
    };
    match ended {
        Ok(()) => {}
        Err(ClaimError::Lost) => tracing::info!(tenant.id = %tenant, "claim lost; its new holder goes on"),
        Err(error) => tracing::warn!(tenant.id = %tenant, %error, "claim left to lapse"),
    }
}

/// Renews until the lease is lost, and passes on that the row was changed. A lease that could not be renewed in time
/// counts as lost a little before it lapses: from then on another holder may be at work.
async fn renew(shared: &Reconciler, lease: &Lease, changed: &watch::Sender<u64>) -> ClaimError {
    let period = shared.settings.pace.lease;
    let (pause, safe) = (period / 3, period.mul_f64(0.9));
    let mut renewed_at = Instant::now();
    loop {
        tokio::time::sleep(pause.min((renewed_at + safe).saturating_duration_since(Instant::now()))).await;
        let asked_at = Instant::now();
        match timeout_at(renewed_at + safe, shared.store.renew(lease, period)).await {
            Ok(Ok(renewed)) => {
                renewed_at = asked_at;
                if renewed.dirty {
                    changed.send_modify(|count| *count += 1);
                }
            }
            Ok(Err(ClaimError::Lost)) | Err(_) => return ClaimError::Lost,
            Ok(Err(error)) => tracing::debug!(tenant.id = %lease.tenant, %error, "the lease could not be renewed yet"),
        }
    }
}

async fn pass(shared: Arc<Reconciler>, claimed: Claimed, mut signals: Signals) -> Result<(), ClaimError> {
    let looked_at = shared.clock.now();
    let app = shared.settings.catalogue.get(&claimed.tenant.spec.app);
    let destroys = claimed.tenant.desired_state == DesiredState::Destroyed;
    let manifest = match app {
        Ok(manifest) => Some(manifest.clone()),
        // Destroying needs no more than the names of things.
        Err(_) if destroys => None,
        Err(error) => return Report::unknown_app(&shared, &claimed, &error).write_unseen(&shared, &claimed).await,
    };
    let secrets = match secrets::load(&shared, &claimed, manifest.as_ref()).await {
        Ok(secrets) => secrets,
        Err(SecretsError::Claim(error)) => return Err(error),
        Err(error) => {
            return Report::unreadable_secret(&shared, &claimed, &error).write_unseen(&shared, &claimed).await;
        }
    };
    let mut pass = Pass::new(Arc::clone(&shared), claimed, manifest, secrets);
    let (mut world, mut troubles) = observe(&pass).await;
    let end = walk(&mut pass, (&mut world, &mut troubles), &mut signals).await?;
    if matches!(end, Some(End::Failed { .. })) {
        keep::what_served(&mut pass, (&mut world, &mut troubles), &mut signals).await?;
    }
    match end {
        Some(end) => Report::of(&pass, &world, end, &troubles.0).await.write(&pass, &world, looked_at).await,
        // The daemon stops: the driver gives all its claims back at once.
        None => Ok(()),
    }
}
