//! A new tenant: its row, its claim, its secrets, its first revision, deployment and event, in one transaction.

use chrono::{DateTime, Utc};
use domain::tenant::{DesiredState, Subdomain, TenantSpec};
use domain::{DeploymentId, OrganisationId, TenantId, UserId};
use serde_json::json as object;
use sqlx::PgConnection;

use super::{Metadata, Tenant, with_tenant_columns};
use crate::audit::NewEntry;
use crate::deployments::Action;
use crate::error::{StorageError, violated};
use crate::json::json;
use crate::scope::Scope;
use crate::secrets::{NewSecret, SecretColumns};
use crate::store::Store;

/// What its owner decides, and what its caller made: ids, time, sealed secrets.
#[derive(Debug)]
pub struct NewTenant {
    pub id: TenantId,
    pub organisation: OrganisationId,
    pub owner: UserId,
    pub subdomain: Subdomain,
    pub spec: TenantSpec,
    pub metadata: Metadata,
    pub secrets: Vec<NewSecret>,
    pub deployment: DeploymentId,
    pub now: DateTime<Utc>,
}

/// Why there is no new tenant.
#[derive(Debug, thiserror::Error)]
pub enum CreateTenantError {
    #[error("there is no such organisation")]
    NoOrganisation,
    #[error("the subdomain `{0}` is taken")]
    SubdomainTaken(Subdomain),
    /// Its last tenant is destroyed, but links and bookmarks may still lead to it.
    #[error("the subdomain `{subdomain}` is in quarantine until {until}")]
    SubdomainInQuarantine { subdomain: Subdomain, until: DateTime<Utc> },
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<sqlx::Error> for CreateTenantError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

impl Store {
    /// Creates a tenant that should run, and rings.
    ///
    /// # Errors
    /// [`CreateTenantError::SubdomainTaken`] if another tenant, not destroyed, has the name;
    /// [`CreateTenantError::SubdomainInQuarantine`] if one had it until lately; [`CreateTenantError::NoOrganisation`] if
    /// its organisation is gone, or not the scope's.
    pub async fn create_tenant(&self, scope: Scope, new: NewTenant) -> Result<Tenant, CreateTenantError> {
        let mut tx = self.begin_as(scope).await?;
        insert(&mut tx, &new).await?;
        let tenant = begin_history(&mut tx, &new).await?;
        let entry = NewEntry::done(new.organisation, Action::Deploy.audited(), ("tenant", new.id.uuid()));
        let data = object!({ "app": new.spec.app, "image": new.spec.image });
        self.record(&mut tx, scope, entry.called(new.subdomain.as_str()).with(data)).await?;
        tx.commit().await?;
        Ok(tenant)
    }
}

/// The row alone: row-level security lets nothing refer to it before the statement that made it has ended.
async fn insert(tx: &mut PgConnection, new: &NewTenant) -> Result<(), CreateTenantError> {
    let held = sqlx::query_scalar!(r#"SELECT fresco.hold_organisation($1) AS "held!""#, new.organisation.uuid());
    if !held.fetch_one(&mut *tx).await? {
        return Err(CreateTenantError::NoOrganisation);
    }
    // A tenant that becomes a tombstone meanwhile is one or the other to this statement, and refuses the name either way;
    // among those that come at once the unique index decides.
    let insert = sqlx::query!(
        "INSERT INTO fresco.tenants
             (id, organisation_id, owner, subdomain, spec, metadata, desired_state, created_at, updated_at)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $8
         WHERE NOT EXISTS (SELECT FROM fresco.name_refused($4, $8))",
        new.id.uuid(),
        new.organisation.uuid(),
        new.owner.uuid(),
        new.subdomain.as_str(),
        json(&new.spec),
        json(&new.metadata),
        DesiredState::Running.as_str(),
        new.now,
    );
    match insert.execute(&mut *tx).await {
        Ok(done) if done.rows_affected() == 1 => Ok(()),
        Ok(_) => Err(why_refused(tx, new).await?),
        Err(error) if violated(&error) == Some("tenants_subdomain_key") => {
            Err(CreateTenantError::SubdomainTaken(new.subdomain.clone()))
        }
        Err(error) => Err(error.into()),
    }
}

/// Who has the name, or had it last.
async fn why_refused(tx: &mut PgConnection, new: &NewTenant) -> Result<CreateTenantError, StorageError> {
    let query = sqlx::query_scalar!("SELECT until FROM fresco.name_refused($1, $2)", new.subdomain.as_str(), new.now);
    let subdomain = new.subdomain.clone();
    Ok(match query.fetch_optional(tx).await?.flatten() {
        Some(until) => CreateTenantError::SubdomainInQuarantine { subdomain, until },
        None => CreateTenantError::SubdomainTaken(subdomain),
    })
}

/// What belongs to it from the first.
async fn begin_history(tx: &mut PgConnection, new: &NewTenant) -> Result<Tenant, StorageError> {
    let secrets = SecretColumns::of(&new.secrets);
    let insert = with_tenant_columns!(
        tenant_rows,
        "WITH t AS (SELECT * FROM fresco.tenants WHERE id = $1),
         claim AS (INSERT INTO fresco.tenant_claims (tenant_id) SELECT id FROM t),
         secret AS (
             INSERT INTO fresco.tenant_secrets (tenant_id, name, version, sealed)
             SELECT t.id, given.* FROM t, unnest($2::text[], $3::int[], $4::bytea[]) given),
         deployment AS (
             INSERT INTO fresco.deployments (id, tenant_id, generation, action, created_at)
             SELECT $5, id, generation, 'deploy', created_at FROM t),
         revision AS (
             INSERT INTO fresco.tenant_revisions (tenant_id, generation, desired_state, spec, at)
             SELECT id, generation, desired_state, spec, created_at FROM t),
         event AS (
             INSERT INTO fresco.tenant_events (tenant_id, generation, kind, message, at)
             SELECT id, generation, 'deploy', 'Asked for', created_at FROM t),
         bell AS MATERIALIZED (SELECT pg_notify('fresco_doorbell', ''), pg_notify('fresco_news', ''))
         SELECT",
        "FROM t, bell",
        new.id.uuid(),
        &secrets.names,
        &secrets.versions,
        &secrets.sealed,
        new.deployment.uuid(),
    );
    Tenant::try_from(insert.fetch_one(tx).await?)
}
