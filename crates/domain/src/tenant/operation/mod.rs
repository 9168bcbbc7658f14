//! What people ask of a tenant, and whether it makes sense now.
//!
//! [`decide`] is pure: from how a tenant stands to the [`Goal`] that its row is to hold, or to a [`Refusal`] that says
//! why not and what to do instead. Whoever writes the row asks it under the row's lock, so that two who come at once are
//! decided one after the other.
//!
//! Invariants: what is destroyed changes no more; what is being destroyed can be brought back until its removal begins,
//! and does nothing else; a goal that is refused would have changed nothing, or could not be had.
//!
//! To add an operation: a variant, its line in [`decide`], its rows in the tests' table.

#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};

use super::desired::DesiredState;
use super::restore::RestoreWish;
use super::spec::TenantSpec;
use crate::clock::moment;
use crate::image::ImagePin;

/// What people ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// To run; of one that should run and is in trouble: to be tried again now.
    Start,
    Stop,
    Restart,
    Update(Box<Update>),
    /// To the newest revision that served and is another one; with `restore` its data too, as they were before the first
    /// release that came after it.
    Rollback {
        restore: bool,
    },
    /// What is under way is not to be: back to the newest revision that held.
    Cancel,
    /// Its end. Its objects are removed no earlier than `after`.
    Destroy {
        after: DateTime<Utc>,
    },
    /// Back from a destroy.
    Undo,
}

/// Another spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    pub spec: TenantSpec,
    /// Whether something changes that the spec doesn't hold: what its owner notes about the tenant.
    pub notes: bool,
}

/// How a tenant stands when it is asked.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    pub desired_state: DesiredState,
    pub generation: i64,
    pub spec: &'a TenantSpec,
    pub health: Health,
    /// Whether what was asked for last has not come to its end.
    pub in_progress: bool,
    /// Set while it is being destroyed.
    pub destroy_after: Option<DateTime<Utc>>,
    pub removal: Removal,
    /// What the operation would go back to, as [`Operation::looks_back`] says.
    pub back: Option<&'a Revision>,
}

/// What was last seen of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It is as it should be.
    Well,
    /// It is not, or nobody has looked since it was asked; nothing is known to stand in the way.
    Open,
    /// The last attempt failed.
    Failing,
}

/// How far the removal of a tenant's objects is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    NotBegun,
    Begun,
    Done,
}

/// What a tenant once was asked to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    pub generation: i64,
    pub desired_state: DesiredState,
    pub spec: TenantSpec,
    /// The image it had, as far as that was known.
    pub image: Option<ImagePin>,
    /// The first release after it that still counts.
    pub released_over: Option<u32>,
}

/// Which revision an operation goes back to: the newest, before the present one, that …
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookBack {
    /// … has served, with another spec or another image.
    Served,
    /// … has held: the tenant was found to be so.
    Held,
    /// … was not yet a destroy.
    Lived,
}

/// What the row is to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goal {
    pub desired_state: DesiredState,
    pub spec: TenantSpec,
    pub destroy_after: Option<DateTime<Utc>>,
    /// The generation it goes back to.
    pub back_to: Option<i64>,
}

/// Why not, and what to do instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("nothing is left of it but its record")]
    Destroyed,
    #[error("it can neither be brought back nor held up any more")]
    BeingRemoved,
    #[error("undo that first, which is possible until {}", moment(.0))]
    BeingDestroyed(DateTime<Utc>),
    #[error(
        "it can be brought back until {}; destroy it immediately, or undo it",
        moment(.0)
    )]
    AlreadyBeingDestroyed(DateTime<Utc>),
    #[error("to have it begin anew, restart it")]
    Running,
    #[error("it is being started; wait for it, or cancel that")]
    Starting,
    #[error("there is nothing to do; start it to have it back")]
    Stopped,
    #[error("it is being stopped; wait for it")]
    Stopping,
    #[error("start it first")]
    NotRunning,
    #[error(
        "nothing of it would change; newer content of its image's tag comes with `refresh_image` (on the command line \
         `--refresh-image`)"
    )]
    NothingChanges,
    #[error("nothing but what it is now has ever served")]
    NothingToGoBackTo,
    #[error("its data are what they were then; roll back without `restore`")]
    NothingToRestore,
    #[error("what has failed can be rolled back or tried again, what is done can be changed")]
    NothingInProgress,
    #[error("there is nothing to undo")]
    NotBeingDestroyed,
}

impl Operation {
    /// The revision that [`decide`] needs for it.
    #[must_use]
    pub const fn looks_back(&self, state: DesiredState) -> Option<LookBack> {
        match (self, state) {
            (Self::Rollback { .. }, _) => Some(LookBack::Served),
            (Self::Undo, _) | (Self::Cancel, DesiredState::Destroyed) => Some(LookBack::Lived),
            (Self::Cancel, DesiredState::Running | DesiredState::Stopped) => Some(LookBack::Held),
            (Self::Start | Self::Stop | Self::Restart | Self::Update(_) | Self::Destroy { .. }, _) => None,
        }
    }
}

