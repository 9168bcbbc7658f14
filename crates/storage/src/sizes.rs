//! What tenants keep on disk, as far as it was measured.

use chrono::{DateTime, Utc};
use domain::TenantId;
use domain::app::Isolation;
use uuid::Uuid;

use crate::claims::readable;
use crate::error::StorageError;
use crate::json::word;
use crate::scope::Scope;
use crate::store::Store;

/// One whose measures are old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueSize {
    pub tenant: TenantId,
    pub isolation: Isolation,
}

/// What was measured just now, in bytes; `None`: that could not be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SeenSizes {
    pub database: Option<u64>,
    pub logs: Option<u64>,
    pub dumps: Option<u64>,
}

/// A number of bytes, and when it was so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    pub bytes: u64,
    pub at: DateTime<Utc>,
}

/// What a tenant keeps, each part as it was last measured; `None`: never yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    pub database: Option<Measured>,
    pub logs: Option<Measured>,
    pub dumps: Option<Measured>,
}

impl Store {
    /// So many of those, at most, that nobody has looked at since `before`: first those that nobody ever has, then the oldest. A
    /// tombstone keeps nothing. One whose row is corrupt is named in the log and left out.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn due_sizes(&self, before: DateTime<Utc>, limit: u16) -> Result<Vec<DueSize>, StorageError> {
        let query = sqlx::query!(
            r#"SELECT t.id, t.spec ->> 'isolation' AS isolation
               FROM fresco.tenants t LEFT JOIN fresco.tenant_sizes s ON s.tenant_id = t.id
               WHERE t.destroyed_at IS NULL AND coalesce(s.looked_at < $1, true)
               ORDER BY s.looked_at NULLS FIRST, t.id LIMIT $2"#,
            before,
            i64::from(limit),
        );
        let due = query.fetch_all(self.pool()).await?.into_iter().map(|row| {
            let tenant = TenantId::from_uuid(row.id);
            let isolation = word(row.isolation.as_deref().unwrap_or_default())
                .map_err(|error| StorageError::corrupt("tenants", tenant, error))?;
            Ok(DueSize { tenant, isolation })
        });
        Ok(due.filter_map(readable).collect())
    }

    /// Notes what was measured of a tenant. What could not be told stays as it was before, and as old.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn note_sizes(&self, tenant: TenantId, seen: SeenSizes, at: DateTime<Utc>) -> Result<(), StorageError> {
        let bytes = |bytes: Option<u64>| bytes.map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
        let upsert = sqlx::query!(
            "INSERT INTO fresco.tenant_sizes AS s (tenant_id, looked_at, database_bytes, database_at, log_bytes, log_at,
                                                   dump_bytes, dump_at)
             SELECT t.id, seen.at, seen.database, CASE WHEN seen.database IS NOT NULL THEN seen.at END,
                    seen.logs, CASE WHEN seen.logs IS NOT NULL THEN seen.at END,
                    seen.dumps, CASE WHEN seen.dumps IS NOT NULL THEN seen.at END
             FROM fresco.tenants t,
                  (VALUES ($2::timestamptz, $3::bigint, $4::bigint, $5::bigint)) seen (at, database, logs, dumps)
             WHERE t.id = $1 AND t.destroyed_at IS NULL
             ON CONFLICT (tenant_id) DO UPDATE SET looked_at = excluded.looked_at,
                 database_bytes = coalesce(excluded.database_bytes, s.database_bytes),
                 database_at = coalesce(excluded.database_at, s.database_at),
                 log_bytes = coalesce(excluded.log_bytes, s.log_bytes), log_at = coalesce(excluded.log_at, s.log_at),
                 dump_bytes = coalesce(excluded.dump_bytes, s.dump_bytes), dump_at = coalesce(excluded.dump_at, s.dump_at)",
            tenant.uuid(),
            at,
            bytes(seen.database),
            bytes(seen.logs),
            bytes(seen.dumps),
        );
        upsert.execute(self.pool()).await?;
        Ok(())
    }

    /// Forgets the measures of those of which only a tombstone is left.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn forget_sizes_of_destroyed(&self) -> Result<u64, StorageError> {
        let forget = sqlx::query!(
            "DELETE FROM fresco.tenant_sizes s USING fresco.tenants t WHERE t.id = s.tenant_id AND t.destroyed_at IS NOT NULL"
        );
        Ok(forget.execute(self.pool()).await?.rows_affected())
    }

    /// What these tenants keep, those of which anything was measured, by their id; nothing of a tombstone.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn sizes_of(&self, scope: Scope, tenants: &[TenantId]) -> Result<Vec<(TenantId, Sizes)>, StorageError> {
        let ids: Vec<Uuid> = tenants.iter().map(|tenant| tenant.uuid()).collect();
        let query = sqlx::query!(
            "SELECT s.tenant_id, s.database_bytes, s.database_at, s.log_bytes, s.log_at, s.dump_bytes, s.dump_at
             FROM fresco.tenant_sizes s JOIN fresco.tenants t ON t.id = s.tenant_id
             WHERE s.tenant_id = ANY ($1) AND t.destroyed_at IS NULL AND ($2::uuid IS NULL OR t.organisation_id = $2)",
            &ids,
            scope.organisation(),
        );
        let rows = query.fetch_all(&mut *self.begin_as(scope).await?).await?;
        let sizes = rows.into_iter().map(|row| {
            let sizes = Sizes {
                database: measured(row.database_bytes, row.database_at),
                logs: measured(row.log_bytes, row.log_at),
                dumps: measured(row.dump_bytes, row.dump_at),
            };
            (TenantId::from_uuid(row.tenant_id), sizes)
        });
        Ok(sizes.collect())
    }
}

fn measured(bytes: Option<i64>, at: Option<DateTime<Utc>>) -> Option<Measured> {
    bytes.zip(at).map(|(bytes, at)| Measured { bytes: bytes.unsigned_abs(), at })
}
