//! The parts of a status, each true, false or unknown, and since when.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::observed::{ContainerState, Observed, World};

/// What a condition is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConditionKind {
    /// The image is on the engine.
    ImagePresent,
    /// Role and database stand, with the right owner and grants.
    DatabaseReady,
    /// A release is known to have prepared the database.
    Released,
    /// The container runs.
    Running,
    /// The application answers as ready.
    Ready,
    /// The address is set up.
    Routed,
}

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Truth {
    True,
    False,
    Unknown,
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    pub kind: ConditionKind,
    pub holds: Truth,
    /// When it last changed.
    pub since: DateTime<Utc>,
}

/// The conditions of a world seen at `now`; what has not changed keeps its time from `before`.
#[must_use]
pub fn conditions(world: &World, before: &[Condition], now: DateTime<Utc>) -> Vec<Condition> {
    let runs = |state: &ContainerState| matches!(state, ContainerState::Running { .. });
    let both = |a: Truth, b: Truth| match (a, b) {
        (Truth::True, Truth::True) => Truth::True,
        (Truth::False, _) | (_, Truth::False) => Truth::False,
        (Truth::Unknown, _) | (_, Truth::Unknown) => Truth::Unknown,
    };
    let database = both(truth(&world.role, |role| role.conforms), truth(&world.database, |database| database.conforms));
    [
        (ConditionKind::ImagePresent, truth(&world.image, |_| true)),
        (ConditionKind::DatabaseReady, database),
        (ConditionKind::Released, truth(&world.released, |_| true)),
        (ConditionKind::Running, truth(&world.serve, |serve| runs(&serve.state))),
        (ConditionKind::Ready, truth(&world.serve, |serve| runs(&serve.state) && serve.ready)),
        (ConditionKind::Routed, truth(&world.route, |_| true)),
    ]
    .map(|(kind, holds)| {
        let same = before.iter().find(|old| old.kind == kind && old.holds == holds);
        Condition { kind, holds, since: same.map_or(now, |old| old.since) }
    })
    .into()
}

fn truth<T>(observed: &Observed<T>, holds: impl Fn(&T) -> bool) -> Truth {
    match observed {
        Observed::Unknown => Truth::Unknown,
        Observed::Present(value) if holds(value) => Truth::True,
        Observed::Absent | Observed::Present(_) => Truth::False,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_not_changed_keeps_its_time() {
        let early = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let late = early + chrono::TimeDelta::seconds(5);
        let before = conditions(&World::empty(), &[], early);
        let world = World { network: Observed::Present(()), image: Observed::Unknown, ..World::empty() };
        let after = conditions(&world, &before, late);
        let since = |kind| after.iter().find(|condition| condition.kind == kind).unwrap().since;
        assert_eq!((since(ConditionKind::ImagePresent), since(ConditionKind::Running)), (late, early));
    }
}
