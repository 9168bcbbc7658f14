//! The hostile probe: who was asked for, who is at it, what was found.
//!
//! Asking counts up, as a generation does; a probe answers everything that had been asked when it began.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::TenantId;
use domain::hostile::Report;
use serde_json::json;
use sqlx::types::Json;

use crate::claims::LeaseOwner;
use crate::error::StorageError;
use crate::scope::Scope;
use crate::store::Store;

/// How a tenant's probes stand.
#[derive(Clone, Debug, PartialEq)]
pub struct Probes {
    pub asked: i64,
    pub asked_at: DateTime<Utc>,
    /// Answered up to here.
    pub answered: i64,
    pub answered_at: Option<DateTime<Utc>>,
    /// Whether a worker is at it.
    pub running: bool,
    /// Of the last one, if it came to an end.
    pub report: Option<Report>,
    /// Why the last one found nothing out.
    pub failure: Option<String>,
}

/// A probe that is this worker's to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueProbe {
    pub tenant: TenantId,
    /// Answers up to here.
    pub asked: i64,
}

impl Store {
    /// Asks for a probe, and wakes the workers; its number, to wait for.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn ask_probe(&self, scope: Scope, tenant: TenantId, now: DateTime<Utc>) -> Result<i64, StorageError> {
        let ask = sqlx::query_scalar!(
            r#"WITH asked AS (
                 INSERT INTO fresco.tenant_probes AS p (tenant_id, asked_at) VALUES ($1, $2)
                 ON CONFLICT (tenant_id) DO UPDATE SET asked = p.asked + 1, asked_at = $2
                 RETURNING asked)
             SELECT asked AS "asked!" FROM asked, pg_notify('fresco_doorbell', '')"#,
            tenant.uuid(),
            now,
        );
        let mut tx = self.begin_as(scope).await?;
        let asked = ask.fetch_one(&mut *tx).await?;
        self.record_of_tenant(&mut tx, scope, tenant, ("tenant.probe", json!({ "asked": asked }))).await?;
        tx.commit().await?;
        Ok(asked)
    }

    /// Asks for a probe of every tenant that runs and was deployed after it was last asked for; how many.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn ask_probes_of_deployed(&self, now: DateTime<Utc>) -> Result<u64, StorageError> {
        let ask = sqlx::query!(
            "INSERT INTO fresco.tenant_probes AS p (tenant_id, asked_at)
             SELECT t.id, $1 FROM fresco.tenants t LEFT JOIN fresco.tenant_probes p ON p.tenant_id = t.id
             WHERE t.status = 'active' AND t.last_deployed_at IS NOT NULL
               AND t.last_deployed_at > coalesce(p.asked_at, '-infinity')
             ON CONFLICT (tenant_id) DO UPDATE SET asked = p.asked + 1, asked_at = $1",
            now,
        );
        Ok(ask.execute(self.pool()).await?.rows_affected())
    }

    /// How a tenant's probes stand; `None` if none was ever asked for.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn probes_of(&self, scope: Scope, tenant: TenantId) -> Result<Option<Probes>, StorageError> {
        let query = sqlx::query!(
            r#"SELECT asked, asked_at, answered, answered_at, failure, report AS "report: Json<Report>",
                      coalesce(lease_until > now(), false) AS "running!"
               FROM fresco.tenant_probes WHERE tenant_id = $1"#,
            tenant.uuid(),
        );
        let row = query.fetch_optional(&mut *self.begin_as(scope).await?).await?;
        Ok(row.map(|row| Probes {
            asked: row.asked,
            asked_at: row.asked_at,
            answered: row.answered,
            answered_at: row.answered_at,
            running: row.running,
            report: row.report.map(|report| report.0),
            failure: row.failure,
        }))
    }

    /// Takes the probe that has been due for longest; nobody else gets it while the lease lasts.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn claim_probe(&self, owner: LeaseOwner, lease: Duration) -> Result<Option<DueProbe>, StorageError> {
        let claim = sqlx::query!(
            "UPDATE fresco.tenant_probes SET lease_owner = $1, lease_until = now() + make_interval(secs => $2)
             WHERE tenant_id = (
                 SELECT tenant_id FROM fresco.tenant_probes
                 WHERE asked > answered AND coalesce(lease_until < now(), true)
                 ORDER BY asked_at LIMIT 1 FOR UPDATE SKIP LOCKED)
             RETURNING tenant_id, asked",
            owner.0,
            lease.as_secs_f64(),
        );
        let row = claim.fetch_optional(self.pool()).await?;
        Ok(row.map(|row| DueProbe { tenant: TenantId::from_uuid(row.tenant_id), asked: row.asked }))
    }

    /// Keeps what came of a probe; nothing, if somebody else has taken it over meanwhile.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn answer_probe(
        &self,
        owner: LeaseOwner,
        due: DueProbe,
        answer: Result<&Report, &str>,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let update = sqlx::query!(
            "UPDATE fresco.tenant_probes
             SET answered = greatest(answered, $3), answered_at = $4, report = $5, failure = $6,
                 lease_owner = NULL, lease_until = NULL
             WHERE tenant_id = $1 AND lease_owner = $2",
            due.tenant.uuid(),
            owner.0,
            due.asked,
            now,
            answer.ok().map(Json) as _,
            answer.err(),
        );
        update.execute(self.pool()).await?;
        Ok(())
    }

    /// The tenants that a worker is probing.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn probes_in_hand(&self) -> Result<Vec<TenantId>, StorageError> {
        let query = sqlx::query_scalar!("SELECT tenant_id FROM fresco.tenant_probes WHERE lease_until > now()");
        Ok(query.fetch_all(self.pool()).await?.into_iter().map(TenantId::from_uuid).collect())
    }

    /// Gives back what this worker was at when it was told to end.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn release_probes(&self, owner: LeaseOwner) -> Result<(), StorageError> {
        let release = sqlx::query!(
            "UPDATE fresco.tenant_probes SET lease_owner = NULL, lease_until = NULL WHERE lease_owner = $1",
            owner.0,
        );
        release.execute(self.pool()).await?;
        Ok(())
    }

    /// The name of the platform's own database.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn database_name(&self) -> Result<String, StorageError> {
        let query = sqlx::query_scalar!(r#"SELECT current_database()::text AS "name!""#);
        Ok(query.fetch_one(self.pool()).await?)
    }
}
