//! The container that answers people, and the one that is to take over from it.

use std::time::Duration;

use domain::quantity::Span;
use domain::tenant::plan::how_it_ended;
use domain::tenant::{ContainerId, ContainerState, Crashes, Evidence, Observed, Rejection, ServeContainer, World};
use provisioner::container::{ContainerName, ContainerSpec, Ownership, Restart};
use tokio::time::Instant;

use super::super::failure::StepError;
use super::super::pass::Pass;
use super::super::render::{self, RenderError};
use super::super::{FAILURE_LOG, ready};
use super::{end_of_log, first_run, started};

/// How often a starting app is asked: often at first, since a quick one is ready in tens of milliseconds.
const PATIENCE: [(Duration, Duration); 3] = [
    (Duration::from_secs(2), Duration::from_millis(4)),
    (Duration::from_secs(10), Duration::from_millis(25)),
    (Duration::MAX, Duration::from_millis(250)),
];
/// How often the engine is asked meanwhile whether it still runs.
const ALIVE: Duration = Duration::from_millis(500);

pub(super) async fn create(pass: &Pass) -> Result<Evidence, StepError> {
    made(pass, render::serve(pass)?).await.map(Evidence::Serve)
}

/// Of what served before, with the secrets it had.
pub(super) async fn restore(pass: &Pass) -> Result<Evidence, StepError> {
    let before = pass.before().await?.ok_or(RenderError::Unresolved)?;
    create(&before).await
}

pub(super) async fn create_successor(pass: &Pass) -> Result<Evidence, StepError> {
    made(pass, render::successor(pass)?).await.map(Evidence::Successor)
}

async fn made(pass: &Pass, spec: ContainerSpec) -> Result<Observed<ServeContainer>, StepError> {
    first_run::reopen(pass).await?;
    let id = pass.shared.parts.engine.create_container(&spec).await?;
    let Ownership { hash, version, .. } = spec.owner;
    let (state, crashes) = (ContainerState::Created, Crashes::default());
    Ok(Observed::Present(ServeContainer {
        id,
        owned: true,
        hash,
        version,
        state,
        elsewhere: false,
        conforms: true,
        ready: false,
        unfit: None,
        led_to: false,
        crashes,
    }))
}

/// Nothing tells when Traefik has read the route's file: it is given the time it takes.
pub(super) async fn switched(pass: &Pass, world: &World, id: &ContainerId) -> Result<Evidence, StepError> {
    tokio::time::sleep(pass.shared.settings.pace.switch).await;
    let now = ServeContainer { led_to: true, ..held(world, id)?.clone() };
    Ok(world.evidence_of(id, Observed::Present(now)))
}

pub(super) async fn promote(pass: &Pass, id: &ContainerId) -> Result<Evidence, StepError> {
    let name = ContainerName::serve(pass.subject().tenant);
    pass.shared.parts.engine.rename_container(id, &name).await?;
    Ok(Evidence::Promoted)
}

/// Writes down why it is given up, before anything else is done about it.
pub(super) async fn reject(pass: &Pass, world: &World, id: &ContainerId) -> Result<Evidence, StepError> {
    let successor = held(world, id)?;
    let cause = successor.unfit.clone().unwrap_or_else(|| why_unfit(pass, successor));
    let rejection = Rejection {
        generation: pass.claimed.tenant.generation,
        hash: successor.hash.clone(),
        cause,
        lines: lines(pass, id).await?,
        at: pass.shared.clock.now(),
    };
    pass.shared.store.record_rejection(&pass.claimed.lease, &rejection).await?;
    Ok(Evidence::Rejected(Observed::Present(rejection)))
}

/// Why one is unfit that nobody has waited for in this pass.
fn why_unfit(pass: &Pass, successor: &ServeContainer) -> String {
    match &successor.state {
        ContainerState::Exited { exit_code, oom_killed, .. } | ContainerState::Restarting { exit_code, oom_killed } => {
            format!("the application ended: {}", how_it_ended(*exit_code, *oom_killed))
        }
        ContainerState::Running { address: None, .. } => "its container has no address in the network".to_owned(),
        ContainerState::Running { .. } | ContainerState::Created | ContainerState::Paused | ContainerState::Dead => {
            format!("the application did not become ready within {}", whole(pass))
        }
    }
}

