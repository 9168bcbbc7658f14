//! A new tenant: its row, its claim, its secrets, its first revision, deployment and event, in one transaction.

use chrono::{DateTime, Utc};
use domain::tenant::{DesiredState, Subdomain, TenantSpec};
use domain::{DeploymentId, OrganisationId, SignupId, TenantId, UserId};
use serde_json::json as object;
use sqlx::PgConnection;

use super::{Metadata, Tenant, with_tenant_columns};
use crate::audit::NewEntry;
use crate::deployments::Action;
use crate::error::{StorageError, violated};
use crate::json::json;
use crate::room;
use crate::scope::Scope;
use crate::secrets::{NewSecret, SecretColumns};
use crate::signups::{NameState, name_state};
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
    /// How many instances its owner may have with it; `None`: as many as they like.
    pub most: Option<u32>,
    pub now: DateTime<Utc>,
}

/// Why there is no new tenant.
#[derive(Debug, thiserror::Error)]
pub enum CreateTenantError {
    #[error("there is no such organisation")]
    NoOrganisation,
    /// Wherever they are; see [`NewTenant::most`].
    #[error("its owner has {most} instances, and may have no more")]
    TooMany { most: u32 },
    #[error("the subdomain `{0}` is taken")]
    SubdomainTaken(Subdomain),
    /// Somebody who is signing up wishes for it, and keeps it until then.
    #[error("the subdomain `{subdomain}` is held for somebody until {until}")]
    SubdomainHeld { subdomain: Subdomain, until: DateTime<Utc> },
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
    /// [`CreateTenantError::SubdomainInQuarantine`] if one had it until lately; [`CreateTenantError::SubdomainHeld`] if it is
    /// kept for a draft; [`CreateTenantError::TooMany`] if its owner has as many as they may;
    /// [`CreateTenantError::NoOrganisation`] if its organisation is gone, or not the scope's.
    pub async fn create_tenant(&self, scope: Scope, new: NewTenant) -> Result<Tenant, CreateTenantError> {
        let mut tx = self.begin_by_key(scope).await?;
        let tenant = self.create_in(&mut tx, scope, &new, None).await?;
        tx.commit().await?;
        Action::Deploy.asked_for();
        Ok(tenant)
    }

    /// All of it, under a name that may be held for this draft.
    pub(crate) async fn create_in(
        &self,
        tx: &mut PgConnection,
        scope: Scope,
        new: &NewTenant,
        signup: Option<SignupId>,
    ) -> Result<Tenant, CreateTenantError> {
        insert(tx, new, signup).await?;
        let tenant = begin_history(tx, new).await?;
        let entry = NewEntry::done(new.organisation, Action::Deploy.audited(), ("tenant", new.id.uuid()));
        let data = object!({ "app": new.spec.app, "image": new.spec.image });
        self.record(tx, scope, entry.called(new.subdomain.as_str()).with(data)).await?;
        Ok(tenant)
    }
}

/// The row alone: row-level security lets nothing refer to it before the statement that made it has ended.
async fn insert(tx: &mut PgConnection, new: &NewTenant, signup: Option<SignupId>) -> Result<(), CreateTenantError> {
    let held = sqlx::query_scalar!(r#"SELECT fresco.hold_organisation($1) AS "held!""#, new.organisation.uuid());
    if !held.fetch_one(&mut *tx).await? {
        return Err(CreateTenantError::NoOrganisation);
    }
    if let Some(most) = room::full_of_instances(tx, new.owner, new.most).await? {
        return Err(CreateTenantError::TooMany { most });
    }
    // A tenant that becomes a tombstone meanwhile is one or the other to this statement, and refuses the name either way;
    // among those that come at once the unique index decides.
    let insert = sqlx::query!(
        "INSERT INTO fresco.tenants
             (id, organisation_id, owner, subdomain, spec, metadata, desired_state, created_at, updated_at)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $8
         WHERE NOT EXISTS (SELECT FROM fresco.name_refused($4, $8, $9))",
        new.id.uuid(),
        new.organisation.uuid(),
        new.owner.uuid(),
        new.subdomain.as_str(),
        json(&new.spec),
        json(&new.metadata),
        DesiredState::Running.as_str(),
        new.now,
        signup.map(SignupId::uuid),
    );
    match insert.execute(&mut *tx).await {
        Ok(done) if done.rows_affected() == 1 => Ok(()),
        Ok(_) => Err(why_refused(tx, new, signup).await?),
        Err(error) if violated(&error) == Some("tenants_subdomain_key") => {
            Err(CreateTenantError::SubdomainTaken(new.subdomain.clone()))
        }
        Err(error) => Err(error.into()),
    }
}

/// Who has the name, or had it last, or is to get it.
async fn why_refused(
    tx: &mut PgConnection,
    new: &NewTenant,
    signup: Option<SignupId>,
) -> Result<CreateTenantError, StorageError> {
    let subdomain = new.subdomain.clone();
    Ok(match name_state(tx, &subdomain, new.now, signup).await? {
        NameState::InQuarantine { until } => CreateTenantError::SubdomainInQuarantine { subdomain, until },
        NameState::Held { until } => CreateTenantError::SubdomainHeld { subdomain, until },
        // Free again by now: whoever had it, had it then.
        NameState::Free | NameState::Taken => CreateTenantError::SubdomainTaken(subdomain),
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
