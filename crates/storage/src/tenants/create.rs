//! A new tenant: its row, its claim, its secrets, its first revision, deployment and event, in one statement.

use chrono::{DateTime, Utc};
use domain::tenant::{DesiredState, Subdomain, TenantSpec};
use domain::{DeploymentId, OrganisationId, TenantId, UserId};

use super::{Metadata, Tenant, with_tenant_columns};
use crate::error::{StorageError, violated};
use crate::json::json;
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
    #[error("the subdomain `{0}` is taken")]
    SubdomainTaken(Subdomain),
    /// Its last tenant is destroyed, but links and bookmarks may still lead to it.
    #[error("the subdomain `{subdomain}` is in quarantine until {until}")]
    SubdomainInQuarantine { subdomain: Subdomain, until: DateTime<Utc> },
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Store {
    /// Creates a tenant that should run, and rings.
    ///
    /// # Errors
    /// [`CreateTenantError::SubdomainTaken`] if another tenant, not destroyed, has the name;
    /// [`CreateTenantError::SubdomainInQuarantine`] if one had it until lately.
    pub async fn create_tenant(&self, new: NewTenant) -> Result<Tenant, CreateTenantError> {
        let secrets = SecretColumns::of(&new.secrets);
        // A tenant that becomes a tombstone meanwhile is one or the other to this statement, and refuses the name either
        // way; among those that come at once the unique index decides.
        let insert = with_tenant_columns!(
            tenant_rows,
            "WITH t AS (
                 INSERT INTO fresco.tenants
                     (id, organisation_id, owner, subdomain, spec, metadata, desired_state, created_at, updated_at)
                 SELECT $1, $2, $3, $4, $5, $6, $7, $8, $8
                 WHERE NOT EXISTS (SELECT FROM fresco.tenants
                                   WHERE subdomain = $4 AND (destroyed_at IS NULL OR quarantine_until > $8))
                 RETURNING *),
             claim AS (INSERT INTO fresco.tenant_claims (tenant_id) SELECT id FROM t),
             secret AS (
                 INSERT INTO fresco.tenant_secrets (tenant_id, name, version, sealed)
                 SELECT t.id, given.* FROM t, unnest($10::text[], $11::int[], $12::bytea[]) given),
             deployment AS (
                 INSERT INTO fresco.deployments (id, tenant_id, generation, action, created_at)
                 SELECT $9, id, 1, 'deploy', $8 FROM t),
             revision AS (
                 INSERT INTO fresco.tenant_revisions (tenant_id, generation, desired_state, spec, at)
                 SELECT id, 1, $7, $5, $8 FROM t),
             event AS (
                 INSERT INTO fresco.tenant_events (tenant_id, generation, kind, message, at)
                 SELECT id, 1, 'deploy', 'Asked for', $8 FROM t),
             bell AS MATERIALIZED (SELECT pg_notify('fresco_doorbell', ''), pg_notify('fresco_news', ''))
             SELECT",
            "FROM t, bell",
            new.id.uuid(),
            new.organisation.uuid(),
            new.owner.uuid(),
            new.subdomain.as_str(),
            json(&new.spec),
            json(&new.metadata),
            DesiredState::Running.as_str(),
            new.now,
            new.deployment.uuid(),
            &secrets.names,
            &secrets.versions,
            &secrets.sealed,
        );
        match insert.fetch_optional(self.pool()).await {
            Ok(Some(row)) => Ok(Tenant::try_from(row)?),
            Ok(None) => Err(self.why_refused(new.subdomain).await?),
            Err(error) if violated(&error) == Some("tenants_subdomain_key") => {
                Err(CreateTenantError::SubdomainTaken(new.subdomain))
            }
            Err(error) => Err(StorageError::from(error).into()),
        }
    }

    /// Who has the name, or had it last.
    async fn why_refused(&self, subdomain: Subdomain) -> Result<CreateTenantError, StorageError> {
        let query = sqlx::query_scalar!(
            r#"SELECT quarantine_until AS "until?" FROM fresco.tenants
               WHERE subdomain = $1 AND (destroyed_at IS NULL OR quarantine_until IS NOT NULL)
               ORDER BY destroyed_at DESC NULLS FIRST LIMIT 1"#,
            subdomain.as_str(),
        );
        Ok(match query.fetch_optional(self.pool()).await?.flatten() {
            Some(until) => CreateTenantError::SubdomainInQuarantine { subdomain, until },
            None => CreateTenantError::SubdomainTaken(subdomain),
        })
    }
}
