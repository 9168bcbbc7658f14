//! The walk: decide, do, learn, until nothing is left to do or something stands in the way.

use chrono::{DateTime, Utc};
use domain::tenant::{
    Blocker, Decision, DesiredState, Evidence, LONGEST_WALK, Observed, Outcome, Status, Step, Waiting, World, beside,
    next_step,
};
use storage::{ClaimError, Claimed, Progress, SecretsError};
use tokio::sync::watch;

use super::execute::execute;
use super::failure::StepError;
use super::observe::{Troubles, observe};
use super::pass::Pass;

/// How a walk ended.
#[derive(Debug)]
pub(super) enum End {
    Converged,
    Waiting(Waiting),
    Blocked(Blocker),
    Failed { step: Step, error: StepError },
}

impl End {
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Converged => "converged",
            Self::Waiting(_) => "waiting",
            Self::Blocked(_) => "blocked",
            Self::Failed { .. } => "failed",
        }
    }
}

/// Changes of mind that reach a walk on its way.
#[derive(Clone, Debug)]
pub(crate) struct Signals {
    /// Grows each time the row was changed under us.
    pub(crate) changed: watch::Receiver<u64>,
    pub(crate) stop: tokio_util::sync::CancellationToken,
}

/// Walks until the end; `None` if the daemon stops, or people want something else than what served before: the next one
/// goes on from here. `Err` means that the claim is not ours any more: nothing of this pass may be written.
pub(super) async fn walk(
    pass: &mut Pass,
    (world, troubles): (&mut World, &mut Troubles),
    signals: &mut Signals,
) -> Result<Option<End>, ClaimError> {
    let mut last = Step::EnsureNetwork;
    let mut looked_again = true;
    for _ in 0..LONGEST_WALK {
        if signals.stop.is_cancelled() {
            return Ok(None);
        }
        if signals.changed.has_changed().unwrap_or(false) {
            // Not taken, what people have asked for makes the tenant due at once.
            if pass.is_of_before {
                return Ok(None);
            }
            signals.changed.mark_unchanged();
            if let Err(error) = pass.reread().await {
                return ended(last, error.into());
            }
            // Another goal may depend on parts that this one did not look at.
            (*world, *troubles) = observe(pass).await;
        }
        let decision = next_step(&pass.desired, world, pass.now());
        if !looked_again && needs_another_look(pass, &decision) {
            look_again(pass, world, troubles).await;
            looked_again = true;
            continue;
        }
        let step = match decision {
            Decision::Do(step) => step,
            Decision::Converged => return Ok(Some(End::Converged)),
            Decision::Wait(waiting) => return Ok(Some(End::Waiting(waiting))),
            Decision::Blocked(blocker) => return Ok(Some(End::Blocked(blocker))),
        };
        pass.steps += 1;
        looked_again = false;
        last = step.clone();
        for (step, done) in take(pass, world, step, signals).await? {
            match done {
                // More than one part is another then.
                Ok(Evidence::Restoration(_)) => {
                    if let Err(error) = pass.reread_data().await {
                        return ended(step, error.into());
                    }
                    (*world, *troubles) = observe(pass).await;
                }
                Ok(evidence) => learn(pass, world, evidence).await?,
                Err(error) => return ended(step, error),
            }
        }
    }
    Ok(Some(End::Failed { step: last, error: StepError::NoProgress(LONGEST_WALK) }))
}

/// A look tells whether an app is ready, not why it will not be: what was learnt of that stays.
async fn look_again(pass: &Pass, world: &mut World, troubles: &mut Troubles) {
    let before = world.successor.present().map(|held| (held.id.clone(), held.unfit.clone()));
    (*world, *troubles) = observe(pass).await;
    if let (Observed::Present(successor), Some((id, unfit))) = (&mut world.successor, before)
        && successor.id == id
        && !successor.ready
    {
        successor.unfit = unfit;
    }
}

/// Evidence is not enough to say that nothing is left, nor to give up a change: its app may not have become ready because the
/// tenants' PostgreSQL has gone since.
fn needs_another_look(pass: &Pass, decision: &Decision) -> bool {
    match decision {
        Decision::Converged => pass.desired.state == DesiredState::Destroyed,
        Decision::Do(Step::RejectSuccessor { .. }) => true,
        Decision::Do(_) | Decision::Wait(_) | Decision::Blocked(_) => false,
    }
}

fn ended(step: Step, error: StepError) -> Result<Option<End>, ClaimError> {
    if let StepError::Claim(error) | StepError::Secrets(SecretsError::Claim(error)) = error {
        return Err(error);
    }
    Ok(Some(End::Failed { step, error }))
}

