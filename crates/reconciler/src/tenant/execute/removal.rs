//! From here on a destroyed tenant can't be brought back.

use domain::tenant::{Evidence, Observed, World};

use super::super::failure::StepError;
use super::super::pass::Pass;
use super::super::receipt;

/// Writes down what will be removed, unless its owner has changed their mind: that write and theirs exclude each other.
pub(super) async fn begin(pass: &Pass, world: &World) -> Result<Evidence, StepError> {
    let inventory = receipt::inventory(pass, world);
    let begun = pass.shared.store.begin_removal(&pass.claimed.lease, &inventory, pass.shared.clock.now()).await?;
    if begun { Ok(Evidence::Removal(Observed::Present(()))) } else { Err(StepError::ChangedMind) }
}
