//! `frescod user list`

use storage::{User, UserFilter};

use super::super::ConfigFile;
use super::{Office, as_json, moment, state};
use crate::terminal;

/// How many are fetched at once.
const AT_ONCE: u16 = 500;

/// List accounts, the newest first
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  frescod user list --waiting\n  frescod user list --search example.org --json")]
pub(crate) struct Args {
    /// Only those whose name or address contains this
    #[arg(long)]
    search: Option<String>,
    /// Only those that wait to be let in
    #[arg(long)]
    waiting: bool,
    /// Only those that are shut out
    #[arg(long)]
    disabled: bool,
    #[command(flatten)]
    pub(super) config: ConfigFile,
    /// As one JSON array
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &Args, office: &Office) -> anyhow::Result<()> {
    let users = all(args, office).await?;
    if args.json {
        return Ok(terminal::say_json(&users.iter().map(as_json).collect::<Vec<_>>())?);
    }
    let rows: Vec<_> = users.iter().map(row).collect();
    Ok(terminal::say_table(&["ID", "MADE", "LAST LOG-IN", "STATE", "ADDRESS", "NAME"], &rows)?)
}

async fn all(args: &Args, office: &Office) -> anyhow::Result<Vec<User>> {
    let filter = UserFilter {
        search: args.search.as_deref(),
        waiting: args.waiting.then_some(true),
        disabled: args.disabled.then_some(true),
    };
    let mut users: Vec<User> = Vec::new();
    loop {
        let page = office.store.list_users(filter, users.last().map(|user| user.id), AT_ONCE).await?;
        let last = page.len() < AT_ONCE.into();
        users.extend(page);
        if last {
            return Ok(users);
        }
    }
}

fn row(user: &User) -> Vec<String> {
    let email = user.email.clone().map(String::from).unwrap_or_default();
    let last = user.last_login_at.map_or_else(|| "never".to_owned(), moment);
    vec![user.id.to_string(), moment(user.created_at), last, state(user).to_owned(), email, user.name.clone()]
}
