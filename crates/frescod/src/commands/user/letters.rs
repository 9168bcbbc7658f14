//! `frescod user invite`, `reset-password`: what is done with a letter alone.

use anyhow::bail;
use chrono::TimeDelta;
use domain::Email;
use domain::signup::SignupMode;
use mail::Message;
use storage::sessions::user_tokens::Purpose;

use super::super::ConfigFile;
use super::{Office, Person, moment};
use crate::terminal;

/// How long an invitation is good where nobody says.
const USUAL_DAYS: &str = "7";

/// Invite somebody to make an account
///
/// They are sent a letter. With `signup.mode = "invitation"` they can sign up with this address then; with "approval" they need
/// not wait. Another invitation to the same address ends the one before.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  frescod user invite ada@example.org\n  frescod user invite ada@example.org --days 30"
)]
pub(crate) struct Invite {
    /// Whom
    email: Email,
    /// How long it is good
    #[arg(long, value_name = "NUMBER", default_value = USUAL_DAYS, value_parser = clap::value_parser!(u16).range(1..=365))]
    days: u16,
    #[command(flatten)]
    pub(super) config: ConfigFile,
}

/// Send somebody a link with which they choose a new password
///
/// As who has forgotten it gets one: good once, for a while; when it is used, all sessions end. Until then nothing changes: to
/// shut somebody out at once, disable the account.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  frescod user reset-password ada@example.org")]
pub(crate) struct ResetPassword {
    #[command(flatten)]
    pub(super) person: Person,
}

pub(super) async fn invite(args: &Invite, office: &Office) -> anyhow::Result<()> {
    if office.config.signup.mode == SignupMode::Closed {
        bail!("nobody makes an account here: `signup.mode` is \"closed\"");
    }
    if office.store.find_login(&args.email).await?.is_some() {
        bail!("`{}` has an account; `frescod user show` shows it", args.email);
    }
    let desk = office.desk();
    let expires_at = desk.now + TimeDelta::days(args.days.into());
    let letter = desk.seal(args.email.as_str(), &Message::SignUpInvitation { expires_at });
    office.store.invite_user(&args.email, letter, (desk.now, expires_at)).await?;
    Ok(terminal::say(&format!("{} is invited until {}", args.email, moment(expires_at)))?)
}

pub(super) async fn reset_password(args: &ResetPassword, office: &Office) -> anyhow::Result<()> {
    let (user, email) = office.find(&args.person.person).await?;
    if user.disabled_at.is_some() {
        bail!("{email} is shut out; `frescod user enable` lets them in again");
    }
    let lifetime = office.config.auth.reset_lifetime.0;
    let (token, letter) = office.desk().link(Purpose::ResetPassword, &email, lifetime);
    office.store.send_reset(user.id, &token, letter).await?;
    Ok(terminal::say(&format!("{email} gets a link that is good until {}", moment(token.expires_at)))?)
}
