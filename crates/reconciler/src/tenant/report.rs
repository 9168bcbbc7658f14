//! What a pass leaves in the row: status, failure, and when to look again.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::app::CatalogueError;
use domain::quantity::Span;
use domain::tenant::{Blocker, DesiredState, Outcome, Status, Step, Waiting, World, conditions};
use storage::{ClaimError, Claimed, DeploymentOutcome, Failure, Finished, NewEvent, Priority, SecretsError, Tenant};

use super::FAILURE_LOG;
use super::crashes;
use super::failure::StepError;
use super::pass::Pass;
use super::receipt;
use super::reconcile::End;
use crate::repeats::is_milestone;
use crate::{Reconciler, backoff};

/// How a pass ended, for people and for the queue.
#[derive(Debug)]
pub(super) struct Report {
    status: Status,
    failure: Option<Failure>,
    next_at: DateTime<Utc>,
    next_priority: Priority,
    /// Whether there is nothing to try again.
    at_rest: bool,
    outcome: Option<DeploymentOutcome>,
    ended_at: DateTime<Utc>,
}

impl Report {
    pub(super) async fn of(pass: &Pass, world: &World, end: End, troubles: &[String]) -> Self {
        let (shared, claimed) = (&pass.shared, &pass.claimed);
        let state = claimed.tenant.desired_state;
        match end {
            End::Converged => Self::converged(shared, Status::of(state, world, &Outcome::Converged)),
            End::Waiting(Waiting::Grace { until }) => Self::in_grace(shared, until),
            End::Waiting(waiting) => {
                let lines = if is_the_apps(&waiting) { last_words(pass, world).await } else { Vec::new() };
                Self::waiting(pass, world, (waiting, troubles), lines)
            }
            End::Blocked(Blocker::ChangeRejected) => Self::rejected(shared, world),
            End::Blocked(blocker @ Blocker::CrashLooping { .. }) => {
                let lines = last_words(pass, world).await;
                let remedy = "change what is wrong, or restart it to try again";
                Self::blocked(shared, state, (blocker.to_string(), remedy), lines)
            }
            End::Blocked(blocker @ (Blocker::NameTaken(_) | Blocker::DatabaseLost | Blocker::DumpLost)) => {
                Self::blocked(shared, state, (blocker.to_string(), "see the cause"), Vec::new())
            }
            End::Failed { step, error } => Self::failed(shared, claimed, world, (&step, error)),
        }
    }

    /// The row names an app this installation does not offer.
    pub(super) fn unknown_app(shared: &Reconciler, claimed: &Claimed, error: &CatalogueError) -> Self {
        let remedy = "the operator should put the app's manifest back into the apps' folder, and restart frescod";
        Self::blocked(shared, claimed.tenant.desired_state, (error.to_string(), remedy), Vec::new())
    }

    /// A sealed value can't be opened: the key is another, or the value was moved.
    pub(super) fn unreadable_secret(shared: &Reconciler, claimed: &Claimed, error: &SecretsError) -> Self {
        let remedy = "the operator should check that the key file holds the key these secrets were sealed with";
        Self::blocked(shared, claimed.tenant.desired_state, (error.to_string(), remedy), Vec::new())
    }

    fn converged(shared: &Reconciler, status: Status) -> Self {
        Self {
            status,
            failure: None,
            next_at: after(shared, shared.until_full_look()),
            next_priority: Priority::Background,
            at_rest: true,
            outcome: Some(DeploymentOutcome::Succeeded),
            ended_at: shared.clock.now(),
        }
    }

    /// Destroyed, and still to be had back: its deployment stays open until its removal.
    fn in_grace(shared: &Reconciler, until: DateTime<Utc>) -> Self {
        Self { next_at: until, outcome: None, ..Self::converged(shared, Status::Destroying) }
    }

    /// The change has failed, and what was there before serves: that is looked after like any other.
    fn rejected(shared: &Reconciler, world: &World) -> Self {
        let rejection = world.rejected.present();
        let why = rejection.map(|rejection| rejection.cause.as_str()).unwrap_or_default();
        let last_lines = rejection.map(|rejection| rejection.lines.clone()).unwrap_or_default();
        let failure = Failure {
            step: Some("reject_successor".to_owned()),
            cause: format!("the change was given up, and what ran before it serves: {why}"),
            remedy: Some(after_reading(&last_lines, "change it again, roll back, or restart it to try again")),
            permanent: true,
            last_lines,
            at: rejection.map_or_else(|| shared.clock.now(), |rejection| rejection.at),
        };
        let outcome = Some(DeploymentOutcome::Failed);
        Self { failure: Some(failure), outcome, ..Self::converged(shared, Status::Active) }
    }