/// The goal that an operation means for a tenant that stands so.
///
/// # Errors
/// [`Refusal`] if it makes no sense now.
pub fn decide(operation: &Operation, now: &Standing<'_>) -> Result<Goal, Refusal> {
    match now.removal {
        Removal::Done => return Err(Refusal::Destroyed),
        Removal::Begun => return Err(Refusal::BeingRemoved),
        Removal::NotBegun => {}
    }
    if let Some(destroy_after) = now.destroy_after {
        return doomed(operation, now, destroy_after);
    }
    match operation {
        Operation::Start => start(now),
        Operation::Stop => stop(now),
        Operation::Restart => restart(now),
        Operation::Update(update) if update.spec == *now.spec && !update.notes => Err(Refusal::NothingChanges),
        Operation::Update(update) => Ok(now.with(update.spec.clone())),
        Operation::Rollback { restore } => rollback(now, *restore),
        Operation::Cancel => cancel(now),
        Operation::Destroy { after } => Ok(now.destroyed(*after)),
        Operation::Undo => Err(Refusal::NotBeingDestroyed),
    }
}

/// Of one that is being destroyed.
fn doomed(operation: &Operation, now: &Standing<'_>, destroy_after: DateTime<Utc>) -> Result<Goal, Refusal> {
    match operation {
        Operation::Destroy { after } if *after < destroy_after => Ok(now.destroyed(*after)),
        Operation::Destroy { .. } => Err(Refusal::AlreadyBeingDestroyed(destroy_after)),
        Operation::Undo | Operation::Cancel => {
            let desired_state = now.back.map_or(DesiredState::Stopped, |back| back.desired_state);
            let back_to = now.back.map(|back| back.generation);
            Ok(Goal { desired_state, spec: now.spec.clone(), destroy_after: None, back_to })
        }
        Operation::Start | Operation::Stop | Operation::Restart | Operation::Update(_) | Operation::Rollback { .. } => {
            Err(Refusal::BeingDestroyed(destroy_after))
        }
    }
}

fn start(now: &Standing<'_>) -> Result<Goal, Refusal> {
    match (now.desired_state, now.health) {
        (DesiredState::Running, Health::Well) => Err(Refusal::Running),
        (DesiredState::Running, Health::Open) if now.in_progress => Err(Refusal::Starting),
        _ => Ok(now.in_state(DesiredState::Running)),
    }
}

fn stop(now: &Standing<'_>) -> Result<Goal, Refusal> {
    match (now.desired_state, now.health) {
        (DesiredState::Stopped, Health::Well) => Err(Refusal::Stopped),
        (DesiredState::Stopped, Health::Open) if now.in_progress => Err(Refusal::Stopping),
        _ => Ok(now.in_state(DesiredState::Stopped)),
    }
}

fn restart(now: &Standing<'_>) -> Result<Goal, Refusal> {
    if now.desired_state != DesiredState::Running {
        return Err(Refusal::NotRunning);
    }
    Ok(now.with(TenantSpec { restarts: now.spec.restarts.wrapping_add(1), ..now.spec.clone() }))
}

fn rollback(now: &Standing<'_>, restore: bool) -> Result<Goal, Refusal> {
    let back = now.back.ok_or(Refusal::NothingToGoBackTo)?;
    let mut spec = TenantSpec { restarts: now.spec.restarts, ..now.as_it_was(back) };
    if restore {
        let before_release = back.released_over.ok_or(Refusal::NothingToRestore)?;
        spec.restore = Some(RestoreWish { asked: now.generation + 1, before_release });
    }
    Ok(Goal { back_to: Some(back.generation), ..now.with(spec) })
}

fn cancel(now: &Standing<'_>) -> Result<Goal, Refusal> {
    if !now.in_progress {
        return Err(Refusal::NothingInProgress);
    }
    // A first deploy: there is nothing it was before.
    let Some(back) = now.back else { return Ok(now.in_state(DesiredState::Stopped)) };
    let spec = now.as_it_was(back);
    Ok(Goal { desired_state: back.desired_state, back_to: Some(back.generation), ..now.with(spec) })
}

impl Standing<'_> {
    fn with(&self, spec: TenantSpec) -> Goal {
        Goal { desired_state: self.desired_state, spec, destroy_after: None, back_to: None }
    }

    fn in_state(&self, desired_state: DesiredState) -> Goal {
        Goal { desired_state, ..self.with(self.spec.clone()) }
    }

    fn destroyed(&self, after: DateTime<Utc>) -> Goal {
        Goal { destroy_after: Some(after), ..self.in_state(DesiredState::Destroyed) }
    }

    /// The spec of a revision with the very image it had. Refreshes go on counting, or else a later one would not be told
    /// from one that was before.
    fn as_it_was(&self, back: &Revision) -> TenantSpec {
        let now = self.spec;
        let (refreshes, image_policy) = (now.refreshes, now.image_policy);
        TenantSpec { refreshes, image_policy, pin: back.image.clone(), ..back.spec.clone() }
    }
}
