//! The one-shot container that prepares the database.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::image::ImageId;
use domain::quantity::Span;
use domain::tenant::{
    ContainerId, ContainerState, DatabaseIdentity, Evidence, Observed, ReleaseContainer, ReleaseRecord, World,
};
use provisioner::container::EngineError;

use super::super::failure::StepError;
use super::super::pass::Pass;
use super::super::render;
use super::{end_of_log, started};

pub(super) async fn create(pass: &Pass) -> Result<Evidence, StepError> {
    let spec = render::release(pass)?;
    let id = pass.shared.parts.engine.create_container(&spec).await?;
    let (hash, state) = (spec.owner.hash, ContainerState::Created);
    Ok(Evidence::Release(Observed::Present(ReleaseContainer { id, owned: true, hash, state, ineffective: false })))
}

pub(super) async fn start(pass: &Pass, world: &World, id: &ContainerId) -> Result<Evidence, StepError> {
    let state = started(pass, id).await?;
    pass.note_start(&state);
    in_state(world, state)
}

/// The longest wait for a release that no manifest knows any more.
const UNKNOWN_DEADLINE: Span = Span(Duration::from_secs(3600));

/// Waits for its end.
pub(super) async fn wait(pass: &Pass, world: &World, id: &ContainerId) -> Result<Evidence, StepError> {
    wait_until(pass, world, id, deadline(pass)).await
}

/// The same for one that is not wanted any more: it changes data, and has the time of whichever of its app's takes longest.
pub(super) async fn outwait(pass: &Pass, world: &World, id: &ContainerId) -> Result<Evidence, StepError> {
    let profiles = pass.manifest.iter().flat_map(|manifest| &manifest.profiles);
    let deadlines = profiles.filter_map(|profile| profile.release.as_ref()).map(|release| release.deadline.0);
    wait_until(pass, world, id, deadlines.max().map_or(UNKNOWN_DEADLINE, Span)).await
}

/// Past its deadline it is stopped, and its exit code tells.
async fn wait_until(pass: &Pass, world: &World, id: &ContainerId, deadline: Span) -> Result<Evidence, StepError> {
    let engine = &pass.shared.parts.engine;
    let left = time_left(world, deadline, pass.now());
    let state = match tokio::time::timeout(left, engine.wait_container(id)).await {
        Ok(Ok(exit)) => {
            ContainerState::Exited { exit_code: exit.code, oom_killed: exit.oom_killed, finished_at: exit.finished_at }
        }
        Ok(Err(EngineError::NotFound { .. })) => return Ok(Evidence::Release(Observed::Absent)),
        Ok(Err(error)) => return Err(error.into()),
        Err(_elapsed) => return stop(pass, world, id).await,
    };
    in_state(world, state)
}

pub(super) async fn stop(pass: &Pass, world: &World, id: &ContainerId) -> Result<Evidence, StepError> {
    let state = pass.shared.parts.engine.stop_container(id, pass.shared.settings.pace.stop_grace).await?;
    in_state(world, state)
}

/// Asks the database, not the exit code alone; records what it shows.
pub(super) async fn check(pass: &Pass, world: &World) -> Result<Evidence, StepError> {
    let profile = pass.profile().and_then(|profile| profile.release.as_ref()).ok_or(render::RenderError::NoRelease)?;
    let (tenant, role) = (pass.subject().tenant, pass.role());
    let databases = &pass.shared.parts.databases;
    if !databases.effect(tenant, pass.isolation(), &role, &profile.effect).await? {
        let held = held(world)?;
        return Ok(Evidence::Release(Observed::Present(ReleaseContainer { ineffective: true, ..held.clone() })));
    }
    let (image, database, at) = (pinned(pass)?, identity(world)?, pass.shared.clock.now());
    let record = ReleaseRecord { image, database, at, earlier: earlier(pass, database) };
    pass.shared.store.record_release(&pass.claimed.lease, &record).await?;
    Ok(Evidence::Released(Observed::Present(record)))
}

pub(super) async fn remove(pass: &Pass, id: &ContainerId) -> Result<Evidence, StepError> {
    pass.shared.parts.engine.remove_container(id).await?;
    Ok(Evidence::Release(Observed::Absent))
}

/// Keeps the end of its log in the failure, removes it, and fails: the next attempt begins with a new one.
pub(super) async fn fail(pass: &Pass, world: &World, id: &ContainerId) -> Result<Evidence, StepError> {
    let release = held(world)?;
    let mut lines = log(pass, id).await?;
    lines.drain(..lines.len().saturating_sub(pass.shared.settings.pace.failure_lines as usize));
    pass.shared.parts.engine.remove_container(id).await?;
    if let ContainerState::Exited { exit_code, oom_killed, .. } = release.state
        && !release.ineffective
    {
        return Err(StepError::ReleaseFailed { exit_code, oom_killed, deadline: deadline(pass), lines });
    }
    Err(StepError::ReleaseIneffective { lines })
}

fn held(world: &World) -> Result<&ReleaseContainer, StepError> {
    world.release.present().ok_or(StepError::Vanished("release container"))
}

fn in_state(world: &World, state: ContainerState) -> Result<Evidence, StepError> {
    let held = held(world)?;
    Ok(Evidence::Release(Observed::Present(ReleaseContainer { state, ineffective: false, ..held.clone() })))
}

async fn log(pass: &Pass, id: &ContainerId) -> Result<Vec<String>, StepError> {
    end_of_log(pass, id, 1000, pass.shared.settings.pace.release_log).await
}

fn pinned(pass: &Pass) -> Result<ImageId, StepError> {
    let resolved = pass.desired.resolved.as_ref().ok_or(render::RenderError::Unresolved)?;
    Ok(resolved.pin.id.clone())
}

fn identity(world: &World) -> Result<DatabaseIdentity, StepError> {
    Ok(world.database.present().ok_or(StepError::Vanished("database"))?.identity)
}

/// What was released on that database before.
fn earlier(pass: &Pass, database: DatabaseIdentity) -> Vec<ImageId> {
    let newest = pass.claimed.released.as_ref().filter(|newest| newest.database == database);
    newest.map(|newest| [newest.image.clone()].into_iter().chain(newest.earlier.clone()).collect()).unwrap_or_default()
}

fn deadline(pass: &Pass) -> Span {
    let release = pass.profile().and_then(|profile| profile.release.as_ref());
    release.map_or(Span(pass.shared.settings.pace.stop_grace), |release| release.deadline)
}

/// What is left of its deadline, counted from its start.
fn time_left(world: &World, deadline: Span, now: DateTime<Utc>) -> Duration {
    let started = match world.release.present().map(|release| &release.state) {
        Some(ContainerState::Running { started_at, .. }) => *started_at,
        Some(_) | None => now,
    };
    let deadline = deadline.delta();
    (started + deadline - now).min(deadline).to_std().unwrap_or_default()
}