/// A step and what came of it.
type Done = (Step, Result<Evidence, StepError>);

/// Does a step, and what may be done beside it; nothing is answered if it was left, since somebody changed their mind.
async fn take(pass: &Pass, world: &World, step: Step, signals: &mut Signals) -> Result<Vec<Done>, ClaimError> {
    if step.may_be_left() {
        return tokio::select! {
            done = work(pass, world, step) => Ok(done?),
            _ = signals.changed.changed() => {
                signals.changed.mark_changed();
                Ok(Vec::new())
            }
            () = signals.stop.cancelled() => Ok(Vec::new()),
        };
    }
    work(pass, world, step).await
}

/// Does a step, and what may be done beside it, while their progress is written down. The step itself comes first.
async fn work(pass: &Pass, world: &World, step: Step) -> Result<Vec<Done>, ClaimError> {
    let others = beside(&pass.desired, world, &step);
    let told = tell(pass, world, &step, &others);
    let (done, others, ()) = tokio::try_join!(
        async { Ok(timed(pass, world, &step).await) },
        async { Ok(left(pass, world, &others).await) },
        told
    )?;
    Ok([(step, done)].into_iter().chain(others).collect())
}

/// Does these, one after the other. The plan comes to one that fails by itself; what people wait for goes on.
async fn left(pass: &Pass, world: &World, steps: &[Step]) -> Vec<Done> {
    let mut done = Vec::with_capacity(steps.len());
    for step in steps {
        match timed(pass, world, step).await {
            Ok(evidence) => done.push((step.clone(), Ok(evidence))),
            Err(error) => tracing::debug!(step = step.name(), %error, "left for later"),
        }
    }
    done
}

async fn timed(pass: &Pass, world: &World, step: &Step) -> Result<Evidence, StepError> {
    let started = pass.shared.clock.now();
    let done = execute(pass, world, step).await;
    let took = pass.shared.clock.now() - started;
    let outcome = match &done {
        Ok(_) => "ok",
        Err(error) if error.is_permanent() => "failed_for_good",
        Err(_) => "failed",
    };
    metrics::histogram!("fresco_reconcile_step_seconds", "step" => step.name(), "outcome" => outcome)
        .record(took.as_seconds_f64());
    let took = took.num_milliseconds();
    tracing::debug!(tenant.id = %pass.claimed.tenant.id, step = step.name(), took_ms = took, ok = done.is_ok(), "step");
    done
}

/// Writes down that steps are begun, and shows the first. A lost claim ends them where they stand; a line of progress that is
/// lost does not.
async fn tell(pass: &Pass, world: &World, step: &Step, beside: &[Step]) -> Result<(), ClaimError> {
    let status = Status::of(pass.desired.state, world, &Outcome::Working);
    let at = pass.shared.clock.now();
    let progress = Progress { step: Some(step), beside, status, message: step.describe(), at };
    match pass.shared.store.progress(&pass.claimed.lease, &progress).await {
        Err(ClaimError::Lost) => Err(ClaimError::Lost),
        Err(ClaimError::Storage(error)) => {
            tracing::debug!(%error, "a line of progress was lost");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

/// What a step has written into the platform's own tables, another look in the same pass must find.
fn remember(claimed: &mut Claimed, evidence: &Evidence, now: DateTime<Utc>) {
    if let Evidence::Released(Observed::Present(record)) = evidence {
        claimed.released = Some(record.clone());
        claimed.releases += 1;
    }
    if let Evidence::Rejected(Observed::Present(rejection)) = evidence {
        claimed.tenant.rejected = Some(rejection.clone());
    }
    if let Evidence::Removal(Observed::Present(())) = evidence {
        claimed.tenant.removal_started_at.get_or_insert(now);
    }
}

/// Takes the evidence in; a newly settled image is written down, since everything after depends on it.
async fn learn(pass: &mut Pass, world: &mut World, evidence: Evidence) -> Result<(), ClaimError> {
    if let Evidence::Image(Observed::Present(pin)) = &evidence
        && pass.claimed.tenant.pinned_image.as_ref() != Some(pin)
    {
        pass.shared.store.pin_image(&pass.claimed.lease, pin).await?;
        pass.claimed.tenant.pinned_image = Some(pin.clone());
        pass.settle();
    }
    remember(&mut pass.claimed, &evidence, pass.shared.clock.now());
    world.learn(evidence);
    Ok(())
}
