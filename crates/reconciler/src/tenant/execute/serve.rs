//! The container that answers people.

use std::time::Duration;

use domain::quantity::Span;
use domain::tenant::{ContainerId, ContainerState, Evidence, Observed, ServeContainer, World};
use provisioner::container::ContainerName;
use tokio::time::Instant;

use super::super::failure::StepError;
use super::super::pass::Pass;
use super::super::{FAILURE_LOG, ready, render};
use super::started;

/// How often a starting app is asked: often at first, since a quick one is ready in tens of milliseconds.
const PATIENCE: [(Duration, Duration); 3] = [
    (Duration::from_secs(2), Duration::from_millis(4)),
    (Duration::from_secs(10), Duration::from_millis(25)),
    (Duration::MAX, Duration::from_millis(250)),
];
/// How often the engine is asked meanwhile whether it still runs.
const ALIVE: Duration = Duration::from_millis(500);

pub(super) async fn create(pass: &Pass) -> Result<Evidence, StepError> {
    let spec = render::serve(pass)?;
    let id = pass.shared.parts.engine.create_container(&spec).await?;
    let (hash, state) = (spec.owner.hash, ContainerState::Created);
    Ok(Evidence::Serve(Observed::Present(ServeContainer { id, owned: true, hash, state, ready: false })))
}

pub(super) async fn start(pass: &Pass, world: &World, id: &ContainerId) -> Result<Evidence, StepError> {
    in_state(world, started(pass, id).await?, false)
}

pub(super) async fn stop(pass: &Pass, world: &World, id: &ContainerId) -> Result<Evidence, StepError> {
    let grace = pass.profile().map_or(pass.shared.settings.pace.stop_grace, |profile| profile.serve.grace.0);
    let state = pass.shared.parts.engine.stop_container(id, grace).await?;
    in_state(world, state, false)
}

pub(super) async fn remove(pass: &Pass, id: &ContainerId) -> Result<Evidence, StepError> {
    pass.shared.parts.engine.remove_container(id).await?;
    Ok(Evidence::Serve(Observed::Absent))
}

/// Asks until it is ready, it ends, or its deadline passes.
pub(super) async fn wait(pass: &Pass, world: &World, id: &ContainerId) -> Result<Evidence, StepError> {
    let held = held(world)?;
    let (since, within) = (Instant::now(), time_left(pass, held));
    let mut alive = since;
    loop {
        let why = match ready::ask(pass, held).await {
            Ok(()) => return in_state(world, held.state.clone(), true),
            Err(why) => why,
        };
        let waited = since.elapsed();
        if waited >= within {
            let lines = lines(pass, id).await?;
            return Err(StepError::NotReady { within: whole(pass), why, lines });
        }
        if alive.elapsed() >= ALIVE {
            let state = still_runs(pass, id).await?;
            // Started again meanwhile, perhaps at another address: to be decided anew.
            if state != held.state {
                return in_state(world, state, false);
            }
            alive = Instant::now();
        }
        let (_, pause) = PATIENCE.iter().find(|(until, _)| waited < *until).unwrap_or(&PATIENCE[PATIENCE.len() - 1]);
        tokio::time::sleep(*pause).await;
    }
}

/// A container that has ended while we waited says why.
async fn still_runs(pass: &Pass, id: &ContainerId) -> Result<ContainerState, StepError> {
    let name = ContainerName::serve(pass.subject().tenant);
    let found = pass.shared.parts.engine.find_container(&name).await?;
    let container = found.filter(|found| found.id == *id).ok_or(StepError::Vanished("container"))?;
    let (exit_code, oom_killed) = match container.state {
        state @ (ContainerState::Running { .. } | ContainerState::Paused | ContainerState::Created) => {
            return Ok(state);
        }
        ContainerState::Restarting { exit_code, .. } => (exit_code, false),
        ContainerState::Exited { exit_code, oom_killed, .. } => (exit_code, oom_killed),
        ContainerState::Dead => return Err(StepError::Vanished("container")),
    };
    Err(StepError::Exited { exit_code, oom_killed, lines: lines(pass, id).await? })
}

async fn lines(pass: &Pass, id: &ContainerId) -> Result<Vec<String>, StepError> {
    Ok(pass.shared.parts.engine.tail_log(id, pass.shared.settings.pace.failure_lines, FAILURE_LOG).await?)
}

fn held(world: &World) -> Result<&ServeContainer, StepError> {
    world.serve.present().ok_or(StepError::Vanished("container"))
}

fn in_state(world: &World, state: ContainerState, ready: bool) -> Result<Evidence, StepError> {
    let held = held(world)?;
    Ok(Evidence::Serve(Observed::Present(ServeContainer { state, ready, ..held.clone() })))
}

/// The whole time it has to become ready.
fn whole(pass: &Pass) -> Span {
    pass.profile().map_or(Span(Duration::ZERO), |profile| profile.serve.ready.deadline)
}

/// What is left of its time to become ready, counted from its start.
fn time_left(pass: &Pass, serve: &ServeContainer) -> Duration {
    let now = pass.shared.clock.now();
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
