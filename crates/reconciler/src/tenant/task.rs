//! One claim from its lease to its result.

use std::sync::Arc;

use domain::tenant::DesiredState;
use storage::{ClaimError, Claimed, Lease, SecretsError};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;

use super::asked;
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
    let (tenant, began, span) = (lease.tenant, Instant::now(), asked::span(&claimed.tenant));
    // A lease that is lost drops the pass where it stands: another holder may be at work.
    let ended = tokio::select! {
        ended = pass(Arc::clone(&shared), claimed, signals).instrument(span) => ended,
        error = renew(&shared, &lease, &changed) => Err(error),
    };
    let outcome = match &ended {
        Ok(outcome) => outcome,
        Err(ClaimError::Lost) => "lost",
        Err(ClaimError::Storage(_)) => "unwritten",
    };
    metrics::histogram!("fresco_reconcile_pass_seconds", "outcome" => outcome).record(began.elapsed());
    match ended {
        Ok(_) => {}
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

/// A pass, and how it ended in a word.
async fn pass(shared: Arc<Reconciler>, claimed: Claimed, mut signals: Signals) -> Result<&'static str, ClaimError> {
    asked::name(&shared, &claimed.tenant).await;
    let (looked_at, began) = (shared.clock.now(), Instant::now());
    let app = shared.settings.catalogue.get(&claimed.tenant.spec.app);
    let destroys = claimed.tenant.desired_state == DesiredState::Destroyed;
    let manifest = match app {
        Ok(manifest) => Some(manifest.clone()),
        // Destroying needs no more than the names of things.
        Err(_) if destroys => None,
        Err(error) => {
            Report::unknown_app(&shared, &claimed, &error).write_unseen(&shared, &claimed).await?;
            return Ok("blocked");
        }
    };
    let secrets = match secrets::load(&shared, &claimed, manifest.as_ref()).await {
        Ok(secrets) => secrets,
        Err(SecretsError::Claim(error)) => return Err(error),
        Err(error) => {
            Report::unreadable_secret(&shared, &claimed, &error).write_unseen(&shared, &claimed).await?;
            return Ok("blocked");
        }
    };
    let mut pass = Pass::new(Arc::clone(&shared), claimed, manifest, secrets);
    let (mut world, mut troubles) = observe(&pass).await;
    let end = walk(&mut pass, (&mut world, &mut troubles), &mut signals).await?;
    if matches!(end, Some(End::Failed { .. })) {
        keep::what_served(&mut pass, (&mut world, &mut troubles), &mut signals).await?;
    }
    match end {
        Some(end) => {
            let (outcome, took_ms) = (end.word(), u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX));
            // What nobody asked for, and changed nothing, is no news.
            if pass.steps > 0 || pass.claimed.tenant.generation != pass.claimed.tenant.observed_generation {
                tracing::info!(outcome, steps = pass.steps, took_ms, "pass ended");
            }
            Report::of(&pass, &world, end, &troubles.0).await.write(&pass, &world, looked_at).await?;
            Ok(outcome)
        }
        // The daemon stops: the driver gives all its claims back at once.
        None => Ok("left"),
    }
}
