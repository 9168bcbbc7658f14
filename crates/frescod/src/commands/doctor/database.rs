//! The platform's own database, and the tenants' PostgreSQL.

use storage::{Rights, Store, Unbound};

use super::{Finding, keys};
use crate::config::{Config, Role};
use crate::wiring::parts::{self, Side};

/// Whether each side can log in as what it is, the tables are this program's, and the sealing keys the right ones.
pub(super) async fn platform(config: &Config, role: Role) -> Vec<Finding> {
    let mut findings = Vec::new();
    if role.has_api() {
        findings.extend(one_side(config, Side::Api, role).await);
    }
    if role.has_worker() {
        findings.extend(one_side(config, Side::Worker, role).await);
    }
    findings
}

async fn one_side(config: &Config, side: Side, role: Role) -> Vec<Finding> {
    let name = match side {
        Side::Api => "platform's database (API)",
        Side::Worker | Side::Owner => "platform's database (worker)",
    };
    let store = match parts::store(config, side).await {
        Ok(store) => store,
        Err(error) => {
            let mend = "start PostgreSQL, or mend the URL; for a first set-up see `frescod bootstrap-sql`";
            return vec![Finding::fail(name, format!("{error:#}"), mend)];
        }
    };
    let findings = match (store.check().await, store.ping().await) {
        (Ok(()), Ok(took)) => {
            let is_up = format!("the schema is up to date, answers in {took:.1?}");
            let rights = rights(&store, (side, name)).await.unwrap_or_else(|| Finding::ok(name, is_up));
            [Some(rights), keys(config, &store, (side, role)).await].into_iter().flatten().collect()
        }
        (Err(error), _) => vec![Finding::fail(name, error, "run `frescod migrate` of the version that will serve")],
        (_, Err(error)) => vec![Finding::fail(name, error, "look into PostgreSQL's log")],
    };
    store.close().await;
    findings
}

/// What is wrong with whom the URL logs in as, if anything: the other side's URL works well enough to go unnoticed.
async fn rights(store: &Store, (side, name): (Side, &str)) -> Option<Finding> {
    let rights = match store.rights().await {
        Ok(rights) => rights,
        Err(error) => return Some(Finding::fail(name, error, "look into PostgreSQL's log")),
    };
    let (detail, mend) = wrong(side, rights)?;
    Some(Finding::fail(name, detail, mend))
}

/// The gravest first.
const fn wrong(side: Side, rights: Rights) -> Option<(&'static str, &'static str)> {
    Some(match (side, rights) {
        (Side::Api | Side::Worker, Rights { unbound: Some(Unbound::Superuser), .. }) => (
            "its role is a superuser: nothing in PostgreSQL holds back a bug in this program",
            "`ALTER ROLE … NOSUPERUSER`, or put the URL that `frescod bootstrap-sql` makes a role for into its file",
        ),
        (Side::Api, Rights { unbound: Some(Unbound::Bypasses), .. }) => (
            "its role passes row-level security by (BYPASSRLS): a bug in the API shows everybody's rows",
            "`ALTER ROLE … NOBYPASSRLS`, and revoke from it every role with that attribute",
        ),
        (Side::Api, Rights { unbound: Some(Unbound::Owner), .. }) => (
            "its role owns the tables, or may become their owner: row-level security is its own to take away",
            "put the URL of the API's own role into `database.url_file`, or revoke the owner's role from it",
        ),
        (Side::Api, Rights { reads_secrets: true, .. }) => (
            "its role reads tenants' secrets, as only the worker's may: a bug in the API would be one in the worker",
            "put the URL of the API's own role into `database.url_file` (`frescod bootstrap-sql` makes it)",
        ),
        (Side::Api, Rights { unbound: Some(Unbound::Worker), .. }) => (
            "its role may become the worker's, whom row-level security shows everything",
            "`REVOKE fresco_worker FROM …`",
        ),
        (Side::Api, Rights { sets_goals: false, .. }) => (
            "its role may not change what should be: people are refused whatever they ask for",
            "put the URL of the API's own role into `database.url_file` (`frescod bootstrap-sql` makes it)",
        ),
        (Side::Worker, Rights { reads_secrets: false, .. }) => (
            "its role reads no secrets: nothing can be deployed",
            "put the URL of the worker's own role into `database.worker_url_file` (`frescod bootstrap-sql` makes it)",
        ),
        (Side::Worker, Rights { sets_goals: true, .. }) => (
            "its role may change what should be, as only the API's may",
            "put the URL of the worker's own role into `database.worker_url_file` (`frescod bootstrap-sql` makes it)",
        ),
        (Side::Api | Side::Worker | Side::Owner, _) => return None,
    })
}

/// Nothing where there is no key to compare: that is told by itself.
async fn keys(config: &Config, store: &Store, (side, role): (Side, Role)) -> Option<Finding> {
    match side {
        Side::Worker => Some(keys::opens(store, &parts::keyring(config).ok()?).await),
        Side::Api if !role.has_worker() => Some(keys::seals(store, &parts::sealer(config, role).ok()?).await),
        Side::Api | Side::Owner => None,
    }
}

/// What the provisioner says of its rights, and whether tenants reach it once their network is there.
pub(super) async fn tenants(config: &Config, network_is_there: bool) -> Vec<Finding> {
    let databases = match parts::databases(config) {
        Ok(databases) => databases,
        Err(error) => {
            return vec![Finding::fail("tenants' PostgreSQL", format!("{error:#}"), "mend `tenants.admin_url_file`")];
        }
    };
    let address = network_is_there.then_some(config.tenants.database_address);
    let findings = databases.check(address).await.into_iter();
    findings
        .map(|finding| match finding.ok {
            true => Finding::ok(finding.name, finding.detail),
            false => Finding::fail(finding.name, finding.detail, &finding.mend),
        })
        .collect()
}
