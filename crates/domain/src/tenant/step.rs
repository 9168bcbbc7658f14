//! One call to the world outside.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::observed::ContainerId;
use super::restore::RestoreWish;

/// A step is idempotent: done twice it leaves what done once leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "step")]
pub enum Step {
    EnsureNetwork,
    /// Have the image on the engine, settle its content, read the app's version.
    EnsureImage,
    EnsureRole,
    /// The database or schema, its owner and its grants.
    EnsureDatabase,
    /// The tenant's file in Traefik's folder, with or without a place to send people to.
    WriteRoute {
        target: Option<SocketAddr>,
    },
    /// Keep what people have entered, before a release that could change it.
    DumpDatabase,
    /// Keep what people have entered, before the wish of that generation replaces it by older data.
    SaveDatabase {
        restore: i64,
    },
    /// Write down that it is begun, bring the older data back, write down that it is done.
    RestoreDatabase {
        wish: RestoreWish,
    },
    /// Bring back what was there before a restore that was begun and is not wanted any more.
    UndoRestore {
        wish: RestoreWish,
    },
    CreateRelease,
    StartRelease {
        container: ContainerId,
    },
    /// Wait for it to exit.
    AwaitRelease {
        container: ContainerId,
    },
    /// Wait for one to exit that is not wanted any more: cut off, it could leave the database half changed.
    OutwaitRelease {
        container: ContainerId,
    },
    /// Stop the very first one, which is not wanted any more: nobody has entered anything yet.
    StopRelease {
        container: ContainerId,
    },
    /// Ask the database whether the release had its effect, and record it.
    CheckRelease {
        container: ContainerId,
    },
    /// Remove one that did its work, or that belongs to an older spec.
    RemoveRelease {
        container: ContainerId,
    },
    /// Keep the log of one that failed, remove it, and report the failure.
    FailRelease {
        container: ContainerId,
    },
    CreateServe,
    /// Make the container of what served before the change that is under way, where it is gone.
    RestoreServe,
    /// Make the container that is to take over from the one that serves.
    CreateSuccessor,
    /// Give Traefik time to send people to the successor, and no longer to the one that served.
    AwaitSwitch {
        container: ContainerId,
    },
    /// Give the successor the name of the one it has followed.
    PromoteSuccessor {
        container: ContainerId,
    },
    /// Keep why a successor did not become ready: the change is given up.
    RejectSuccessor {
        container: ContainerId,
    },
    /// Take the restarts of one that keeps crashing out of the engine's hand, and stop it.
    HoldServe {
        container: ContainerId,
    },
    /// Give the restarts of one that has calmed down back to the engine.
    TrustServe {
        container: ContainerId,
    },
    /// Hold one to the limits and restarts of its spec again: somebody has changed them behind our back.
    RestoreLimits {
        container: ContainerId,
    },
    StartServe {
        container: ContainerId,
    },
    /// Probe until it is ready, it exits, or its deadline passes.
    AwaitReady {
        container: ContainerId,
    },
    StopServe {
        container: ContainerId,
    },
    RemoveServe {
        container: ContainerId,
    },
    /// Remove a container of ours that somebody has renamed; one with its proper name is made in its place.
    RemoveStray {
        container: ContainerId,
    },
    /// From here on a destroyed tenant can't be brought back.
    BeginRemoval,
    RemoveRoute,
    DropDatabase,
    RemoveDumps,
    DropRole,
}