/// Takes its restarts out of the engine's hand first: else the engine would start it again meanwhile.
pub(super) async fn hold(pass: &Pass, world: &World, id: &ContainerId) -> Result<Evidence, StepError> {
    pass.shared.parts.engine.set_restart(id, Restart::Never).await?;
    let state = pass.shared.parts.engine.stop_container(id, grace(pass)).await?;
    let before = held(world, id)?;
    // How it ended by itself says more than how we ended it.
    let state = match (&before.state, state) {
        (ContainerState::Restarting { exit_code, oom_killed }, ContainerState::Exited { finished_at, .. }) => {
            ContainerState::Exited { exit_code: *exit_code, oom_killed: *oom_killed, finished_at }
        }
        (_, state) => state,
    };
    tracing::warn!(tenant.id = %pass.subject().tenant, restarts = before.crashes.recent(), "crash looping; the platform decides its restarts now");
    let now = ServeContainer { state, ready: false, crashes: Crashes::in_hand(), ..before.clone() };
    Ok(world.evidence_of(id, Observed::Present(now)))
}

pub(super) async fn trust(pass: &Pass, world: &World, id: &ContainerId) -> Result<Evidence, StepError> {
    pass.shared.parts.engine.set_restart(id, Restart::UnlessStopped).await?;
    let now = ServeContainer { crashes: Crashes::default(), ..held(world, id)?.clone() };
    Ok(world.evidence_of(id, Observed::Present(now)))
}

/// Whoever starts it again comes first: that always succeeds, and lower limits may have to wait for memory in use.
pub(super) async fn restore_limits(pass: &Pass, world: &World, id: &ContainerId) -> Result<Evidence, StepError> {
    let (engine, before) = (&pass.shared.parts.engine, held(world, id)?);
    let restart = if before.crashes.held { Restart::Never } else { Restart::UnlessStopped };
    engine.set_restart(id, restart).await?;
    engine.set_limits(id, &render::limits_of(pass, &before.hash)?).await?;
    tracing::warn!(tenant.id = %pass.subject().tenant, "somebody had changed the limits of its container; they hold again");
    Ok(world.evidence_of(id, Observed::Present(ServeContainer { conforms: true, ..before.clone() })))
}

pub(super) async fn start(pass: &Pass, world: &World, id: &ContainerId) -> Result<Evidence, StepError> {
    let state = started(pass, id).await?;
    let before = held(world, id)?;
    // One that was paused was started long ago, and goes on.
    if before.state != ContainerState::Paused {
        pass.note_start(&state);
    }
    let now = ServeContainer { state, ready: false, crashes: before.crashes.after_start(), ..before.clone() };
    Ok(world.evidence_of(id, Observed::Present(now)))
}

pub(super) async fn stop(pass: &Pass, world: &World, id: &ContainerId) -> Result<Evidence, StepError> {
    let state = pass.shared.parts.engine.stop_container(id, grace(pass)).await?;
    in_state(world, id, state, false)
}

fn grace(pass: &Pass) -> Duration {
    pass.profile().map_or(pass.shared.settings.pace.stop_grace, |profile| profile.serve.grace.0)
}

pub(super) async fn remove(pass: &Pass, world: &World, id: &ContainerId) -> Result<Evidence, StepError> {
    pass.shared.parts.engine.remove_container(id).await?;
    Ok(world.evidence_of(id, Observed::Absent))
}

pub(super) async fn remove_stray(pass: &Pass, world: &World, id: &ContainerId) -> Result<Evidence, StepError> {
    tracing::warn!(tenant.id = %pass.subject().tenant, container = %id, "a container of this tenant has no place any more; it goes");
    pass.shared.parts.engine.remove_container(id).await?;
    Ok(Evidence::Strays(world.without_stray(id)))
}

