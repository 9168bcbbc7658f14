//! `frescod user …`: people's accounts, as the operator sees and settles them; directly in the database.

mod letters;
mod list;
mod sessions;
mod settle;
mod show;

use std::process::ExitCode;

use anyhow::Context;
use api::Desk;
use chrono::{DateTime, Utc};
use domain::clock::Clock;
use domain::{Email, SystemClock, SystemEntropy, UserId};
use storage::audit::acting;
use storage::{Actor, ActorKind, Keyring, Scope, Store, User};

use super::ConfigFile;
use crate::config::{Config, Environment};
use crate::exit::Outcome;
use crate::wiring::parts::{self, Side};

/// Look at people's accounts, and settle who may sign in and have instances made
///
/// Works directly on the platform's database, as the API's role and with the API's keys; no daemon need run. Whatever is changed
/// stands in the audit log. Letters wait until `frescod serve` sends them.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    List(list::Args),
    Show(show::Args),
    Invite(letters::Invite),
    /// Let somebody in who waits for it (`signup.mode = "approval"`), and tell them by letter
    Approve(settle::Args),
    Reject(settle::EndArgs),
    /// Shut somebody out: their sessions end, and no key that they have made works
    Disable(settle::Args),
    /// Let somebody in again who was shut out; their keys work again, and they sign in anew
    Enable(settle::Args),
    /// Take it on your word that an address is its account's owner's
    Verify(settle::Args),
    Sessions(sessions::Args),
    /// End all of somebody's sessions
    RevokeSessions(settle::Args),
    ResetPassword(letters::ResetPassword),
    /// Take the second factor off the account of somebody who has lost it, and the recovery codes with it; a letter tells them
    ///
    /// Their sessions end. Make sure that it is them who asks: the password alone lets in from then on.
    ResetSecondFactor(settle::Args),
    Delete(settle::EndArgs),
}

/// Whose account.
#[derive(Debug, clap::Args)]
struct Person {
    /// The account's id or address
    #[arg(value_name = "ID|EMAIL")]
    person: String,
    #[command(flatten)]
    config: ConfigFile,
}

/// What every one of them works with.
struct Office {
    config: Config,
    store: Store,
    keyring: Keyring,
}

impl Office {
    async fn open(config: &ConfigFile, environment: &Environment) -> anyhow::Result<Self> {
        let config = config.load(environment)?;
        let keyring = parts::auth_keyring(&config)?;
        Ok(Self { store: parts::store(&config, Side::Api).await?, config, keyring })
    }

    fn desk(&self) -> Desk<'_> {
        Desk { keyring: &self.keyring, entropy: &SystemEntropy, now: SystemClock.now() }
    }

    /// The account with this id or address.
    async fn find(&self, person: &str) -> anyhow::Result<(User, Email)> {
        let id = match UserId::parse(person) {
            Ok(id) => Some(id),
            Err(_) => {
                let email = Email::parse(person).context("expected an account's id (`usr_…`) or its address")?;
                self.store.find_login(&email).await?.map(|found| found.id)
            }
        };
        let user = match id {
            Some(id) => self.store.find_user(Scope::Operator, id).await?,
            None => None,
        };
        let user = user.and_then(|user| user.email.clone().map(|email| (user, email)));
        user.with_context(|| format!("there is no account `{person}`; `frescod user list` shows all"))
    }
}

impl Command {
    const fn config(&self) -> &ConfigFile {
        match self {
            Self::List(args) => &args.config,
            Self::Show(args) => &args.person.config,
            Self::Invite(args) => &args.config,
            Self::Approve(args)
            | Self::Disable(args)
            | Self::Enable(args)
            | Self::Verify(args)
            | Self::RevokeSessions(args)
            | Self::ResetSecondFactor(args) => &args.person.config,
            Self::Reject(args) | Self::Delete(args) => &args.person.config,
            Self::Sessions(args) => &args.person.config,
            Self::ResetPassword(args) => &args.person.config,
        }
    }
}

pub(crate) async fn run(command: Command, environment: &Environment) -> Outcome {
    let office = Office::open(command.config(), environment).await?;
    let done = acting(Actor::new(ActorKind::System, None), dispatch(&command, &office)).await;
    office.store.close().await;
    done.map(|()| ExitCode::SUCCESS)
}

async fn dispatch(command: &Command, office: &Office) -> anyhow::Result<()> {
    use settle::{End, Settlement};
    match command {
        Command::List(args) => list::run(args, office).await,
        Command::Show(args) => show::run(args, office).await,
        Command::Invite(args) => letters::invite(args, office).await,
        Command::Approve(args) => settle::run(Settlement::Approve, args, office).await,
        Command::Reject(args) => settle::end(End::Reject, args, office).await,
        Command::Disable(args) => settle::run(Settlement::Disable, args, office).await,
        Command::Enable(args) => settle::run(Settlement::Enable, args, office).await,
        Command::Verify(args) => settle::run(Settlement::Verify, args, office).await,
        Command::Sessions(args) => sessions::run(args, office).await,
        Command::RevokeSessions(args) => settle::run(Settlement::RevokeSessions, args, office).await,
        Command::ResetPassword(args) => letters::reset_password(args, office).await,
        Command::ResetSecondFactor(args) => settle::run(Settlement::ResetSecondFactor, args, office).await,
        Command::Delete(args) => settle::end(End::Delete, args, office).await,
    }
}

fn moment(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M").to_string()
}

/// How an account stands, in one word.
const fn state(user: &User) -> &'static str {
    match user {
        User { disabled_at: Some(_), .. } => "disabled",
        User { email_verified_at: None, .. } => "unverified",
        User { approved_at: None, .. } => "waiting",
        User { .. } => "active",
    }
}

fn as_json(user: &User) -> serde_json::Value {
    serde_json::json!({
        "id": user.id, "email": user.email, "name": user.name, "state": state(user), "created_at": user.created_at,
        "email_verified_at": user.email_verified_at, "approved_at": user.approved_at, "disabled_at": user.disabled_at,
        "last_login_at": user.last_login_at, "terms_version": user.terms_version,
        "terms_accepted_at": user.terms_accepted_at,
    })
}
