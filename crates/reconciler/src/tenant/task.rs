//! One claim from its lease to its result.

use std::sync::Arc;

use storage::{ClaimError, Claimed, Lease, SecretsError};
use tokio::sync::watch;

use super::observe::observe;
use super::pass::Pass;
use super::reconcile::{Signals, walk};
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

/// Renews until the lease is lost, and passes on that the row was changed.
async fn renew(shared: &Reconciler, lease: &Lease, changed: &watch::Sender<u64>) -> ClaimError {
    let period = shared.settings.pace.lease;
    let mut failing_since = None;
    loop {
        tokio::time::sleep(period / 3).await;
        match shared.store.renew(lease, period).await {
            Ok(renewed) => {
                failing_since = None;
                if renewed.dirty {
                    changed.send_modify(|count| *count += 1);
                }
            }
            Err(ClaimError::Lost) => return ClaimError::Lost,
            Err(error) => {
                let since = failing_since.get_or_insert_with(tokio::time::Instant::now);
                if since.elapsed() > period / 3 {
                    return error;
                }
            }
        }
    }
}

async fn pass(shared: Arc<Reconciler>, claimed: Claimed, mut signals: Signals) -> Result<(), ClaimError> {
    let observed_at = shared.clock.now();
    let manifest = match shared.settings.catalogue.get(&claimed.tenant.spec.app) {
        Ok(manifest) => manifest.clone(),
        Err(error) => {
            let report = Report::unknown_app(&shared, &claimed, &error);
            return report.write(&shared.store, &claimed, &claimed.tenant.observed, observed_at).await;
        }
    };
    let secrets = match secrets::load(&shared, &claimed, &manifest).await {
        Ok(secrets) => secrets,
        Err(SecretsError::Claim(error)) => return Err(error),
        Err(error) => {
            let report = Report::unreadable_secret(&shared, &claimed, &error);
            return report.write(&shared.store, &claimed, &claimed.tenant.observed, observed_at).await;
        }
    };
    let mut pass = Pass::new(Arc::clone(&shared), claimed, manifest, secrets);
    let (mut world, mut troubles) = observe(&pass).await;
    match walk(&mut pass, (&mut world, &mut troubles), &mut signals).await? {
        Some(end) => {
            Report::of(&pass, &world, end, &troubles.0).write(&shared.store, &pass.claimed, &world, observed_at).await
        }
        // The daemon stops: the driver gives all its claims back at once.
        None => Ok(()),
    }
}