impl Step {
    /// The stable name shown in events and metrics.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::EnsureNetwork => "ensure_network",
            Self::EnsureImage => "ensure_image",
            Self::EnsureRole => "ensure_role",
            Self::EnsureDatabase => "ensure_database",
            Self::WriteRoute { .. } => "write_route",
            Self::DumpDatabase => "dump_database",
            Self::SaveDatabase { .. } => "save_database",
            Self::RestoreDatabase { .. } => "restore_database",
            Self::UndoRestore { .. } => "undo_restore",
            Self::CreateRelease => "create_release",
            Self::StartRelease { .. } => "start_release",
            Self::AwaitRelease { .. } => "await_release",
            Self::OutwaitRelease { .. } => "outwait_release",
            Self::StopRelease { .. } => "stop_release",
            Self::CheckRelease { .. } => "check_release",
            Self::RemoveRelease { .. } => "remove_release",
            Self::FailRelease { .. } => "fail_release",
            Self::CreateServe => "create_serve",
            Self::RestoreServe => "restore_serve",
            Self::CreateSuccessor => "create_successor",
            Self::AwaitSwitch { .. } => "await_switch",
            Self::PromoteSuccessor { .. } => "promote_successor",
            Self::RejectSuccessor { .. } => "reject_successor",
            Self::HoldServe { .. } => "hold_serve",
            Self::TrustServe { .. } => "trust_serve",
            Self::RestoreLimits { .. } => "restore_limits",
            Self::StartServe { .. } => "start_serve",
            Self::AwaitReady { .. } => "await_ready",
            Self::StopServe { .. } => "stop_serve",
            Self::RemoveServe { .. } => "remove_serve",
            Self::RemoveStray { .. } => "remove_stray",
            Self::BeginRemoval => "begin_removal",
            Self::RemoveRoute => "remove_route",
            Self::DropDatabase => "drop_database",
            Self::RemoveDumps => "remove_dumps",
            Self::DropRole => "drop_role",
        }
    }

    /// What it does, in words for the one who waits.
    #[must_use]
    pub const fn describe(&self) -> &'static str {
        match self {
            Self::EnsureNetwork => "Preparing the network",
            Self::EnsureImage => "Fetching the application",
            Self::EnsureRole => "Creating the database user",
            Self::EnsureDatabase => "Creating the database",
            Self::WriteRoute { target: None } => "Preparing the address",
            Self::WriteRoute { target: Some(_) } => "Opening the address",
            Self::DumpDatabase => "Saving the data before the database is changed",
            Self::SaveDatabase { .. } => "Saving the data before older data are brought back",
            Self::RestoreDatabase { .. } => "Bringing the older data back",
            Self::UndoRestore { .. } => "Bringing the data back from before the restore",
            Self::CreateRelease => "Creating the container for the preparation",
            Self::StartRelease { .. } => "Starting to prepare the database",
            Self::AwaitRelease { .. } => "Preparing the database",
            Self::OutwaitRelease { .. } => {
                "Waiting for the preparation under way to end: cut off, it could leave the database half changed"
            }
            Self::StopRelease { .. } => "Stopping the preparation of the database",
            Self::CheckRelease { .. } => "Checking that the database is prepared",
            Self::RemoveRelease { .. } => "Cleaning up after the preparation",
            Self::FailRelease { .. } => "Keeping the log of the failed preparation",
            Self::CreateServe => "Creating the container",
            Self::RestoreServe => "Creating the container of what served before the change",
            Self::CreateSuccessor => "Creating the container that takes over",
            Self::AwaitSwitch { .. } => "Leading people to the new container",
            Self::PromoteSuccessor { .. } => "Handing over to the new container",
            Self::RejectSuccessor { .. } => "Giving the change up, since the new container did not become ready",
            Self::HoldServe { .. } => "Stopping the container, since it keeps crashing",
            Self::TrustServe { .. } => "Leaving restarts to the engine again, since the container runs in calm",
            Self::RestoreLimits { .. } => "Putting the container's limits right",
            Self::StartServe { .. } => "Starting the container",
            Self::AwaitReady { .. } => "Waiting for the application to answer",
            Self::StopServe { .. } => "Stopping the container",
            Self::RemoveServe { .. } => "Removing the container",
            Self::RemoveStray { .. } => "Removing a container that has no place any more",
            Self::BeginRemoval => "Beginning the removal",
            Self::RemoveRoute => "Removing the address",
            Self::DropDatabase => "Removing the database",
            Self::RemoveDumps => "Removing the saved data",
            Self::DropRole => "Removing the database user",
        }
    }

    /// Whether it may be left at once when its owner changes their mind: it only waits, or fetches or saves what is fetched or
    /// saved another time.
    #[must_use]
    pub const fn may_be_left(&self) -> bool {
        matches!(
            self,
            Self::EnsureImage
                | Self::DumpDatabase
                | Self::SaveDatabase { .. }
                | Self::AwaitRelease { .. }
                | Self::OutwaitRelease { .. }
                | Self::AwaitReady { .. }
                | Self::AwaitSwitch { .. }
        )
    }
}
