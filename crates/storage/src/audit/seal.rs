//! Seals what is new.

use sqlx::PgConnection;
use uuid::Uuid;

use super::chain::{self, Hash, RawLine, START};
use crate::error::StorageError;
use crate::store::Store;

/// Lines under one seal.
const MOST: i64 = 500;

impl Store {
    /// Puts a seal on what has none, an organisation after the other; how many lines that were. Nobody who writes waits for
    /// it. Two who seal at once come one after the other.
    ///
    /// # Errors
    /// [`StorageError`]; what was sealed before stays sealed.
    pub async fn seal_audit(&self) -> Result<usize, StorageError> {
        let query = sqlx::query_scalar!("SELECT DISTINCT organisation_id FROM fresco.audit_unsealed LIMIT 1000");
        let mut sealed = 0;
        for organisation in query.fetch_all(self.pool()).await? {
            sealed += self.seal_some(organisation).await?;
        }
        Ok(sealed)
    }

    /// One seal, over as many lines as it takes.
    async fn seal_some(&self, organisation: Option<Uuid>) -> Result<usize, StorageError> {
        let mut tx = self.begin().await?;
        let taken = sqlx::query_scalar!(
            "DELETE FROM fresco.audit_unsealed WHERE id IN (
                 SELECT id FROM fresco.audit_unsealed WHERE organisation_id IS NOT DISTINCT FROM $1 ORDER BY id LIMIT $2)
             RETURNING id",
            organisation,
            MOST,
        );
        let mut ids = taken.fetch_all(&mut *tx).await?;
        ids.sort_unstable();
        if ids.is_empty() {
            return Ok(0);
        }
        let lines = lines(&mut tx, &ids).await?;
        let lines: Vec<(i64, Hash)> = lines.iter().map(|line| (line.id, chain::line(line))).collect();
        let (number, before) = newest(&mut tx, organisation).await?;
        let ids: Vec<i64> = lines.iter().map(|(id, _)| *id).collect();
        let hashes: Vec<u8> = lines.iter().flat_map(|(_, hash)| *hash).collect();
        let seal = chain::seal(&before, organisation, number + 1, &lines);
        let insert = sqlx::query!(
            "INSERT INTO fresco.audit_seals (organisation_id, number, rows, hashes, seal) VALUES ($1, $2, $3, $4, $5)",
            organisation,
            number + 1,
            &ids,
            hashes,
            seal.as_slice(),
        );
        insert.execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(lines.len())
    }
}

/// Number and hash of an organisation's newest seal.
async fn newest(tx: &mut PgConnection, organisation: Option<Uuid>) -> Result<(i64, Hash), StorageError> {
    let query = sqlx::query!(
        "SELECT number, seal FROM fresco.audit_seals WHERE organisation_id IS NOT DISTINCT FROM $1
         ORDER BY number DESC LIMIT 1",
        organisation,
    );
    let Some(row) = query.fetch_optional(tx).await? else { return Ok((0, START)) };
    let seal = row.seal.try_into();
    let seal = seal.map_err(|_| StorageError::corrupt("audit_seals", row.number, "a seal of another length"))?;
    Ok((row.number, seal))
}

/// These lines, as far as they are there, in their order.
pub(super) async fn lines(tx: &mut PgConnection, ids: &[i64]) -> Result<Vec<RawLine>, StorageError> {
    let query = sqlx::query_as!(
        RawLine,
        r#"SELECT id, organisation_id, at, actor_kind, actor_id, actor_label, action, target_kind, target_id, target_label,
                  result, address, request_id, attempt, data::text AS "data!"
           FROM fresco.audit_log WHERE id = ANY ($1) ORDER BY id"#,
        ids,
    );
    Ok(query.fetch_all(tx).await?)
}
