//! `frescod user sessions`

use domain::{Clock, SystemClock};
use storage::Part;
use storage::sessions::Session;

use super::{Office, Person, moment};
use crate::terminal;

/// List where somebody is signed in, the newest first
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  frescod user sessions ada@example.org")]
pub(crate) struct Args {
    #[command(flatten)]
    pub(super) person: Person,
    /// As one JSON array
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &Args, office: &Office) -> anyhow::Result<()> {
    let (user, _) = office.find(&args.person.person).await?;
    let sessions = office.store.list_sessions(user.id, SystemClock.now(), Part::first(u16::MAX)).await?.items;
    if args.json {
        return Ok(terminal::say_json(&sessions.iter().map(as_json).collect::<Vec<_>>())?);
    }
    let rows: Vec<_> = sessions.iter().map(row).collect();
    Ok(terminal::say_table(&["ID", "BEGAN", "LAST USED", "EXPIRES", "ADDRESS", "BROWSER"], &rows)?)
}

fn as_json(session: &Session) -> serde_json::Value {
    serde_json::json!({
        "id": session.id, "created_at": session.created_at, "last_used_at": session.last_used_at,
        "expires_at": session.expires_at, "remembered": session.remembered, "address": session.seen.address,
        "user_agent": session.seen.user_agent,
    })
}

fn row(session: &Session) -> Vec<String> {
    let (began, used, expires) = (session.created_at, session.last_used_at, session.expires_at);
    let seen = &session.seen;
    let [began, used, expires] = [began, used, expires].map(moment);
    vec![session.id.to_string(), began, used, expires, seen.address.clone(), seen.user_agent.clone()]
}
