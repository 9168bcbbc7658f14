//! What instances use: the newest sample of each, a history that is bounded, and what they suffer from.
//!
//! The worker writes it ([`Store::note_usage`], [`Store::keep_usage`], [`Store::note_trouble`]) and looks after it
//! ([`Store::roll_usage`], [`Store::tend_usage`]); the API reads it. How it lies is told in `migrations/0036_usage.sql`.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::TenantId;
use domain::usage::{Rates, Resolution, Sample, Span, Trouble};
use serde_json::json;
use sqlx::postgres::types::PgInterval;
use uuid::Uuid;

use crate::error::StorageError;
use crate::json::word;
use crate::scope::Scope;
use crate::store::Store;

/// A tenant's newest sample, and what it suffers from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usage {
    /// `None` if it has none: it does not run, or has not for long enough.
    pub sample: Option<Sample>,
    /// With the time each began.
    pub troubles: Vec<(Trouble, DateTime<Utc>)>,
}

/// One point of a history: what was used in its step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UsagePoint {
    /// Which of the asked points, from 0.
    pub number: u32,
    /// Cores, on average.
    pub cpu: f64,
    /// The busiest sample's.
    pub cpu_peak: f64,
    pub cpu_limit: Option<f64>,
    /// Bytes, on average.
    pub memory: f64,
    pub memory_peak: u64,
    pub memory_limit: Option<u64>,
    pub network: Option<Rates>,
    pub block: Option<Rates>,
    /// The most there were.
    pub pids: u32,
}

/// Samples as the columns of a bulk statement.
#[derive(Default)]
struct Columns {
    tenants: Vec<Uuid>,
    times: Vec<DateTime<Utc>>,
    cpu: Vec<f32>,
    cpu_limit: Vec<Option<f32>>,
    memory: Vec<i64>,
    memory_limit: Vec<Option<i64>>,
    rates: [Vec<Option<f32>>; 4],
    pids: Vec<i32>,
}

impl Columns {
    fn of(samples: &[(TenantId, Sample)]) -> Self {
        let mut columns = Self::default();
        for (tenant, sample) in samples {
            columns.add(*tenant, sample);
        }
        columns
    }

