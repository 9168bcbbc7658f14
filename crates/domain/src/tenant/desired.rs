//! What should be.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::spec::SpecHash;
use crate::id::TenantId;
use crate::image::{ImagePin, ImageReference};

/// The goal people choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DesiredState {
    Running,
    Stopped,
    Destroyed,
}

impl DesiredState {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Destroyed => "destroyed",
        }
    }
}

/// Everything the plan needs of a tenant's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desired {
    pub tenant: TenantId,
    pub state: DesiredState,
    /// What the spec asks for; a pin in [`Desired::resolved`] counts for this reference only.
    pub image: ImageReference,
    /// `None` until the image is known: the profile, and with it everything below, depends on its version.
    pub resolved: Option<Resolved>,
    pub route: RouteGoal,
}

/// What follows once the image is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    pub pin: ImagePin,
    /// The release container's inputs; `None` for a profile without a release phase.
    pub release: Option<SpecHash>,
    /// The serve container's inputs.
    pub serve: SpecHash,
    /// How long after its start the app may take to become ready.
    pub ready_within: TimeDelta,
}

/// How the instance is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteGoal {
    /// Inputs of the file that frescod writes for the tenant.
    pub hash: SpecHash,
    /// Whether that file holds the route itself, published once the app is ready. Otherwise labels on the container
    /// route, and the file holds the middleware chain alone.
    pub publishes: bool,
}
