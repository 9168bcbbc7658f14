//! How much one person may have, wherever they have it.
//!
//! Counted by the database, past row-level security, in the transaction that makes one more: it holds the person's row until its
//! end, so those who ask at once come one after the other.

use domain::UserId;
use sqlx::PgConnection;

use crate::error::StorageError;

/// The bound, if somebody has reached it with their instances; no bound: as many as they like, and so many has the operator.
pub(crate) async fn full_of_instances(
    tx: &mut PgConnection,
    person: UserId,
    most: Option<u32>,
) -> Result<Option<u32>, StorageError> {
    let Some(most) = most.filter(|_| person != UserId::OPERATOR) else { return Ok(None) };
    let count = sqlx::query_scalar!(r#"SELECT fresco.instances_of($1) AS "count!""#, person.uuid());
    let count = count.fetch_one(tx).await?;
    Ok((count >= i64::from(most)).then_some(most))
}

/// The same of organisations beside one's personal one.
pub(crate) async fn full_of_organisations(
    tx: &mut PgConnection,
    person: UserId,
    most: Option<u32>,
) -> Result<Option<u32>, StorageError> {
    let Some(most) = most else { return Ok(None) };
    let count = sqlx::query_scalar!(r#"SELECT fresco.organisations_of($1) AS "count!""#, person.uuid());
    let count = count.fetch_one(tx).await?;
    Ok((count >= i64::from(most)).then_some(most))
}
