//! What people are shown in one word. It is derived, and never older than its look allows.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::desired::DesiredState;
use super::observed::{ContainerState, World};
use super::plan::Waiting;

/// The one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nobody has begun yet.
    Pending,
    Provisioning,
    Active,
    Stopped,
    Error,
    Destroying,
    /// A tombstone.
    Destroyed,
    /// The last look is older than it should be, or did not reach what it looked for.
    Unknown,
}

/// How a pass of the loop ended, or how it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Converged,
    /// At a step.
    Working,
    Waiting(Waiting),
    /// A step failed, or only a person can help.
    Failed,
}

/// What a status rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// When the tenant's parts were last looked at.
    pub seen_at: Option<DateTime<Utc>>,
    /// When there was last somebody who looks at it or works on it, or it was asked to be so.
    pub attended_at: Option<DateTime<Utc>>,
}

impl Status {
    /// The status after a pass.
    #[must_use]
    pub fn of(state: DesiredState, world: &World, outcome: &Outcome) -> Self {
        match (outcome, state) {
            (Outcome::Converged, state) => state.status(),
            (_, DesiredState::Destroyed) => Self::Destroying,
            (Outcome::Waiting(Waiting::Unknown(_)), _) => Self::Unknown,
            (
                Outcome::Waiting(
                    Waiting::Restarting { .. }
                    | Waiting::CrashLooping { .. }
                    | Waiting::NotReady
                    | Waiting::Grace { .. },
                )
                | Outcome::Failed,
                _,
            ) => Self::Error,
            (Outcome::Working, DesiredState::Running) => Self::Provisioning,
            (Outcome::Working, DesiredState::Stopped) if serves(world) => Self::Active,
            (Outcome::Working, DesiredState::Stopped) => Self::Stopped,
        }
    }

    /// What may be shown of it at `now`: no word is older than `max_age`, nor from the future, as after a clock was set
    /// back. A word about a running thing is as old as the look at it; one about work as whatever shows that somebody works.
    #[must_use]
    pub fn at(self, evidence: Freshness, now: DateTime<Utc>, max_age: TimeDelta) -> Self {
        let dated = match self {
            Self::Destroyed => return self,
            Self::Active | Self::Stopped => evidence.seen_at,
            Self::Pending | Self::Provisioning | Self::Error | Self::Destroying | Self::Unknown => evidence.attended_at,
        };
        if dated.is_none_or(|at| (now - at).abs() > max_age) { Self::Unknown } else { self }
    }

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Provisioning => "provisioning",
            Self::Active => "active",
            Self::Stopped => "stopped",
            Self::Error => "error",
            Self::Destroying => "destroying",
            Self::Destroyed => "destroyed",
            Self::Unknown => "unknown",
        }
    }
}

fn serves(world: &World) -> bool {
    world.serve.present().is_some_and(|serve| matches!(serve.state, ContainerState::Running { .. }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_is_older_than_what_it_rests_on() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let (fresh, stale) = (Some(now - TimeDelta::seconds(10)), Some(now - TimeDelta::seconds(90)));
        let at = |status: Status, seen_at, attended_at| {
            status.at(Freshness { seen_at, attended_at }, now, TimeDelta::seconds(60))
        };
        for green in [Status::Active, Status::Stopped] {
            assert_eq!(at(green, fresh, fresh), green);
            assert_eq!(at(green, stale, fresh), Status::Unknown);
            assert_eq!(at(green, None, fresh), Status::Unknown);
        }
        for other in [Status::Pending, Status::Provisioning, Status::Error, Status::Destroying] {
            assert_eq!(at(other, stale, fresh), other);
            assert_eq!(at(other, stale, stale), Status::Unknown);
            assert_eq!(at(other, None, None), Status::Unknown);
        }
        assert_eq!(at(Status::Destroyed, stale, None), Status::Destroyed);
    }

    #[test]
    fn an_engine_that_does_not_answer_is_not_green() {
        let outcome = Outcome::Waiting(Waiting::Unknown(crate::tenant::Part::Serve));
        assert_eq!(Status::of(DesiredState::Running, &World::empty(), &outcome), Status::Unknown);
    }
}
