//! `frescod user show`

use storage::Organisation;

use super::{Office, Person, as_json, moment, state};
use crate::terminal;

/// Show an account: how it stands, and where its owner is a member
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  frescod user show ada@example.org\n  frescod user show ada@example.org --json")]
pub(crate) struct Args {
    #[command(flatten)]
    pub(super) person: Person,
    /// As one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &Args, office: &Office) -> anyhow::Result<()> {
    let (user, email) = office.find(&args.person.person).await?;
    let organisations = office.store.organisations_of(user.id).await?;
    let factor = office.store.second_factor_confirmed(user.id).await?;
    if args.json {
        let mut shown = as_json(&user);
        shown["second_factor"] = factor.into();
        shown["organisations"] = organisations.iter().map(membership).collect();
        return Ok(terminal::say_json(&shown)?);
    }
    let at = |at: Option<_>| at.map_or_else(|| "no".to_owned(), moment);
    let terms = user.terms_version.as_ref().zip(user.terms_accepted_at);
    let lines = [
        ("account", user.id.to_string()),
        ("address", email.to_string()),
        ("name", user.name.clone()),
        ("state", state(&user).to_owned()),
        ("made", moment(user.created_at)),
        ("verified", at(user.email_verified_at)),
        ("let in", at(user.approved_at)),
        ("shut out", at(user.disabled_at)),
        ("last log-in", at(user.last_login_at)),
        ("terms", terms.map_or_else(|| "none".to_owned(), |(version, at)| format!("{version}, {}", moment(at)))),
        ("two-factor", if factor { "yes" } else { "no" }.to_owned()),
    ];
    lines.iter().try_for_each(|(name, value)| terminal::say(&format!("{name:12} {value}")))?;
    for organisation in &organisations {
        let role = organisation.role.map(|role| role.as_str()).unwrap_or_default();
        terminal::say(&format!("{:12} {} in {} ({})", "", role, organisation.name, organisation.id))?;
    }
    Ok(())
}

fn membership(organisation: &Organisation) -> serde_json::Value {
    serde_json::json!({
        "id": organisation.id, "name": organisation.name, "personal": organisation.personal, "role": organisation.role,
    })
}