    fn waiting(pass: &Pass, world: &World, why: (Waiting, &[String]), last_lines: Vec<String>) -> Self {
        let ((waiting, troubles), shared, claimed) = (why, &pass.shared, &pass.claimed);
        let detail = if troubles.is_empty() { String::new() } else { format!(" ({})", troubles.join("; ")) };
        let failure = Failure {
            step: None,
            cause: format!("{waiting}{detail}"),
            remedy: Some(after_reading(&last_lines, remedy_for(&waiting))),
            permanent: false,
            last_lines,
            at: shared.clock.now(),
        };
        if is_worth_a_line(&failure, claimed) {
            tracing::warn!(tenant.id = %claimed.tenant.id, %waiting, causes = ?troubles, attempt = claimed.attempts, "nothing can be done now");
        }
        // Each may end at any moment without an event to tell.
        let again = Self::again(shared, claimed, shared.settings.pace.unknown_most);
        let next_at = match &waiting {
            Waiting::CrashLooping { again_at, .. } => *again_at,
            Waiting::Unknown(_) | Waiting::Restarting { .. } | Waiting::NotReady | Waiting::Grace { .. } => {
                again.next_at
            }
        };
        let status = Status::of(claimed.tenant.desired_state, world, &Outcome::Waiting(waiting));
        Self { status, failure: Some(failure), next_at, ..again }
    }

    fn blocked(
        shared: &Reconciler,
        state: DesiredState,
        (cause, remedy): (String, &str),
        last_lines: Vec<String>,
    ) -> Self {
        let failure = Failure {
            step: None,
            cause,
            remedy: Some(after_reading(&last_lines, remedy)),
            permanent: true,
            last_lines,
            at: shared.clock.now(),
        };
        let status = Status::of(state, &World::default(), &Outcome::Failed);
        let outcome = Some(DeploymentOutcome::Failed);
        Self { failure: Some(failure), at_rest: false, outcome, ..Self::converged(shared, status) }
    }

    fn failed(shared: &Reconciler, claimed: &Claimed, world: &World, failed: (&Step, StepError)) -> Self {
        let (step, error) = failed;
        let (cause, remedy, permanent) = (error.to_string(), error.remedy(), error.is_permanent());
        let last_lines = error.into_lines();
        let failure = Failure {
            step: Some(step.name().to_owned()),
            cause,
            remedy: Some(after_reading(&last_lines, remedy)),
            permanent,
            last_lines,
            at: shared.clock.now(),
        };
        if is_worth_a_line(&failure, claimed) {
            tracing::warn!(tenant.id = %claimed.tenant.id, step = step.name(), cause = failure.cause, permanent, attempt = claimed.attempts, "step failed");
        }
        let status = Status::of(claimed.tenant.desired_state, world, &Outcome::Failed);
        let pace = &shared.settings.pace;
        let most = if permanent { pace.full_look } else { pace.backoff_most };
        let again = Self::again(shared, claimed, most);
        let next_at =
            if permanent { after(shared, backoff::jitter(pace.full_look, &*shared.entropy)) } else { again.next_at };
        // One that may yet succeed stays open.
        let outcome = permanent.then_some(DeploymentOutcome::Failed);
        Self { status, failure: Some(failure), next_at, outcome, ..again }
    }

    /// Backing off: an attempt a person waits for stays a person's.
    fn again(shared: &Reconciler, claimed: &Claimed, most: Duration) -> Self {
        let attempts = u32::try_from(claimed.attempts).unwrap_or(1);
        let delay = backoff::delay(shared.settings.pace.backoff_first, most, attempts, &*shared.entropy);
        Self {
            status: Status::Unknown,
            failure: None,
            next_at: after(shared, delay),
            next_priority: if attempts > 3 { Priority::Background } else { Priority::People },
            at_rest: false,
            outcome: None,
            ended_at: shared.clock.now(),
        }
    }

    /// Writes it into the row, and gives the claim back.
    pub(super) async fn write(self, pass: &Pass, world: &World, looked_at: DateTime<Utc>) -> Result<(), ClaimError> {
        let event = self.event(&pass.claimed, world, pass.steps > 0);
        self.finish(&pass.shared, &pass.claimed, (world, looked_at), event).await
    }

    /// The same for a pass that could not look: what was seen stays as old as it is.
    pub(super) async fn write_unseen(self, shared: &Reconciler, claimed: &Claimed) -> Result<(), ClaimError> {
        let event = self.event(claimed, &claimed.tenant.observed, false);
        let seen = (&claimed.tenant.observed, claimed.tenant.observed_at.unwrap_or(claimed.tenant.created_at));
        self.finish(shared, claimed, seen, event).await
    }

