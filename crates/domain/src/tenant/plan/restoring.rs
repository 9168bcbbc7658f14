//! Older data brought back, before anything runs on them.
//!
//! Whatever runs is made for the data as they are, so it goes first, and with it whatever a change that fails would fall
//! back to. Then what is there is saved, and only then touched. One that nobody wants any more half-way is undone from what
//! was saved.

use super::gates::{database, first, known, pass, release_ended, role, withdrawn};
use super::serving::{removed, strays_removed};
use super::{Blocker, Decision, Gate, Part};
use crate::tenant::desired::Desired;
use crate::tenant::observed::{DumpsState, World};
use crate::tenant::restore::{RestorationStage, RestoreWish};
use crate::tenant::step::Step;

/// What is begun is not left half-way, whatever else does not answer.
pub(super) fn carried_through(desired: &Desired, world: &World) -> Gate {
    match known(Part::Restoration, &world.restoration)? {
        Some(last) if last.stage == RestorationStage::Begun => restored(desired, world),
        Some(_) | None => pass(),
    }
}

/// Passes where the data are those that are wanted.
pub(super) fn restored(desired: &Desired, world: &World) -> Gate {
    let last = known(Part::Restoration, &world.restoration)?;
    let begun = last.filter(|last| last.stage == RestorationStage::Begun).map(|last| last.wish);
    let open = desired.restore.filter(|wish| wish.is_open(last));
    match (begun, open) {
        (None, None) => pass(),
        (Some(begun), open) if open != Some(begun) => undo(desired, world, begun),
        (Some(wish), _) | (None, Some(wish)) => carry_out(desired, world, (wish, begun.is_some())),
    }
}

fn carry_out(desired: &Desired, world: &World, (wish, is_begun): (RestoreWish, bool)) -> Gate {
    let dumps = known(Part::Dumps, &world.dumps)?;
    match dumps.filter(|dumps| dumps.releases.contains(&wish.before_release)) {
        Some(dumps) => {
            idle(desired, world)?;
            if !is_begun && !is_saved(Some(dumps), wish) {
                return first(Step::SaveDatabase { restore: wish.asked });
            }
            first(Step::RestoreDatabase { wish })
        }
        None if is_begun => undo(desired, world, wish),
        None => Err(Decision::Blocked(Blocker::DumpLost)),
    }
}

fn undo(desired: &Desired, world: &World, begun: RestoreWish) -> Gate {
    let dumps = known(Part::Dumps, &world.dumps)?;
    if !is_saved(dumps, begun) {
        return Err(Decision::Blocked(Blocker::DumpLost));
    }
    idle(desired, world)?;
    first(Step::UndoRestore { wish: begun })
}

fn is_saved(dumps: Option<&DumpsState>, wish: RestoreWish) -> bool {
    dumps.is_some_and(|dumps| dumps.restores.contains(&wish.asked))
}

/// Nobody is sent there, nothing runs that could write, and the database is one to restore into.
fn idle(desired: &Desired, world: &World) -> Gate {
    role(world)?;
    database(world)?;
    withdrawn(desired, world)?;
    removed(world)?;
    strays_removed(world)?;
    release_ended(world)
}
