//! Many organisations with their tenants: rows in bulk, after a tenant that the loop has really made.

use anyhow::Context;
use secrecy::SecretString;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::ours::Tenant;

/// One organisation, and the key of one who may see its tenants.
#[derive(Debug)]
pub(super) struct Home {
    pub(super) organisation: Uuid,
    pub(super) key: SecretString,
}

/// What a settled tenant's rows look like.
const REMEMBER: &str = "
    CREATE SCHEMA bench;
    CREATE TABLE bench.tenant AS SELECT * FROM fresco.tenants WHERE id = '{id}';
    CREATE TABLE bench.revision AS SELECT * FROM fresco.tenant_revisions WHERE tenant_id = '{id}';
    CREATE TABLE bench.deployment AS SELECT * FROM fresco.deployments WHERE tenant_id = '{id}';
    CREATE TABLE bench.release AS SELECT * FROM fresco.tenant_releases WHERE tenant_id = '{id}';";

/// Each organisation with its owner and a key of its own, whose secret part is one for all: it is compared by its hash alone.
const HOMES: &str = "
    CREATE TABLE bench.home AS
        SELECT n, gen_random_uuid() AS organisation, gen_random_uuid() AS owner, gen_random_uuid() AS key
        FROM generate_series(1, {organisations}) n;
    INSERT INTO fresco.organisations (id, name, created_at) SELECT organisation, 'Lab ' || n, now() FROM bench.home;
    INSERT INTO fresco.users (id, name, email, email_verified_at, approved_at, created_at)
        SELECT owner, 'Owner ' || n, 'owner-' || n || '@example.org', now(), now(), now() FROM bench.home;
    INSERT INTO fresco.memberships (organisation_id, user_id, role, created_at)
        SELECT organisation, owner, 'owner', now() FROM bench.home;
    INSERT INTO fresco.api_keys (id, organisation_id, created_by, name, hash, scopes, created_at)
        SELECT key, organisation, owner, 'bench', sha256(convert_to('{secret}', 'UTF8')), '{tenant.view}', now()
        FROM bench.home;";

const TENANTS: &str = "
    CREATE TABLE bench.new AS
        SELECT gen_random_uuid() AS id, h.organisation, h.owner, 'study-' || h.n || '-' || t AS name,
               now() - random() * interval '1 year' AS at
        FROM bench.home h, generate_series(1, {tenants}) t;
    INSERT INTO fresco.tenants (id, organisation_id, owner, subdomain, created_at, updated_at, desired_state, generation, spec,
            status, container_id, observed, observed_generation, observed_at, conditions, pinned_image, last_deployed_at)
        SELECT new.id, new.organisation, new.owner, new.name, new.at, new.at, m.desired_state, m.generation, m.spec, m.status,
            encode(sha256(convert_to(new.name, 'UTF8')), 'hex'), m.observed, m.observed_generation, now(), m.conditions,
            m.pinned_image, new.at
        FROM bench.new, bench.tenant m;
    INSERT INTO fresco.tenant_claims (tenant_id, next_at, priority) SELECT id, now() + interval '1 day', 1 FROM bench.new;
    INSERT INTO fresco.tenant_revisions (tenant_id, generation, desired_state, spec, at, pinned_image, converged_at)
        SELECT new.id, m.generation, m.desired_state, m.spec, new.at, m.pinned_image, new.at FROM bench.new, bench.revision m;
    INSERT INTO fresco.deployments (id, tenant_id, generation, action, status, created_at, started_at, finished_at)
        SELECT gen_random_uuid(), new.id, m.generation, m.action, m.status, new.at, new.at, new.at
        FROM bench.new, bench.deployment m;
    INSERT INTO fresco.tenant_releases (tenant_id, number, image_id, database_oid, at)
        SELECT new.id, m.number, m.image_id, m.database_oid, new.at FROM bench.new, bench.release m;";

/// Keeps the rows of one that is settled, before it is destroyed.
pub(super) async fn remember(session: &Client, model: &Tenant) -> anyhow::Result<()> {
    Ok(session.batch_execute(&REMEMBER.replace("{id}", model.simple())).await?)
}

/// Puts them in, so many tenants into each organisation.
pub(super) async fn fill(session: &Client, organisations: u32, tenants: u32) -> anyhow::Result<Vec<Home>> {
    let secret = domain::entropy::token(&domain::SystemEntropy);
    let homes = HOMES.replace("{organisations}", &organisations.to_string()).replace("{secret}", &secret);
    session.batch_execute(&homes).await.context("no organisations")?;
    let rows = TENANTS.replace("{tenants}", &tenants.to_string());
    session.batch_execute(&rows).await.context("no tenants")?;
    // As autovacuum does a minute later.
    session.batch_execute("VACUUM ANALYZE").await?;
    let homes = session.query("SELECT organisation, key FROM bench.home ORDER BY random()", &[]).await?;
    let home = |row: tokio_postgres::Row| {
        let key: Uuid = row.get("key");
        Home { organisation: row.get("organisation"), key: format!("frk_{}_{secret}", key.simple()).into() }
    };
    Ok(homes.into_iter().map(home).collect())
}