    async fn finish(
        self,
        shared: &Reconciler,
        claimed: &Claimed,
        (world, observed_at): (&World, DateTime<Utc>),
        event: Option<NewEvent>,
    ) -> Result<(), ClaimError> {
        let gone = self.status == Status::Destroyed;
        let receipt = receipt::gone(self.ended_at);
        let conditions = conditions(world, &claimed.tenant.conditions, self.ended_at);
        let quarantine = Some(Span(shared.settings.quarantine).delta()).filter(|span| !span.is_zero());
        let finished = Finished {
            world,
            status: self.status,
            conditions: &conditions,
            container: world.serve.present().filter(|serve| serve.owned).map(|serve| &serve.id),
            observed_generation: claimed.tenant.generation,
            observed_at,
            ended_at: self.ended_at,
            error: self.failure.as_ref(),
            next_at: self.next_at,
            next_priority: self.next_priority,
            event,
            deployment_outcome: self.outcome,
            at_rest: self.at_rest,
            receipt: gone.then_some(&receipt),
            quarantine_until: quarantine.filter(|_| gone).map(|span| self.ended_at + span),
        };
        shared.store.finish(&claimed.lease, &finished).await?;
        if let Some(outcome) = self.outcome.filter(|_| claimed.tenant.generation != claimed.tenant.observed_generation)
        {
            metrics::counter!("fresco_deployments_ended_total", "outcome" => outcome.as_str()).increment(1);
        }
        Ok(())
    }

    /// What people read of it; nothing where nothing has changed.
    fn event(&self, claimed: &Claimed, world: &World, did_something: bool) -> Option<NewEvent> {
        let news = did_something || claimed.tenant.generation != claimed.tenant.observed_generation;
        match &self.failure {
            // After steps that were told, how they ended is told too.
            Some(failure) if !did_something && is_repeated(failure, &claimed.tenant) => None,
            Some(failure) => Some(NewEvent {
                kind: "failed",
                message: failure.cause.clone(),
                data: serde_json::json!({
                    "step": failure.step, "remedy": failure.remedy, "permanent": failure.permanent,
                    "last_lines": failure.last_lines, "attempt": claimed.attempts, "ended": crashes::ended(world),
                }),
            }),
            None if self.status == claimed.tenant.status && !news => crashes::missed(&claimed.tenant.observed, world),
            None => Some(NewEvent {
                kind: "settled",
                message: settled_words(self.status).to_owned(),
                data: serde_json::json!({}),
            }),
        }
    }
}

/// The same cause at the same step of the same generation needs no second line: the row counts the attempts.
fn is_repeated(failure: &Failure, tenant: &Tenant) -> bool {
    let last = tenant.last_error.as_ref().filter(|_| tenant.generation == tenant.observed_generation);
    last.is_some_and(|last| last.cause == failure.cause && last.step == failure.step)
}

/// Whether the operator's log should have it: a new cause, and the same again ever more rarely.
fn is_worth_a_line(failure: &Failure, claimed: &Claimed) -> bool {
    !is_repeated(failure, &claimed.tenant) || is_milestone(u32::try_from(claimed.attempts).unwrap_or(1))
}

/// Whether the app itself does not do what it should.
const fn is_the_apps(waiting: &Waiting) -> bool {
    match waiting {
        Waiting::Restarting { .. } | Waiting::CrashLooping { .. } | Waiting::NotReady => true,
        Waiting::Unknown(_) | Waiting::Grace { .. } => false,
    }
}

/// The end of its log; none if it can't be had.
async fn last_words(pass: &Pass, world: &World) -> Vec<String> {
    let Some(serve) = world.serve.present().filter(|serve| serve.owned) else { return Vec::new() };
    let lines = pass.shared.settings.pace.failure_lines;
    let tail = pass.shared.parts.engine.tail_log(&serve.id, lines, FAILURE_LOG).await;
    tail.unwrap_or_else(|error| {
        tracing::debug!(%error, "no last words");
        Vec::new()
    })
}

const fn settled_words(status: Status) -> &'static str {
    match status {
        Status::Active => "It runs and answers",
        Status::Stopped => "It is stopped",
        Status::Destroyed => "It is destroyed; nothing of it is left",
        Status::Destroying => "It is stopped, and can be brought back until its removal",
        Status::Pending | Status::Provisioning | Status::Error | Status::Unknown => "It is settled",
    }
}

/// What to do, with the end of the log before it where there is one to read.
fn after_reading(last_lines: &[String], remedy: &str) -> String {
    let reading = if last_lines.is_empty() { "" } else { "read the last lines of its log; " };
    format!("{reading}{remedy}")
}

const fn remedy_for(waiting: &Waiting) -> &'static str {
    match waiting {
        Waiting::Unknown(_) => "the platform looks again by itself; the operator can run `frescod doctor`",
        Waiting::Restarting { .. } => "a change of its settings or image may help",
        Waiting::CrashLooping { .. } => "a change of its settings or image may help, or more memory",
        Waiting::NotReady => "the platform keeps asking",
        Waiting::Grace { .. } => "undo the destroy to have it back",
    }
}

fn after(shared: &Reconciler, delay: Duration) -> DateTime<Utc> {
    shared.clock.now() + TimeDelta::from_std(delay).unwrap_or(TimeDelta::MAX)
}
