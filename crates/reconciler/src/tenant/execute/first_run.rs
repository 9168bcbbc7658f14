//! Reopening the first-run window of an app: what its manifest says is done to its own data, before the next container is
//! made, because a running one goes by what it has read. Whoever asks for it asks for a restart too.

use super::super::failure::StepError;
use super::super::pass::Pass;

/// Grants the newest wish that has not been granted; done twice it leaves what done once leaves.
pub(super) async fn reopen(pass: &Pass) -> Result<(), StepError> {
    let run = &pass.claimed.tenant.first_run;
    let wish = run.reopen_asked_at.filter(|_| run.is_to_reopen());
    let setup = pass.profile().and_then(|profile| profile.setup.as_ref());
    let Some((asked_at, statement)) = wish.zip(setup.and_then(|setup| setup.reopen.as_deref())) else {
        return Ok(());
    };
    let tenant = pass.subject().tenant;
    pass.shared.parts.databases.run(tenant, pass.isolation(), &pass.role(), statement).await?;
    let now = pass.shared.clock.now();
    pass.shared.store.note_reopened(&pass.claimed.lease, asked_at, now).await?;
    tracing::info!(tenant.id = %tenant, "its first-run window begins anew");
    Ok(())
}
