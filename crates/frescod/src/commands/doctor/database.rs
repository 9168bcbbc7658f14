//! The platform's own database, and the tenants' PostgreSQL.

use super::Finding;
use crate::config::{Config, Role};
use crate::wiring::parts::{self, Side};

/// Whether each side can log in, and the tables are this program's.
pub(super) async fn platform(config: &Config, role: Role) -> Vec<Finding> {
    let mut findings = Vec::new();
    if role.has_api() {
        findings.push(one_side(config, Side::Api, "platform's database (API)").await);
    }
    if role.has_worker() {
        findings.push(one_side(config, Side::Worker, "platform's database (worker)").await);
    }
    findings
}

async fn one_side(config: &Config, side: Side, name: &str) -> Finding {
    let store = match parts::store(config, side).await {
        Ok(store) => store,
        Err(error) => {
            let mend = "start PostgreSQL, or mend the URL; for a first set-up see `frescod bootstrap-sql`";
            return Finding::fail(name, format!("{error:#}"), mend);
        }
    };
    let finding = match (store.check().await, store.ping().await) {
        (Ok(()), Ok(took)) => Finding::ok(name, format!("the schema is up to date, answers in {took:.1?}")),
        (Err(error), _) => Finding::fail(name, error, "run `frescod migrate` of the version that will serve"),
        (_, Err(error)) => Finding::fail(name, error, "look into PostgreSQL's log"),
    };
    store.close().await;
    finding
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