    fn add(&mut self, tenant: TenantId, sample: &Sample) {
        self.tenants.push(tenant.uuid());
        self.times.push(sample.at);
        self.cpu.push(sample.cpu as f32);
        self.cpu_limit.push(sample.cpu_limit.map(|limit| limit as f32));
        self.memory.push(signed(sample.memory));
        self.memory_limit.push(sample.memory_limit.map(signed));
        let each = [
            sample.network.map(|rates| rates.inward),
            sample.network.map(|rates| rates.outward),
            sample.block.map(|rates| rates.inward),
            sample.block.map(|rates| rates.outward),
        ];
        for (column, rate) in self.rates.iter_mut().zip(each) {
            column.push(rate.map(|rate| rate as f32));
        }
        self.pids.push(i32::try_from(sample.pids).unwrap_or(i32::MAX));
    }
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

fn rates(inward: Option<f64>, outward: Option<f64>) -> Option<Rates> {
    Some(Rates { inward: inward?, outward: outward? })
}

impl Store {
    /// Replaces the newest sample of each of these tenants; those of others are left.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn note_usage(&self, samples: &[(TenantId, Sample)]) -> Result<(), StorageError> {
        let columns = Columns::of(samples);
        let [received, sent, read, written] = &columns.rates;
        let upsert = sqlx::query!(
            "INSERT INTO fresco.usage_latest (tenant_id, organisation_id, at, cpu, cpu_limit, memory, memory_limit,
                 received, sent, read, written, pids)
             SELECT s.tenant_id, t.organisation_id, s.at, s.cpu, s.cpu_limit, s.memory, s.memory_limit,
                    s.received, s.sent, s.read, s.written, s.pids
             FROM unnest($1::uuid[], $2::timestamptz[], $3::real[], $4::real[], $5::bigint[], $6::bigint[],
                         $7::real[], $8::real[], $9::real[], $10::real[], $11::integer[])
                  s (tenant_id, at, cpu, cpu_limit, memory, memory_limit, received, sent, read, written, pids)
             JOIN fresco.tenants t ON t.id = s.tenant_id
             ON CONFLICT (tenant_id) DO UPDATE SET organisation_id = excluded.organisation_id, at = excluded.at,
                 cpu = excluded.cpu, cpu_limit = excluded.cpu_limit, memory = excluded.memory,
                 memory_limit = excluded.memory_limit, received = excluded.received, sent = excluded.sent,
                 read = excluded.read, written = excluded.written, pids = excluded.pids",
            &columns.tenants,
            &columns.times,
            &columns.cpu,
            &columns.cpu_limit as &[Option<f32>],
            &columns.memory,
            &columns.memory_limit as &[Option<i64>],
            received as &[Option<f32>],
            sent as &[Option<f32>],
            read as &[Option<f32>],
            written as &[Option<f32>],
            &columns.pids,
        );
        upsert.execute(self.pool()).await?;
        Ok(())
    }

    /// Adds these to the history, each at the time its point began; one that has that point already is left as it is.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn keep_usage(&self, samples: &[(TenantId, Sample)]) -> Result<(), StorageError> {
        let mut columns = Columns::of(samples);
        columns.times.iter_mut().for_each(|at| *at = Resolution::Seconds15.start_of(*at));
        let [received, sent, read, written] = &columns.rates;
        let insert = sqlx::query!(
            "INSERT INTO fresco.usage (tenant_id, resolution, at, samples, cpu, cpu_peak, cpu_limit, memory, memory_peak,
                 memory_limit, received, sent, read, written, pids)
             SELECT s.tenant_id, 15, s.at, 1, s.cpu, s.cpu, s.cpu_limit, s.memory, s.memory, s.memory_limit,
                    s.received, s.sent, s.read, s.written, s.pids
             FROM unnest($1::uuid[], $2::timestamptz[], $3::real[], $4::real[], $5::bigint[], $6::bigint[],
                         $7::real[], $8::real[], $9::real[], $10::real[], $11::integer[])
                  s (tenant_id, at, cpu, cpu_limit, memory, memory_limit, received, sent, read, written, pids)
             ON CONFLICT (tenant_id, resolution, at) DO NOTHING",
            &columns.tenants,
            &columns.times,
            &columns.cpu,
            &columns.cpu_limit as &[Option<f32>],
            &columns.memory,
            &columns.memory_limit as &[Option<i64>],
            received as &[Option<f32>],
            sent as &[Option<f32>],
            read as &[Option<f32>],
            written as &[Option<f32>],
            &columns.pids,
        );
        insert.execute(self.pool()).await?;
        Ok(())
    }

    /// Takes away the newest samples of these tenants: they don't run any more.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn drop_usage(&self, tenants: &[TenantId]) -> Result<(), StorageError> {
        if tenants.is_empty() {
            return Ok(());
        }
        let ids: Vec<Uuid> = tenants.iter().map(|tenant| tenant.uuid()).collect();
        let drop = sqlx::query!("DELETE FROM fresco.usage_latest WHERE tenant_id = ANY ($1)", &ids);
        drop.execute(self.pool()).await?;
        Ok(())
    }

    /// Takes away the newest samples of tenants that have had none since `before`: they don't run, and nobody saw them stop.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn drop_old_usage(&self, before: DateTime<Utc>) -> Result<(), StorageError> {
        sqlx::query!("DELETE FROM fresco.usage_latest WHERE at < $1", before).execute(self.pool()).await?;
        Ok(())
    }

    /// Makes the points of a coarser resolution that are whole at `now`, of the finer one's; how many. Whoever comes second
    /// finds them made.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn roll_usage(&self, resolution: Resolution, now: DateTime<Utc>) -> Result<u64, StorageError> {
        let Some(finer) = resolution.finer() else { return Ok(0) };
        let until = resolution.start_of(now);
        let mut tx = self.begin().await?;
        let from = sqlx::query_scalar!(
            "INSERT INTO fresco.usage_rollups AS r (resolution, until) VALUES ($1, '-infinity')
             ON CONFLICT (resolution) DO UPDATE SET until = r.until RETURNING (nullif(until, '-infinity'))",
            resolution.seconds(),
        );
        let from = from.fetch_one(&mut *tx).await?.unwrap_or(DateTime::UNIX_EPOCH);
        let roll = sqlx::query!(
            "INSERT INTO fresco.usage (tenant_id, resolution, at, samples, cpu, cpu_peak, cpu_limit, memory, memory_peak,
                 memory_limit, received, sent, read, written, pids)
             SELECT u.tenant_id, $1::integer, date_bin(make_interval(secs => $1::integer), u.at, 'epoch'), sum(u.samples),
                    sum(u.cpu * u.samples) / sum(u.samples), max(u.cpu_peak), max(u.cpu_limit),
                    sum(u.memory * u.samples) / sum(u.samples), max(u.memory_peak), max(u.memory_limit),
                    sum(u.received * u.samples) / sum(u.samples) FILTER (WHERE u.received IS NOT NULL),
                    sum(u.sent * u.samples) / sum(u.samples) FILTER (WHERE u.sent IS NOT NULL),
                    sum(u.read * u.samples) / sum(u.samples) FILTER (WHERE u.read IS NOT NULL),
                    sum(u.written * u.samples) / sum(u.samples) FILTER (WHERE u.written IS NOT NULL), max(u.pids)
             FROM fresco.usage u WHERE u.resolution = $2 AND u.at >= $3 AND u.at < $4 GROUP BY 1, 3
             ON CONFLICT (tenant_id, resolution, at) DO NOTHING",
            resolution.seconds(),
            finer.seconds(),
            from,
            until,
        );
        let made = roll.execute(&mut *tx).await?.rows_affected();
        let note = sqlx::query!(
            "UPDATE fresco.usage_rollups SET until = greatest(until, $2) WHERE resolution = $1",
            resolution.seconds(),
            until,
        );
        note.execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(made)
    }

    /// Makes room for what comes, and drops what is older than it is kept, in the order of [`Resolution::ALL`].
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn tend_usage(&self, now: DateTime<Utc>, kept: &[Duration; 4]) -> Result<(), StorageError> {
        for (resolution, kept) in Resolution::ALL.into_iter().zip(kept) {
            let (seconds, days) = (resolution.seconds(), resolution.partition_days());
            let kept =
                PgInterval { months: 0, days: 0, microseconds: i64::try_from(kept.as_micros()).unwrap_or(i64::MAX) };
            let tend = sqlx::query!("SELECT fresco.keep_usage($1, $2, $3, $4)", now, seconds, days, kept);
            tend.execute(self.pool()).await?;
        }
        sqlx::query!("DELETE FROM fresco.usage_watches WHERE until < $1", now).execute(self.pool()).await?;
        Ok(())
    }

    /// Forgets what is known of a tenant's use.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn forget_usage_of_destroyed(&self) -> Result<u64, StorageError> {
        let forget = sqlx::query!(
            "DELETE FROM fresco.usage u USING fresco.tenants t
             WHERE t.id = u.tenant_id AND t.status = 'destroyed' AND t.destroyed_at > now() - interval '2 days'",
        );
        Ok(forget.execute(self.pool()).await?.rows_affected())
    }

    /// Has a tenant sampled more often for as long as somebody looks at it live.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn watch_usage(&self, scope: Scope, tenant: TenantId, until: DateTime<Utc>) -> Result<(), StorageError> {
        let mut tx = self.begin_as(scope).await?;
        sqlx::query!("SELECT fresco.watch_usage($1, $2)", tenant.uuid(), until).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The tenants that somebody looks at live.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn usage_watched(&self, now: DateTime<Utc>) -> Result<Vec<TenantId>, StorageError> {
        let query = sqlx::query_scalar!("SELECT tenant_id FROM fresco.usage_watches WHERE until > $1", now);
        Ok(query.fetch_all(self.pool()).await?.into_iter().map(TenantId::from_uuid).collect())
    }

    /// What these tenants use and suffer from, those that have either, by their id.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn usage_of(&self, scope: Scope, tenants: &[TenantId]) -> Result<Vec<(TenantId, Usage)>, StorageError> {
        let ids: Vec<Uuid> = tenants.iter().map(|tenant| tenant.uuid()).collect();
        let query = sqlx::query!(
            r#"SELECT a.id AS "id!", l.at AS "at?", l.cpu AS "cpu?", l.cpu_limit, l.memory AS "memory?", l.memory_limit,
                      l.received, l.sent, l.read, l.written, l.pids AS "pids?",
                      (SELECT jsonb_agg(jsonb_build_array(p.kind, p.since) ORDER BY p.kind)
                       FROM fresco.tenant_troubles p WHERE p.tenant_id = a.id) AS troubles
               FROM unnest($1::uuid[]) a (id)
               LEFT JOIN fresco.usage_latest l ON l.tenant_id = a.id
                   -- What was seen to have stopped uses nothing, whatever was sampled before.
                   AND EXISTS (SELECT FROM fresco.tenants t
                               WHERE t.id = a.id AND t.status NOT IN ('stopped', 'destroying', 'destroyed'))"#,
            &ids,
        );
        let rows = query.fetch_all(&mut *self.begin_by_key(scope).await?).await?;
        rows.into_iter()
            .map(|row| {
                let sample = match (row.at, row.cpu, row.memory, row.pids) {
                    (Some(at), Some(cpu), Some(memory), Some(pids)) => Some(Sample {
                        at,
                        cpu: cpu.into(),
                        cpu_limit: row.cpu_limit.map(f64::from),
                        memory: memory.unsigned_abs(),
                        memory_limit: row.memory_limit.map(i64::unsigned_abs),
                        network: rates(row.received.map(f64::from), row.sent.map(f64::from)),
                        block: rates(row.read.map(f64::from), row.written.map(f64::from)),
                        pids: pids.unsigned_abs(),
                    }),
                    _ => None,
                };
                let troubles = serde_json::from_value(row.troubles.unwrap_or_else(|| json!([])));
                let troubles = troubles.map_err(|error| StorageError::corrupt("tenant_troubles", row.id, error))?;
                Ok((TenantId::from_uuid(row.id), Usage { sample, troubles }))
            })
            .collect()
    }

    /// A tenant's history: those of the span's points that anything is known of, in their order. Nothing of one that the
    /// scope does not see.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn usage_points(
        &self,
        scope: Scope,
        tenant: TenantId,
        resolution: Resolution,
        span: &Span,
    ) -> Result<Vec<UsagePoint>, StorageError> {
        let query = sqlx::query!(
            r#"SELECT number AS "number!", cpu AS "cpu!", cpu_peak AS "cpu_peak!", cpu_limit, memory AS "memory!",
                      memory_peak AS "memory_peak!", memory_limit, received, sent, read, written, pids AS "pids!"
               FROM fresco.usage_points($1, $2, $3, $4, $5)"#,
            tenant.uuid(),
            resolution.seconds(),
            span.from,
            i32::try_from(span.step.as_secs()).unwrap_or(i32::MAX),
            i32::try_from(span.points).unwrap_or(i32::MAX),
        );
        let rows = query.fetch_all(&mut *self.begin_as(scope).await?).await?;
        let point = rows.into_iter().map(|row| UsagePoint {
            number: row.number.unsigned_abs(),
            cpu: row.cpu,
            cpu_peak: row.cpu_peak.into(),
            cpu_limit: row.cpu_limit.map(f64::from),
            memory: row.memory,
            memory_peak: row.memory_peak.unsigned_abs(),
            memory_limit: row.memory_limit.map(i64::unsigned_abs),
            network: rates(row.received, row.sent),
            block: rates(row.read, row.written),
            pids: row.pids.unsigned_abs(),
        });
        Ok(point.collect())
    }

    /// What tenants suffer from, as far as it was noted.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn troubles(&self) -> Result<Vec<(TenantId, Trouble, DateTime<Utc>)>, StorageError> {
        let rows =
            sqlx::query!("SELECT tenant_id, kind, since FROM fresco.tenant_troubles").fetch_all(self.pool()).await?;
        rows.into_iter()
            .map(|row| {
                let kind =
                    word(&row.kind).map_err(|error| StorageError::corrupt("tenant_troubles", row.tenant_id, error))?;
                Ok((TenantId::from_uuid(row.tenant_id), kind, row.since))
            })
            .collect()
    }

    /// Notes that a trouble has begun (with its time) or ended, in the tenant's history too; nothing if that is known.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn note_trouble(
        &self,
        tenant: TenantId,
        trouble: Trouble,
        since: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let (kind, message) = match since {
            Some(_) => ("trouble_began", trouble.began()),
            None => ("trouble_ended", trouble.ended()),
        };
        let mut tx = self.begin().await?;
        // As all who write events of a tenant do: so a reader finds them in the order of their numbers.
        let lock = sqlx::query!("SELECT FROM fresco.tenant_claims WHERE tenant_id = $1 FOR UPDATE", tenant.uuid());
        lock.fetch_optional(&mut *tx).await?;
        let note = sqlx::query!(
            "WITH began AS (
                 INSERT INTO fresco.tenant_troubles (tenant_id, organisation_id, kind, since)
                 SELECT t.id, t.organisation_id, $2, $3 FROM fresco.tenants t
                 WHERE t.id = $1 AND $3::timestamptz IS NOT NULL
                 ON CONFLICT (tenant_id, kind) DO NOTHING RETURNING tenant_id),
             ended AS (
                 DELETE FROM fresco.tenant_troubles WHERE tenant_id = $1 AND kind = $2 AND $3::timestamptz IS NULL
                 RETURNING tenant_id),
             event AS (
                 INSERT INTO fresco.tenant_events (tenant_id, generation, kind, message, data, at)
                 SELECT t.id, t.generation, $4, $5, $6, $7 FROM fresco.tenants t
                 WHERE t.id IN (SELECT tenant_id FROM began UNION ALL SELECT tenant_id FROM ended))
             SELECT pg_notify('fresco_news', '')",
            tenant.uuid(),
            trouble.as_str(),
            since,
            kind,
            message,
            json!({ "trouble": trouble.as_str() }),
            now,
        );
        note.execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(())
    }
}
