//! `frescod user approve`, `disable`, `enable`, `verify`, `revoke-sessions`, `reset-second-factor`; `reject`, `delete`.

use anyhow::bail;
use domain::Email;
use mail::Message;
use storage::User;
use storage::sessions::Ended;

use super::{Office, Person};
use crate::terminal;

/// What says no more than its name.
#[derive(Debug, clap::Args)]
#[command(after_help = "The account is named by its id or its address, as `frescod user list` shows them.")]
pub(crate) struct Args {
    #[command(flatten)]
    pub(super) person: Person,
}

/// End an account for good: name, address, password, sessions, memberships, keys
///
/// `delete` ends any, `reject` only one that waits to be let in; its owner is told by letter if the address is theirs. Not while
/// it has instances that are not destroyed, nor while an organisation would be left without an owner. Asks for the address to be
/// typed unless --yes is given.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  frescod user reject eve@example.org --yes\n  frescod user delete ada@example.org")]
pub(crate) struct EndArgs {
    #[command(flatten)]
    pub(super) person: Person,
    /// Don't ask
    #[arg(long)]
    yes: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Settlement {
    Approve,
    Disable,
    Enable,
    Verify,
    RevokeSessions,
    ResetSecondFactor,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Reject,
    Delete,
}

pub(super) async fn run(settlement: Settlement, args: &Args, office: &Office) -> anyhow::Result<()> {
    let (user, email) = office.find(&args.person.person).await?;
    let (store, desk) = (&office.store, office.desk());
    let (changed, done, otherwise) = match settlement {
        Settlement::Approve => {
            let letter = desk.seal(email.as_str(), &Message::AccountApproved);
            (store.approve_user(user.id, (letter, desk.now)).await?, "is let in", "is let in already")
        }
        Settlement::Disable => (store.disable_user(user.id, desk.now).await?, "is shut out", "is shut out already"),
        Settlement::Enable => (store.enable_user(user.id).await?, "may sign in again", "is not shut out"),
        Settlement::Verify => {
            (store.vouch_for_address(user.id, desk.now).await?, "counts as verified", "is verified already")
        }
        Settlement::RevokeSessions => {
            let ended = store.revoke_sessions(user.id, None, Ended::Revoked, desk.now).await?;
            (ended > 0, "is signed out everywhere", "is signed in nowhere")
        }
        Settlement::ResetSecondFactor => {
            let letter = desk.seal(email.as_str(), &Message::TwoFactorReset { at: desk.now });
            let reset = store.reset_second_factor(user.id, (letter, desk.now)).await?;
            (reset, "signs in with the password alone, and is signed out everywhere", "has no second factor")
        }
    };
    Ok(terminal::say(&format!("{email} {}", if changed { done } else { otherwise }))?)
}

pub(super) async fn end(end: End, args: &EndArgs, office: &Office) -> anyhow::Result<()> {
    let (user, email) = office.find(&args.person.person).await?;
    if end == End::Reject && user.approved_at.is_some() {
        bail!("{email} doesn't wait to be let in; `frescod user delete` ends the account, `disable` shuts them out");
    }
    confirm(args.yes, &email)?;
    let desk = office.desk();
    let told = Message::AccountDeleted { at: desk.now, by_operator: true };
    let letter = is_theirs(&user).then(|| desk.seal(email.as_str(), &told));
    let ended = match end {
        End::Reject => office.store.reject_user(user.id, (letter, desk.now)).await?,
        End::Delete => {
            office.store.delete_user(user.id, (letter, desk.now)).await?;
            true
        }
    };
    if !ended {
        bail!("somebody has let {email} in meanwhile");
    }
    Ok(terminal::say(&format!("the account of {email} is gone"))?)
}

/// Nobody is written to who perhaps knows of no account.
const fn is_theirs(user: &User) -> bool {
    user.email_verified_at.is_some()
}

fn confirm(yes: bool, email: &Email) -> anyhow::Result<()> {
    if yes {
        return Ok(());
    }
    match terminal::ask(&format!("The account of {email} will end for good. Type its address to go on:"))? {
        Some(typed) if Email::parse(&typed).is_ok_and(|typed| typed == *email) => Ok(()),
        Some(typed) => bail!("`{typed}` is not `{email}`: nothing was ended"),
        None => bail!("nobody to ask: give --yes"),
    }
}
