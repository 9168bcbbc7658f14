//! A new tenant: its row, its claim, its secrets, its first deployment and its first event, in one statement.

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
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Store {
    /// Creates a tenant that should run, and rings.
    ///
    /// # Errors
    /// [`CreateTenantError::SubdomainTaken`] if another tenant, not destroyed, has the name.
    pub async fn create_tenant(&self, new: NewTenant) -> Result<Tenant, CreateTenantError> {
        let secrets = SecretColumns::of(new.secrets);
        let insert = with_tenant_columns!(
            tenant_rows,
            "WITH t AS (
                 INSERT INTO fresco.tenants
                     (id, organisation_id, owner, subdomain, spec, metadata, desired_state, created_at, updated_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) RETURNING *),
             claim AS (INSERT INTO fresco.tenant_claims (tenant_id) VALUES ($1)),
             secret AS (
                 INSERT INTO fresco.tenant_secrets (tenant_id, name, version, sealed)
                 SELECT $1, * FROM unnest($10::text[], $11::int[], $12::bytea[])),
             deployment AS (
                 INSERT INTO fresco.deployments (id, tenant_id, generation, action, created_at)
                 VALUES ($9, $1, 1, 'deploy', $8)),
             revision AS (
                 INSERT INTO fresco.tenant_revisions (tenant_id, generation, desired_state, spec, at)
                 VALUES ($1, 1, $7, $5, $8)),
             event AS (
                 INSERT INTO fresco.tenant_events (tenant_id, generation, kind, message, at)
                 VALUES ($1, 1, 'deploy', 'Asked for', $8)),
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
        match insert.fetch_one(self.pool()).await {
            Ok(row) => Ok(Tenant::try_from(row)?),
            Err(error) if violated(&error) == Some("tenants_subdomain_key") => {
                Err(CreateTenantError::SubdomainTaken(new.subdomain))
            }
            Err(error) => Err(StorageError::from(error).into()),
        }
    }
}