/// Asks until it is ready, it ends, or its deadline passes. That a successor fails is no failure of the pass: what serves
/// goes on, or comes back at once.
pub(super) async fn wait(pass: &Pass, world: &World, id: &ContainerId) -> Result<Evidence, StepError> {
    let succeeds = world.successor.present().is_some_and(|successor| successor.id == *id);
    match wait_for(pass, world, id).await {
        Err(why @ (StepError::NotReady { .. } | StepError::Exited { .. })) if succeeds => {
            let now = ServeContainer { ready: false, unfit: Some(why.to_string()), ..held(world, id)?.clone() };
            Ok(Evidence::Successor(Observed::Present(now)))
        }
        other => other,
    }
}

async fn wait_for(pass: &Pass, world: &World, id: &ContainerId) -> Result<Evidence, StepError> {
    let held = held(world, id)?;
    let (since, within) = (Instant::now(), time_left(pass, held));
    let mut alive = since;
    loop {
        let why = match ready::ask(pass, held).await {
            Ok(()) => return in_state(world, id, held.state.clone(), true),
            Err(why) => why,
        };
        let waited = since.elapsed();
        if waited >= within {
            let lines = lines(pass, id).await?;
            return Err(StepError::NotReady { within: whole(pass), why, lines });
        }
        if alive.elapsed() >= ALIVE {
            let state = still_runs(pass, world, id).await?;
            // Started again meanwhile, perhaps at another address: to be decided anew.
            if state != held.state {
                return in_state(world, id, state, false);
            }
            alive = Instant::now();
        }
        let (_, pause) = PATIENCE.iter().find(|(until, _)| waited < *until).unwrap_or(&PATIENCE[PATIENCE.len() - 1]);
        tokio::time::sleep(*pause).await;
    }
}

/// A container that has ended while we waited says why.
async fn still_runs(pass: &Pass, world: &World, id: &ContainerId) -> Result<ContainerState, StepError> {
    let tenant = pass.subject().tenant;
    let succeeds = world.successor.present().is_some_and(|successor| successor.id == *id);
    let name = if succeeds { ContainerName::successor(tenant) } else { ContainerName::serve(tenant) };
    let found = pass.shared.parts.engine.find_container(&name).await?;
    let container = found.filter(|found| found.id == *id).ok_or(StepError::Vanished("container"))?;
    let (exit_code, oom_killed) = match container.state {
        state @ (ContainerState::Running { .. } | ContainerState::Paused | ContainerState::Created) => {
            return Ok(state);
        }
        ContainerState::Restarting { exit_code, oom_killed } | ContainerState::Exited { exit_code, oom_killed, .. } => {
            (exit_code, oom_killed)
        }
        ContainerState::Dead => return Err(StepError::Vanished("container")),
    };
    Err(StepError::Exited { exit_code, oom_killed, lines: lines(pass, id).await? })
}

async fn lines(pass: &Pass, id: &ContainerId) -> Result<Vec<String>, StepError> {
    end_of_log(pass, id, pass.shared.settings.pace.failure_lines, FAILURE_LOG).await
}

fn held<'a>(world: &'a World, id: &ContainerId) -> Result<&'a ServeContainer, StepError> {
    world.container(id).ok_or(StepError::Vanished("container"))
}

fn in_state(world: &World, id: &ContainerId, state: ContainerState, ready: bool) -> Result<Evidence, StepError> {
    let now = ServeContainer { state, ready, ..held(world, id)?.clone() };
    Ok(world.evidence_of(id, Observed::Present(now)))
}

/// The whole time it has to become ready.
fn whole(pass: &Pass) -> Span {
    pass.profile().map_or(Span(Duration::ZERO), |profile| profile.serve.ready.deadline)
}

/// What is left of its time to become ready, counted from its start.
fn time_left(pass: &Pass, serve: &ServeContainer) -> Duration {
    let now = pass.now();
    let within = pass.desired.resolved.as_ref().map(|resolved| resolved.ready_within).unwrap_or_default();
    match serve.state {
        ContainerState::Running { started_at, .. } => {
            (started_at + within - now).min(within).to_std().unwrap_or_default()
        }
        ContainerState::Created
        | ContainerState::Restarting { .. }
        | ContainerState::Paused
        | ContainerState::Exited { .. }
        | ContainerState::Dead => Duration::ZERO,
    }
}
