//! Taking what is due, in one statement.

use domain::{DeploymentId, TenantId};

use super::{ClaimRequest, Claimed, Lease, LeaseOwner, Priority, readable, release};
use crate::error::StorageError;
use crate::store::Store;
use crate::tenants::{tenant_of, with_tenant_columns};

impl Store {
    /// Claims what is due: what people wait for first, then what is due longest. Counts the attempt, marks the newest
    /// deployment as begun and older open ones as superseded or cancelled (nobody works towards them from here on), and
    /// answers with all the loop needs to begin.
    ///
    /// It doesn't wait for the disk. A crash of the database may forget a claim of its last moments; the tenant is then due
    /// again. So that such a claim's number is never given a second time, numbers follow the clock where they can.
    ///
    /// A tenant whose row is corrupt is named in the log and left out, so that it doesn't hold up the others; its lease
    /// lapses, and it comes again.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn claim_due(&self, owner: LeaseOwner, request: ClaimRequest) -> Result<Vec<Claimed>, StorageError> {
        // `taken` and the answer come from the same version of the tenant's row, which may be older than the claim's: a
        // change that commits in between has a higher generation than `taken`, so it isn't lost. An array is looked up row by
        // row, where a join, thought to find a tenth of what is due, would read all tenants once that is many.
        let query = with_tenant_columns!(
            tenant_records,
            r#"WITH people AS (
                SELECT tenant_id FROM fresco.tenant_claims
                WHERE priority = 0 AND coalesce(lease_until, next_at) <= now()
                ORDER BY coalesce(lease_until, next_at) LIMIT $2 FOR UPDATE SKIP LOCKED),
            background AS (
                SELECT tenant_id FROM fresco.tenant_claims
                WHERE priority = 1 AND coalesce(lease_until, next_at) <= now()
                ORDER BY coalesce(lease_until, next_at) LIMIT least($3::bigint, $2 - (SELECT count(*) FROM people))
                FOR UPDATE SKIP LOCKED),
            claimed AS (
                UPDATE fresco.tenant_claims c
                SET lease_owner = $1, lease_until = now() + make_interval(secs => $4),
                    epoch = greatest(c.epoch + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint),
                    attempts = c.attempts + 1, next_at = NULL, taken = t.generation
                FROM fresco.tenants t
                WHERE c.tenant_id = ANY (ARRAY(SELECT tenant_id FROM people UNION ALL SELECT tenant_id FROM background))
                  AND t.id = c.tenant_id
                RETURNING c.tenant_id, c.epoch, c.attempts, c.priority, c.taken),
            begun AS (
                UPDATE fresco.deployments d
                SET status = CASE WHEN d.generation = claimed.taken THEN 'running'
                                  WHEN d.generation < back.generation THEN 'cancelled' ELSE 'superseded' END,
                    started_at = CASE WHEN d.generation = claimed.taken THEN now() ELSE d.started_at END,
                    finished_at = CASE WHEN d.generation < claimed.taken THEN now() END
                FROM claimed CROSS JOIN LATERAL (
                    SELECT max(b.generation) AS generation FROM fresco.deployments b
                    WHERE b.tenant_id = claimed.tenant_id AND b.finished_at IS NULL
                      AND b.action IN ('cancel', 'undo')) back
                WHERE d.tenant_id = claimed.tenant_id AND d.finished_at IS NULL AND d.generation <= claimed.taken
                  AND (d.status = 'pending' OR d.generation < claimed.taken))
            SELECT set_config('synchronous_commit', 'off', true) AS unflushed, claimed.epoch AS "epoch!",
                   claimed.attempts AS "attempts!", claimed.priority AS "priority!",
                   newest.images AS "images?", newest.database_oid AS "database_oid?", newest.at AS "released_at?",
                   coalesce((SELECT max(number) FROM fresco.tenant_releases l WHERE l.tenant_id = t.id), 0) AS "releases!", open.id AS "deployment?","#,
            "FROM claimed JOIN fresco.tenants t ON t.id = claimed.tenant_id
            LEFT JOIN LATERAL (
                SELECT database_oid, at,
                       ARRAY(SELECT image_id FROM fresco.tenant_releases e
                             WHERE (e.tenant_id, e.database_oid) = (r.tenant_id, r.database_oid) AND e.undone_at IS NULL
                             ORDER BY number DESC) AS images
                FROM fresco.tenant_releases r
                WHERE r.tenant_id = t.id AND r.undone_at IS NULL ORDER BY number DESC LIMIT 1) newest ON true
            LEFT JOIN LATERAL (
                SELECT id FROM fresco.deployments d
                WHERE d.tenant_id = t.id AND d.finished_at IS NULL ORDER BY d.generation DESC LIMIT 1) open ON true
            ORDER BY claimed.priority, t.created_at",
            owner.0,
            i64::from(request.limit),
            i64::from(request.background_limit),
            request.lease.as_secs_f64(),
        );
        let rows = query.fetch_all(self.pool()).await?.into_iter();
        let claimed = rows.map(|row| {
            let id = TenantId::from_uuid(row.id);
            let released = row.images.zip(row.database_oid).zip(row.released_at);
            Ok(Claimed {
                lease: Lease { tenant: id, owner, epoch: row.epoch },
                priority: Priority::of(row.priority),
                attempts: row.attempts,
                released: released.map(|((images, oid), at)| release(id, &images, oid, at)).transpose()?,
                releases: row.releases.unsigned_abs(),
                deployment: row.deployment.map(DeploymentId::from_uuid),
                tenant: tenant_of!(row)?,
            })
        });
        Ok(claimed.filter_map(readable).collect())
    }
}
