//! A change that can't be made leaves what served before it to be looked after: its image can't be had, say, or its release
//! fails, and meanwhile the container that serves has ended or is gone.
//!
//! A change has steps before any container of its own is made, and they come first. So after one of them has failed, the
//! plan is asked again, with what served before as the goal. Where the change has a container already (its release, its
//! successor), that is the change's to deal with: nothing is done here.

use domain::tenant::{DesiredState, World};
use storage::{ClaimError, SecretsError};

use super::observe::{Troubles, observe};
use super::pass::Pass;
use super::reconcile::{Signals, walk};

/// Walks to what served before, after a step towards something else has failed. How that ends is not told: people are told
/// of the failure, and everything is looked at again with the next attempt.
pub(super) async fn what_served(
    pass: &mut Pass,
    (world, troubles): (&mut World, &mut Troubles),
    signals: &mut Signals,
) -> Result<(), ClaimError> {
    if pass.desired.state != DesiredState::Running || pass.desired.another_before().is_none() {
        return Ok(());
    }
    let mut before = match pass.before().await {
        Ok(Some(before)) => before,
        Err(SecretsError::Claim(error)) => return Err(error),
        Ok(None) | Err(_) => return Ok(()),
    };
    let (mut there, mut unknown) = observe(&before).await;
    if !(there.release.is_absent() && there.successor.is_absent() && there.image.present().is_some()) {
        return Ok(());
    }
    walk(&mut before, (&mut there, &mut unknown), signals).await?;
    if before.steps > 0 {
        pass.steps += before.steps;
        (*world, *troubles) = observe(pass).await;
    }
    Ok(())
}
