//! Quotas that hold across processes and restarts. One statement decides and writes down: of two who come at once, each
//! sees what the other has used.

use chrono::{DateTime, Utc};
use domain::Quota;
use domain::quota::Decision;

use crate::error::StorageError;
use crate::store::Store;

/// How many rows that mean nothing any more a decision takes away, so that the table stays small between two sweeps
/// ([`Store::forget_proofs`]).
const SWEPT: i64 = 16;

impl Store {
    /// One more time at `now`, by whom and of what `key` says: the SHA-256 of a text that is nobody else's.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn spend(&self, key: [u8; 32], quota: Quota, now: DateTime<Utc>) -> Result<Decision, StorageError> {
        // `Quota::decide`, where the row is locked.
        let upsert = sqlx::query!(
            r#"WITH swept AS (
                 DELETE FROM fresco.rate_limits WHERE key IN (
                     SELECT key FROM fresco.rate_limits WHERE arrival < $2 AND key <> $1
                     ORDER BY arrival LIMIT $5 FOR UPDATE SKIP LOCKED)),
             taken AS (
                 INSERT INTO fresco.rate_limits AS r (key, arrival) VALUES ($1, $2::timestamptz + $3::text::interval)
                 ON CONFLICT (key) DO UPDATE SET arrival = greatest(r.arrival, $2) + $3::text::interval
                 WHERE greatest(r.arrival, $2) + $3::text::interval <= $2 + $4::text::interval
                 RETURNING arrival)
             SELECT arrival AS "arrival!", true AS "allowed!" FROM taken
             UNION ALL
             SELECT arrival, false FROM fresco.rate_limits WHERE key = $1 AND NOT EXISTS (SELECT FROM taken)"#,
            key.as_slice(),
            now,
            interval(quota.interval()),
            interval(quota.window()),
            SWEPT,
        );
        Ok(match upsert.fetch_optional(self.pool()).await? {
            Some(row) if row.allowed => quota.allowed(row.arrival, now),
            Some(row) => quota.refused(row.arrival, now),
            // Whoever made its row came while this statement ran, and left nothing.
            None => quota.refused(now + quota.window(), now),
        })
    }
}

/// As PostgreSQL reads it; it keeps microseconds.
fn interval(delta: chrono::TimeDelta) -> String {
    format!("{} microseconds", delta.num_microseconds().unwrap_or(i64::MAX))
}
