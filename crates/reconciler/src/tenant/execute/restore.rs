//! Older data brought back, or what was there before such an attempt.

use domain::tenant::{Evidence, Observed, Restoration, RestorationStage, RestoreWish, World};
use provisioner::database::{DumpName, Subject};
use secrecy::SecretString;

use super::super::failure::StepError;
use super::super::pass::Pass;

/// Keeps what is there.
pub(super) async fn save(pass: &Pass, world: &World, restore: i64) -> Result<Evidence, StepError> {
    let password = pass.role().password;
    pass.shared.parts.dumps.save(subject(pass, &password), restore).await?;
    let mut dumps = world.dumps.present().cloned().unwrap_or_default();
    dumps.restores.insert(restore);
    Ok(Evidence::Dumps(Observed::Present(dumps)))
}

/// Written down before and after: whoever comes in between knows that the data may be anything.
pub(super) async fn restore(pass: &Pass, wish: RestoreWish) -> Result<Evidence, StepError> {
    let (store, lease) = (&pass.shared.store, &pass.claimed.lease);
    store.begin_restoration(lease, wish).await?;
    let from = DumpName::BeforeRelease(wish.before_release);
    let taken_at = bring_back(pass, from).await?;
    store.complete_restoration(lease, wish, (taken_at, pass.shared.clock.now())).await?;
    tracing::warn!(tenant.id = %pass.subject().tenant, before_release = wish.before_release, %taken_at, "older data are back");
    Ok(evidence(wish, RestorationStage::Done))
}

pub(super) async fn undo(pass: &Pass, wish: RestoreWish) -> Result<Evidence, StepError> {
    bring_back(pass, DumpName::BeforeRestore(wish.asked)).await?;
    pass.shared.store.undo_restoration(&pass.claimed.lease, wish).await?;
    tracing::warn!(tenant.id = %pass.subject().tenant, "a restore was given up half-way; the data are what they were");
    Ok(evidence(wish, RestorationStage::Undone))
}

async fn bring_back(pass: &Pass, from: DumpName) -> Result<chrono::DateTime<chrono::Utc>, StepError> {
    let password = pass.role().password;
    let restored = pass.shared.parts.dumps.restore(subject(pass, &password), from).await;
    restored.map_err(StepError::Restore)
}

fn subject<'a>(pass: &Pass, password: &'a SecretString) -> Subject<'a> {
    Subject { tenant: pass.subject().tenant, isolation: pass.isolation(), password }
}

const fn evidence(wish: RestoreWish, stage: RestorationStage) -> Evidence {
    Evidence::Restoration(Observed::Present(Restoration { wish, stage }))
}
