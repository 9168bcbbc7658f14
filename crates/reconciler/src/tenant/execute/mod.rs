//! The effects: one call for each step, and the evidence of how the part looks afterwards.
//!
//! No decision stands here, and no retry: a step that fails ends the pass, and the claim's back-off brings it back.

mod first_run;
mod image;
mod release;
mod removal;
mod restore;
mod serve;

use domain::quantity::Bytes;
use domain::tenant::{ContainerId, ContainerState, Evidence, Observed, Step, World};
use provisioner::container::EngineError;
use provisioner::database::Subject;

use super::failure::StepError;
use super::pass::Pass;
use crate::Parts;

pub(crate) use image::Versions;

/// Does one step.
pub(crate) async fn execute(pass: &Pass, world: &World, step: &Step) -> Result<Evidence, StepError> {
    let Parts { databases, dumps, routes, .. } = &pass.shared.parts;
    let tenant = pass.subject().tenant;
    match step {
        Step::EnsureNetwork => ensure_network(pass).await,
        Step::EnsureImage => image::ensure(pass).await,
        Step::EnsureRole => {
            let role = databases.ensure_role(tenant, &pass.role()).await?;
            Ok(Evidence::Role(Observed::Present(role)))
        }
        Step::EnsureDatabase => {
            let database = databases.ensure_database(tenant, pass.isolation()).await?;
            Ok(Evidence::Database(Observed::Present(database)))
        }
        Step::DropDatabase => {
            databases.drop_database(tenant, pass.isolation()).await?;
            Ok(Evidence::Database(Observed::Absent))
        }
        Step::DumpDatabase => {
            let password = pass.role().password;
            let subject = Subject { tenant, isolation: pass.isolation(), password: &password };
            let state = dumps.dump(subject, pass.next_release()).await?;
            Ok(Evidence::Dumps(Observed::Present(state)))
        }
        Step::SaveDatabase { restore } => restore::save(pass, world, *restore).await,
        Step::RestoreDatabase { wish } => restore::restore(pass, *wish).await,
        Step::UndoRestore { wish } => restore::undo(pass, *wish).await,
        Step::RemoveDumps => {
            dumps.remove(tenant).await?;
            Ok(Evidence::Dumps(Observed::Absent))
        }
        Step::DropRole => {
            databases.drop_role(tenant).await?;
            Ok(Evidence::Role(Observed::Absent))
        }
        Step::WriteRoute { target } => {
            let state = routes.write(&pass.route()?, *target).await?;
            Ok(Evidence::Route(Observed::Present(state)))
        }
        Step::RemoveRoute => {
            routes.remove(tenant).await?;
            Ok(Evidence::Route(Observed::Absent))
        }
        Step::CreateRelease => release::create(pass).await,
        Step::StartRelease { container } => release::start(pass, world, container).await,
        Step::AwaitRelease { container } => release::wait(pass, world, container).await,
        Step::OutwaitRelease { container } => release::outwait(pass, world, container).await,
        Step::StopRelease { container } => release::stop(pass, world, container).await,
        Step::CheckRelease { .. } => release::check(pass, world).await,
        Step::RemoveRelease { container } => release::remove(pass, container).await,
        Step::FailRelease { container } => release::fail(pass, world, container).await,
        Step::CreateServe => serve::create(pass).await,
        Step::RestoreServe => serve::restore(pass).await,
        Step::CreateSuccessor => serve::create_successor(pass).await,
        Step::AwaitSwitch { container } => serve::switched(pass, world, container).await,
        Step::PromoteSuccessor { container } => serve::promote(pass, container).await,
        Step::RejectSuccessor { container } => serve::reject(pass, world, container).await,
        Step::HoldServe { container } => serve::hold(pass, world, container).await,
        Step::TrustServe { container } => serve::trust(pass, world, container).await,
        Step::RestoreLimits { container } => serve::restore_limits(pass, world, container).await,
        Step::StartServe { container } => serve::start(pass, world, container).await,
        Step::AwaitReady { container } => serve::wait(pass, world, container).await,
        Step::StopServe { container } => serve::stop(pass, world, container).await,
        Step::RemoveServe { container } => serve::remove(pass, world, container).await,
        Step::RemoveStray { container } => serve::remove_stray(pass, world, container).await,
        Step::BeginRemoval => removal::begin(pass, world).await,
    }
}

/// Starts a container. One that the engine will never start as it is (its network was made anew, say) holds nothing worth
/// keeping: it goes, and the next attempt makes another.
async fn started(pass: &Pass, id: &ContainerId) -> Result<ContainerState, StepError> {
    let engine = &pass.shared.parts.engine;
    match engine.start_container(id).await {
        Err(EngineError::Refused { detail, .. }) => {
            engine.remove_container(id).await?;
            Err(StepError::CannotStart { detail })
        }
        other => Ok(other?),
    }
}

/// So often in a row a log that the engine did not hand out fails its step.
const LOG_ATTEMPTS: i32 = 3;

/// The end of its log. One that can't be read (a host that lost power may leave such) holds nothing up for long: it says nothing
/// then.
async fn end_of_log(pass: &Pass, id: &ContainerId, lines: u32, limit: Bytes) -> Result<Vec<String>, StepError> {
    match pass.shared.parts.engine.tail_log(id, lines, limit).await {
        Ok(lines) => Ok(lines),
        // It may be the engine and not the log: that is not told.
        Err(error @ EngineError::Unavailable { .. }) if pass.claimed.attempts < LOG_ATTEMPTS => Err(error.into()),
        Err(error) => {
            tracing::warn!(tenant.id = %pass.subject().tenant, container = %id, %error, "a log can't be read; it goes on without");
            Ok(Vec::new())
        }
    }
}

async fn ensure_network(pass: &Pass) -> Result<Evidence, StepError> {
    pass.shared.parts.engine.ensure_network(&pass.shared.settings.network).await?;
    Ok(Evidence::Network(Observed::Present(())))
}
